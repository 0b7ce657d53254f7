package registry

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// extraction finds the artifacts of one document.
type extraction struct {
	*Registry
	document    *document.Document
	kept        Collector
	findings    finding.List
	ofArtifacts []finding.Finding // each explains its artifact's status; bounded like the artifacts
	marks       map[*document.Value]mark
	pointers    map[string]bool   // of artifacts
	digests     []*document.Value // texts that look like digests
	checksums   map[*document.Value]checksum
	used        map[int]bool      // where checksums begin that were read
	addressless []*document.Value // entries without an address, some of which another description of them may still address
	relative    int               // addresses without a known base

	hasLookalike bool
	schemes      map[string][]*document.Value
}

// mark holds what an extraction recorded about a value.
type mark uint8

const (
	taken     mark = 1 << iota // the URL of an artifact
	covered                    // an object or list whose digests are used or belong to no download
	lookalike                  // a member whose name differs from a described one only in case
	merged                     // an overridden member that was searched
	addressed                  // an entry with an address
	leftOut                    // an entry with a URL that conditions leave out
	reported                   // a look-alike that was reported
)

func newExtraction(r *Registry, d *document.Document) *extraction {
	return &extraction{
		Registry: r, document: d, kept: Collector{maxBytes: min(bytesForEach*d.Share+minArtifactBytes, maxArtifactBytes)},
		marks: map[*document.Value]mark{}, pointers: map[string]bool{}, used: map[int]bool{}, schemes: map[string][]*document.Value{},
		checksums: map[*document.Value]checksum{},
	}
}

func (x *extraction) has(v *document.Value, m mark) bool { return x.marks[v]&m != 0 }

// Artifacts implements Describer. The document is walked once.
func (r *Registry) Artifacts(d *document.Document) ([]artifact.Artifact, []finding.Finding) {
	x := r.extract(d)
	if r.describes(d) {
		x.findings.Add(x.unusedFindings(x.unused())...)
		x.reportAddressless()
		x.reportSchemes()
	}
	x.reportKeyCase()
	x.findings.Add(x.kept.Findings(d)...)
	findings := append(x.findings.Findings(), x.ofArtifacts...)
	slices.SortFunc(findings, finding.Finding.Compare)
	return x.kept.Artifacts(), slices.Compact(findings)
}

func (x *extraction) visit(v *document.Value, matches []document.Match) bool {
	isIgnored, isUnread, last := false, false, -1
	slices.SortFunc(matches, func(a, b document.Match) int { return a.Pattern - b.Pattern })
	for _, m := range matches {
		owner := x.owners[m.Pattern]
		isIgnored = isIgnored || owner == ignored
		isUnread = isUnread || owner == included
		if owner > last { // of several patterns of one entry the first counts
			last = owner
			x.entry(&x.entries[owner], v, m.Captured)
		}
	}
	if isUnread && !isIgnored {
		x.unreadFile(v)
	}
	if text, isText := v.Text(); isText && !isIgnored && looksLikeDigest(text) {
		x.digests = append(x.digests, v)
	}
	for _, member := range v.Overridden() {
		x.overridden(member)
	}
	x.noteLookalike(v)
	return true
}

// overridden collects the digests in a member that another one overrides.
func (x *extraction) overridden(member *document.Value) {
	if x.has(member, merged) {
		return
	}
	x.marks[member] |= merged
	document.NewMatcher().Walk(member, func(v *document.Value, _ []document.Match) bool {
		if text, isText := v.Text(); isText && looksLikeDigest(text) && !x.ignores(v.Pointer()) {
			x.digests = append(x.digests, v)
		}
		return true
	})
}

func (x *extraction) ignores(pointer string) bool {
	for i, p := range x.patterns {
		if x.owners[i] == ignored && p.Match(pointer) {
			return true
		}
	}
	return false
}

// unreadFile reports a text that names a file of the registry which the consumer reads too, and no glob selects.
func (x *extraction) unreadFile(v *document.Value) {
	name, isText := v.Text()
	if !isText || name == "" || !path.IsAbs(name) && x.Selects(path.Join(path.Dir(x.document.Path), name)) {
		return
	}
	x.report(finding.RegistryUnreadFile, v, fmt.Sprintf("The manifest includes the file %s, which no glob of the description selects; it was not read", finding.Quote(name)), "")
}

