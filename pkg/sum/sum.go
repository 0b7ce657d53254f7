// Package sum fills in missing checksums of manifests. The user vouches for the files that are read. A declared checksum is replaced only
// if its pointer is named.
package sum

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Sum is the options of a run.
type Sum struct {
	Write      bool     // write checksums into the manifests instead of only printing them
	Upgrade    bool     // rewrite manifests of an old format
	Transition bool     // put the fields of the new format beside the old ones
	Pin        bool     // replace branches in URLs by commits
	Replace    []string // pointers of artifacts that get another checksum
	List       *List    // published checksums; nil for none
	Local      *os.Root // of downloaded files; nil to download

	Registries *inspect.Registries
	Verifier   *verify.Verifier
	Server     string // "https://github.com"
	Stdout     io.Writer
	Stderr     io.Writer
}

// Outcome is the result of a Sum.
type Outcome struct {
	Findings  []finding.Finding
	Results   []verify.Result
	Found     int  // checksums
	IsChanged bool // a manifest's text has changed, written or not

	ExpectsProvenance bool // a manifest declares attestations, which are not verified here
}

// Run reads the files of manifests, prints their checksums, and with Write writes them into the manifests. Invalid usage is a
// source.UsageError.
func (s *Sum) Run(ctx context.Context, manifests []source.Source) (o Outcome, err error) {
	var drafts []*draft
	for _, from := range manifests {
		d, problems, err := s.draft(from)
		if err != nil {
			return o, err
		}
		o.Findings = append(o.Findings, problems...)
		if d != nil {
			drafts = append(drafts, d)
		}
	}
	if err := s.check(drafts); err != nil {
		return o, source.UsageError{Err: err}
	}
	files, missing := s.wanted(drafts)
	o.Results = s.read(ctx, files)
	found, unplaced, err := s.take(drafts, o.Results, ctx.Err() != nil)
	o.Findings, o.Found, o.IsChanged = slices.Concat(o.Findings, missing, unplaced), found, slices.ContainsFunc(drafts, (*draft).isChanged)
	isAttested := func(a artifact.Artifact) bool { return a.Attestation != nil || a.Attests != "" }
	o.ExpectsProvenance = slices.ContainsFunc(drafts, func(d *draft) bool { return slices.ContainsFunc(d.manifest.Artifacts, isAttested) })
	return o, err
}

// check reports impossible requests: a pointer of Replace that does not name exactly one artifact, and fields that can't hold checksums.
func (s *Sum) check(drafts []*draft) error {
	for _, pointer := range s.Replace {
		n := 0
		for _, d := range drafts {
			if d.manifest.Artifact(pointer) != nil {
				n++
			}
		}
		switch quoted := finding.Quote(pointer); {
		case n == 0:
			return fmt.Errorf("flag --replace is %s, which is not that of an artifact: expected a pointer such as `/binaries/aarch64-apple-darwin`", quoted)
		case n > 1:
			return fmt.Errorf("flag --replace is %s, which %d of the manifests have: name only one manifest", quoted, n)
		}
	}
	for _, d := range drafts {
		hasNoPlace := func(a artifact.Artifact) bool {
			return !d.isWrong(a) && (s.pins(a) || s.Write && s.fills(a) && a.Slot.Checksum == "" && a.Role != artifact.Image)
		}
		if s.Registries.IsOld(d.manifest) && slices.ContainsFunc(d.manifest.Artifacts, hasNoPlace) {
			return fmt.Errorf("%s uses the fields of version 1, which can't hold checksums: use --upgrade to rewrite it as 1.1, or, without --pin, --transition to add the new fields beside the old", finding.Quote(d.Path))
		}
	}
	return nil
}

