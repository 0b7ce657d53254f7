package config_test

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const (
	sum256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	waived = "waive:\n- rule: url/mutable\n  because: x\n"
)

// mistakes are configuration files, and their errors.
var mistakes = []struct{ name, text, want string }{
	{"nothing", "", ""},
	{"a comment", "# nothing yet\n", ""},
	{"all of it", "registry: [scoop, {manifests: a, artifacts: [{at: '', url: /url}]}]\ntrusted-urls: [\"https://github.com/acme/**\"]\nmissing-checksum: off\nseverity: {url/mutable: notice, artifact/missing-checksum: off}\n" + waived + "  manifests: ['a/*', '!a/b']\n  at: /*/files/**\n  url: https://x/**\n  until: 2027-03-31\n", ""},
	{"a waiver of a mismatch", "waive: [{rule: artifact/mismatch, observed: 'sha256:" + sum256 + "', until: 2027-03-31, because: x}]", ""},
	{"a list", "- registry: scoop", "1:1: the manifest is a list; expected an object"},
	{"two documents", "registry: scoop\n---\nregistry: krew\n", "3:1: a second YAML document"},
	{"no YAML", "registry: a: b", "1:12: Invalid YAML"},
	{"not UTF-8", "registry: \xff", "1:11: Invalid UTF-8: the byte 0xff"},
	{"duplicate", "registry: scoop\nregistry: krew", "2:1: Duplicate key `registry`"},
	{"laughs", "a: [&a [1,1,1,1,1,1,1,1,1],&b [*a,*a,*a,*a,*a,*a,*a,*a,*a],&c [*b,*b,*b,*b,*b,*b,*b,*b,*b],&d [*c,*c,*c,*c,*c,*c,*c,*c,*c],&e [*d,*d,*d,*d,*d,*d,*d,*d,*d], [*e,*e,*e,*e,*e]]\n", "The manifest has more than 100000 values"},
	{"unknown key", "registrys: scoop", "1:1: unknown key `registrys`: the keys are missing-checksum, provenance, registry, severity, trusted-urls, waive"},
	{"no such preset", "registry: scoops", "1:11: unknown preset `scoops` (did you mean `scoop`?)"},
	{"no registry", "registry: []", "1:11: `registry` is empty"},
	{"a mistake in a description", "registry:\n  manifests: a\n  artifacts:\n  - at: ''\n    url: '*'\n", "5:10: invalid pointer `*`"},
	{"bad level", "missing-checksum: fatal", "1:19: invalid value `fatal`: expected one of error, warning, notice, off"},
	{"bad glob", "trusted-urls: ['https://[']", "1:16: invalid glob `https://[`"},
	{"severities that are invalid", "severity: error", "1:11: `severity` is the string `error`"},
	{"severity of no rule", "severity: {url/mutabel: off}", "1:25: unknown rule `url/mutabel`"},
	{"bad severity", "severity: {url/mutable: none}", "1:25: invalid value `none`: expected one of error"},
	{"a lower mismatch", "severity: {artifact/mismatch: notice}", "1:31: `artifact/mismatch` is always an error"},
	{"a lower conflict", "severity: {artifact/digest-conflict: warning}", "1:38: `artifact/digest-conflict` is always an error"},
	{"lower strictness", "severity: {json/duplicate-key: off}", "1:32: `json/duplicate-key` is always an error"},
	{"lower case of keys", "severity: {registry/key-case: warning}", "1:31: `registry/key-case` is always an error"},
	{"lower case of paths", "severity: {registry/path-case: off}", "1:32: `registry/path-case` is always an error"},
	{"waived case of keys", "waive: [{rule: registry/key-case, because: a}]", "1:9: `registry/key-case` can't be waived"},
	{"lower strictness of YAML", "severity: {yaml/alias: notice}", "1:24: `yaml/alias` is always an error"},
	{"no word on a failure", "severity: {artifact/unavailable: off}", "1:34: `artifact/unavailable` explains why"},
	{"waivers that are invalid", "waive: url/mutable", "1:8: `waive` is the string `url/mutable`; expected a list"},
	{"a waiver that is invalid", "waive: [url/mutable]", "1:9: item 1 of `waive` is the string `url/mutable`; expected an object"},
	{"a waiver without rule", "waive: [{because: x}]", "1:9: missing `rule`"},
	{"a waiver without reason", "waive: [{rule: url/mutable}]", "1:9: missing `because`"},
	{"a waiver of no rule", "waive: [{rule: url/x, because: x}]", "1:16: unknown rule `url/x`"},
	{"a waiver until no day", waived + "  until: tomorrow", "4:10: invalid date `tomorrow`"},
	{"a waiver until a day that is invalid", waived + "  until: 2027-02-30", "4:10: invalid date `2027-02-30`"},
	{"a waiver at no place", waived + "  at: files", "4:7: invalid pattern `files`"},
	{"a waiver of no URL", waived + "  url: '['", "4:8: invalid glob `[`"},
	{"a waiver with another key", waived + "  reason: x", "4:3: unknown key `reason`"},
	{"a waiver of bytes, and no mismatch", waived + "  observed: sha256:" + sum256, "2:3: `observed` is for waivers of `artifact/mismatch`"},
	{"a mismatch for good", "waive: [{rule: artifact/mismatch, observed: 'sha256:" + sum256 + "', because: x}]", "1:9: a waiver of a mismatch needs `observed`"},
	{"a mismatch of any bytes", "waive: [{rule: artifact/mismatch, until: 2027-03-31, because: x}]", "1:9: a waiver of a mismatch needs `observed`"},
	{"bytes that are no digest", "waive: [{rule: artifact/mismatch, observed: x, until: 2027-03-31, because: x}]", "1:45: `observed`: "},
	{"a waived forgery", "waive: [{rule: provenance/invalid, because: x}]", "1:9: `provenance/invalid` can't be waived"},
	{"a lower forgery", "severity: {provenance/invalid: warning}", "1:32: `provenance/invalid` is always an error"},
	{"a provenance that is invalid", "provenance: on", "1:13: `provenance` is"},
	{"a rule without url", "provenance: {rules: [{missing: error}]}", "1:22: missing `url`"},
	{"a repository that is invalid", "provenance: {rules: [{url: x, repository: tool}]}", "1:43: invalid repository `tool`"},
	{"a signer that is invalid", "provenance: {rules: [{url: x, signers: [acme/ci/release.yml]}]}", "1:41: invalid signer `acme/ci/release.yml`"},
	{"a signer with a ref", "provenance: {rules: [{url: x, signers: [acme/ci/.github/workflows/release.yml@v1]}]}", "invalid signer"},
	{"a ref that is invalid", "provenance: {rules: [{url: x, refs: ['[']}]}", "1:38: invalid glob `[`"},
	{"a level of provenance that is invalid", "provenance: {missing: fatal}", "1:23: invalid value `fatal`"},
	{"a waived conflict", "waive: [{rule: artifact/digest-conflict, because: x}]", "1:9: `artifact/digest-conflict` can't be waived"},
	{"waived strictness", "waive: [{rule: yaml/alias, because: x}]", "1:9: `yaml/alias` can't be waived"},
	{"a tag", "registry: !!python/object/apply:os.system [scoop]", "1:43: `registry` has the unsupported tag `!!python/object/apply:os.system`"},
	{"too large", strings.Repeat("#", config.MaxSize+1), "more than 1048576 bytes"},
}

