package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// extractor finds the artifacts of one manifest. The fields that are there decide, whatever its "version" says.
type extractor struct {
	path     string
	findings []finding.Finding
}

func (x *extractor) artifacts(root *Value) []artifact.Artifact {
	newer := slices.Concat(x.entries(root.Get("binaries"), artifact.Binary), x.entries(root.Get("weights"), artifact.Weight))
	older := slices.Concat(x.entries(root.Get("binariesUrl"), artifact.Binary), x.weightsFiles(root))
	all := append(newer, x.unmatched(older, newer)...)
	slices.SortFunc(all, func(a, b artifact.Artifact) int { return a.Position.Compare(b.Position) })
	return all
}

// entries reads an object whose members each name one file. A member may be a URL or an object that holds one,
// whichever the field is: the wrong one is a schema violation, and no reason to lose the file.
func (x *extractor) entries(object *Value, role artifact.Role) []artifact.Artifact {
	var found []artifact.Artifact
	for _, v := range object.Members() {
		url := v
		if v.Kind() == Object {
			url = v.Get("url")
		}
		if url.Kind() != String {
			continue
		}
		a := artifact.Artifact{
			Manifest: x.path, Pointer: v.Pointer(), Position: url.Position(), Role: role, URL: url.String(),
			Checksum: x.checksum(v.Get("checksum")), Size: size(v.Get("size")), Signature: signature(v.Get("signature")),
		}
		if a.Name = v.Name(); role == artifact.Binary {
			a.Platform, a.Name = v.Name(), lastSegment(a.URL)
		}
		found = append(found, a)
	}
	return found
}

// lastSegment names a binary as the App does: whatever follows the last slash of its URL.
func lastSegment(url string) string { return url[strings.LastIndex(url, "/")+1:] }

// maxDirectory is the schema's maxLength of weightsDirectoryUrl, in bytes.
const maxDirectory = 2048

// weightsFiles reads version 1's pair of fields. As in the App, a URL is the plain concatenation of the two.
func (x *extractor) weightsFiles(root *Value) []artifact.Artifact {
	directory := root.Get("weightsDirectoryUrl").String()
	if len(directory) > maxDirectory {
		directory = "" // the schema has refused it; joined to every file's name it would take all memory
	}
	var found []artifact.Artifact
	for _, v := range root.Get("weightsFiles").Elements() {
		if v.Kind() == String {
			found = append(found, artifact.Artifact{Manifest: x.path, Pointer: v.Pointer(), Position: v.Position(), Role: artifact.Weight, Name: v.String(), URL: directory + v.String()})
		}
	}
	return found
}

// target is what makes two artifacts of one manifest the same: a binary's platform, a weight's path.
type target struct {
	role artifact.Role
	name string
}

func targetOf(a artifact.Artifact) target {
	if a.Role == artifact.Binary {
		return target{a.Role, a.Platform}
	}
	return target{a.Role, a.Name}
}

// unmatched returns the artifacts of the old fields that the new ones do not name, or name with another URL, which it reports.
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
	x.findings = append(x.findings, finding.New(finding.URLConflict, x.path, n.Pointer, n.Position,
		fmt.Sprintf("%s has two URLs: %s here and %s on line %d", finding.Quote(cmp.Or(n.Platform, n.Name)), finding.Quote(n.URL), finding.Quote(o.URL), o.Position.Line),
		"Write the URL that is meant in both places."))
}

// checksum reads a declared checksum; one that can't be read has the zero Digest, so that nothing passes for it.
func (x *extractor) checksum(v *Value) *artifact.Field[digest.Digest] {
	if v == nil {
		return nil
	}
	field := &artifact.Field[digest.Digest]{Pointer: v.Pointer(), Position: v.Position()}
	if v.Kind() != String { // a schema violation
		return field
	}
	var err error
	field.Value, err = digest.Parse(v.String())
	switch {
	case err != nil:
		x.findings = append(x.findings, finding.New(finding.ChecksumInvalid, x.path, field.Pointer, field.Position,
			"the checksum "+finding.Quote(v.String())+" can't be read: "+err.Error(), "Declare `sha256:` and the 64 hex digits that `scripts/checksum.sh FILE` prints."))
	case field.Value.Algorithm.Weak():
		x.findings = append(x.findings, finding.New(finding.ChecksumWeak, x.path, field.Pointer, field.Position,
			"the checksum is a SHA-1, and two files with one SHA-1 can be made", "Declare a sha256 checksum: `scripts/checksum.sh FILE` prints it."))
	}
	return field
}

// size reads a declared size; anything but a positive integer is a schema violation.
func size(v *Value) *artifact.Field[int64] {
	n, ok := v.Integer()
	if !ok || n < 1 {
		return nil
	}
	return &artifact.Field[int64]{Value: n, Pointer: v.Pointer(), Position: v.Position()}
}

func signature(v *Value) *artifact.Field[string] {
	if v.Kind() != String {
		return nil
	}
	return &artifact.Field[string]{Value: v.String(), Pointer: v.Pointer(), Position: v.Position()}
}
