package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/manifest"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// draft is a manifest on disk that is being edited.
type draft struct {
	source
	edited   []byte             // the text as it is to be
	manifest *manifest.Manifest // of the text, before it gets any checksum
	wrong    []finding.Finding  // the errors in what it says of its artifacts
}

// draft reads a manifest strictly, and upgrades it where it is asked to. The findings are the errors that keep
// artifacts, or without a draft all of it, from being edited.
func (s *sum) draft(from source) (*draft, []finding.Finding) {
	d := &draft{source: from, edited: from.text}
	m, findings := from.parse()
	if m != nil && (s.upgrade || s.transition) {
		var problems []finding.Finding
		if d.edited, problems = upgraded(from, s.transition); len(problems) > 0 {
			return nil, problems
		}
		m, findings = manifest.Parse(from.path, d.edited)
	}
	if m == nil {
		return nil, findings
	}
	d.manifest = m
	d.wrong = slices.DeleteFunc(findings, func(f finding.Finding) bool {
		return !isError(f) || !slices.ContainsFunc(m.Artifacts, func(a artifact.Artifact) bool { return within(f, a.Pointer) && !s.mends(f, a) })
	})
	if slices.ContainsFunc(d.wrong, func(f finding.Finding) bool { return f.Rule == finding.URLConflict }) {
		return nil, d.wrong // two artifacts are one, or one of them is a mistake
	}
	return d, d.wrong
}

// within reports whether a finding is about the value at a pointer, or one below it.
func within(f finding.Finding, pointer string) bool {
	return f.Pointer == pointer || strings.HasPrefix(f.Pointer, pointer+"/")
}

// mends reports whether a finding is about a value of an artifact that is replaced.
func (s *sum) mends(f finding.Finding, a artifact.Artifact) bool {
	return s.replaces(a) && (within(f, a.Pointer+"/checksum") || within(f, a.Pointer+"/size"))
}

// upgraded returns the text of version 1.1, or the errors that are in its way.
func upgraded(from source, transition bool) ([]byte, []finding.Finding) {
	text, err := manifest.Upgrade(from.text, transition)
	var invalid *manifest.InvalidError
	if !errors.As(err, &invalid) {
		return text, nil
	}
	for i := range invalid.Findings {
		invalid.Findings[i].Manifest = from.path
	}
	return nil, invalid.Findings
}

// isWrong reports whether there is an error in what the manifest says of an artifact.
func (d *draft) isWrong(a artifact.Artifact) bool {
	return slices.ContainsFunc(d.wrong, func(f finding.Finding) bool { return within(f, a.Pointer) })
}

// hasPlace reports whether a checksum can be declared at a pointer.
func (d *draft) hasPlace(pointer string) bool {
	v, found := d.manifest.Locate(pointer)
	return found && v.Kind() == manifest.Object
}

// hasOldFields reports whether files are named in the fields of version 1, be it beside those of 1.1.
func (d *draft) hasOldFields() bool {
	root := d.manifest.Root
	return len(root.Get("binariesUrl").Members())+len(root.Get("weightsFiles").Elements()) > 0
}

// ambiguous says so where one file on disk stands for several URLs, as those of the binaries of two platforms with one name do.
func (s *sum) ambiguous(f verify.LocalFile) *finding.Finding {
	for _, other := range s.places[f.Path] {
		if verify.Key(other.URL) != verify.Key(f.Artifact.URL) {
			return lacks(f.Artifact, fmt.Sprintf("On disk there is one file %s, and it is that of %s in %s as well: nothing tells which of the two it is",
				finding.Quote(f.Path), finding.Quote(other.Pointer), finding.Quote(other.Manifest)),
				"Leave out --local to download the file, or give --from a list of checksums")
		}
	}
	return nil
}

// lacks says why an artifact gets no checksum.
func lacks(a artifact.Artifact, message, fix string) *finding.Finding {
	f := finding.New(finding.ArtifactMissingChecksum, a.Manifest, a.Pointer, a.Position, message, fix)
	f.Severity = finding.Error
	return &f
}

// setChecksum declares what a file was found to be.
func (d *draft) setChecksum(r verify.Result, replace bool) error {
	text, err := manifest.SetChecksum(d.edited, r.Artifact.Pointer, r.Observed, r.Size, replace)
	return d.edit(r.Artifact.Pointer, text, err)
}

func (d *draft) setURL(pointer, url string) error {
	text, err := manifest.SetURL(d.edited, pointer, url)
	return d.edit(pointer, text, err)
}

// edit takes over the text of an edit that succeeded.
func (d *draft) edit(pointer string, text []byte, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %s: %w", finding.Quote(d.path), finding.Quote(pointer), err)
	}
	d.edited = text
	return nil
}

func (d *draft) changed() bool { return !bytes.Equal(d.edited, d.text) }

// save writes the text in place of the manifest that was read: whole or not at all, and not over another one.
func (d *draft) save() error {
	if !d.changed() {
		return nil
	}
	name := filepath.FromSlash(d.path)
	info, err := os.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is a symbolic link: name the file that it leads to")
	}
	if err == nil {
		err = d.unchanged(name)
	}
	if err == nil {
		err = replaceFile(name, d.edited, info.Mode().Perm())
	}
	if err != nil {
		return fmt.Errorf("the manifest %s can't be written: %w", finding.Quote(d.path), err)
	}
	return nil
}

// unchanged makes sure that nobody edited the manifest while its files were read, which may take hours.
func (d *draft) unchanged(name string) error {
	now, err := os.ReadFile(name)
	if err == nil && !bytes.Equal(now, d.text) {
		err = errors.New("it was changed while its files were read: run the command again")
	}
	return err
}
