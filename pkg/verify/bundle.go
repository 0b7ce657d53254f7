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

// attestations are the results of verifying the bundles of one file.
type attestations struct {
	facts    []provenance.Facts // of those that verify
	problems []error            // of the others
	err      error              // why there may be more
}

// Problems of bundles that are not verified.
var (
	errEnded   = errors.New("the run ended first")
	errTooMany = errors.New("too many bundles were read at once")
)

// add verifies a bundle, unless err says why it can't be read.
func (s *attestations) add(roots *provenance.Roots, bundle []byte, err error, sum string) {
	var facts provenance.Facts
	if err == nil {
		facts, err = roots.Verify(bundle, digest.Digest{Algorithm: digest.SHA256, Sum: sum})
	}
	if err != nil {
		s.problems = append(s.problems, err)
		return
	}
	s.facts = append(s.facts, facts)
}

// accepted returns the first build that passes a check, else why the others do not.
func (s *attestations) accepted(check func(provenance.Facts) error) (by *provenance.Facts, strangers []string) {
	for _, f := range s.facts {
		if f.Release {
			continue
		}
		err := check(f)
		if err == nil {
			return &f, nil
		}
		strangers = append(strangers, err.Error())
	}
	return nil, strangers
}

// divided returns why bundles are invalid, and why others could not be checked: they could not be read, no trusted root lists
// their log, or they have one of the given errors.
func (t *Attester) divided(s *attestations, more ...error) (invalid, unknown []string) {
	uncertain := append(more, errEnded, errTooMany, provenance.ErrUnknownLog)
	if t.ErrNoBundle != nil {
		uncertain = append(uncertain, t.ErrNoBundle)
	}
	for _, err := range s.problems {
		failure := new(fetch.Error)
		isUnread := errors.As(err, &failure)
		isGone := failure.Kind == fetch.Refused || failure.Status == http.StatusNotFound || failure.Status == http.StatusGone
		if isUnread && !isGone || slices.ContainsFunc(uncertain, func(e error) bool { return errors.Is(err, e) }) {
			unknown = append(unknown, err.Error())
		} else {
			invalid = append(invalid, err.Error())
		}
	}
	for _, f := range s.facts {
		if f.Release {
			invalid = append(invalid, fmt.Sprintf("GitHub attests that it is in the immutable release %s of %s, which is not a build",
				finding.Quote(strings.TrimPrefix(f.Ref, "refs/tags/")), finding.Quote(f.Repository)))
		}
	}
	return invalid, unknown
}

// attested returns what later scans need, nil for nothing.
func (s *attestations) attested(repository string) *Attested {
	builds := slices.DeleteFunc(slices.Clone(s.facts), func(f provenance.Facts) bool { return f.Release })
	if len(builds) == 0 {
		return nil
	}
	return &Attested{repository, builds[:min(len(builds), MaxBuilds)]}
}

// failed returns the result of bundles that were not verified.
func failed(err error) *attestations { return &attestations{problems: []error{err}} }

// once returns the value of a key, which get makes when it is first asked for.
func once[T any](values *sync.Map, key string, get func() T) T {
	value, _ := values.LoadOrStore(key, sync.OnceValue(get))
	return value.(func() T)()
}

// declared verifies the bundles that a manifest declares of a file: a URL of them, or their text.
func (t *Attester) declared(ctx context.Context, field *artifact.Field[string], sum string) *attestations {
	if isBundle(field) {
		return t.verifyAll(ctx, field.Value, []byte(field.Value), sum)
	}
	type fetched struct {
		text []byte
		err  error
	}
	got := once(&t.once, "read "+field.Value, func() fetched {
		text, err := t.Bundle(ctx, field.Value)
		if err == nil && t.kept.Add(int64(len(text))) > maxTexts {
			text, err = nil, errTooMany
		}
		return fetched{text, err}
	})
	if got.err != nil {
		return failed(got.err)
	}
	return t.verifyAll(ctx, field.Value, got.text, sum)
}

// isBundle reports whether a declared attestation is the text of bundles, rather than their URL.
func isBundle(field *artifact.Field[string]) bool {
	return field != nil && strings.HasPrefix(strings.TrimSpace(field.Value), "{")
}

