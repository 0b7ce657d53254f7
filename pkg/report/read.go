package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Read reads the JSON form of a report that another run wrote. It trusts nothing in it: size, shape, names
// and counts are checked, and whatever this program would not write is an error.
func Read(from io.Reader) (*Report, error) { return read(from, maxSize) }

func read(from io.Reader, limit int64) (*Report, error) {
	r := new(Report)
	if err := document.ReadVersioned(from, "report", limit, r, Version); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("the report contradicts itself: %w", err)
	}
	r.sort()
	return r, nil
}

// The shapes of names that a report may hold.
var (
	eventShape      = regexp.MustCompile(`^[a-z_]{1,50}$`)
	repositoryShape = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9_.-]{0,99}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99})?$`)
	commitShape     = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})?$`)
	scopeShape      = regexp.MustCompile(`^(changed|entries|all)$`)
	modeShape       = regexp.MustCompile(`^(full|fast|offline)$`)
	roleShape       = regexp.MustCompile(`^(binary|weight|file|image)$`)
	sourceShape     = regexp.MustCompile(`^(download|host|cache|local)?$`)
	objectShape     = regexp.MustCompile(`^([0-9a-f]{40})?$`)
	ruleShape       = regexp.MustCompile(`^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$`)
)

func shaped(what, value string, shape *regexp.Regexp) error {
	if shape.MatchString(value) {
		return nil
	}
	return fmt.Errorf("invalid %s %s", what, finding.Quote(value))
}

// check reports the first difference from what Build makes.
func (r *Report) check() error {
	if err := errors.Join(
		shaped("program", r.Tool.Name, regexp.MustCompile("^"+toolName+"$")),
		shaped("event", r.Run.Event, eventShape),
		shaped("repository", r.Run.Repository, repositoryShape),
		shaped("commit", r.Run.HeadSHA, commitShape),
		shaped("commit of the program", r.Tool.Commit, commitShape),
		shaped("scope", r.Scope, scopeShape),
		shaped("mode", r.Mode, modeShape),
	); err != nil {
		return err
	}
	if s := r.shard(); s.Index < 1 || s.Index > s.Count || s.Count > verify.MaxShards {
		return fmt.Errorf("invalid shard %d of %d", s.Index, s.Count)
	}
	switch {
	case r.Shard == nil && !r.Plan.IsZero():
		return errors.New("it has a plan and no shard")
	case min(int64(r.Run.PullRequest), r.Run.RunID, int64(r.Run.RunAttempt), int64(r.Summary.Manifests), int64(r.Summary.Unchanged), r.Summary.Bytes) < 0:
		return errors.New("a number is negative")
	case r.Summary.Bytes > maxBytes:
		return fmt.Errorf("%d bytes are more than any run reads", r.Summary.Bytes)
	}
	return cmp.Or(r.checkArtifacts(), r.checkFindings())
}

// maxBytes bounds what a report may claim to have read, so that the sum of all shards does not overflow.
const maxBytes = 1 << 50

func (r *Report) checkArtifacts() error {
	seen := map[finding.Location]bool{}
	for _, a := range r.Artifacts {
		at := a.Location()
		if seen[at] {
			return fmt.Errorf("the artifact %s is in it twice", at)
		}
		seen[at] = true
		err := cmp.Or(shaped("role", string(a.Role), roleShape), shaped("source", string(a.Source), sourceShape), a.check(), a.checkSource(r), a.checkEvidence())
		if err != nil {
			return fmt.Errorf("the artifact %s: %w", at, err)
		}
	}
	return nil
}

func (a Artifact) check() error {
	same, p := a.Declared == a.Observed, a.Provenance
	switch {
	case a.Gone && a.Status != verify.Unavailable:
		return errors.New("it is gone and not unavailable")
	case !a.Before.IsZero() && (a.Before.Algorithm != a.Observed.Algorithm || a.Before == a.Observed):
		return errors.New("the digest before can't be compared with the observed one")
	case a.Line < 0 || a.Column < 0 || a.Size != nil && *a.Size < 0:
		return errors.New("a number is negative")
	case a.Status == verify.Verified && (a.Observed.IsZero() || !same),
		a.Status == verify.Mismatch && (a.Observed.IsZero() || a.Declared.IsZero() || same),
		a.Status == verify.Unverified && !a.Declared.IsZero() && a.Source != "":
		return fmt.Errorf("it can't be %s with the declared digest %s and the observed digest %s",
			finding.Quote(a.Status.String()), finding.Quote(a.Declared.String()), finding.Quote(a.Observed.String()))
	case p != nil && (a.Observed.IsZero() || p.Release || p.Runner != "" || !p.IsValid()):
		return errors.New("invalid provenance")
	}
	return nil
}

// localEvent is the event of a run on the command line.
const localEvent = "local"

// sourcesOf are the sources from which a run of each mode knows a file. Files on disk are compared in any.
var sourcesOf = map[string][]verify.Source{
	"full":    {verify.FromDownload},
	"fast":    {verify.FromDownload, verify.FromHost, verify.FromCache},
	"offline": {},
}

