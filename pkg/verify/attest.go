package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
)

// Attester verifies who built the files of Results. It changes no status and makes no file trusted.
type Attester struct {
	Rules       *provenance.Rules // nil: GitHub is not asked; declared bundles are still verified
	Roots       *provenance.Roots
	Server      string // whose release assets GitHub is asked about
	Concurrency int    // files at a time
	Offline     bool   // no request is made: only bundles whose text a manifest has are verified

	// GitHub calls yield with each bundle by which a repository attests the file with a SHA-256, in hex, or with why it can't
	// be read: an ErrNoBundle if it may be right. After an ErrNotAsked, GitHub is not called again.
	GitHub                   func(ctx context.Context, repository, sum string, yield func(bundle []byte, err error) bool) error
	ErrNoBundle, ErrNotAsked error
	// Bundle reads the URL of a bundle. Its error is a *fetch.Error.
	Bundle func(ctx context.Context, url string) ([]byte, error)
	// Beside has the files that bundles among the artifacts of manifests attest beside them, by path.
	Beside map[string]Beside

	// Known returns what earlier scans observed of a file that a repository attests; may be nil.
	Known func(repository, sum string) []provenance.Facts
	// Baseline returns who built an artifact's file when a scan last found it attested, and whether by a declared bundle; may be
	// nil.
	Baseline func(artifact.Artifact) (by provenance.Facts, isDeclared, found bool)

	once     sync.Map     // what is asked, read or verified but once: functions, by what they do
	kept     atomic.Int64 // bytes of bundles
	notAsked atomic.Pointer[error]
}

// Beside describes a file beside a manifest that a bundle attests.
type Beside struct {
	SHA256 string   `json:"sha256,omitzero"` // in hex, of the file in the registry, or as declared for an artifact of that file name; "" if unknown
	URLs   []string `json:"urls,omitempty"`  // of the artifacts of which it is declared
}

// Attested holds the observed builds of a file that a repository attests.
type Attested struct {
	Repository string             `json:"repository"` // that was asked
	Builds     []provenance.Facts `json:"builds"`
}

// MaxBuilds bounds the builds of one file that are kept for later scans.
const MaxBuilds = 16

// Run adds the builders of their files to results, with findings. When ctx ends, the remaining files are unchecked.
func (t *Attester) Run(ctx context.Context, results []Result) {
	for _, r := range results {
		t.kept.Add(int64(len(r.Text)))
	}
	beside := make([]aside, len(results))
	if !t.Offline {
		t.verifyBeside(ctx, results, beside)
	}
	var group errgroup.Group
	group.SetLimit(max(t.Concurrency, 1))
	for i := range results {
		group.Go(func() error {
			t.attest(ctx, &results[i], beside[i])
			return nil
		})
	}
	_ = group.Wait() // no goroutine returns an error: an error is a finding
}

// NeedsSHA256 reports whether the SHA-256 of an artifact has to be known.
func (t *Attester) NeedsSHA256(a artifact.Artifact) bool {
	return t.isBeside(a) || a.Attestation != nil || t.asks(a.URL)
}

// NeedsNetwork reports whether finding an artifact's builder requires the network.
func (t *Attester) NeedsNetwork(a artifact.Artifact) bool {
	return t.isBeside(a) || a.Attests != "" || t.NeedsSHA256(a) && !isBundle(a.Attestation)
}

// isBeside reports whether a bundle attests an artifact's file beside a manifest.
func (t *Attester) isBeside(a artifact.Artifact) bool {
	_, is := t.Beside[a.PathBeside()]
	return is
}

