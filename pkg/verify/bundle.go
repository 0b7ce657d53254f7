package verify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
)

// declared verifies the bundles that a manifest declares of a file: a URL of them, or their text.
func (t *Attester) declared(ctx context.Context, value, sum string) *attestations {
	if !isBundle(value) {
		once, _ := t.texts.LoadOrStore(value, sync.OnceValue(func() fetched {
			text, err := t.Bundle(ctx, value)
			if err == nil && t.kept.Add(int64(len(text))) > maxTexts {
				text, err = nil, errTooMany
			}
			return fetched{sha256.Sum256(text), text, err}
		}))
		got := once.(func() fetched)()
		if got.err != nil {
			return failed(got.err)
		}
		return t.verifyAll(ctx, got.text, got.id, sum)
	}
	return t.verifyAll(ctx, []byte(value), sha256.Sum256([]byte(value)), sum)
}

// isBundle reports whether a declared attestation is the text of bundles, rather than their URL.
func isBundle(value string) bool { return strings.HasPrefix(strings.TrimSpace(value), "{") }

type fetched struct {
	id   [sha256.Size]byte // of the text
	text []byte
	err  error
}

var errTooMany = errors.New("too many bundles were read at once")

// ended is the reason for bundles that are not verified at the end of a run.
const ended = "the run ended first"

// verifyAll verifies the bundles in a text that an id stands for, once for each file.
func (t *Attester) verifyAll(ctx context.Context, text []byte, id [sha256.Size]byte, sum string) *attestations {
	if len(text) > provenance.MaxBundle {
		return &attestations{invalid: []string{fmt.Sprintf("the bundles have more than %d MiB", provenance.MaxBundle>>20)}}
	}
	once, _ := t.verified.LoadOrStore(string(id[:])+sum, sync.OnceValue(func() *attestations {
		all := &attestations{}
		if ctx.Err() != nil {
			all.unchecked = []string{ended}
			return all
		}
		bundles := provenance.Split(text)
		if len(bundles) > provenance.MaxAttestations {
			all.invalid = []string{fmt.Sprintf("the text has more than %d bundles", provenance.MaxAttestations)}
			return all
		}
		for _, bundle := range bundles {
			if ctx.Err() != nil {
				all.unchecked = append(all.unchecked, ended)
				break
			}
			all.verify(t.Roots, bundle, sum)
		}
		return all
	}))
	return once.(func() *attestations)()
}

// failed is what is known of bundles whose URL can't be read. What is gone, or not to be fetched, attests nothing; what did not
// answer may be right.
func failed(err error) *attestations {
	var failure *fetch.Error
	if errors.As(err, &failure) && (failure.Kind == fetch.Refused || failure.Status == http.StatusNotFound || failure.Status == http.StatusGone) {
		return &attestations{invalid: []string{err.Error()}}
	}
	return &attestations{unchecked: []string{err.Error()}}
}

// anyone is a policy that accepts any workflow's build of a repository.
func anyone(repository string) provenance.Policy {
	return provenance.Policy{Repository: repository, AnySigner: true, SelfHosted: true}
}

// accepts applies a policy, which accepts any repository where it names none.
func accepts(p provenance.Policy, f provenance.Facts) error {
	if p.Repository == "" {
		p.Repository = f.Repository
	}
	return p.Check(f)
}

// problem is why no declared bundle attests a file.
type problem struct {
	rule, message string
	expected      provenance.Rule
}

// of gives a finding its severity.
func (p problem) of(f finding.Finding) finding.Finding {
	if p.rule == finding.ProvenanceUnchecked && p.expected.Demands() {
		f.Severity = finding.Error
	}
	return f
}