// verifyAll verifies the bundles in a text that is named by its source, once for each file.
func (t *Attester) verifyAll(ctx context.Context, source string, text []byte, sum string) *attestations {
	id := sha256.Sum256([]byte(source))
	return once(&t.once, "verify "+sum+string(id[:]), func() *attestations {
		if ctx.Err() != nil {
			return failed(errEnded)
		}
		if len(text) > provenance.MaxBundle {
			return failed(fmt.Errorf("the bundles are larger than %d MiB", provenance.MaxBundle>>20))
		}
		bundles := provenance.Split(text)
		if len(bundles) > provenance.MaxAttestations {
			return failed(fmt.Errorf("the text has more than %d bundles", provenance.MaxAttestations))
		}
		all := &attestations{}
		for _, bundle := range bundles {
			if ctx.Err() != nil {
				all.problems = append(all.problems, errEnded)
				break
			}
			all.add(t.Roots, bundle, nil, sum)
		}
		return all
	})
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

// builderByBundles returns who built a file by the bundles that are declared for it, as the rules for all URLs accept it, else why no builder is
// accepted. Where no rule fits, any build does, of a release asset any by the release's repository.
func (t *Attester) builderByBundles(a artifact.Artifact, all *attestations, urls ...string) (by *provenance.Facts, problem finding.Finding) {
	var rule provenance.Rule // the strictest, for levels
	var policies []provenance.Policy
	for _, url := range urls {
		each, fits := t.rule(url)
		if !fits {
			each.Policy = anyone(each.Repository)
		}
		if policies = append(policies, each.Policy); !rule.Demands() {
			rule = each
		}
	}
	by, strangers := all.accepted(func(f provenance.Facts) error {
		for _, policy := range policies {
			if err := accepts(policy, f); err != nil {
				return err
			}
		}
		return nil
	})
	invalid, unknown := t.divided(all)
	switch {
	case by != nil:
		return by, problem
	case len(strangers) > 0:
		return nil, a.Finding(finding.ProvenanceOtherBuilder, "The declared attestation names another builder: "+listed(strangers), "")
	case len(unknown) > 0:
		return nil, unchecked(a, rule, "The declared attestation can't be checked: "+listed(unknown))
	}
	return nil, a.Finding(finding.ProvenanceInvalid, "The declared attestation is invalid: "+cmp.Or(listed(invalid), "the text contains no bundle"), "")
}

// aside is the result of verifying the bundles in the run that attest an artifact's file beside their manifest.
type aside struct {
	by   *provenance.Facts // who built it
	rule string            // of the finding at the bundle otherwise; "" without a bundle in the run
}

// verifyBeside verifies the bundles that are artifacts themselves, and attest files beside their manifests (Bazel's
// attestations.json: https://github.com/bazelbuild/bazel-central-registry/blob/main/docs/attestations.md). It sets the aside
// of each result whose file they attest.
func (t *Attester) verifyBeside(ctx context.Context, results []Result, asides []aside) {
	beside := map[string][]int{} // by folder and file name
	for i, r := range results {
		name := r.Artifact.PathBeside()
		beside[name] = append(beside[name], i)
	}
	for i := range results {
		if a := results[i].Artifact; a.Attests != "" {
			t.verifyOne(ctx, &results[i], results, beside[a.AttestedPath()], asides)
		}
	}
}

// verifyOne verifies the bundles in the text of one result for the files that they attest: the file beside the manifest where there is
// one, else the artifacts of that name, as the rules for both URLs, the bundle's and the artifact's, have it.
func (t *Attester) verifyOne(ctx context.Context, r *Result, results []Result, targets []int, asides []aside) {
	a := r.Artifact
	rule, _ := t.rule(a.URL)
	report := func(f finding.Finding) string {
		r.Findings = append(r.Findings, f)
		return f.Rule
	}
	tell := func(rule string) {
		for _, i := range targets {
			asides[i].rule = rule
		}
	}
	id := sha256.Sum256(r.Text)
	verify := func(sum string, urls ...string) aside {
		by, problem := t.builderByBundles(a, t.verifyAll(ctx, string(id[:]), r.Text, sum), urls...)
		if by == nil {
			report(problem)
		}
		return aside{by, problem.Rule}
	}
	sumOf := func(i int) string { return results[i].Under(digest.SHA256).Sum }
	unknown := unchecked(a, rule, fmt.Sprintf("The attestation can't be checked: the SHA-256 of %s beside the manifest is unknown", finding.Quote(a.Attests)))
	want := t.Beside[a.AttestedPath()]
	switch {
	case r.Status == Unavailable:
		tell(report(a.Finding(finding.ProvenanceInvalid, fmt.Sprintf("The declared attestation of %s does not exist", finding.Quote(a.Attests)), "")))
	case r.Status != Verified && r.Status != Unverified: // its own findings say why
		tell(finding.ProvenanceUnchecked)
	case r.Text == nil:
		tell(report(unchecked(a, rule, "The attestation can't be checked: "+errTooMany.Error())))
	case want.SHA256 != "" && !slices.ContainsFunc(targets, func(i int) bool { return sumOf(i) == want.SHA256 }):
		verify(want.SHA256, append([]string{a.URL}, want.URLs...)...)
	case len(targets) == 0:
		report(unknown)
	default:
		for _, i := range targets {
			switch sum := sumOf(i); {
			case results[i].Digest.IsZero() || results[i].Status == Mismatch: // has findings of its own
			case sum == "":
				asides[i].rule = report(unknown)
			default:
				asides[i] = verify(sum, a.URL, results[i].Artifact.URL)
			}
		}
	}
}

// maxReasons bounds the bundles that a message names.
const maxReasons = 3

// listed joins different reasons to a clause.
func listed(reasons []string) string {
	var all []string
	for _, reason := range reasons {
		if !slices.Contains(all, reason) {
			all = append(all, reason)
		}
	}
	if more := len(all) - maxReasons; more > 0 {
		all = append(all[:maxReasons], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "; ")
}