// wanted returns the artifacts whose files must be read, with their paths on disk, and findings for those that can't get a checksum.
func (s *Sum) wanted(drafts []*draft) (files []verify.LocalFile, missing []finding.Finding) {
	byPath := map[string][]artifact.Artifact{}
	for _, d := range drafts {
		for _, a := range d.manifest.Artifacts {
			path := s.Registries.LocalFile(s.Local, d.manifest, a).Path
			byPath[path] = append(byPath[path], a)
		}
	}
	for _, d := range drafts {
		for _, a := range d.manifest.Artifacts {
			isElsewhere := a.Role == artifact.Image && (s.Local != nil || s.List != nil) // images are not on disk or in lists
			if d.isWrong(a) || isElsewhere || !s.fills(a) && !s.pins(a) {
				continue
			}
			f := s.Registries.LocalFile(s.Local, d.manifest, a)
			if problem := s.expect(&f.Artifact, f.Path, byPath[f.Path]); problem != nil {
				missing = append(missing, *problem)
			} else {
				files = append(files, f)
			}
		}
	}
	return files, missing
}

// fills reports whether an artifact gets a checksum: it has none, or its checksum is replaced.
func (s *Sum) fills(a artifact.Artifact) bool { return a.Checksum == nil || s.replaces(a) }

func (s *Sum) replaces(a artifact.Artifact) bool { return slices.Contains(s.Replace, a.Pointer) }

// pins reports whether to pin an artifact's URL: it is mutable and its host publishes commits.
func (s *Sum) pins(a artifact.Artifact) bool {
	return s.Pin && hosts.Publishes(a.URL) && s.mutable(a) != ""
}

func (s *Sum) mutable(a artifact.Artifact) string { return hosts.Parse(a.URL, s.Server).Mutable() }

// expect sets the expected checksum of an artifact's file: that of the list, else none. The finding states why it can't get one: several
// URLs may share a path on disk, such as two platforms' binaries of one name.
func (s *Sum) expect(a *artifact.Artifact, path string, atPath []artifact.Artifact) *finding.Finding {
	switch {
	case !s.fills(*a):
		return nil
	case a.Role == artifact.Image: // computes the digest of its reference
		a.Checksum = nil
		if ref, err := image.Parse(a.URL); err == nil {
			a.URL = ref.Unpinned()
		}
		return nil
	case s.Write && a.Slot.Checksum == "":
		return noPlace(*a)
	}
	a.Checksum, a.Wanted = nil, a.Slot.Algorithm
	if s.replaces(*a) {
		a.Size = nil
	}
	if s.List != nil {
		return s.List.declare(a)
	}
	isOther := func(other artifact.Artifact) bool { return verify.Key(other.URL) != verify.Key(a.URL) }
	if i := slices.IndexFunc(atPath, isOther); s.Local != nil && i >= 0 {
		return lacks(*a, fmt.Sprintf("The file %s on disk may also belong to %s in %s", finding.Quote(path), finding.Quote(atPath[i].Pointer), finding.Quote(atPath[i].Manifest)),
			"Leave out --local to download the file, or name a list of checksums with --from.")
	}
	return nil
}

// read reads the files, from disk or from their URLs.
func (s *Sum) read(ctx context.Context, files []verify.LocalFile) []verify.Result {
	s.Verifier.Policy.MissingChecksum = nil // missing by definition
	s.Verifier.Hosts.AskOfAll = true        // don't write a digest that contradicts the host's
	if s.Local != nil {
		return s.Verifier.RunLocal(ctx, s.Local, files)
	}
	var artifacts []artifact.Artifact
	for _, f := range files {
		artifacts = append(artifacts, f.Artifact)
	}
	results, _ := s.Verifier.Run(ctx, verify.Plan(artifacts))
	return results
}

