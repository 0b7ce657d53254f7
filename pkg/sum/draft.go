package sum

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// draft is a manifest on disk that is being edited.
type draft struct {
	source.Source
	upgraded []byte             // the text that is edited: that of the source, or what an upgrade made of it
	manifest *registry.Manifest // of that text
	edit     *registry.Edit
	edited   []byte
	wrong    []finding.Finding // errors about its artifacts
}

// draft reads a manifest, and with Upgrade or Transition upgrades it. The findings are the errors that prevent artifacts, or without a
// draft the whole manifest, from being edited.
func (s *Sum) draft(from source.Source) (*draft, []finding.Finding, error) {
	d := &draft{Source: from, upgraded: from.Text}
	m, findings := s.Registries.Read(from)
	if m != nil && (s.Upgrade || s.Transition) {
		var problems []finding.Finding
		var err error
		if d.upgraded, problems, err = upgraded(s.Registries, m, from, s.Transition); err != nil || len(problems) > 0 {
			return nil, problems, err
		}
		from.Text = d.upgraded
		m, findings = s.Registries.Read(from)
	}
	if m == nil {
		return nil, findings, nil
	}
	d.manifest, d.edit, d.edited = m, m.Edit(d.upgraded), d.upgraded
	d.wrong = slices.DeleteFunc(findings, func(f finding.Finding) bool {
		return !isError(f) || !slices.ContainsFunc(m.Artifacts, func(a artifact.Artifact) bool { return within(f, a.Pointer) && !s.fixes(f, a) })
	})
	if slices.ContainsFunc(d.wrong, func(f finding.Finding) bool { return f.Rule == finding.URLConflict }) {
		return nil, d.wrong, nil // nothing tells which of two URLs is right
	}
	return d, d.wrong, nil
}

// within reports whether a finding is about the value at a pointer or below it.
func within(f finding.Finding, pointer string) bool {
	return f.Pointer == pointer || strings.HasPrefix(f.Pointer, pointer+"/")
}

// fixes reports whether a finding is about a value of an artifact that is replaced.
func (s *Sum) fixes(f finding.Finding, a artifact.Artifact) bool {
	return s.replaces(a) && (a.Checksum != nil && within(f, a.Checksum.Pointer) || a.Size != nil && within(f, a.Size.Pointer))
}

// upgraded returns the text in the registry's newest format, or the errors that prevent that.
func upgraded(r *inspect.Registries, m *registry.Manifest, from source.Source, transition bool) (text []byte, problems []finding.Finding, err error) {
	text, err = r.Upgrade(m, from.Text, transition)
	var invalid *registry.InvalidError
	if !errors.As(err, &invalid) {
		return text, nil, err
	}
	for _, f := range invalid.Findings {
		f.Manifest = from.Path
		problems = append(problems, f)
	}
	return nil, problems, nil
}

// isWrong reports whether there is an error about an artifact.
func (d *draft) isWrong(a artifact.Artifact) bool {
	return slices.ContainsFunc(d.wrong, func(f finding.Finding) bool { return within(f, a.Pointer) })
}

// artifact returns an artifact as the manifest declares it.
func (d *draft) artifact(a artifact.Artifact) artifact.Artifact {
	i := slices.IndexFunc(d.manifest.Artifacts, func(b artifact.Artifact) bool { return b.Document == a.Document && b.Pointer == a.Pointer })
	return d.manifest.Artifacts[i]
}

// ambiguous reports a file on disk that several URLs have, such as those of two platforms' binaries of one name.
func (s *Sum) ambiguous(f verify.LocalFile) *finding.Finding {
	for _, other := range s.byPath[f.Path] {
		if verify.Key(other.URL) != verify.Key(f.Artifact.URL) {
			return lacks(f.Artifact, fmt.Sprintf("The file %s on disk may also be that of %s in %s",
				finding.Quote(f.Path), finding.Quote(other.Pointer), finding.Quote(other.Manifest)),
				"Leave out --local to download the file, or name a list of checksums with --from.")
		}
	}
	return nil
}

// lacks reports why an artifact gets no checksum.
func lacks(a artifact.Artifact, message, fix string) *finding.Finding {
	f := a.Finding(finding.ArtifactMissingChecksum, message, fix)
	f.Severity = finding.Error
	return &f
}

// setChecksum declares a file's digest; that of an image is part of its reference.
func (d *draft) setChecksum(r verify.Result, replace bool) error {
	if r.Artifact.Role == artifact.Image {
		ref, err := image.Parse(r.Artifact.URL)
		return d.at(r.Artifact.Pointer, errors.Join(err, d.edit.SetURL(d.artifact(r.Artifact), ref.Pin(r.Digest))))
	}
	return d.at(r.Artifact.Pointer, d.edit.SetChecksum(d.artifact(r.Artifact), toDeclare(r), r.Size, replace))
}

func (d *draft) setURL(a artifact.Artifact, url string) error {
	return d.at(a.Pointer, d.edit.SetURL(d.artifact(a), url))
}

// at adds to an error where the edit was not made.
func (d *draft) at(pointer string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %s: %w", finding.Quote(d.Path), finding.Quote(pointer), err)
	}
	return nil
}

func (d *draft) isChanged() bool { return !bytes.Equal(d.edited, d.Text) }

// save replaces the manifest that was read, whole or not at all, unless it has changed meanwhile.
func (d *draft) save() error {
	if !d.isChanged() {
		return nil
	}
	name := d.Disk
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err == nil {
		err = d.unchanged(name)
	}
	if err == nil {
		err = publish.ReplaceFile(name, d.edited, info.Mode().Perm())
	}
	if err != nil {
		return fmt.Errorf("the manifest %s can't be written: %w", finding.Quote(d.Path), err)
	}
	return nil
}

// unchanged checks that the manifest is still the one that was read: reading its files may take hours.
func (d *draft) unchanged(name string) error {
	now, err := os.ReadFile(name)
	if err == nil && !bytes.Equal(now, d.Text) {
		err = errors.New("it was changed while its files were read: run the command again")
	}
	return err
}
