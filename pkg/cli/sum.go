package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// sum is the command of that name: it fills in the checksums that manifests lack. Whoever runs it vouches for the
// files that are read now; a checksum that is declared already is replaced only where its pointer is named.
type sum struct {
	*program
	config                          *Config
	write, upgrade, transition, pin bool
	replace                         []string // pointers of artifacts
	from                            string   // a published list of checksums; "" for none
	local                           string   // a folder of downloaded files; "" to download

	rules  rules
	root   *os.Root                       // of local; nil to download
	places map[string][]artifact.Artifact // whose file on disk would be at a path
}

func (p *program) sumCommand() *cobra.Command {
	s := &sum{program: p, config: defaultConfig()}
	cmd := &cobra.Command{
		Use:   "sum [flags] PATH...",
		Short: "Compute the checksums that manifests lack, and write them in",
		Long: `Reads the files that manifests name without a checksum, and prints their
digests. With --write the manifests get them, and all their other bytes stay
as they are.

You vouch for what is read: compare the digests with those of what you built or
reviewed, or give --from the list that the publisher signs or shows elsewhere.`,
		Example: `  verify-manifests sum chat-mistral-7b-instruct
  verify-manifests sum --write --from SHA256SUMS chat-mistral-7b-instruct
  verify-manifests sum --write --local ~/models chat-mistral-7b-instruct
  verify-manifests sum --write --upgrade chat-mistral-7b-instruct/manifest.json
  verify-manifests sum --write --replace /binaries/aarch64-apple-darwin chat-x`,
		Args: arguments("the path of a manifest, or of a folder of some"),
		RunE: p.do(s.run),
	}
	addFlags(cmd, s.config, network|describing)
	flags := cmd.Flags()
	flags.BoolVar(&s.write, "write", false, "write what is found into the manifests, in place")
	flags.BoolVar(&s.upgrade, "upgrade", false, "rewrite version 1 as 1.1, which has a place for checksums")
	flags.BoolVar(&s.transition, "transition", false, "put the fields of 1.1 beside those of version 1, for Apps of both kinds")
	flags.BoolVar(&s.pin, "pin", false, "replace a branch in a URL by the commit that was read, where the host tells it (Hugging Face)")
	flags.StringArrayVar(&s.replace, "replace", nil, "compute the checksum at this `pointer` anew though there is one, such as /binaries/aarch64-apple-darwin")
	flags.StringVar(&s.from, "from", "", "take the checksums from this `list`, such as SHA256SUMS, and say where a file has another")
	flags.StringVar(&s.local, "local", "", "read the files below this `folder`, DIR/<id>/<file>, instead of downloading")
	return cmd
}

func (s *sum) run(ctx context.Context, args []string) (int, error) {
	if err := s.clash(); err != nil {
		return 0, usageError{Err: err}
	}
	work, cancel := deadline(ctx, s.config)
	defer cancel()
	drafts, findings, err := s.drafts(work, args)
	if err != nil {
		return 0, err
	}
	if s.local != "" {
		if s.root, err = openLocal(s.local); err != nil {
			return 0, err
		}
		defer s.root.Close()
	}
	files, missing, err := s.wanted(drafts)
	if err != nil {
		return 0, usageError{Err: err}
	}
	results, err := s.read(work, files)
	if err != nil {
		return 0, err
	}
	n, unplaced, err := s.take(drafts, results, work.Err() != nil)
	r := report.Build(report.Input{Findings: slices.Concat(findings, missing, unplaced), Results: results, Complete: true})
	return exitCode(ctx, "error", r.Summary), errors.Join(err, r.WriteFindings(s.Stderr, s.textOptions(s.Stderr)), s.remind(drafts, n, r.Summary.Errors))
}

// clash says which flags exclude each other.
func (s *sum) clash() error {
	switch {
	case s.config.Mode != modeFull:
		return errors.New("flag --mode is `" + s.config.Mode + "`: you vouch for a file, not for its host's word, so every file is read; leave it out")
	case s.pin && s.local != "":
		return errors.New("flag --pin asks the host for its commit, and with --local nobody is asked: leave one of them out")
	}
	return nil
}

