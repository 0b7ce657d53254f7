package prem

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// extractor makes the artifacts of one manifest from those of its description. The fields decide, whatever "version" is.
type extractor struct {
	document *document.Document
	kept     registry.Collector
	findings []finding.Finding
}

func (x *extractor) artifacts(described []artifact.Artifact) []artifact.Artifact {
	var newer, older []artifact.Artifact
	for _, a := range described {
		x.complete(&a)
		if strings.HasPrefix(a.Pointer, "/binariesUrl/") {
			older = append(older, a)
		} else {
			newer = append(newer, a)
		}
	}
	older = append(older, x.weightsFiles()...)
	for _, a := range append(newer, x.unmatched(older, newer)...) {
		x.kept.Add(a)
	}
	x.findings = append(x.findings, x.kept.Findings(x.document)...)
	return x.kept.Artifacts()
}

// complete adds what a description can't express: a weight's name is its key, a size is written beside a checksum, and a checksum has
// one of the forms of digest.Parse.
func (x *extractor) complete(a *artifact.Artifact) {
	v := x.document.Root.At(a.Pointer)
	if a.Role == artifact.Weight {
		a.Name = v.Name()
	}
	if a.Role == artifact.Binary {
		a.Name = lastSegment(a.URL)
	}
	if a.Slot.Checksum != "" {
		a.Slot.Size = a.Pointer + "/size"
	}
	if a.Role != artifact.Image {
		x.strict(a, v.Get("checksum"))
	}
}

// strict refuses a checksum in another form than this registry's.
func (x *extractor) strict(a *artifact.Artifact, v *document.Value) {
	_, err := digest.Parse(v.String())
	if v == nil || err == nil || a.Checksum != nil && a.Checksum.Value.IsZero() {
		return
	}
	a.Checksum = &artifact.Field[digest.Digest]{Pointer: v.Pointer(), Position: v.Position()}
	if v.Kind() == document.String { // else the schema says so
		x.findings = append(x.findings, x.document.Finding(finding.ChecksumInvalid, v,
			"invalid checksum "+finding.Quote(v.String())+": "+err.Error(), ""))
	}
}

// lastSegment is a binary's name in the App: the part after the last slash of its URL.
func lastSegment(url string) string { return url[strings.LastIndex(url, "/")+1:] }

// maxDirectory is the schema's maxLength of weightsDirectoryUrl, in bytes.
const maxDirectory = 2048

// weightsFiles reads version 1's pair of fields. As in the App, a URL is the plain concatenation of the two.
func (x *extractor) weightsFiles() []artifact.Artifact {
	var base *artifact.Field[string]
	if v := x.document.Root.Get("weightsDirectoryUrl"); v.Kind() == document.String {
		base = &artifact.Field[string]{Value: v.String(), Pointer: v.Pointer(), Position: v.Position()}
		if len(base.Value) > maxDirectory {
			base.Value = "" // the schema reports it
		}
	} else {
		base = &artifact.Field[string]{}
	}
	var files registry.Collector
	for _, v := range x.document.Root.Get("weightsFiles").Elements() {
		if v.Kind() != document.String {
			continue
		}
		a := artifact.Artifact{Manifest: x.document.Path, Pointer: v.Pointer(), Position: v.Position(), Role: artifact.Weight, Name: v.String(), Base: base}
		if !files.Full() {
			a.Declared = base.Value + v.String()
			a.URL = registry.WithoutFragment(a.Declared)
		}
		files.Add(a)
	}
	x.findings = append(x.findings, files.Findings(x.document)...)
	return files.Artifacts()
}

// target identifies an artifact in old and new fields: a binary by platform, a weight by path.
type target struct {
	role artifact.Role
	name string
}

func targetOf(a artifact.Artifact) target {
	switch a.Role {
	case artifact.Binary:
		return target{a.Role, a.Platform}
	case artifact.Weight:
		return target{a.Role, a.Name}
	}
	return target{a.Role, a.Pointer}
}

// unmatched returns the artifacts of old fields that the new ones lack, or have with another URL, which it reports.
func (x *extractor) unmatched(older, newer []artifact.Artifact) []artifact.Artifact {
	named := map[target]artifact.Artifact{}
	for _, a := range newer {
		named[targetOf(a)] = a
	}
	return slices.DeleteFunc(older, func(o artifact.Artifact) bool {
		n, found := named[targetOf(o)]
		if found && n.URL != o.URL {
			x.conflict(n, o)
		}
		return found && n.URL == o.URL
	})
}

func (x *extractor) conflict(n, o artifact.Artifact) {
	x.findings = append(x.findings, finding.New(finding.URLConflict, x.document.Path, n.Pointer, n.Position,
		fmt.Sprintf("%s has two URLs: %s here and %s at line %d", finding.Quote(cmp.Or(n.Platform, n.Name)), finding.QuoteURL(n.URL), finding.QuoteURL(o.URL), o.Position.Line),
		"Write the same URL in both places."))
}

// IsOld reports whether a manifest names files in the fields of version 1, perhaps beside those of 1.1.
func (r Registry) IsOld(m *registry.Manifest) bool {
	return len(root(m).Get("binariesUrl").Members())+len(root(m).Get("weightsFiles").Elements()) > 0
}

// Folder returns the folder in which the App keeps a service's files.
func (r Registry) Folder(m *registry.Manifest) string { return root(m).Get("id").String() }

func root(m *registry.Manifest) *document.Value { return m.Documents[0].Root }

func folderOf(manifest string) string {
	if dir := path.Dir(manifest); dir != "." && dir != "/" {
		return path.Base(dir)
	}
	return ""
}
