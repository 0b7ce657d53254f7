package registry

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// extraction finds the artifacts of one document.
type extraction struct {
	*Registry
	document *document.Document
	kept     Collector
	findings []finding.Finding
	pointers map[string]bool          // of artifacts
	taken    map[*document.Value]bool // URLs that an artifact has, and checksums that were read
	digests  []*document.Value        // texts that look like digests
}

// Artifacts implements Describer. The document is walked once.
func (r *Registry) Artifacts(d *document.Document) ([]artifact.Artifact, []finding.Finding) {
	x := &extraction{Registry: r, document: d, pointers: map[string]bool{}, taken: map[*document.Value]bool{}}
	r.matcher.Walk(d.Root, x.visit)
	x.reportUnused()
	x.findings = append(x.findings, x.kept.Findings(d)...)
	slices.SortFunc(x.findings, finding.Finding.Compare)
	return x.kept.Artifacts(), slices.Compact(x.findings)
}

func (x *extraction) visit(v *document.Value, matches []document.Match) bool {
	isIgnored, last := false, -1
	slices.SortFunc(matches, func(a, b document.Match) int { return a.Pattern - b.Pattern })
	for _, m := range matches {
		owner := x.owners[m.Pattern]
		isIgnored = isIgnored || owner < 0
		if owner > last { // of several patterns of one entry the first counts
			last = owner
			x.entry(&x.entries[owner], v, m.Captured)
		}
	}
	if text, isText := v.Text(); isText && !isIgnored && looksLikeDigest(text) {
		x.digests = append(x.digests, v)
	}
	return true
}

// address is a URL of an entry.
type address struct {
	at  *document.Value // where it stands; the entry, for a default
	url string
}

func (x *extraction) entry(e *entry, v *document.Value, captured *document.Captured) {
	if !e.where.holds(v) {
		return
	}
	x.checkTag(v)
	if e.image != nil {
		x.image(e, v, captured)
		return
	}
	addresses, isList := x.addresses(e, v)
	if len(addresses) == 0 {
		return
	}
	declared := x.checksums(e, v, addresses, isList)
	isSingle := count(addresses) == 1
	for i, each := range addresses {
		if each.url == "" || x.taken[each.at] {
			continue
		}
		a := x.artifact(e, v, captured, each, isSingle)
		a.Checksum, a.Slot.Checksum = declared.of(i)
		if a.Slot.Algorithm = declared.algorithm(); a.Slot.Algorithm.Weak() {
			a.Slot.Checksum = "" // nobody is helped to declare one
		}
		if each.at != v || v.Kind() != document.Object {
			a.Slot.URL = each.at.Pointer()
		}
		if declared.areMirrors || len(e.url) > 1 {
			a.Mirror = i
		}
		a.AllowHTTP = x.AllowHTTP && a.Checksum != nil && !a.Checksum.Value.IsZero() && !a.Checksum.Value.Algorithm.Weak()
		a.Size, a.Signature = x.size(v, e), x.signature(v, e)
		x.add(a)
		x.reportChecksum(a, declared, i)
		x.taken[each.at] = each.at != v
	}
}

func count(addresses []address) (n int) {
	for _, each := range addresses {
		if each.url != "" {
			n++
		}
	}
	return n
}

// addresses returns the URLs of an entry, in their order; one that is empty keeps its place in a list.
func (x *extraction) addresses(e *entry, v *document.Value) (found []address, isList bool) {
	for _, pointer := range e.url {
		at := v.At(pointer)
		switch kind := at.Kind(); {
		case pointer == "" && kind == document.Array: // an entry is an object or a text
		case kind == document.Array:
			isList = true
			for _, element := range at.Elements() {
				found = append(found, address{element, x.url(element)})
			}
		case kind == "", kind == document.Null, pointer == "" && kind == document.Object:
		default:
			if url := x.url(at); url != "" {
				found = append(found, address{at, url})
			}
		}
	}
	if count(found) == 0 && e.defaultURL != nil {
		if url := e.defaultURL.fill(v); url != "" {
			return []address{{v, url}}, false
		}
	}
	return found, isList || len(e.url) > 1 && len(found) > 1
}

// url returns the URL that stands at a value, "" where none is to be fetched: what a data URL stands for is the URL itself.
func (x *extraction) url(v *document.Value) string {
	text := x.text(v)
	if strings.HasPrefix(strings.ToLower(text), "data:") {
		return ""
	}
	return text
}

// text returns the text of a value that is read. One of another type is reported, and so is one that has a meaning of its own.
func (x *extraction) text(v *document.Value) string {
	x.checkTag(v)
	text, isText := v.Text()
	if !isText && v != nil && v.Kind() != document.Null {
		x.report(finding.RegistryType, v, fmt.Sprintf("%s is %s, where a text is expected", v.Label(), v.Describe()), "Write a text.")
	}
	return text
}