// drafts reads the manifests that the arguments name. One that can't be read strictly, or not be upgraded,
// leaves findings and no draft.
func (s *sum) drafts(ctx context.Context, args []string) (drafts []*draft, findings []finding.Finding, err error) {
	selected, err := source.Folders{Args: args, Environ: s.Environ}.Select(ctx, s.config.selecting())
	if err != nil {
		return nil, nil, err
	}
	registries, err := inspect.Bind(selected.Settings)
	if err != nil {
		return nil, nil, err
	}
	s.rules = s.rulesOf(s.config, selected.File, selected.Remote)
	for _, from := range selected.Manifests {
		d, problems, err := s.draft(registries, from)
		if err != nil {
			return nil, nil, fmt.Errorf("%s can't be upgraded: %w", finding.Quote(from.Path), err)
		}
		findings = append(findings, problems...)
		if d != nil {
			drafts = append(drafts, d)
		}
	}
	return drafts, findings, nil
}

// wanted returns the artifacts whose files have to be read, and where they are on disk. Those that get no checksum, whatever
// is read, leave findings. The error is the user's.
func (s *sum) wanted(drafts []*draft) (files []verify.LocalFile, missing []finding.Finding, err error) {
	listed, err := readSums(s.from)
	if err != nil {
		return nil, nil, fmt.Errorf("flag --from is %s: %w", finding.Quote(s.from), err)
	}
	if err := s.checkReplaced(drafts); err != nil {
		return nil, nil, err
	}
	s.places = map[string][]artifact.Artifact{}
	for _, d := range drafts {
		if err := s.checkPlaces(d); err != nil {
			return nil, nil, err
		}
		for _, a := range d.manifest.Artifacts {
			path := localFile(s.root, d.setup, d.manifest, a).Path
			s.places[path] = append(s.places[path], a)
		}
	}
	for _, d := range drafts {
		for _, a := range d.manifest.Artifacts {
			isElsewhere := a.Role == artifact.Image && (s.local != "" || listed != nil) // no image is on disk, or in a list of files
			if d.isWrong(a) || isElsewhere || !s.fills(a) && !s.pins(a) {
				continue
			}
			if f := s.expect(d, &a, listed); f != nil {
				missing = append(missing, *f)
				continue
			}
			files = append(files, localFile(s.root, d.setup, d.manifest, a))
		}
	}
	return files, missing, nil
}

// checkReplaced makes sure that each pointer of --replace names one checksum.
func (s *sum) checkReplaced(drafts []*draft) error {
	for _, pointer := range s.replace {
		n := 0
		for _, d := range drafts {
			if d.manifest.Artifact(pointer) != nil {
				n++
			}
		}
		switch quoted := finding.Quote(pointer); {
		case n == 0:
			return fmt.Errorf("flag --replace is %s, and no artifact stands there: name one such as `/binaries/aarch64-apple-darwin`", quoted)
		case n > 1:
			return fmt.Errorf("flag --replace is %s, which %d of the manifests have: name the one that is meant", quoted, n)
		}
	}
	return nil
}

// checkPlaces makes sure that a manifest has the fields that are to be written.
func (s *sum) checkPlaces(d *draft) error {
	for _, a := range d.manifest.Artifacts {
		switch {
		case d.isWrong(a):
		case s.write && s.fills(a) && a.Slot.Checksum == "" && a.Role != artifact.Image && d.isOld():
			return fmt.Errorf("%s names files in the fields of version 1, which have no place for checksums: give --upgrade to rewrite it as 1.1, or --transition to put the new fields beside the old", finding.Quote(d.Path))
		case s.pins(a) && d.isOld():
			return fmt.Errorf("%s names files in the fields of version 1, of which several share one URL, and --pin changes only those of 1.1: give --upgrade without --transition, or remove the old fields first", finding.Quote(d.Path))
		}
	}
	return nil
}

