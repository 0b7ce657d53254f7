package verify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	. "github.com/premAI-io/verify-manifests/pkg/provenance/provenancetest"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

var (
	fileSum  = SHA256([]byte("version 1.3"))
	olderSum = SHA256([]byte("version 1.2"))
)

const toolURL = "https://github.com/acme/tool/releases/download/v1.3/tool"

var errNoBundle, errNotAsked = errors.New("not answered"), errors.New("not asked")

// world is what an Attester asks: GitHub's attestations by repository and digest, and bundles by URL.
type world struct {
	sync.Mutex
	github map[string][][]byte
	errs   map[string]error
	urls   map[string][]byte
	calls  []string
}

func (w *world) attester(t *testing.T, s *Sigstore, rules *provenance.Rules) *verify.Attester {
	t.Helper()
	roots, err := provenance.ParseRoots(s.Root())
	if err != nil {
		t.Fatal(err)
	}
	return &verify.Attester{
		Rules: rules, Roots: roots, Server: "https://github.com", Concurrency: 4, ErrNoBundle: errNoBundle, ErrNotAsked: errNotAsked,
		GitHub: func(_ context.Context, repository, sum string, yield func([]byte, error) bool) error {
			w.Lock()
			defer w.Unlock()
			w.calls = append(w.calls, repository+" "+sum)
			for _, bundle := range w.github[repository+" "+sum] {
				if bundle == nil {
					yield(nil, fmt.Errorf("%w: its host", errNoBundle))
					continue
				}
				yield(bundle, nil)
			}
			return w.errs[repository+" "+sum]
		},
		Bundle: func(_ context.Context, url string) ([]byte, error) {
			if text, found := w.urls[url]; found {
				return text, nil
			}
			status, kind := 404, fetch.Unavailable
			if strings.Contains(url, "down") {
				status, kind = 503, fetch.Unreachable
			}
			return nil, &fetch.Error{Status: status, Kind: kind, Message: fmt.Sprintf("The server answered %d", status)}
		},
	}
}

func sha256Of(sum string) digest.Digest { return digest.Digest{Algorithm: digest.SHA256, Sum: sum} }