// statusesOf are what a file may end as that is known from each source. A host's or an earlier scan's digest makes nothing wrong.
var statusesOf = map[verify.Source][]verify.Status{
	verify.FromDownload: {verify.Verified, verify.Mismatch, verify.Unverified, verify.Invalid},
	verify.FromLocal:    {verify.Verified, verify.Mismatch, verify.Unverified, verify.Invalid, verify.Unavailable, verify.Unreachable, verify.Refused},
	verify.FromHost:     {verify.Verified, verify.Unverified},
	verify.FromCache:    {verify.Verified},
	"":                  {verify.Unavailable, verify.Unreachable, verify.Refused},
}

// checkSource reports a status or a digest that the artifact's source can't give, or a source that the mode does not use. A
// registry may serve something that is no image, and announce no size.
func (a Artifact) checkSource(r *Report) error {
	isImage := a.Role == artifact.Image
	isUnread := a.Source == "" && (isImage && a.Status == verify.Invalid && a.Observed.IsZero() || r.Mode == "offline" && a.Status == verify.Unverified)
	isSeen := slices.Contains(statusesOf[verify.FromDownload], a.Status) // the status is one of a complete body
	status, source := finding.Quote(a.Status.String()), finding.Quote(string(a.Source))
	switch {
	case a.Source == verify.FromLocal && r.Run.Event != localEvent:
		return errors.New("files on disk are only compared on the command line")
	case a.Source != "" && a.Source != verify.FromLocal && !slices.Contains(sourcesOf[r.Mode], a.Source):
		return fmt.Errorf("the mode %s has no source %s", finding.Quote(r.Mode), source)
	case isUnread:
		return nil
	case !slices.Contains(statusesOf[a.Source], a.Status):
		return fmt.Errorf("it can't be %s from the source %s", status, source)
	case isSeen == a.Observed.IsZero():
		return fmt.Errorf("it can't be %s with the observed digest %s", status, finding.Quote(a.Observed.String()))
	case isSeen && !isImage && a.Size == nil:
		return fmt.Errorf("it is %s and has no size", status)
	}
	return nil
}

// checkEvidence reports an observation that no shard makes.
func (a Artifact) checkEvidence() error {
	e := a.Evidence
	switch {
	case e == nil:
		return nil
	case a.Observed.IsZero():
		return errors.New("it has evidence of a file that was not read")
	case !e.Digest.IsZero() || e.Size != 0:
		return errors.New("its evidence repeats digest or size")
	case e.ETag != "" && (a.Source != verify.FromDownload || !verify.IsStrongETag(e.ETag)):
		return fmt.Errorf("the validator %s is not a strong one of a download", finding.Quote(e.ETag))
	case e.Attested != nil && (e.Attested.Repository == "" || len(e.Attested.Builds) == 0 || len(e.Attested.Builds) > verify.MaxBuilds):
		return errors.New("invalid attestations")
	}
	algorithms := map[digest.Algorithm]bool{a.Observed.Algorithm: true}
	for _, d := range e.Others {
		if d.IsZero() || algorithms[d.Algorithm] {
			return errors.New("it has two digests of one algorithm")
		}
		algorithms[d.Algorithm] = true
	}
	return shaped("commit", e.Commit, objectShape)
}

func (r *Report) checkFindings() error {
	for _, f := range r.Findings {
		switch {
		case !ruleShape.MatchString(f.Rule):
			return shaped("rule", f.Rule, ruleShape)
		case f.Line < 0 || f.Column < 0:
			return fmt.Errorf("a finding in %s has a negative position", finding.Quote(f.Manifest))
		}
	}
	about, others := r.attribute()
	for i, a := range r.Artifacts {
		for _, f := range about[i] {
			if err := checkWaiver(f, a.Observed); err != nil {
				return err
			}
		}
	}
	for _, f := range others {
		if err := checkWaiver(f, digest.Digest{}); err != nil {
			return err
		}
	}
	if unexplained := r.unexplained(finding.Notice); len(unexplained) > 0 {
		return fmt.Errorf("the artifact %s failed without a finding", unexplained[0].Location())
	}
	if counted := r.count(); counted != r.Summary {
		return fmt.Errorf("its summary has %s, and the report has %s", r.Summary.counts(), counted.counts())
	}
	return nil
}

// checkWaiver reports a waiver that no configuration gives. Observed is the digest of the file that the finding is about.
func checkWaiver(f finding.Finding, observed digest.Digest) error {
	_, err := time.Parse(time.DateOnly, f.Waived.Until)
	isMismatch := f.Rule == finding.ArtifactMismatch
	switch {
	case f.Waived.IsZero():
		return nil
	case f.Waived.Until != "" && err != nil:
		return fmt.Errorf("%s is not the last day of a waiver", finding.Quote(f.Waived.Until))
	case f.Waived.Because == "":
		return errors.New("a waiver without a reason")
	case isMismatch && f.Waived.Until == "":
		return errors.New("a mismatch is waived without a last day")
	case isMismatch && observed.IsZero():
		return fmt.Errorf("a mismatch in %s is waived without observed bytes", finding.Quote(f.Manifest))
	}
	return nil
}