func (x *extraction) checkTag(v *document.Value) {
	if tag := v.Tag(); tag != "" {
		x.report(finding.YAMLTag, v, "the value has the tag "+finding.Quote(tag)+", whose meaning is not known here", "")
	}
}

func (x *extraction) report(rule string, at *document.Value, message, fix string) {
	x.findings = append(x.findings, x.document.Finding(rule, at, message, fix))
}

// artifact returns what an entry says of one of its URLs, its checksum apart.
func (x *extraction) artifact(e *entry, v *document.Value, captured *document.Captured, each address, isSingle bool) artifact.Artifact {
	url := WithoutFragment(e.rewrite.apply(each.url))
	a := artifact.Artifact{
		Manifest: x.document.Path, Document: x.document.Index, Pointer: v.Pointer(), Position: each.at.Position(),
		Role: e.role, Platform: e.platform.of(v, captured), URL: url, Name: lastSegment(url), Declared: each.url,
	}
	if !isSingle || x.pointers[a.Pointer] {
		a.Pointer = each.at.Pointer()
	}
	return a
}

// WithoutFragment returns a URL as it is requested: its fragment is the client's affair (RFC 3986, section 3.5).
func WithoutFragment(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}

// lastSegment returns what a file is called that a URL leads to.
func lastSegment(url string) string {
	path, _, _ := strings.Cut(url, "?")
	return path[strings.LastIndex(path, "/")+1:]
}

func (x *extraction) add(a artifact.Artifact) {
	x.pointers[a.Pointer] = true
	x.kept.Add(a)
}

// image reads an entry that names a container image.
func (x *extraction) image(e *entry, v *document.Value, captured *document.Captured) {
	at := v.At(*e.image)
	reference := x.text(at)
	if at == nil || reference == "" || x.taken[at] {
		return
	}
	a := artifact.Artifact{
		Manifest: x.document.Path, Document: x.document.Index, Pointer: v.Pointer(), Position: at.Position(),
		Role: artifact.Image, Platform: e.platform.of(v, captured), URL: reference, Declared: reference, Slot: artifact.Slot{URL: at.Pointer()},
	}
	if x.pointers[a.Pointer] {
		a.Pointer = at.Pointer()
	}
	if _, text, isPinned := strings.Cut(reference, "@"); isPinned {
		if d, err := digest.Parse(text); err == nil && strings.HasPrefix(text, "sha256:") {
			a.Checksum = &artifact.Field[digest.Digest]{Value: d, Pointer: at.Pointer(), Position: at.Position()}
		}
	}
	x.taken[at] = true
	x.add(a)
}

// size reads a declared size: a positive integer, or its digits in a string.
func (x *extraction) size(entry *document.Value, e *entry) *artifact.Field[int64] {
	if e.size == nil {
		return nil
	}
	v := entry.At(*e.size)
	if v == nil || v.Kind() == document.Null || v.Kind() == document.String && v.Literal() == "" {
		return nil
	}
	n, err := strconv.ParseInt(v.Literal(), 10, 64)
	if err != nil || n < 1 || v.Literal()[0] == '+' || v.Kind() != document.Number && v.Kind() != document.String {
		x.report(finding.RegistryType, v, fmt.Sprintf("%s is %s, where a size in bytes is expected", v.Label(), v.Describe()), "Write the number of bytes.")
		return nil
	}
	return &artifact.Field[int64]{Value: n, Pointer: v.Pointer(), Position: v.Position()}
}

func (x *extraction) signature(entry *document.Value, e *entry) *artifact.Field[string] {
	if e.signature == nil {
		return nil
	}
	v := entry.At(*e.signature)
	if text := x.text(v); v != nil && text != "" {
		return &artifact.Field[string]{Value: text, Pointer: v.Pointer(), Position: v.Position()}
	}
	return nil
}

// maxPlaces bounds the places that a message lists.
const maxPlaces = 5

// reportUnused warns once of the digests that no artifact uses: what they are of is not verified.
func (x *extraction) reportUnused() {
	unused := slices.DeleteFunc(x.digests, func(v *document.Value) bool { return x.taken[v] })
	if len(unused) == 0 {
		return
	}
	var places []string
	for _, v := range unused[:min(len(unused), maxPlaces)] {
		places = append(places, finding.Quote(v.Pointer()))
	}
	if more := len(unused) - len(places); more > 0 {
		places = append(places, fmt.Sprintf("and %d more", more))
	}
	said := "a digest that no file uses stands"
	if len(unused) > 1 {
		said = fmt.Sprintf("%d digests that no file uses stand", len(unused))
	}
	x.report(finding.RegistryUnusedDigest, unused[0], said+" at "+strings.Join(places, ", "), "")
}