// fills reports whether an artifact is to get a checksum: it has none, or is to get another.
func (s *sum) fills(a artifact.Artifact) bool { return a.Checksum == nil || s.replaces(a) }

func (s *sum) replaces(a artifact.Artifact) bool { return slices.Contains(s.replace, a.Pointer) }

// pins reports whether a URL that can change is to be pinned, and its host may tell to which commit.
func (s *sum) pins(a artifact.Artifact) bool {
	return s.pin && hosts.Publishes(a.URL) && s.mutable(a) != ""
}

func (s *sum) mutable(a artifact.Artifact) string { return hosts.Parse(a.URL, s.server()).Mutable() }

// expect gives an artifact the checksum that its file is to have: none where that is to be found out. The finding says why
// nothing can be found out.
func (s *sum) expect(d *draft, a *artifact.Artifact, listed *sums) *finding.Finding {
	if !s.fills(*a) {
		return nil
	}
	if a.Role == artifact.Image {
		s.unpin(a)
		return nil
	}
	if s.write && a.Slot.Checksum == "" {
		return noPlace(*a)
	}
	a.Checksum, a.Wanted = nil, a.Slot.Algorithm
	if s.replaces(*a) {
		a.Size = nil
	}
	switch {
	case listed != nil:
		return listed.declare(a)
	case s.local != "":
		return s.ambiguous(localFile(s.root, d.setup, d.manifest, *a))
	}
	return nil
}

// unpin leaves an image what its tag names, whose digest is to be found out.
func (s *sum) unpin(a *artifact.Artifact) {
	a.Checksum = nil
	if ref, err := image.Parse(a.URL); err == nil {
		a.URL = ref.Unpinned()
	}
}

// read reads the files, from wherever they are to be taken.
func (s *sum) read(ctx context.Context, files []verify.LocalFile) ([]verify.Result, error) {
	verifier, err := s.verifier(s.config, s.rules)
	if err != nil {
		return nil, err
	}
	verifier.Policy.MissingChecksum = nil // which is why they are read
	verifier.Hosts.AskOfAll = true        // a digest that the host contradicts is none to write
	if s.root != nil {
		defer s.watch(verifier.Progress)()
		return verifier.RunLocal(ctx, s.root, files), nil
	}
	var artifacts []artifact.Artifact
	for _, f := range files {
		artifacts = append(artifacts, f.Artifact)
	}
	defer s.watch(verifier.Progress)()
	results, _ := verifier.Run(ctx, verify.Plan(artifacts))
	return results, nil
}