// take prints the checksums of complete files without errors and, with Write, writes them. An interrupted run writes only manifests whose
// files were all read. take returns the number of checksums, and a finding for each that can't be written.
func (s *Sum) take(drafts []*draft, results []verify.Result, isCut bool) (n int, unplaced []finding.Finding, err error) {
	var problems []error
	for _, r := range results {
		d := drafts[slices.IndexFunc(drafts, func(d *draft) bool { return d.Path == r.Artifact.Manifest })]
		fills := s.fills(d.artifact(r.Artifact))
		if fills && s.List != nil {
			s.List.disagree(r)
		}
		if r.Status.Failed() || slices.ContainsFunc(r.Findings, isError) {
			continue
		}
		var err error
		if fills {
			n++
			err = s.declare(d, r)
			if errors.Is(err, document.ErrNotEditable) {
				unplaced, err = append(unplaced, *unwritten(r.Artifact, err)), nil
			}
		}
		if s.pins(r.Artifact) && r.Commit != "" {
			err = errors.Join(err, s.pin(d, r))
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %s: %w", finding.Quote(d.Path), finding.Quote(r.Artifact.Pointer), err))
		}
	}
	for _, d := range drafts {
		isUnread := func(r verify.Result) bool { return r.Artifact.Manifest == d.Path && r.Status == verify.Unreachable }
		if isCut && slices.ContainsFunc(results, isUnread) {
			d.edited = d.Text
		} else if text, err := d.edit.Text(); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", finding.Quote(d.Path), err))
			continue
		} else {
			d.edited = text
		}
		problems = append(problems, s.finish(d))
	}
	return n, unplaced, errors.Join(problems...)
}

// declare prints a checksum, and with Write sets it in a draft.
func (s *Sum) declare(d *draft, r verify.Result) error {
	if _, err := fmt.Fprintf(s.Stdout, "%s  %s %s\n", toDeclare(r), finding.Clean(d.Path), finding.Clean(r.Artifact.Pointer)); err != nil || !s.Write {
		return err
	}
	return d.setChecksum(r, s.replaces(r.Artifact))
}

// toDeclare returns the digest to write, in the field's algorithm if it has one.
func toDeclare(r verify.Result) digest.Digest {
	return cmp.Or(r.Under(r.Artifact.Wanted), r.Digest)
}

// pin prints the URL with the commit, and sets it in a draft.
func (s *Sum) pin(d *draft, r verify.Result) error {
	url := hosts.WithRevision(r.Artifact.URL, s.Server, r.Commit)
	if _, err := fmt.Fprintf(s.Stderr, "%s %s: pinned to %s\n", finding.Clean(d.Path), finding.Clean(r.Artifact.Pointer), finding.QuoteURL(url)); err != nil {
		return err
	}
	return d.edit.SetURL(d.artifact(r.Artifact), url)
}

// finish writes a draft with Write, and prints which URLs were not pinned.
func (s *Sum) finish(d *draft) error {
	if s.Write {
		if err := d.save(); err != nil {
			return err
		}
	}
	if !s.Pin {
		return nil
	}
	now, _ := s.Registries.Read(source.Source{Path: d.Path, InTree: d.InTree, Text: d.edited})
	var lines strings.Builder
	for _, a := range now.Artifacts {
		if why := s.mutable(a); why != "" {
			fmt.Fprintf(&lines, "%s %s: not pinned, it follows %s\n", finding.Clean(d.Path), finding.Clean(a.Pointer), why)
		}
	}
	_, err := io.WriteString(s.Stderr, lines.String())
	return err
}

// lacks returns the finding for an artifact without a checksum.
func lacks(a artifact.Artifact, message, fix string) *finding.Finding {
	f := a.Finding(finding.ArtifactMissingChecksum, message, fix)
	f.Severity = finding.Error
	return &f
}

// unwritten returns the finding for a checksum that was not written.
func unwritten(a artifact.Artifact, err error) *finding.Finding {
	if errors.Is(err, document.ErrShared) {
		return lacks(a, "The checksum of this file is an alias or has an anchor, so other entries share it; it was not written", "Write the checksum into the entry itself, without alias and anchor.")
	}
	return noPlace(a)
}

func noPlace(a artifact.Artifact) *finding.Finding {
	return lacks(a, "The manifest has no field for a checksum of this file", "Run the command without --write, and write the checksum where it belongs.")
}

func isError(f finding.Finding) bool { return f.Severity == finding.Error }
