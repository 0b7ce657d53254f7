package prem

import (
	"cmp"
	"fmt"
	"path"
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
	newer := map[string]artifact.Artifact{}
	var older []artifact.Artifact
	for _, a := range described {
		x.complete(&a)
		if strings.HasPrefix(a.Pointer, "/binariesUrl/") {
			older = append(older, a)
		} else {
			newer[target(a)] = a
			x.kept.Add(a)
		}
	}
	for _, a := range older {
		x.addOld(a, newer)
	}
	x.addWeightsFiles(newer)
	x.findings = append(x.findings, x.kept.Findings(x.document)...)
	return x.kept.Artifacts()
}

// target is a file's key in old and new fields: a binary's platform, a weight's path.
func target(a artifact.Artifact) string { return string(a.Role) + " " + cmp.Or(a.Platform, a.Name) }

// addOld adds an artifact of an old field, unless the new ones have it. It reports another URL there.
func (x *extractor) addOld(o artifact.Artifact, newer map[string]artifact.Artifact) {
	n, found := newer[target(o)]
	if found && n.URL == o.URL {
		return
	}
	if found {
		x.findings = append(x.findings, finding.New(finding.URLConflict, x.document.Path, n.Pointer, n.Position,
			fmt.Sprintf("%s has two URLs: %s here and %s at line %d", finding.Quote(cmp.Or(n.Platform, n.Name)), finding.QuoteURL(n.URL), finding.QuoteURL(o.URL), o.Position.Line),
			"Write the same URL in both places."))
	}
	x.kept.Add(o)
}

// complete adds what a description can't express: a weight's name is its key, a binary's the part after the last slash, a size is beside
// the checksum, and a checksum has one of the forms of digest.Parse.
func (x *extractor) complete(a *artifact.Artifact) {
	v := x.document.Root.At(a.Pointer)
	switch a.Role {
	case artifact.Weight:
		a.Name = v.Name()
	case artifact.Binary:
		a.Name = a.URL[strings.LastIndex(a.URL, "/")+1:]
	}
	if a.Slot.Checksum != "" {
		a.Slot.Size = a.Pointer + "/size"
	}
	if a.Role != artifact.Image {
		x.strict(a, v.Get("checksum"))
	}
}

// strict reports a checksum that is not in this registry's form.
func (x *extractor) strict(a *artifact.Artifact, v *document.Value) {
	_, err := digest.Parse(v.String())
	if v == nil || err == nil || a.Checksum != nil && a.Checksum.Value.IsZero() {
		return
	}
	a.Checksum = &artifact.Field[digest.Digest]{Pointer: v.Pointer(), Position: v.Position()}
	if v.Kind() == document.String { // otherwise the schema reports it
		x.findings = append(x.findings, x.document.Finding(finding.ChecksumInvalid, v,
			"invalid checksum "+finding.Quote(v.String())+": "+err.Error(), ""))
	}
}

// maxDirectory is the schema's maxLength of weightsDirectoryUrl, in bytes.
const maxDirectory = 2048

// addWeightsFiles reads version 1's pair of fields. As in the App, a URL is the plain concatenation of the two.
func (x *extractor) addWeightsFiles(newer map[string]artifact.Artifact) {
	base := &artifact.Field[string]{}
	if v := x.document.Root.Get("weightsDirectoryUrl"); v.Kind() == document.String {
		base.Pointer, base.Position = v.Pointer(), v.Position()
		if len(v.String()) <= maxDirectory { // otherwise the schema reports it
			base.Value = v.String()
		}
	}
	for _, v := range x.document.Root.Get("weightsFiles").Elements() {
		a := artifact.Artifact{Manifest: x.document.Path, Pointer: v.Pointer(), Position: v.Position(), Role: artifact.Weight, Name: v.String(), Base: base}
		switch {
		case v.Kind() != document.String:
		case x.kept.Full():
			x.kept.Add(a)
		default:
			a.Declared = base.Value + v.String()
			a.URL = registry.WithoutFragment(a.Declared)
			x.addOld(a, newer)
		}
	}
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
