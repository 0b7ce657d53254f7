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
	objectShape     = regexp.MustCompile(`^([0-9a-f]{40})?$`)
	ruleShape       = regexp.MustCompile(`^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$`)
)

// contradiction is something that this program would not write, if it is there.
type contradiction struct {
	isThere bool
	message string
}

// firstOf returns the first contradiction that is there.
func firstOf(list ...contradiction) error {
	for _, c := range list {
		if c.isThere {
			return errors.New(c.message)
		}
	}
	return nil
}

// check reports the first difference from what Build makes.
func (r *Report) check() error {
	run, s, shard := r.Run, r.Summary, r.shard()
	least := min(int64(run.PullRequest), run.RunID, int64(run.RunAttempt), int64(s.Manifests), int64(s.Unchanged), s.Bytes)
	err := firstOf(
		contradiction{r.Tool.Name != toolName, "invalid program " + finding.Quote(r.Tool.Name)},
		contradiction{!eventShape.MatchString(run.Event), "invalid event " + finding.Quote(run.Event)},
		contradiction{!repositoryShape.MatchString(run.Repository), "invalid repository " + finding.Quote(run.Repository)},
		contradiction{!commitShape.MatchString(run.HeadSHA), "invalid commit " + finding.Quote(run.HeadSHA)},
		contradiction{!commitShape.MatchString(r.Tool.Commit), "invalid commit of the program " + finding.Quote(r.Tool.Commit)},
		contradiction{!scopeShape.MatchString(r.Scope), "invalid scope " + finding.Quote(r.Scope)},
		contradiction{!modeShape.MatchString(r.Mode), "invalid mode " + finding.Quote(r.Mode)},
		contradiction{shard.Index < 1 || shard.Index > shard.Count || shard.Count > verify.MaxShards, fmt.Sprintf("invalid shard %d of %d", shard.Index, shard.Count)},
		contradiction{r.Shard == nil && !r.Plan.IsZero(), "it has a plan but no shard"},
		contradiction{least < 0, "a number is negative"},
		contradiction{s.Bytes > maxBytes, "it counts more bytes than any run reads"},
	)
	return cmp.Or(err, r.checkArtifacts(), r.checkFindings())
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
		if err := cmp.Or(a.check(r), a.checkObservation()); err != nil {
			return fmt.Errorf("the artifact %s: %w", at, err)
		}
	}
	return nil
}

// localEvent is the event of a run on the command line.
const localEvent = "local"

// sourcesOf are the sources from which a run of each mode knows a file; "" is none. Files on disk are compared in any mode.
var sourcesOf = map[string][]verify.Source{
	"full":    {"", verify.FromLocal, verify.FromDownload},
	"fast":    {"", verify.FromLocal, verify.FromDownload, verify.FromHost, verify.FromCache},
	"offline": {"", verify.FromLocal},
}

// bodyStatuses are those of a complete body.
var bodyStatuses = []verify.Status{verify.Verified, verify.Mismatch, verify.Unverified, verify.Invalid}

// statusesOf are what a file may end as that is known from each source. A host's or an earlier scan's digest makes nothing wrong.
var statusesOf = map[verify.Source][]verify.Status{
	verify.FromDownload: bodyStatuses,
	verify.FromLocal:    verify.Statuses,
	verify.FromHost:     {verify.Verified, verify.Unverified},
	verify.FromCache:    {verify.Verified},
	"":                  {verify.Unavailable, verify.Unreachable, verify.Refused},
}

