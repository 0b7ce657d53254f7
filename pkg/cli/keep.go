package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/get"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// target is a file to keep, and its addresses: the first that serves the right bytes is used.
type target struct {
	path      string // below the folder, slash-separated
	addresses []artifact.Artifact
	kept      *verify.Result  // nil while it is missing
	tried     []verify.Result // of the addresses that do not serve it, in order
}

// store downloads targets into a folder. It is the Fetcher of a Verifier, so that the verified bytes are the written ones.
type store struct {
	client     verify.Fetcher
	folder     *get.Folder
	policy     verify.Policy
	severities *config.Policy // the registry's own severities and waivers
	allow      bool           // keep files without a checksum

	// Of this round, in which each missing target has one address:
	byKey map[string][]*target         // by verify.Key
	at    map[finding.Location]*target // by the address's location

	mu     sync.Mutex
	parts  map[string]*get.Part // open ones, by verify.Key
	reused int64                // bytes that were read from parts instead of downloaded
	errs   []error              // I/O errors
}

// keep downloads the targets that the folder lacks. It adds results and notes to the input for the report, and returns the number of
// missing files. The error is an I/O error.
func (g *getter) keep(ctx context.Context, j *job, targets []*target, in *report.Input) (missing int, err error) {
	missing = len(in.Results)
	if len(targets) == 0 {
		return missing, nil
	}
	verifier, err := g.verifier(g.config, j.rules)
	if err != nil {
		return missing, err
	}
	attester, err := g.attester(g.config, j, verifier)
	if err != nil {
		return missing, err
	}
	verifier.NeedsSHA256 = attester.NeedsSHA256
	verifier.Policy.MissingChecksum = nil // explain reports it
	folder, err := get.Open(g.to)
	if err != nil {
		return missing, err
	}
	defer folder.Close()
	s := &store{client: verifier.Fetcher, folder: folder, policy: verifier.Policy, severities: j.rules.policy, allow: g.unverified, parts: map[string]*get.Part{}}

	addresses := s.next(targets)
	var files []verify.LocalFile
	for _, a := range addresses {
		files = append(files, verify.LocalFile{Artifact: a, Path: s.at[a.Location()].path})
	}
	stop := g.watch(verifier.Progress)
	results := verifier.RunLocal(ctx, folder.Root(), files)
	stop()
	attester.Run(ctx, results)
	s.present(results)

	verifier.Progress = &verify.Progress{}
	defer g.watch(verifier.Progress)()
	verifier.Fetcher, verifier.Done = s, func(results []verify.Result) {
		attester.Run(ctx, results)
		s.done(results)
	}
	for addresses = s.next(targets); len(addresses) > 0; addresses = s.next(targets) {
		_, in.Summary.Bytes = verifier.Run(ctx, verify.Plan(addresses))
	}
	in.Summary.Bytes -= s.reused
	return missing + s.report(targets, g.to, in), errors.Join(s.errs...)
}

// next returns the addresses to try in the next round: the next one of each missing target.
func (s *store) next(targets []*target) (addresses []artifact.Artifact) {
	s.byKey, s.at = map[string][]*target{}, map[finding.Location]*target{}
	for _, t := range targets {
		if t.kept == nil && len(t.tried) < len(t.addresses) {
			a := t.addresses[len(t.tried)]
			s.byKey[verify.Key(a.URL)] = append(s.byKey[verify.Key(a.URL)], t)
			s.at[a.Location()] = t
			addresses = append(addresses, a)
		}
	}
	return addresses
}

// present processes the results of existing files. Files without a checksum are downloaded again.
func (s *store) present(results []verify.Result) {
	for _, r := range results {
		if t := s.at[r.Artifact.Location()]; r.Status == verify.Verified && s.isRight(r) {
			t.kept = &r
			if err := s.folder.SetMode(t.path, s.mode(r)); err != nil {
				s.fail(err)
			}
		}
	}
}

// Get reads a file into the part of the first target that its URL is an address of.
func (s *store) Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	part, err := s.part(verify.Key(r.URL))
	if err != nil {
		s.fail(err)
		return fetch.Head{}, &fetch.Error{Message: "The file was not downloaded: " + err.Error(), Err: err, Fix: "Fix the cause, then run the command again"}
	}
	head, err := part.Get(ctx, s.client, r, sink)
	if disk := new(get.FileError); errors.As(err, &disk) {
		s.fail(disk)
	}
	return head, err
}

// part returns the part that a URL is downloaded into. It stays open until done receives the URL's results.
func (s *store) part(key string) (*get.Part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if part := s.parts[key]; part != nil {
		return part, nil
	}
	t := s.byKey[key][0]
	a := t.addresses[len(t.tried)]
	wanted, declared := a.URL, digest.Digest{}
	if a.Checksum != nil {
		declared = a.Checksum.Value
		wanted = declared.String()
	}
	part, err := s.folder.Part(t.path, wanted)
	if err != nil {
		return nil, err
	}
	part.Resume = a.Checksum != nil // otherwise nothing verifies its bytes
	if a.Size != nil && !s.isWaived(verify.WrongSize(a, a.Size.Value+1), a.URL, declared) {
		part.Limit = a.Size.Value // a longer file can't be kept
	}
	s.parts[key] = part
	return part, nil
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.errs, func(other error) bool { return other.Error() == err.Error() }) {
		s.errs = append(s.errs, err)
	}
}