// attest verifies who built one file.
func (t *Attester) attest(ctx context.Context, r *Result, beside aside) {
	a := r.Artifact
	if a.Role == artifact.Image {
		return
	}
	rule, _ := t.rule(a.URL)
	isDropped := a.Was != nil && a.Was.Attestation != nil && a.Attestation == nil
	if isDropped {
		r.Findings = append(r.Findings, t.lost(a, rule, "The declared attestation was removed"))
	}
	if r.Digest.IsZero() || t.Offline && !isBundle(a.Attestation) {
		return
	}
	by, sum := beside.by, r.Under(digest.SHA256).Sum
	switch {
	case a.Attestation == nil:
	case sum == "":
		r.Findings = append(r.Findings, unchecked(a, rule, "The declared attestation can't be checked: the SHA-256 of the file is unknown"))
	case by == nil:
		var problem finding.Finding
		if by, problem = t.builderByBundles(a, t.declared(ctx, a.Attestation, sum), a.URL); by == nil {
			r.Findings = append(r.Findings, at(problem, a.Attestation))
		}
	}
	missing, isUnanswered := "", false
	if by == nil && sum != "" && t.asks(a.URL) && !t.Offline {
		answer := t.ask(ctx, rule.Repository, sum, rule.Check)
		r.Attested, isUnanswered = answer.attested(rule.Repository), answer.err != nil
		var problems []finding.Finding
		by, problems, missing = t.builderByGitHub(a, rule, answer)
		r.Findings = append(r.Findings, problems...)
	}
	r.Provenance = by
	switch {
	case t.Offline:
	case by != nil:
		r.Findings = append(r.Findings, t.changed(ctx, a, *by)...)
	case !isDropped && !isUnanswered:
		r.Findings = append(r.Findings, t.unattested(ctx, r, rule, beside, missing)...)
	}
}

// releaseOf returns the repository of a release asset, as "acme/tool", "" for any other URL.
func (t *Attester) releaseOf(url string) string {
	if ref := hosts.Parse(url, t.Server); ref.ReleaseAsset() {
		return ref.Owner + "/" + ref.Repo
	}
	return ""
}

// rule returns the rule for the file at a URL, and whether a rule fits it.
func (t *Attester) rule(url string) (rule provenance.Rule, fits bool) {
	return t.Rules.For(url, t.releaseOf(url))
}

// asks reports whether GitHub is asked about the file at a URL.
func (t *Attester) asks(url string) bool { return t.Rules != nil && t.releaseOf(url) != "" }

// ask returns a repository's attestations of a file. GitHub is asked once about each, and not where earlier scans learned of a
// build that is accepted.
func (t *Attester) ask(ctx context.Context, repository, sum string, check func(provenance.Facts) error) *attestations {
	if t.Known != nil {
		known := &attestations{facts: t.Known(repository, sum)}
		if accepted, _ := known.accepted(check); accepted != nil {
			return known
		}
	}
	return once(&t.once, "ask "+strings.ToLower(repository)+" "+sum, func() *attestations {
		answer := &attestations{}
		if err := t.notAsked.Load(); err != nil {
			answer.err = *err
			return answer
		}
		answer.err = t.GitHub(ctx, repository, sum, func(bundle []byte, err error) bool {
			if ctx.Err() != nil {
				answer.problems = append(answer.problems, errEnded)
				return false
			}
			answer.add(t.Roots, bundle, err, sum)
			return true
		})
		if t.ErrNotAsked != nil && errors.Is(answer.err, t.ErrNotAsked) {
			t.notAsked.CompareAndSwap(nil, &answer.err)
		}
		return answer
	})
}

// builderByGitHub returns who built a release asset by GitHub's attestations, else why they do not name an accepted builder: problems, or
// that the file is not attested.
func (t *Attester) builderByGitHub(a artifact.Artifact, rule provenance.Rule, answer *attestations) (by *provenance.Facts, problems []finding.Finding, missing string) {
	by, strangers := answer.accepted(rule.Check)
	if by != nil {
		return by, nil, ""
	}
	if answer.err != nil {
		return nil, []finding.Finding{unchecked(a, rule, "The builder of the file is unknown: "+answer.err.Error())}, ""
	}
	invalid, unknown := t.divided(answer, provenance.ErrUnknownAuthority)
	if len(unknown) > 0 {
		problems = append(problems, unchecked(a, rule, "The attestation can't be checked: "+listed(unknown)))
	}
	if len(strangers) > 0 {
		problems = append(problems, a.Finding(finding.ProvenanceOtherBuilder, "Another builder attests the file: "+listed(strangers), ""))
	}
	if len(problems) > 0 {
		return nil, problems, ""
	}
	missing = fmt.Sprintf("%s does not attest the file", finding.Quote(rule.Repository))
	if len(invalid) > 0 {
		missing += ": " + listed(invalid)
	}
	return nil, nil, missing
}