// asset is the Result of a release asset that was read.
func asset(changes ...func(*verify.Result)) verify.Result {
	r := verify.Result{
		Artifact: artifact.Artifact{Manifest: "m/manifest.json", Pointer: "/a", URL: toolURL, Name: "tool", Role: artifact.File,
			Checksum: &artifact.Field[digest.Digest]{Value: sha256Of(fileSum), Pointer: "/a/checksum"}},
		Status: verify.Verified, Observation: verify.Observation{Digest: sha256Of(fileSum), Size: 11}, Source: verify.FromDownload,
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func declaring(value string) func(*verify.Result) {
	return func(r *verify.Result) {
		r.Artifact.Attestation = &artifact.Field[string]{Value: value, Pointer: "/a/attestation", Position: finding.Position{Line: 9, Column: 1}}
	}
}

// longer makes an asset one of which only the SHA-512 is known.
func longer(r *verify.Result) {
	r.Digest = digest.Digest{Algorithm: digest.SHA512, Sum: strings.Repeat("a", 128)}
	r.Artifact.Checksum = &artifact.Field[digest.Digest]{Value: r.Digest}
}

// older is what a change made the asset of.
func older(changes ...func(*artifact.Artifact)) *artifact.Artifact {
	a := asset().Artifact
	a.URL = strings.Replace(toolURL, "v1.3", "v1.2", 1)
	a.Checksum = &artifact.Field[digest.Digest]{Value: sha256Of(olderSum)}
	for _, change := range changes {
		change(&a)
	}
	return &a
}

func TestWhoBuiltAFile(t *testing.T) {
	s := New()
	own, stranger := s.Bundle(Of("acme/tool", fileSum)), s.Bundle(Of("stranger/tool", fileSum))
	nightly := Of("acme/tool", olderSum)
	nightly.Signer = "acme/tool/.github/workflows/nightly.yml@refs/heads/main"
	at := func(repository, sum string, bundles ...[]byte) map[string][][]byte {
		return map[string][][]byte{repository + " " + sum: bundles}
	}
	rules := func(missing string, list ...provenance.Rule) *provenance.Rules {
		return &provenance.Rules{Missing: missing, List: list}
	}
	built := func(f provenance.Facts, declared ...bool) func(artifact.Artifact) (provenance.Facts, bool, bool) {
		return func(artifact.Artifact) (provenance.Facts, bool, bool) { return f, declared != nil, true }
	}
	before := provenance.Facts{Repository: "acme/tool", Signer: "acme/tool/.github/workflows/release.yml@refs/tags/v1"}
	elsewhere := func(r *verify.Result) { r.Artifact.URL = "https://example.com/tool" }
	for _, test := range []struct {
		name     string
		rules    *provenance.Rules
		github   map[string][][]byte
		errs     map[string]error
		result   verify.Result
		before   *artifact.Artifact
		baseline func(artifact.Artifact) (provenance.Facts, bool, bool)
		beside   map[string]verify.Beside
		want     string // rules and severities of findings, and "attested"
		calls    int
	}{
		{name: "no policy", github: at("acme/tool", fileSum, own), result: asset()},
		{name: "attested", rules: rules(""), github: at("acme/tool", fileSum, own), result: asset(), want: "attested", calls: 1},
		{name: "attested, of a wrong file", rules: rules(""), github: at("acme/tool", fileSum, own), result: asset(func(r *verify.Result) { r.Status = verify.Mismatch }), want: "attested", calls: 1},
		{name: "one of several", rules: rules("error"), github: at("acme/tool", fileSum, stranger, []byte("null"), s.Bundle(Of("acme/tool", fileSum), UnknownLog), nil, own), result: asset(), want: "attested", calls: 1},
		{name: "none, and nobody minds", rules: rules(""), result: asset(), calls: 1},
		{name: "none", rules: rules("warning"), result: asset(), want: "provenance/missing warning", calls: 1},
		{name: "none, by a rule", rules: rules("off", provenance.Rule{URL: "https://github.com/acme/**", Missing: "error"}), result: asset(), want: "provenance/missing error", calls: 1},
		{name: "none that verifies", rules: rules("notice"), github: at("acme/tool", fileSum, []byte("{}"), s.Bundle(Of("acme/tool", olderSum))), result: asset(), want: "provenance/missing notice", calls: 1},
		{name: "a stranger's", rules: rules(""), github: at("acme/tool", fileSum, stranger), result: asset(), want: "provenance/other-builder error", calls: 1},
		{name: "another workflow's", rules: rules("", provenance.Rule{URL: "**", Policy: provenance.Policy{Signers: []string{"acme/tool/.github/workflows/x.yml"}}}), github: at("acme/tool", fileSum, own), result: asset(), want: "provenance/other-builder error", calls: 1},
		{name: "another repository is asked", rules: rules("", provenance.Rule{URL: "**", Policy: provenance.Policy{Repository: "stranger/tool"}}), github: at("stranger/tool", fileSum, stranger), result: asset(), want: "attested", calls: 1},
		{name: "an unknown log", rules: rules("warning"), github: at("acme/tool", fileSum, s.Bundle(Of("acme/tool", fileSum), UnknownLog)), result: asset(), want: "provenance/unchecked notice", calls: 1},
		{name: "an unknown authority", rules: rules("error"), github: at("acme/tool", fileSum, s.Bundle(Of("acme/tool", fileSum), UnknownCA)), result: asset(), want: "provenance/unchecked error", calls: 1},
		{name: "a bundle's host is down", rules: rules(""), github: at("acme/tool", fileSum, nil), result: asset(), want: "provenance/unchecked notice", calls: 1},
		{name: "GitHub is down", rules: rules(""), errs: map[string]error{"acme/tool " + fileSum: errors.New("502")}, github: at("acme/tool", fileSum, stranger), result: asset(), want: "provenance/unchecked notice", calls: 1},
		{name: "GitHub is down, and it matters", rules: rules("error"), errs: map[string]error{"acme/tool " + fileSum: errors.New("502")}, result: asset(), want: "provenance/unchecked error", calls: 1},
		{name: "GitHub is down, and the file before was attested", rules: rules("warning"), errs: map[string]error{"acme/tool " + fileSum: errors.New("502")},
			github: at("acme/tool", olderSum, s.Bundle(Of("acme/tool", olderSum))), result: asset(), before: older(), want: "provenance/unchecked notice", calls: 1},
		{name: "GitHub is down, and nothing is demanded", rules: rules("off"), errs: map[string]error{"acme/tool " + fileSum: errors.New("502")}, result: asset(), want: "provenance/unchecked notice", calls: 1},
		{name: "no release asset", rules: rules("error"), result: asset(func(r *verify.Result) { r.Artifact.URL = "https://example.com/tool" })},
		{name: "an image", rules: rules("error"), result: asset(func(r *verify.Result) { r.Artifact.Role = artifact.Image })},
		{name: "a file that was not read", rules: rules("error"), result: asset(func(r *verify.Result) { r.Status, r.Digest = verify.Unreachable, digest.Digest{} })},

		{name: "lost to the base", rules: rules("notice"), github: at("acme/tool", olderSum, s.Bundle(Of("acme/tool", olderSum))), result: asset(), before: older(), want: "provenance/lost warning", calls: 2},
		{name: "lost where it has to be there", rules: rules("error"), github: at("acme/tool", olderSum, s.Bundle(nightly)), result: asset(), before: older(), want: "provenance/lost error", calls: 2},
		{name: "the base had none", rules: rules("notice"), result: asset(), before: older(), want: "provenance/missing notice", calls: 2},
		{name: "the base can't be asked", rules: rules(""), errs: map[string]error{"acme/tool " + olderSum: errors.New("502")}, result: asset(), before: older(), want: "provenance/unchecked notice", calls: 2},
		{name: "lost to the baseline", rules: rules(""), result: asset(), baseline: built(before), want: "provenance/lost warning", calls: 1},
		{name: "a bundle lost to the baseline", result: asset(), baseline: built(before, true), want: "provenance/lost warning"},
		{name: "a bundle that is not in the run", result: asset(), baseline: built(before, true), beside: map[string]verify.Beside{"m/tool": {}}},
		{name: "an attestation of GitHub's in the baseline, and no policy any more", result: asset(), baseline: built(before)},
		{name: "lost to the base, off GitHub", rules: rules("notice", provenance.Rule{URL: "https://github.com/acme/**", Missing: "error"}), github: at("acme/tool", olderSum, s.Bundle(nightly)), result: asset(elsewhere), before: older(), want: "provenance/lost error", calls: 1},
		{name: "lost, without a SHA-256", rules: rules(""), github: at("acme/tool", olderSum, s.Bundle(nightly)), result: asset(elsewhere, longer), before: older(), want: "provenance/lost warning", calls: 1},
		{name: "lost to the baseline, off GitHub", rules: rules(""), result: asset(elsewhere), baseline: built(before), want: "provenance/lost warning"},
		{name: "lost behind an unknown authority", rules: rules(""), github: map[string][][]byte{"acme/tool " + fileSum: {s.Bundle(Of("acme/tool", fileSum), UnknownCA)}, "acme/tool " + olderSum: {s.Bundle(nightly)}},
			result: asset(), before: older(), want: "provenance/unchecked notice provenance/lost warning", calls: 2},
		{name: "lost behind a host that is down", result: asset(elsewhere, declaring("https://example.com/down")), before: older(func(a *artifact.Artifact) {
			a.Attestation = &artifact.Field[string]{Value: string(s.Bundle(nightly))}
		}), want: "provenance/unchecked notice provenance/lost warning"},
		{name: "lost to a stranger", rules: rules(""), github: map[string][][]byte{"acme/tool " + fileSum: {stranger}, "acme/tool " + olderSum: {s.Bundle(nightly)}}, result: asset(), before: older(), want: "provenance/other-builder error", calls: 2},
		{name: "as before", rules: rules(""), github: at("acme/tool", fileSum, own), result: asset(), baseline: built(before), want: "attested", calls: 1},
		{name: "another workflow than before", rules: rules(""), github: map[string][][]byte{"acme/tool " + fileSum: {own}, "acme/tool " + olderSum: {s.Bundle(nightly)}}, result: asset(), before: older(), want: "provenance/changed warning attested", calls: 2},
		{name: "another repository than before", rules: rules(""), github: at("acme/tool", fileSum, own), result: asset(), baseline: built(provenance.Facts{Repository: "acme/old", Signer: "acme/old/.github/workflows/release.yml@x"}), want: "provenance/changed warning attested", calls: 1},
		{name: "a removed bundle", result: asset(), before: older(func(a *artifact.Artifact) { a.Attestation = &artifact.Field[string]{} }), want: "provenance/lost warning"},
		{name: "a removed bundle under a policy", rules: rules("error"), result: asset(), before: older(func(a *artifact.Artifact) { a.Attestation = &artifact.Field[string]{} }), want: "provenance/lost error", calls: 1},

		{name: "a declared bundle", result: asset(declaring(string(own))), want: "attested"},
		{name: "a declared URL", result: asset(declaring("https://example.com/own")), want: "attested"},
		{name: "any of several", result: asset(declaring(string(stranger) + "\n" + string(own) + "\n")), want: "attested"},
		{name: "one of more than are read", result: asset(declaring(string(own) + strings.Repeat("\n{}", provenance.MaxAttestations))), want: "provenance/invalid error"},
		{name: "a declared bundle is enough", rules: rules("error"), result: asset(declaring(string(own))), want: "attested"},
		{name: "a declared stranger's", result: asset(declaring(string(stranger))), want: "provenance/other-builder error"},
		{name: "a declared stranger's of no release", result: asset(declaring(string(stranger)), func(r *verify.Result) { r.Artifact.URL = "https://example.com/tool" }), want: "attested"},
		{name: "a declared bundle under a rule", rules: rules("", provenance.Rule{URL: "https://example.com/**", Policy: provenance.Policy{Repository: "acme/tool"}}), result: asset(declaring(string(stranger)), func(r *verify.Result) { r.Artifact.URL = "https://example.com/tool" }), want: "provenance/other-builder error"},
		{name: "a declared bundle of other bytes", result: asset(declaring(string(s.Bundle(Of("acme/tool", olderSum))))), want: "provenance/invalid error"},
		{name: "a declared bundle of an unknown authority", result: asset(declaring(string(s.Bundle(Of("acme/tool", fileSum), UnknownCA)))), want: "provenance/invalid error"},
		{name: "a declared bundle of an unknown log", result: asset(declaring(string(s.Bundle(Of("acme/tool", fileSum), UnknownLog)))), want: "provenance/unchecked notice"},
		{name: "a declared bundle that is gone", result: asset(declaring("https://example.com/gone")), want: "provenance/invalid error"},
		{name: "a declared bundle whose host is down", rules: rules("error"), result: asset(declaring("https://example.com/down")), want: "provenance/unchecked error provenance/missing error", calls: 1},
		{name: "a declared text that is none", result: asset(declaring("https://example.com/empty")), want: "provenance/invalid error"},
		{name: "a declared bundle of a file without a SHA-256", result: asset(declaring(string(own)), longer), want: "provenance/unchecked notice"},
		{name: "a declared null", result: asset(declaring("https://example.com/null")), want: "provenance/invalid error"},
	} {
		w := &world{github: test.github, errs: test.errs, urls: map[string][]byte{"https://example.com/own": own, "https://example.com/empty": nil, "https://example.com/null": []byte("null")}}
		attester := w.attester(t, s, test.rules)
		attester.Baseline, attester.Beside, test.result.Artifact.Was = test.baseline, test.beside, test.before
		results := []verify.Result{test.result}
		attester.Run(t.Context(), results)
		var got []string
		for _, f := range results[0].Findings {
			got = append(got, f.Rule+" "+f.Severity.String())
			if strings.Contains(f.Message, "  ") || f.Manifest != "m/manifest.json" {
				t.Errorf("%s: %+v", test.name, f)
			}
		}
		if results[0].Provenance != nil {
			got = append(got, "attested")
		}
		if strings.Join(got, " ") != test.want || len(w.calls) != test.calls || results[0].Status != test.result.Status {
			t.Errorf("%s: %q after %q, status %s; want %q: %+v", test.name, got, w.calls, results[0].Status, test.want, results[0].Findings)
		}
	}
}

func TestWhatEarlierScansLearnedIsNotAskedAgain(t *testing.T) {
	s, w := New(), &world{}
	attester := w.attester(t, s, &provenance.Rules{})
	own := provenance.Facts{Repository: "acme/tool", Signer: "acme/tool/.github/workflows/release.yml@refs/tags/v1", Runner: "github-hosted"}
	attester.Known = func(repository, sum string) []provenance.Facts {
		if repository == "acme/tool" && sum == fileSum {
			return []provenance.Facts{own}
		}
		return nil
	}
	results := []verify.Result{asset(), asset()}
	attester.Run(t.Context(), results)
	if results[0].Provenance == nil || results[1].Attested == nil || len(w.calls) != 0 {
		t.Errorf("got %+v after %v", results[0].Provenance, w.calls)
	}
	own.Runner = "self-hosted" // which the policy does not accept: maybe there is another build by now
	w.github = map[string][][]byte{"acme/tool " + fileSum: {s.Bundle(Of("acme/tool", fileSum))}}
	results = []verify.Result{asset(), asset()}
	attester.Run(t.Context(), results)
	if results[0].Provenance == nil || results[1].Provenance == nil || len(w.calls) != 1 {
		t.Errorf("got %+v after %v", results[0].Findings, w.calls)
	}
}

func TestSomeBuildsOfAFileAreKept(t *testing.T) {
	s := New()
	w := &world{github: map[string][][]byte{"acme/tool " + fileSum: slices.Repeat([][]byte{s.Bundle(Of("acme/tool", fileSum))}, verify.MaxBuilds+1)}}
	results := []verify.Result{asset()}
	w.attester(t, s, &provenance.Rules{}).Run(t.Context(), results)
	if n := len(results[0].Attested.Builds); n != verify.MaxBuilds {
		t.Errorf("%d builds are kept", n)
	}
}

func TestNobodyIsAskedOnceTheRateLimitIsUsedUp(t *testing.T) {
	w := &world{errs: map[string]error{}}
	var results []verify.Result
	for i := range 40 {
		sum := SHA256(fmt.Append(nil, i))
		w.errs["acme/tool "+sum] = fmt.Errorf("%w: wait an hour", errNotAsked)
		results = append(results, asset(func(r *verify.Result) { r.Digest = sha256Of(sum) }))
	}
	s := New()
	attester := w.attester(t, s, &provenance.Rules{})
	attester.Run(t.Context(), results)
	for _, r := range results {
		if len(r.Findings) != 1 || r.Findings[0].Rule != finding.ProvenanceUnchecked {
			t.Errorf("got %+v", r.Findings)
		}
	}
	if len(w.calls) > attester.Concurrency {
		t.Errorf("%d calls", len(w.calls))
	}
	attester.Offline = true
	results = []verify.Result{asset(declaring("https://example.com/x")), asset(), asset(declaring(string(s.Bundle(Of("acme/tool", fileSum))))), asset(declaring("{}"))}
	before := len(w.calls)
	attester.Run(t.Context(), results)
	var got []string
	for _, r := range results {
		got = append(got, fmt.Sprint(len(r.Findings), r.Provenance != nil, attester.NeedsNetwork(r.Artifact)))
	}
	if want := "0 false true, 0 false true, 0 true false, 1 false false"; strings.Join(got, ", ") != want || len(w.calls) != before {
		t.Errorf("offline: %q, want %q", got, want)
	}
}

func TestBundlesBesideAManifest(t *testing.T) {
	s := New()
	bundle := func(name, text string, changes ...func(*verify.Result)) verify.Result {
		return asset(append([]func(*verify.Result){func(r *verify.Result) {
			r.Artifact.Manifest, r.Artifact.Pointer, r.Artifact.Attests = "modules/x/1/attestations.json", "/attestations/"+name, name
			r.Artifact.Name, r.Artifact.URL = name+".intoto.jsonl", toolURL+".intoto.jsonl"
			r.Text = []byte(text)
		}}, changes...)...)
	}
	archive := asset(func(r *verify.Result) { r.Artifact.Manifest, r.Artifact.Name = "modules/x/1/source.json", "tool" })
	own, stranger := string(s.Bundle(Of("acme/tool", fileSum))), string(s.Bundle(Of("stranger/tool", fileSum)))
	strangers := func(r *verify.Result) { r.Artifact.URL = "https://stranger.example/tool.intoto.jsonl" }
	down := func(r *verify.Result) { r.Status, r.Text = verify.Unreachable, nil }
	inFolder, outside := verify.Beside{SHA256: fileSum}, verify.Beside{SHA256: fileSum, URLs: []string{"https://stranger.example/mirror", toolURL}}
	for _, test := range []struct {
		name    string
		bundle  verify.Result
		archive verify.Result
		beside  verify.Beside // the file of the bundle's name
		want    string        // the rule of the bundle's finding
		is      bool          // the archive is attested
		isLost  bool
	}{
		{"the artifact of that name", bundle("tool", own), archive, verify.Beside{}, "", true, false},
		{"by another repository than the bundle's", bundle("tool", stranger), archive, verify.Beside{}, finding.ProvenanceOtherBuilder, false, false},
		{"by another repository than the archive's, whose bundle it is", bundle("tool", stranger, strangers), archive, verify.Beside{}, finding.ProvenanceOtherBuilder, false, false},
		{"one of several is by both", bundle("tool", stranger+"\n"+own), archive, verify.Beside{}, "", true, false},
		{"of another file", bundle("tool", string(s.Bundle(Of("acme/tool", olderSum)))), archive, verify.Beside{}, finding.ProvenanceInvalid, false, true},
		{"of a file without a SHA-256", bundle("tool", "garbage"), asset(func(r *verify.Result) { r.Artifact = archive.Artifact }, longer, func(r *verify.Result) { r.Artifact.Manifest = archive.Artifact.Manifest }), verify.Beside{}, finding.ProvenanceUnchecked, false, true},
		{"a file outside the run", bundle("MODULE.bazel", own), archive, inFolder, "", false, false},
		{"an artifact outside the run", bundle("tool-2", own), archive, outside, "", false, false},
		{"an artifact outside the run, by another repository than its own, whose bundle it is", bundle("tool-2", stranger, strangers), archive, outside, finding.ProvenanceOtherBuilder, false, false},
		{"a file of other text", bundle("MODULE.bazel", own), archive, verify.Beside{SHA256: olderSum}, finding.ProvenanceInvalid, false, false},
		{"a file of other text, and an artifact of its name", bundle("tool", own), archive, verify.Beside{SHA256: olderSum}, finding.ProvenanceInvalid, false, false},
		{"a file that is not there", bundle("MODULE.bazel", own), archive, verify.Beside{}, finding.ProvenanceUnchecked, false, false},
		{"gone", bundle("tool", "", func(r *verify.Result) { r.Status, r.Text = verify.Unavailable, nil }), archive, verify.Beside{}, finding.ProvenanceInvalid, false, true},
		{"its host is down", bundle("tool", "", down), archive, verify.Beside{}, "", false, true},
		{"not kept", bundle("tool", "", func(r *verify.Result) { r.Text = nil }), archive, verify.Beside{}, finding.ProvenanceUnchecked, false, true},
		{"not the declared bundle", bundle("tool", own, func(r *verify.Result) { r.Status = verify.Mismatch }), archive, verify.Beside{}, "", false, true},
		{"too large", bundle("tool", strings.Repeat(" ", provenance.MaxBundle)+own), archive, verify.Beside{}, finding.ProvenanceInvalid, false, true},
	} {
		w := &world{}
		attester := w.attester(t, s, nil)
		name := test.bundle.Artifact.Attests
		attester.Beside = map[string]verify.Beside{"modules/x/1/" + name: test.beside}
		attester.Baseline = func(artifact.Artifact) (provenance.Facts, bool, bool) {
			return provenance.Facts{Repository: "acme/tool", Signer: "acme/tool/.github/workflows/release.yml@refs/tags/v1"}, true, name == "tool"
		}
		if attester.NeedsSHA256(test.archive.Artifact) != (name == "tool") {
			t.Errorf("%s: whether a SHA-256 is needed", test.name)
		}
		results := []verify.Result{test.bundle, test.archive}
		attester.Run(t.Context(), results)
		var got []string
		for _, f := range results[0].Findings {
			if f.Rule != finding.ProvenanceLost {
				got = append(got, f.Rule)
			}
		}
		isLost := slices.ContainsFunc(results[1].Findings, func(f finding.Finding) bool { return f.Rule == finding.ProvenanceLost })
		if strings.Join(got, " ") != test.want || (results[1].Provenance != nil) != test.is || isLost != test.isLost || len(results[1].Findings) > 1 {
			t.Errorf("%s: %+v, %+v", test.name, results[0].Findings, results[1])
		}
	}
}

func TestVerifyingBundlesIsBounded(t *testing.T) {
	s := New()
	other := string(s.Bundle(Of("acme/tool", olderSum)))
	elsewhere := func(r *verify.Result) { r.Artifact.URL = "https://example.com/tool" }
	w := &world{urls: map[string][]byte{"https://example.com/b": []byte(strings.Repeat(other+"\n", 100))}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, test := range []struct {
		ctx  context.Context
		want string
	}{{t.Context(), finding.ProvenanceInvalid}, {ctx, finding.ProvenanceUnchecked}} {
		attester := w.attester(t, s, nil)
		results := slices.Repeat([]verify.Result{asset(declaring("https://example.com/b"), elsewhere)}, 200) // seconds a piece, unless it is verified once
		attester.Run(test.ctx, results)
		for _, r := range results {
			if len(r.Findings) != 1 || r.Findings[0].Rule != test.want {
				t.Fatalf("got %+v, want %s", r.Findings, test.want)
			}
		}
	}
	attester := w.attester(t, s, nil)
	large := make([]byte, provenance.MaxBundle)
	attester.Bundle = func(context.Context, string) ([]byte, error) { return large, nil }
	var results []verify.Result
	for i := range 20 {
		results = append(results, asset(declaring(fmt.Sprintf("https://example.com/%d", i)), elsewhere))
	}
	attester.Run(t.Context(), results)
	kept := 0
	for _, r := range results {
		if r.Findings[0].Rule == finding.ProvenanceInvalid {
			kept++
		}
	}
	if kept != 16 {
		t.Errorf("%d texts of 16 MiB were kept", kept)
	}
}