func TestEveryMistakeHasAPosition(t *testing.T) {
	for _, test := range mistakes {
		t.Run(test.name, func(t *testing.T) {
			_, err := config.Parse("c.yaml", []byte(test.text))
			switch {
			case (err == nil) != (test.want == ""):
				t.Fatalf("want %q, got %v", test.want, err)
			case err == nil:
			case !strings.Contains(err.Error(), test.want):
				t.Errorf("want %q, got %v", test.want, err)
			}
		})
	}
}

var place = regexp.MustCompile(`^c\.yaml:\d+:\d+: .+`)

// FuzzConfig checks that Parse returns a usable file, or errors that each have a position.
func FuzzConfig(f *testing.F) {
	for _, test := range mistakes {
		if len(test.text) < 10_000 {
			f.Add(test.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > config.MaxSize {
			return
		}
		file, err := config.Parse("c.yaml", []byte(text))
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !place.MatchString(line) {
					t.Errorf("the error %q has no position", line)
				}
			}
			return
		}
		policy := file.Policy(day("2026-01-01"))
		mismatch := finding.New(finding.ArtifactMismatch, "a", "/a", finding.Position{Line: 1, Column: 1}, "m", "")
		if got, reported := policy.Apply(mismatch, "https://x/a", digest.Digest{}); !reported || got.Severity != finding.Error || got.Waived != (finding.Waiver{}) {
			t.Errorf("a mismatch was lowered: %+v", got)
		}
		policy.Waivers(true)
	})
}

func day(text string) time.Time {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return at
}

