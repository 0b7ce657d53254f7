package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
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
	text := []byte(value)
	if !isBundle(value) {
		once, _ := t.texts.LoadOrStore(value, sync.OnceValue(func() fetched {
			text, err := t.Bundle(ctx, value)
			return fetched{text, err}
		}))
		got := once.(func() fetched)()
		if got.err != nil {
			return failed(got.err)
		}
		text = got.text
	}
	return t.verifyAll(text, sum)
}

// isBundle reports whether a declared attestation is the text of bundles, rather than their URL.
func isBundle(value string) bool { return strings.HasPrefix(strings.TrimSpace(value), "{") }

type fetched struct {
	text []byte
	err  error
}

func (t *Attester) verifyAll(text []byte, sum string) *attestations {
	all := &attestations{}
	if len(text) > provenance.MaxBundle {
		all.invalid = []string{fmt.Sprintf("the bundles have more than %d MiB", provenance.MaxBundle>>20)}
		return all
	}
	bundles := provenance.Split(text)
	if len(bundles) > provenance.MaxAttestations {
		all.invalid = []string{fmt.Sprintf("the text has more than %d bundles", provenance.MaxAttestations)}
		return all
	}
	for _, bundle := range bundles {
		all.verify(t.Roots, bundle, sum)
	}
	return all
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

// lenient accepts any workflow's build of a release's repository; of another URL any build.
func (t *Attester) lenient(url string) func(provenance.Facts) error {
	repository := t.releaseOf(url)
	return func(f provenance.Facts) error {
		return checkAs(provenance.Policy{AnySigner: true, SelfHosted: true}, repository, f)
	}
}

// checkAs applies a policy that names no repository: it is the given one, else whichever was built.
func checkAs(p provenance.Policy, repository string, f provenance.Facts) error {
	if p.Repository == "" {
		p.Repository = repository
	}
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
	if p.rule == finding.ProvenanceUnchecked {
		f.Severity = unchecked(artifact.Artifact{}, p.expected, "").Severity
	}
	return f
}

// judgeDeclared returns who built a file by the bundles that are declared for it, as the rule for a URL accepts it. Where no rule
// fits, any build does, of a release asset any by the release's repository.
func (t *Attester) judgeDeclared(all *attestations, url string) (by *provenance.Facts, p problem) {
	rule, fits := t.Rules.For(url, t.releaseOf(url))
	check := t.lenient(url)
	if fits {
		check = func(f provenance.Facts) error { return checkAs(rule.Policy, rule.Repository, f) }
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
	reasons := append(all.invalid, all.unknownAuthorities...)
	if release := all.release(); release != "" {
		reasons = append(reasons, release)
	}
	if len(reasons) == 0 {
		reasons = []string{"the text holds no bundle"}
	}
	return nil, problem{finding.ProvenanceInvalid, "The declared attestation is invalid: " + listed(reasons), rule}
}

// verifyBeside verifies the bundles that are artifacts themselves, and attest files beside their manifests (Bazel's
// attestations.json: https://github.com/bazelbuild/bazel-central-registry/blob/main/docs/attestations.md), and tells who built
// the artifacts among these. A bundle's own URL decides which rule it has to satisfy.
func (t *Attester) verifyBeside(results []Result, builders []*provenance.Facts) {
	beside := map[string][]int{} // by folder and file name
	for i, r := range results {
		name := besideOf(r.Artifact)
		beside[name] = append(beside[name], i)
	}
	for i := range results {
		r := &results[i]
		switch a := r.Artifact; {
		case a.Attests == "" || r.Status != Unavailable && r.Status != Verified && r.Status != Unverified: // its own findings say why
		case r.Status == Unavailable:
			r.Findings = append(r.Findings, a.Finding(finding.ProvenanceInvalid, fmt.Sprintf("The declared attestation of %s does not exist", finding.Quote(a.Attests)), ""))
		case r.Text == nil:
			r.Findings = append(r.Findings, t.uncheckedBundle(a, "too many bundles were read at once"))
		default:
			t.verifyOne(r, results, beside[path.Join(path.Dir(a.Manifest), a.Attests)], builders)
		}
	}
}

// besideOf is the path that an artifact's file would have beside its manifest.
func besideOf(a artifact.Artifact) string {
	return path.Join(path.Dir(a.Manifest), path.Base(a.Name))
}

// verifyOne verifies the bundles in the text of one result for the files that they attest.
func (t *Attester) verifyOne(r *Result, results []Result, targets []int, builders []*provenance.Facts) {
	a := r.Artifact
	verify := func(sum string) *provenance.Facts {
		by, p := t.judgeDeclared(t.verifyAll(r.Text, sum), a.URL)
		if by == nil {
			r.Findings = append(r.Findings, p.of(a.Finding(p.rule, p.message, "")))
		}
		return by
	}
	for _, i := range targets {
		if sum := results[i].Under(digest.SHA256).Sum; sum != "" && results[i].Status != Mismatch {
			builders[i] = verify(sum)
		}
	}
	if len(targets) > 0 { // what could not be read has findings of its own
		return
	}
	sum := t.Beside[path.Join(path.Dir(a.Manifest), a.Attests)]
	if sum == "" {
		r.Findings = append(r.Findings, t.uncheckedBundle(a, fmt.Sprintf("the SHA-256 of %s beside the manifest is unknown", finding.Quote(a.Attests))))
		return
	}
	verify(sum)
}

func (t *Attester) uncheckedBundle(a artifact.Artifact, reason string) finding.Finding {
	rule, _ := t.Rules.For(a.URL, t.releaseOf(a.URL))
	return unchecked(a, rule, "The attestation can't be checked: "+reason)
}