// unattested reports that no accepted builder attests a file: that the file before was attested, or that GitHub has no attestation of a
// release asset.
func (t *Attester) unattested(ctx context.Context, r *Result, rule provenance.Rule, beside aside, missing string) []finding.Finding {
	a := r.Artifact
	isTold := func(rule string) bool {
		return beside.rule == rule || slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Rule == rule })
	}
	by, wasAttested, err := t.ofBase(ctx, a)
	if !wasAttested && t.Baseline != nil {
		var isDeclared bool
		by, isDeclared, wasAttested = t.Baseline(a)
		isElsewhere := isDeclared && t.isBeside(a) && beside.rule == "" // the bundle is not in the run and may be valid
		wasAttested = wasAttested && !isElsewhere && (isDeclared || t.Rules != nil)
	}
	var level finding.Severity
	isReported := level.UnmarshalText([]byte(rule.Missing)) == nil
	switch {
	case wasAttested && !isTold(finding.ProvenanceOtherBuilder):
		return []finding.Finding{t.lost(a, rule, fmt.Sprintf("%s; %s built the file before", cmp.Or(missing, "The file is not attested"), builder(by)))}
	case missing != "" && isReported:
		f := a.Finding(finding.ProvenanceMissing, missing, "")
		f.Severity = level
		return []finding.Finding{f}
	case err != nil && !isTold(finding.ProvenanceUnchecked) && !isTold(finding.ProvenanceOtherBuilder):
		return []finding.Finding{unchecked(a, rule, "It is unknown whether the file was attested before: "+err.Error())}
	}
	return nil
}

// ofBase returns who built the file that a change replaces by an artifact, as its bundle or the repository of its release attests the
// digest that was declared. Any workflow of the repository counts.
func (t *Attester) ofBase(ctx context.Context, a artifact.Artifact) (by provenance.Facts, found bool, err error) {
	was := cmp.Or(a.Was, &artifact.Artifact{})
	if was.Checksum == nil || was.Checksum.Value.Algorithm != digest.SHA256 {
		return by, false, nil
	}
	rule, _ := t.rule(was.URL)
	check := func(f provenance.Facts) error { return accepts(anyone(rule.Repository), f) }
	var answer *attestations
	switch sum := was.Checksum.Value.Sum; {
	case was.Attestation != nil:
		answer = t.declared(ctx, was.Attestation, sum)
	case t.asks(was.URL):
		answer = t.ask(ctx, rule.Repository, sum, check)
	default:
		return by, false, nil
	}
	if accepted, _ := answer.accepted(check); accepted != nil {
		return *accepted, true, nil
	}
	if _, unknown := t.divided(answer); answer.err == nil && len(unknown) > 0 {
		return by, false, errors.New(listed(unknown))
	}
	return by, false, answer.err
}

// changed reports that another repository or workflow than before built a file.
func (t *Attester) changed(ctx context.Context, a artifact.Artifact, by provenance.Facts) []finding.Finding {
	before, found, _ := t.ofBase(ctx, a)
	if !found && t.Baseline != nil {
		before, _, found = t.Baseline(a)
	}
	if !found || strings.EqualFold(before.Repository, by.Repository) && strings.EqualFold(before.Workflow(), by.Workflow()) {
		return nil
	}
	return []finding.Finding{a.Finding(finding.ProvenanceChanged, fmt.Sprintf("%s built the file; %s built it before", builder(by), builder(before)), "")}
}

// builder names who built a file, in a sentence.
func builder(by provenance.Facts) string {
	name := finding.Quote(by.Workflow())
	if !strings.HasPrefix(strings.ToLower(by.Workflow()), strings.ToLower(by.Repository)+"/") {
		name += " for " + finding.Quote(by.Repository)
	}
	return name
}

// lost reports a loss by the rule for the file, or for the one before a change where that demands an attestation.
func (t *Attester) lost(a artifact.Artifact, rule provenance.Rule, message string) finding.Finding {
	if a.Was != nil {
		if was, _ := t.rule(a.Was.URL); was.Demands() {
			rule = was
		}
	}
	return demanded(a.Finding(finding.ProvenanceLost, message, ""), rule)
}

func unchecked(a artifact.Artifact, rule provenance.Rule, message string) finding.Finding {
	return demanded(a.Finding(finding.ProvenanceUnchecked, message, ""), rule)
}

// demanded makes a finding an error where a rule demands an attestation.
func demanded(f finding.Finding, rule provenance.Rule) finding.Finding {
	if rule.Demands() {
		f.Severity = finding.Error
	}
	return f
}