// check reports the first thing that contradicts another. A registry may serve something that is no image, and announce no size.
func (a Artifact) check(r *Report) error {
	isImage, same, p := a.Role == artifact.Image, a.Declared == a.Observed, a.Provenance
	isUnread := a.Source == "" && (isImage && a.Status == verify.Invalid && a.Observed.IsZero() || r.Mode == "offline" && a.Status == verify.Unverified)
	hasBody := slices.Contains(bodyStatuses, a.Status) && !isUnread
	return firstOf(
		contradiction{!roleShape.MatchString(string(a.Role)), "invalid role"},
		contradiction{a.Gone && a.Status != verify.Unavailable, "it is gone and not unavailable"},
		contradiction{!a.Before.IsZero() && (a.Before.Algorithm != a.Observed.Algorithm || a.Before == a.Observed), "the digest before can't be compared with the observed one"},
		contradiction{a.Line < 0 || a.Column < 0 || a.Size != nil && *a.Size < 0, "a number is negative"},
		contradiction{a.Source == verify.FromLocal && r.Run.Event != localEvent, "files on disk are only compared on the command line"},
		contradiction{!slices.Contains(sourcesOf[r.Mode], a.Source), "its source is invalid in this mode"},
		contradiction{!isUnread && !slices.Contains(statusesOf[a.Source], a.Status), "its source contradicts its status"},
		contradiction{a.Status == verify.Verified && !same || a.Status == verify.Mismatch && (a.Declared.IsZero() || same) ||
			a.Status == verify.Unverified && !a.Declared.IsZero() && a.Source != "" || !isUnread && hasBody == a.Observed.IsZero(), "its digests contradict its status"},
		contradiction{hasBody && !isImage && a.Size == nil, "it has no size"},
		contradiction{p != nil && (a.Observed.IsZero() || p.Release || p.Runner != "" || !p.IsValid()), "invalid provenance"},
	)
}

// checkObservation reports an observation that no shard makes.
func (a Artifact) checkObservation() error {
	e := a.Observation
	if e == nil {
		return nil
	}
	hasTwo, algorithms := false, map[digest.Algorithm]bool{a.Observed.Algorithm: true}
	for _, d := range e.Others {
		hasTwo = hasTwo || d.IsZero() || algorithms[d.Algorithm]
		algorithms[d.Algorithm] = true
	}
	attested := e.Attested
	return firstOf(
		contradiction{a.Observed.IsZero(), "it has evidence of a file that was not read"},
		contradiction{!e.Digest.IsZero() || e.Size != 0, "its evidence repeats digest or size"},
		contradiction{e.ETag != "" && (a.Source != verify.FromDownload || !verify.IsStrongETag(e.ETag)), "its validator is not a strong one of a download"},
		contradiction{attested != nil && (attested.Repository == "" || len(attested.Builds) == 0 || len(attested.Builds) > verify.MaxBuilds), "invalid attestations"},
		contradiction{hasTwo, "it has two digests of one algorithm"},
		contradiction{!objectShape.MatchString(e.Commit), "invalid commit"},
	)
}

func (r *Report) checkFindings() error {
	about, others := r.attribute()
	for i, findings := range append(about, others) {
		observed := digest.Digest{}
		if i < len(r.Artifacts) {
			observed = r.Artifacts[i].Observed
		}
		for _, f := range findings {
			if err := checkFinding(f, observed); err != nil {
				return fmt.Errorf("a finding in %s: %w", finding.Quote(f.Manifest), err)
			}
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

// checkFinding reports a finding that no rule, or a waiver that no configuration gives. Observed is the digest of the file that the
// finding is about.
func checkFinding(f finding.Finding, observed digest.Digest) error {
	w, isMismatch := f.Waived, f.Rule == finding.ArtifactMismatch
	_, err := time.Parse(time.DateOnly, w.Until)
	return firstOf(
		contradiction{!ruleShape.MatchString(f.Rule), "invalid rule"},
		contradiction{f.Line < 0 || f.Column < 0, "a negative position"},
		contradiction{w.Until != "" && err != nil, "invalid last day of a waiver"},
		contradiction{!w.IsZero() && w.Because == "", "a waiver without a reason"},
		contradiction{!w.IsZero() && isMismatch && (w.Until == "" || observed.IsZero()), "a mismatch is waived without a last day or observed bytes"},
	)
}