// take prints what the files were found to be and, where it is asked to, writes it. Only a complete file with which
// nothing is wrong tells anything, and of a run that was cut short no manifest is written of which it did not read all. It
// returns how many checksums were found, and a finding for each that has no place.
func (s *sum) take(drafts []*draft, results []verify.Result, isCut bool) (n int, unplaced []finding.Finding, err error) {
	var problems []error
	for _, r := range results {
		d := drafts[slices.IndexFunc(drafts, func(d *draft) bool { return d.Path == r.Artifact.Manifest })]
		fills := s.fills(d.artifact(r.Artifact))
		if fills && s.from != "" {
			disagree(s.from, r)
		}
		if r.Status.Failed() || slices.ContainsFunc(r.Findings, isError) {
			continue
		}
		if fills {
			n++
			err := s.declare(d, r)
			if errors.Is(err, document.ErrNoPlace) {
				unplaced, err = append(unplaced, *unwritten(r.Artifact, err)), nil
			}
			problems = append(problems, err)
		}
		if s.pins(r.Artifact) && r.Commit != "" {
			problems = append(problems, s.setPinned(d, r))
		}
	}
	for _, d := range drafts {
		isPart := func(r verify.Result) bool { return r.Artifact.Manifest == d.Path && r.Status == verify.Unreachable }
		if isCut && slices.ContainsFunc(results, isPart) {
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

// unwritten says why a checksum was not written.
func unwritten(a artifact.Artifact, err error) *finding.Finding {
	if errors.Is(err, document.ErrShared) {
		return lacks(a, "The checksum of this file is an alias or has an anchor, so other entries share it; it was not written", "Write the checksum into the entry itself, without alias and anchor.")
	}
	return noPlace(a)
}

func noPlace(a artifact.Artifact) *finding.Finding {
	return lacks(a, "The manifest has no place for a checksum of this file that could be told from the text around it", "Run the command without --write, and write the checksum where it belongs")
}

func isError(f finding.Finding) bool { return f.Severity == finding.Error }

// declare prints a checksum, and puts it into a draft that is to be written.
func (s *sum) declare(d *draft, r verify.Result) error {
	if _, err := fmt.Fprintf(s.Stdout, "%s  %s %s\n", toDeclare(r), finding.Clean(d.Path), finding.Clean(r.Artifact.Pointer)); err != nil || !s.write {
		return err
	}
	return d.setChecksum(r, s.replaces(r.Artifact))
}

// toDeclare returns the digest that is written: where the place for it is called after an algorithm, that one's.
func toDeclare(r verify.Result) digest.Digest {
	return cmp.Or(r.Under(r.Artifact.Wanted), r.Digest)
}

// setPinned tells the URL that names a commit, and puts it into a draft.
func (s *sum) setPinned(d *draft, r verify.Result) error {
	url := hosts.WithRevision(r.Artifact.URL, s.server(), r.Commit)
	if _, err := fmt.Fprintf(s.Stderr, "%s %s: pinned to %s\n", finding.Clean(d.Path), finding.Clean(r.Artifact.Pointer), finding.QuoteURL(url)); err != nil {
		return err
	}
	return d.setURL(r.Artifact, url)
}

// finish writes a draft where that is asked for, and says which URLs could not be pinned.
func (s *sum) finish(d *draft) error {
	if s.write {
		if err := d.save(); err != nil {
			return err
		}
	}
	if !s.pin {
		return nil
	}
	now, _ := d.setup.Read(source.Source{Path: d.Path, InTree: d.InTree, Text: d.edited})
	var said strings.Builder
	for _, a := range now.Artifacts {
		if why := s.mutable(a); why != "" {
			fmt.Fprintf(&said, "%s %s: not pinned, it follows %s\n", finding.Clean(d.Path), finding.Clean(a.Pointer), why)
		}
	}
	_, err := io.WriteString(s.Stderr, said.String())
	return err
}

// remind says what the checksums that were found mean, and whether they are written.
func (s *sum) remind(drafts []*draft, n, errors int) error {
	changed := slices.ContainsFunc(drafts, (*draft).changed)
	var said []string
	switch {
	case n > 0 && s.from != "":
		said = append(said, "The files have the checksums that the list gives.")
	case n > 0 && s.local != "":
		said = append(said, "You vouch for these files, and for being whole where the manifest declares no size: compare the checksums with those of what you built or reviewed.")
	case n > 0:
		said = append(said, "You vouch for these files: compare the checksums with those of what you built or reviewed.")
	case !changed && errors == 0:
		said = append(said, "There was nothing to fill in.")
	}
	if !s.write && (n > 0 || changed) {
		said = append(said, "Nothing was written: --write does that.")
	}
	if n > 0 && s.expectsProvenance(drafts) {
		said = append(said, "Who built these files was not verified: `check` does that.")
	}
	if len(said) == 0 || s.look.quiet {
		return nil
	}
	_, err := fmt.Fprintln(s.Stderr, strings.Join(said, " "))
	return err
}

// expectsProvenance reports whether check would verify who built a file of the manifests.
func (s *sum) expectsProvenance(drafts []*draft) bool {
	return s.rules.file != nil && s.rules.file.Provenance != nil || slices.ContainsFunc(drafts, func(d *draft) bool {
		return slices.ContainsFunc(d.manifest.Artifacts, func(a artifact.Artifact) bool { return a.Attestation != nil || a.Attests != "" })
	})
}