// done processes the results of one URL. A part that is right for its target is kept there and copied to the other targets that it is
// right for. If it is wrong only for its own target, the others download it again.
func (s *store) done(results []verify.Result) {
	key := verify.Key(results[0].Artifact.URL)
	owner := s.byKey[key][0]
	s.mu.Lock()
	part := s.parts[key]
	delete(s.parts, key)
	s.mu.Unlock()
	stays := slices.ContainsFunc(results, func(r verify.Result) bool { return r.Status == verify.Unreachable })
	for _, r := range results {
		if s.at[r.Artifact.Location()] == owner {
			s.settle(owner, r, func() error {
				err := part.Keep(s.mode(r), r.Digest)
				stays = stays || err != nil && !errors.Is(err, get.ErrOtherBytes) // the next call then needs no request
				return err
			})
		}
	}
	for _, r := range results {
		if t := s.at[r.Artifact.Location()]; t != owner && (owner.kept != nil || !s.isRight(r)) {
			s.settle(t, r, func() error { return s.folder.Copy(owner.path, t.path, r.Digest, s.mode(r)) })
		}
	}
	if part == nil {
		return
	}
	s.mu.Lock()
	s.reused += part.Reused
	s.mu.Unlock()
	if stays {
		part.Close()
	} else if err := part.Discard(); err != nil {
		s.fail(err)
	}
}

// settle keeps the file if its result is right, and records the result.
func (s *store) settle(t *target, r verify.Result, keep func() error) {
	if !s.isRight(r) {
		t.tried = append(t.tried, r)
		return
	}
	err := keep()
	if err == nil {
		t.kept = &r
		return
	}
	if !errors.Is(err, get.ErrOtherBytes) {
		s.fail(err)
	}
	t.tried = append(t.tried, verify.Result{Artifact: r.Artifact, Observation: verify.Observation{Size: -1}, Findings: []finding.Finding{
		r.Artifact.Finding(finding.ArtifactUnreachable, "The file was downloaded but could not be kept: "+err.Error(), "Fix the cause, then run the command again")}})
}

// isRight reports whether a file may be kept: it has the declared digest or needs none, and has no error finding. Waivers apply, except
// to an invalid signature.
func (s *store) isRight(r verify.Result) bool {
	for _, f := range r.Findings {
		if f.Rule == finding.SignatureInvalid || !s.isWaived(f, r.Artifact.URL, r.Digest) {
			return false
		}
	}
	return r.Status == verify.Verified || r.Status == verify.Unverified && (s.allow || s.policy.Trusted(r.Artifact))
}

// isWaived reports whether the configuration lowers or waives a finding about a file with a digest.
func (s *store) isWaived(f finding.Finding, url string, observed digest.Digest) bool {
	f, isReported := s.severities.Apply(f, finding.WithoutUser(url), observed)
	return !isReported || !f.IsError()
}

// mode returns the permissions of a file that is kept.
func (s *store) mode(r verify.Result) fs.FileMode {
	switch {
	case r.Status != verify.Verified && !s.policy.Trusted(r.Artifact):
		return 0o600
	case r.Artifact.Role == artifact.Binary:
		return 0o755
	}
	return 0o644
}

// report adds the results of the targets to the input, and returns the number of missing ones.
func (s *store) report(targets []*target, to string, in *report.Input) (missing int) {
	for _, t := range targets {
		if t.kept != nil {
			in.Results = append(in.Results, s.explain(*t.kept, true))
			if n := len(t.tried); n > 0 {
				in.Notes = append(in.Notes, fmt.Sprintf("%s comes from %s: %d other addresses did not serve it", finding.Quote(t.path), finding.QuoteURL(t.kept.Artifact.URL), n))
			}
			continue
		}
		missing++
		for _, r := range t.tried {
			in.Results = append(in.Results, s.explain(r, false))
			if r.Status == verify.Verified {
				in.Notes = append(in.Notes, fmt.Sprintf("%s has the declared digest, but was not kept: see its errors", finding.Quote(t.path)))
			}
		}
	}
	if n := len(targets) - missing; n > 0 {
		in.Notes = append(in.Notes, fmt.Sprintf("Files kept in %s: %d of %d", finding.Quote(to), n, len(targets)))
	}
	return missing
}

// explain adds to the result of a file without a checksum whether it was kept.
func (s *store) explain(r verify.Result, isKept bool) verify.Result {
	if r.Status != verify.Unverified || s.policy.Trusted(r.Artifact) {
		return r
	}
	f := r.Artifact.Finding(finding.ArtifactMissingChecksum, "No checksum is declared, so the file was not kept",
		"Ask the manifest's maintainers to declare a checksum, or use `--allow-unverified` to keep the file without permission to execute it")
	f.Severity = finding.Error
	if isKept {
		f.Severity, f.Message, f.Fix = finding.Warning, "No checksum is declared, so the file was kept without permission to execute it", ""
	}
	r.Note, r.Findings = "", append(slices.Clone(r.Findings), f)
	return r
}