// address is a URL of an entry.
type address struct {
	at       *document.Value // the URL's value; the entry, for a default
	declared string
	url      string // to fetch; "" keeps a place in a list
}

func (x *extraction) entry(e *entry, v *document.Value, captured *document.Captured) {
	x.checkTags(e.asked, v)
	if !selects(e.where, e.unless, v, x.document.Root, false) {
		if slices.ContainsFunc(e.url, func(pointer string) bool { return textAt(v, pointer) != "" }) {
			x.marks[v] |= leftOut
		}
		x.cover(e, v)
		return
	}
	x.checkTag(v)
	x.checkTags(e.read, v)
	addresses, isList := x.addresses(e, v)
	if len(addresses) == 0 {
		x.noAddress(e, v)
		return
	}
	x.marks[v] |= addressed
	x.cover(e, v)
	isSingle := count(addresses) == 1
	for i, each := range addresses {
		switch {
		case each.url == "" || x.has(each.at, taken):
			continue
		case x.kept.Full():
			x.kept.dropped++
			continue
		}
		a := x.artifact(e, v, captured, each)
		if !isSingle || x.pointers[a.Pointer] {
			a.Pointer = each.at.Pointer()
		}
		isShared := x.declareChecksum(&a, e, v, i, len(addresses))
		a.AllowHTTP = x.AllowHTTP && a.Checksum != nil && !a.Checksum.Value.IsZero() && !a.Checksum.Value.Algorithm.Weak()
		if each.at != v || v.Kind() != document.Object {
			a.Slot.URL = each.at.Pointer()
			x.marks[each.at] |= taken
		}
		if isList && len(addresses) > 1 && isShared || len(e.url) > 1 {
			a.Mirror = i
		}
		x.pointers[a.Pointer] = true
		x.kept.Add(a)
	}
}

// artifact returns the artifact of an entry's address, without its checksum unless that is a part of an image's reference.
func (x *extraction) artifact(e *entry, v *document.Value, captured *document.Captured, each address) artifact.Artifact {
	a := artifact.Artifact{
		Manifest: x.document.Path, Document: x.document.Index, Pointer: v.Pointer(), Position: each.at.Position(),
		Role: e.role, Platform: e.platformOf(v, captured), URL: WithoutFragment(each.url), Declared: each.declared,
		Size: x.size(v, e), Signature: x.field(v, e.signature), Attestation: x.field(v, e.attestation),
	}
	a.Name = lastSegment(a.URL)
	if attested := e.attests.fill(captured.Get); attested != "" {
		a.Attests = path.Base(attested) // it is beside the manifest
	}
	if len(e.image) == 0 {
		return a
	}
	a.Role, a.Name, a.URL = artifact.Image, "", each.url
	_, text, _ := strings.Cut(each.url, "@")
	if d, err := digest.Parse(text); err == nil && strings.HasPrefix(text, "sha256:") {
		a.Checksum = &artifact.Field[digest.Digest]{Value: d, Pointer: each.at.Pointer(), Position: each.at.Position()}
	}
	return a
}

// cover marks an entry's digests, at its checksums and beside them, as used.
func (x *extraction) cover(e *entry, v *document.Value) {
	for _, pointer := range e.checksum {
		at := v.At(pointer)
		switch {
		case at == nil || isEmpty(at) || at.Kind() == document.Object:
			continue
		case at.Kind() == document.Array:
			x.marks[at] |= covered
		}
		x.marks[at.Parent()] |= covered
	}
}

// noAddress keeps an entry without an address: an object with a checksum, or one that conditions have selected. The digests of
// the latter belong to no download.
func (x *extraction) noAddress(e *entry, v *document.Value) {
	if v.Kind() != document.Object || len(e.image) > 0 {
		return
	}
	isSelected := len(e.where)+len(e.unless) > 0
	if isSelected {
		x.cover(e, v)
	}
	hasChecksum := func(pointer string) bool { return textAt(v, pointer) != "" }
	if isSelected || slices.ContainsFunc(e.checksum, hasChecksum) {
		x.addressless = append(x.addressless, v)
	}
}

