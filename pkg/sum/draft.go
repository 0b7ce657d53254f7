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
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// draft is a manifest on disk that is being edited.
type draft struct {
	source.Source
	manifest *registry.Manifest // of the text, upgraded if asked for
	edit     *registry.Edit
	edited   []byte
	wrong    []finding.Finding // errors about its artifacts
}

// draft reads a manifest, and with Upgrade or Transition upgrades it. The findings are the errors that prevent artifacts, or without a
// draft the whole manifest, from being edited.
func (s *Sum) draft(from source.Source) (*draft, []finding.Finding, error) {
	d := &draft{Source: from}
	m, findings := s.Registries.Read(from)
	if m != nil && (s.Upgrade || s.Transition) {
		var err error
		from.Text, err = s.Registries.Upgrade(m, from.Text, s.Transition)
		var invalid *registry.InvalidError
		if errors.As(err, &invalid) {
			for i := range invalid.Findings {
				invalid.Findings[i].Manifest = from.Path
			}
			return nil, invalid.Findings, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s can't be upgraded: %w", finding.Quote(from.Path), err)
		}
		m, findings = s.Registries.Read(from)
	}
	if m == nil {
		return nil, findings, nil
	}
	d.manifest, d.edit, d.edited = m, m.Edit(from.Text), from.Text
	d.wrong = slices.DeleteFunc(findings, func(f finding.Finding) bool {
		return !isError(f) || !slices.ContainsFunc(m.Artifacts, func(a artifact.Artifact) bool { return within(f, a.Pointer) && !s.fixes(f, a) })
	})
	if slices.ContainsFunc(d.wrong, func(f finding.Finding) bool { return f.Rule == finding.URLConflict }) {
		return nil, d.wrong, nil // it is unknown which of two URLs is right
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

// isWrong reports whether there is an error about an artifact.
func (d *draft) isWrong(a artifact.Artifact) bool {
	return slices.ContainsFunc(d.wrong, func(f finding.Finding) bool { return within(f, a.Pointer) })
}

// artifact returns an artifact as the manifest declares it.
func (d *draft) artifact(a artifact.Artifact) artifact.Artifact {
	i := slices.IndexFunc(d.manifest.Artifacts, func(b artifact.Artifact) bool { return b.Document == a.Document && b.Pointer == a.Pointer })
	return d.manifest.Artifacts[i]
}

// setChecksum declares a file's digest; that of an image is part of its reference.
func (d *draft) setChecksum(r verify.Result, replace bool) error {
	if r.Artifact.Role == artifact.Image {
		ref, err := image.Parse(r.Artifact.URL)
		return errors.Join(err, d.edit.SetURL(d.artifact(r.Artifact), ref.Pin(r.Digest)))
	}
	return d.edit.SetChecksum(d.artifact(r.Artifact), toDeclare(r), r.Size, replace)
}

func (d *draft) isChanged() bool { return !bytes.Equal(d.edited, d.Text) }

// save replaces the manifest atomically, unless it has changed since it was read: reading its files may take hours.
func (d *draft) save() error {
	if !d.isChanged() {
		return nil
	}
	info, err := os.Stat(d.Disk)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err == nil {
		var now []byte
		if now, err = os.ReadFile(d.Disk); err == nil && !bytes.Equal(now, d.Text) {
			err = errors.New("it was changed while its files were read: run the command again")
		}
	}
	if err == nil {
		err = publish.ReplaceFile(d.Disk, d.edited, info.Mode().Perm())
	}
	if err != nil {
		return fmt.Errorf("the manifest %s can't be written: %w", finding.Quote(d.Path), err)
	}
	return nil
}