func TestPolicy(t *testing.T) {
	observed := digest.Digest{Algorithm: digest.SHA256, Sum: sum256}
	const mutable, mismatch = "rule: url/mutable, because: x", "rule: artifact/mismatch, until: 2027-03-31, because: x, observed: 'sha256:" + sum256 + "'"
	for _, test := range []struct {
		name, waiver, rule, manifest, pointer, url string
		observed                                   digest.Digest
		isWaived                                   bool
	}{
		{"any", mutable, "url/mutable", "m", "/a", "https://x/a", digest.Digest{}, true},
		{"another rule", mutable, "url/insecure", "m", "/a", "https://x/a", digest.Digest{}, false},
		{"the manifest", mutable + ", manifests: 'a/*'", "url/mutable", "a/b", "", "", digest.Digest{}, true},
		{"another manifest", mutable + ", manifests: ['a/*', '!a/b']", "url/mutable", "a/b", "", "", digest.Digest{}, false},
		{"the place", mutable + ", at: '/*/files/**'", "url/mutable", "m", "/7/files/1/uri", "", digest.Digest{}, true},
		{"another place", mutable + ", at: '/*/files'", "url/mutable", "m", "/7/files/1", "", digest.Digest{}, false},
		{"the whole", mutable + ", at: ''", "url/mutable", "m", "", "", digest.Digest{}, true},
		{"not the whole", mutable + ", at: ''", "url/mutable", "m", "/a", "", digest.Digest{}, false},
		{"the URL", mutable + ", url: 'https://x/**'", "url/mutable", "m", "/a", "https://x/a/b", digest.Digest{}, true},
		{"another URL", mutable + ", url: 'https://x/*'", "url/mutable", "m", "/a", "https://x/a/b", digest.Digest{}, false},
		{"no URL", mutable + ", url: '**'", "url/mutable", "m", "/a", "", digest.Digest{}, false},
		{"over", mutable + ", until: 2026-11-24", "url/mutable", "m", "/a", "", digest.Digest{}, false},
		{"its last day", mutable + ", until: 2026-11-25", "url/mutable", "m", "/a", "", digest.Digest{}, true},
		{"these bytes", mismatch, "artifact/mismatch", "m", "/a", "https://x/a", observed, true},
		{"other bytes", mismatch, "artifact/mismatch", "m", "/a", "https://x/a", digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat("0", 64)}, false},
		{"unknown bytes", mismatch, "artifact/mismatch", "m", "/a", "https://x/a", digest.Digest{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			file, err := config.Parse("c.yaml", []byte("waive: [{"+test.waiver+"}]"))
			if err != nil {
				t.Fatal(err)
			}
			policy := file.Policy(day("2026-11-25").Add(23 * time.Hour))
			f := finding.New(test.rule, test.manifest, test.pointer, finding.Position{Line: 1, Column: 1}, "m", "")
			got, reported := policy.Apply(f, test.url, test.observed)
			if isWaived := got.Waived.Because == "x"; !reported || isWaived != test.isWaived || got.Severity != f.Severity {
				t.Errorf("reported %v, %+v", reported, got)
			}
			isOver := strings.Contains(test.waiver, "2026-11-24")
			if part := policy.Waivers(false); (len(part) > 0) != isOver {
				t.Errorf("of a part of the registry: %v", part)
			}
			whole := policy.Waivers(true)
			if (len(whole) > 0) == test.isWaived || len(whole) > 0 && (whole[0].Rule != finding.ConfigWaiver || whole[0].Severity != finding.Warning || whole[0].Line != 1 || whole[0].Column != 9 || whole[0].Manifest != "c.yaml") {
				t.Errorf("of the whole registry: %v", whole)
			}
		})
	}
}

func TestSeverities(t *testing.T) {
	file, err := config.Parse("c.yaml", []byte("severity: {url/mutable: error, url/insecure: notice, config/waiver: off}\nwaive: [{rule: url/mutable, because: x, until: 2020-01-01}]"))
	if err != nil {
		t.Fatal(err)
	}
	policy := file.Policy(day("2026-11-25"))
	for rule, want := range map[string]finding.Severity{"url/mutable": finding.Error, "url/insecure": finding.Notice, "artifact/mismatch": finding.Error} {
		if got, reported := policy.Apply(finding.New(rule, "m", "", finding.Position{}, "m", ""), "", digest.Digest{}); !reported || got.Severity != want || got.Waived.Because != "" {
			t.Errorf("%s: %v, %+v", rule, reported, got)
		}
	}
	if told := policy.Waivers(true); told != nil {
		t.Errorf("a rule that is off is reported: %v", told)
	}
	var none *config.File
	if f, reported := none.Policy(time.Time{}).Apply(finding.New("url/mutable", "m", "", finding.Position{}, "m", ""), "", digest.Digest{}); !reported || f.Waived.Because != "" {
		t.Error("a nil file changes a finding")
	}
}

func TestWithoutPolicyRestoresTheDefaults(t *testing.T) {
	for rule, want := range map[string]finding.Severity{
		finding.ProvenanceInvalid: finding.Error, finding.ProvenanceOtherBuilder: finding.Error, finding.ChecksumDropped: finding.Warning,
		finding.ArtifactMissingChecksum: finding.Notice, // the input decides
	} {
		f := config.WithoutPolicy(finding.Finding{Rule: rule, Severity: finding.Notice, Waived: finding.Waiver{Because: "mine"}})
		if f.Severity != want || f.Waived != (finding.Waiver{}) {
			t.Errorf("%s: %+v, want %s", rule, f, want)
		}
	}
}

// TestAPolicyIsSafeForConcurrentUse is for the race detector: get applies it to each file as it ends.
func TestAPolicyIsSafeForConcurrentUse(t *testing.T) {
	file, err := config.Parse("c.yaml", []byte("waive: [{rule: url/mutable, because: known}]"))
	if err != nil {
		t.Fatal(err)
	}
	policy := file.Policy(time.Now())
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if f, _ := policy.Apply(finding.Finding{Rule: finding.URLMutable}, "", digest.Digest{}); f.Waived.IsZero() {
				t.Error("not waived")
			}
		})
	}
	group.Wait()
	if unused := policy.Waivers(true); len(unused) > 0 {
		t.Errorf("%+v", unused)
	}
}