// reportAddressless reports all entries without an address in one notice.
func (x *extraction) reportAddressless() {
	x.addressless = slices.DeleteFunc(slices.Compact(x.addressless), func(v *document.Value) bool { return x.has(v, addressed) })
	n, at, fix := len(x.addressless)+x.relative, x.document.Root, ""
	if n == 0 {
		return
	}
	if len(x.addressless) > 0 {
		at = x.addressless[0]
	}
	if x.relative > 0 {
		fix = "Set the base of relative addresses in the configuration file, such as `registry: {preset: " + cmp.Or(x.Name, "helm") + ", base: https://example.com/charts/}`."
	}
	x.report(finding.RegistryNoAddress, at, "The manifest has entries without an address, which are not downloaded ("+counted(n, "entry", "entries")+")", fix)
}

// counted is a number of things, such as "2,461 entries".
func counted(n int, one, many string) string {
	return humanize.Comma(int64(n)) + " " + english.PluralWord(n, one, many)
}

// reportSchemes reports the addresses that are no download, one notice a scheme.
func (x *extraction) reportSchemes() {
	for scheme, at := range x.schemes {
		x.report(finding.RegistryOtherScheme, at[0], fmt.Sprintf("The manifest has addresses with the scheme %s, which are not downloaded (%s)",
			finding.Quote(scheme+":"), counted(len(at), "address", "addresses")), "")
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

// addresses returns the URLs of an entry in their order. One without a URL keeps its place in a list.
func (x *extraction) addresses(e *entry, v *document.Value) (found []address, isList bool) {
	for _, pointer := range slices.Concat(e.url, e.image) {
		at := v.At(pointer)
		isArray := at.Kind() == document.Array
		if pointer == "" && (isArray || at.Kind() == document.Object) {
			continue // an entry is an object or a text
		}
		all := []*document.Value{at}
		if isArray {
			all, isList = at.Elements(), true
		}
		for _, each := range all {
			if a := x.address(e, v, each); a.declared != "" || isArray {
				found = append(found, a)
			}
		}
	}
	if count(found) == 0 && e.defaultURL != "" {
		if url := e.defaultURL.fill(func(pointer string) string { return textAt(v, pointer) }); url != "" {
			return []address{{v, url, e.rewritten(url)}}, false
		}
	}
	return found, isList || len(e.url) > 1 && len(found) > 1
}

// address returns the URL at a value as it is fetched: rewritten, and resolved against the base.
func (x *extraction) address(e *entry, v, at *document.Value) address {
	a := address{at: at, declared: x.text(at)}
	if len(e.image) > 0 {
		a.url = a.declared
		return a
	}
	if x.inlinesData && strings.HasPrefix(strings.ToLower(a.declared), "data:") {
		x.marks[v] |= addressed // its file is in the URL itself
		return address{at: at}
	}
	resolved, isKnown := e.resolve(e.rewritten(a.declared), v, x.document.Root)
	scheme, _, _ := strings.Cut(strings.ToLower(resolved), ":")
	switch {
	case a.declared == "":
	case !isKnown:
		x.relative++
	case x.Rules == "" && otherScheme.MatchString(resolved) && !slices.ContainsFunc(e.rewrite, func(r rewrite) bool { return r.scheme == scheme }):
		x.schemes[scheme] = append(x.schemes[scheme], at)
	default:
		a.url = resolved
	}
	return a
}

// otherScheme is the scheme of an address that a package manager resolves itself: it is not the download of one file.
var otherScheme = regexp.MustCompile(`(?i)^(?:oci|docker|ollama|git|ssh|github|gitlab|bitbucket|gist|(?:git|svn|hg|bzr)\+[a-z]+):`)

// text returns the text of a value. It reports values of other types.
func (x *extraction) text(v *document.Value) string {
	text, isText := v.Text()
	if !isText && v != nil && v.Kind() != document.Null {
		x.report(finding.RegistryType, v, fmt.Sprintf("%s is %s; expected a text", v.Label(), v.Describe()), "Write a text.")
	}
	return text
}

// checkTags reports tags, tabs and line breaks of YAML 1.1 of the values at pointers, and of their elements: parsers may read another text.
func (x *extraction) checkTags(pointers []string, v *document.Value) {
	if x.document.Syntax != document.YAML {
		return
	}
	for _, pointer := range pointers {
		at := valueAt(v, x.document.Root, pointer)
		x.checkTag(at)
		for _, element := range at.Elements() {
			x.checkTag(element)
		}
	}
}

func (x *extraction) checkTag(v *document.Value) {
	if strings.ContainsAny(v.Literal(), "\t\u0085\u2028\u2029") {
		x.report(finding.YAMLAmbiguous, v, "The text contains a tab or a line break of YAML 1.1 (U+0085, U+2028 or U+2029): parsers differ in what they read", "Remove it.")
	}
	if tag := v.Tag(); tag != "" {
		x.report(finding.YAMLTag, v, "The value has the tag "+finding.Quote(tag)+": parsers differ in what they read", "Remove the tag.")
	}
}

func (x *extraction) report(rule string, at *document.Value, message, fix string) {
	x.findings.Report(rule, func() finding.Finding { return x.document.Finding(rule, at, message, fix) })
}

// WithoutFragment returns a URL as it is requested, without its fragment (RFC 3986, section 3.5).
func WithoutFragment(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}

// lastSegment returns the file name of a URL.
func lastSegment(url string) string {
	path, _, _ := strings.Cut(url, "?")
	return path[strings.LastIndex(path, "/")+1:]
}

// size reads a declared size: a positive integer, or its digits in a string.
func (x *extraction) size(entry *document.Value, e *entry) *artifact.Field[int64] {
	for _, pointer := range e.size {
		v := entry.At(pointer)
		if v == nil || isEmpty(v) {
			continue
		}
		n, err := strconv.ParseInt(v.Literal(), 10, 64)
		if err == nil && n > 0 && v.Literal()[0] != '+' && (v.Kind() == document.Number || v.Kind() == document.String) {
			return &artifact.Field[int64]{Value: n, Pointer: v.Pointer(), Position: v.Position()}
		}
		x.report(finding.RegistryType, v, fmt.Sprintf("%s is %s; expected a size in bytes", v.Label(), v.Describe()), "Write the number of bytes.")
	}
	return nil
}

// field reads a text below an entry.
func (x *extraction) field(entry *document.Value, pointers []string) *artifact.Field[string] {
	for _, pointer := range pointers {
		v := entry.At(pointer)
		if text := x.text(v); text != "" {
			return &artifact.Field[string]{Value: text, Pointer: v.Pointer(), Position: v.Position()}
		}
	}
	return nil
}

// unused returns the digests that no artifact uses.
func (x *extraction) unused() []*document.Value {
	return slices.DeleteFunc(slices.Clone(x.digests), func(v *document.Value) bool { return x.used[v.Start()] || x.has(v.Parent(), covered) })
}

// UnusedSince reports digests of head that no artifact uses, without those that no artifact of base used either.
func (r *Registry) UnusedSince(base, head *Manifest) (findings []finding.Finding) {
	before := map[string]int{}
	for _, d := range base.Documents {
		for _, v := range r.extract(d).unused() {
			before[v.Literal()]++
		}
	}
	for _, d := range head.Documents {
		x := r.extract(d)
		findings = append(findings, x.unusedFindings(slices.DeleteFunc(x.unused(), func(v *document.Value) bool {
			before[v.Literal()]--
			return before[v.Literal()] >= 0
		}))...)
	}
	return findings
}

// extract visits what the description selects in a document.
func (r *Registry) extract(d *document.Document) *extraction {
	x := newExtraction(r, d)
	if r.describes(d) {
		r.matcher.Walk(d.Root, x.visit)
	} else {
		document.NewMatcher().Walk(d.Root, func(v *document.Value, _ []document.Match) bool {
			x.noteLookalike(v)
			return true
		})
	}
	return x
}

// unusedFindings warns once of digests that no artifact uses: whatever they are of was not verified.
func (x *extraction) unusedFindings(unused []*document.Value) []finding.Finding {
	if len(unused) == 0 {
		return nil
	}
	pointers := each(unused, func(v *document.Value) string { return finding.Quote(v.Pointer()) })
	message := counted(len(unused), "digest belongs", "digests belong") + " to no file, at " + enumerate(pointers, ", ")
	return []finding.Finding{x.document.Finding(finding.RegistryUnusedDigest, unused[0], message, "")}
}