// judgeDeclared returns who built a file by the bundles that are declared for it, as the rules for all URLs accept it. Where no rule
// fits, any build does, of a release asset any by the release's repository.
func (t *Attester) judgeDeclared(all *attestations, urls ...string) (by *provenance.Facts, p problem) {
	var rule provenance.Rule // the strictest, for levels
	var policies []provenance.Policy
	for _, url := range urls {
		repository := t.releaseOf(url)
		each, fits := t.Rules.For(url, repository)
		if !fits {
			each.Policy = anyone(repository)
		}
		if policies = append(policies, each.Policy); !rule.Demands() {
			rule = each
		}
	}
	check := func(f provenance.Facts) error {
		for _, policy := range policies {
			if err := accepts(policy, f); err != nil {
				return err
			}
		}
		return nil
	}
	by, strangers := all.judge(check)
	switch {
	case by != nil:
		return by, p
	case len(strangers) > 0:
		return nil, problem{finding.ProvenanceOtherBuilder, "The declared attestation names another builder: " + listed(strangers), rule}
	case len(all.unchecked) > 0:
		return nil, problem{finding.ProvenanceUnchecked, "The declared attestation can't be checked: " + listed(all.unchecked), rule}
	}
	reasons := slices.Concat(all.invalid, all.unknownAuthorities, []string{all.release()})
	if cmp.Or(reasons...) == "" {
		reasons = []string{"the text holds no bundle"}
	}
	return nil, problem{finding.ProvenanceInvalid, "The declared attestation is invalid: " + listed(reasons), rule}
}

// aside is the result of verifying the bundles in the run that attest an artifact's file beside their manifest.
type aside struct {
	by   *provenance.Facts // who built it
	rule string            // of the finding at the bundle otherwise; "" without a bundle in the run
}

// verifyBeside verifies the bundles that are artifacts themselves, and attest files beside their manifests (Bazel's
// attestations.json: https://github.com/bazelbuild/bazel-central-registry/blob/main/docs/attestations.md), and tells what they say
// of the artifacts among these.
func (t *Attester) verifyBeside(ctx context.Context, results []Result) []aside {
	said := make([]aside, len(results))
	beside := map[string][]int{} // by folder and file name
	for i, r := range results {
		name := r.Artifact.PathBeside()
		beside[name] = append(beside[name], i)
	}
	for i := range results {
		r := &results[i]
		a := r.Artifact
		if a.Attests == "" {
			continue
		}
		targets, rule := beside[a.AttestedPath()], finding.ProvenanceUnchecked
		switch {
		case r.Status == Unavailable:
			rule = finding.ProvenanceInvalid
			r.Findings = append(r.Findings, a.Finding(rule, fmt.Sprintf("The declared attestation of %s does not exist", finding.Quote(a.Attests)), ""))
		case r.Status != Verified && r.Status != Unverified: // its own findings say why
		case r.Text == nil:
			r.Findings = append(r.Findings, t.uncheckedBundle(a, errTooMany.Error()))
		default:
			t.verifyOne(ctx, r, results, targets, said)
			continue
		}
		for _, target := range targets {
			said[target].rule = rule
		}
	}
	return said
}

// verifyOne verifies the bundles in the text of one result for the files that they attest: the file beside the manifest where there is
// one, else the artifacts of that name, as the rules for both URLs, the bundle's and the artifact's, have it.
func (t *Attester) verifyOne(ctx context.Context, r *Result, results []Result, targets []int, said []aside) {
	a, id := r.Artifact, sha256.Sum256(r.Text)
	verify := func(sum string, urls ...string) aside {
		by, p := t.judgeDeclared(t.verifyAll(ctx, r.Text, id, sum), urls...)
		if by == nil {
			r.Findings = append(r.Findings, p.of(a.Finding(p.rule, p.message, "")))
		}
		return aside{by, p.rule}
	}
	unknown := func() {
		r.Findings = append(r.Findings, t.uncheckedBundle(a, fmt.Sprintf("the SHA-256 of %s beside the manifest is unknown", finding.Quote(a.Attests))))
	}
	want := t.Beside[a.AttestedPath()]
	if want.SHA256 != "" && !slices.ContainsFunc(targets, func(i int) bool { return results[i].Under(digest.SHA256).Sum == want.SHA256 }) {
		verify(want.SHA256, append([]string{a.URL}, want.URLs...)...)
		return
	}
	for _, i := range targets {
		switch sum := results[i].Under(digest.SHA256).Sum; {
		case results[i].Digest.IsZero() || results[i].Status == Mismatch: // has findings of its own
		case sum == "":
			said[i].rule = finding.ProvenanceUnchecked
			unknown()
		default:
			said[i] = verify(sum, a.URL, results[i].Artifact.URL)
		}
	}
	if len(targets) == 0 {
		unknown()
	}
}

func (t *Attester) uncheckedBundle(a artifact.Artifact, reason string) finding.Finding {
	rule, _ := t.Rules.For(a.URL, t.releaseOf(a.URL))
	return unchecked(a, rule, "The attestation can't be checked: "+reason)
}
