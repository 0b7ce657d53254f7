package baseline_test

import (
	"testing"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// found is a result with findings by rules.
func found(r verify.Result, rules ...string) verify.Result {
	for _, rule := range rules {
		r.Findings = append(r.Findings, r.Artifact.Finding(rule, "m", ""))
	}
	return r
}

func TestWhatIsSaidOfAFileWithoutAChecksumMakesItAnother(t *testing.T) {
	for rule, want := range map[string]int{finding.ArtifactSize: 1, finding.SignatureInvalid: 1, finding.ArtifactChanged: 1, finding.ArtifactMissingChecksum: 0} {
		r := found(with(good("b"), verify.Unverified), rule)
		c := (*baseline.State)(nil).Compare([]verify.Result{r}, true, nil, day(1))
		if d := c.Drift(c.Results, true, nil); len(d.Items) != want {
			t.Errorf("%s: %d items, want %d", rule, len(d.Items), want)
		}
		off := func(f finding.Finding, _ string, _ digest.Digest) (finding.Finding, bool) { return f, false }
		if c = (*baseline.State)(nil).Compare([]verify.Result{r}, true, off, day(1)); !c.Next.File(url).Problem.IsZero() {
			t.Errorf("%s is off, and still makes the file another", rule)
		}
	}
}

// TestWhatIsWaivedIsNoDrift sees the same file on three nights, and can't look on the second.
func TestWhatIsWaivedIsNoDrift(t *testing.T) {
	waiver := func(f finding.Finding, _ string, observed digest.Digest) (finding.Finding, bool) {
		if f.Rule == finding.ArtifactMismatch && observed == sum("b") {
			f.Waived.Because = "known"
		}
		return f, true
	}
	for name, c := range map[string]struct {
		observed string
		rules    []string
		problems int
	}{
		"waived":                     {"b", []string{finding.ArtifactMismatch}, 0},
		"waived for other bytes":     {"c", []string{finding.ArtifactMismatch}, 1},
		"waived, and something else": {"b", []string{finding.ArtifactMismatch, finding.ArtifactHTMLPage}, 1},
	} {
		wrong := found(changed(c.observed), c.rules...)
		wrong.Artifact.Checksum = &artifact.Field[digest.Digest]{Value: sum("a")}
		unseen := found(unreachable, finding.ArtifactUnreachable)
		unseen.Artifact = wrong.Artifact
		s := &baseline.State{}
		for night, r := range []verify.Result{wrong, unseen, wrong} {
			if night == 1 && len(c.rules) > 1 {
				continue // nobody knows any more that there was something else
			}
			compared := s.Compare([]verify.Result{r}, true, waiver, day(night+1))
			for i, f := range r.Findings {
				r.Findings[i], _ = waiver(f, url, r.Digest)
			}
			if d := compared.Drift([]verify.Result{r}, true, waiver); len(d.Items) != c.problems {
				t.Errorf("%s, night %d: %d problems", name, night+1, len(d.Items))
			}
			s = compared.Next
		}
	}
}

func TestCompareFindsWhatAShardDidNotKnow(t *testing.T) {
	s := scanned(good("a"))
	other := good("b")
	other.Status, other.Digest.Algorithm, other.Digest.Sum = verify.Unverified, digest.SHA1, sum("b").Sum[:40]
	for name, c := range map[string]struct {
		result          verify.Result
		findings, notes int
		kind            baseline.Kind
	}{
		"other bytes":               {with(good("b"), verify.Unverified), 1, 0, baseline.Changed},
		"the same":                  {with(good("a"), verify.Unverified), 0, 0, ""},
		"with the declared digest":  {good("b"), 0, 0, ""},
		"under another algorithm":   {other, 0, 1, ""},
		"what the shard itself saw": {found(with(good("b"), verify.Unverified), finding.ArtifactChanged), 1, 0, baseline.Changed},
	} {
		got := s.Compare([]verify.Result{c.result}, true, nil, day(2))
		r := got.Results[0]
		isDated := c.kind != "" && r.Since.Equal(day(2)) && r.Before == sum("a") || c.kind == "" && r.Since.IsZero() && r.Before.IsZero()
		if len(r.Findings) != c.findings || len(got.Notes) != c.notes || got.Next.File(url).Problem.Kind != c.kind || !isDated {
			t.Errorf("%s: %+v, %v", name, r, got.Notes)
		}
	}
	if f := s.File(url); f.Digest != sum("a") || !f.Problem.IsZero() {
		t.Errorf("Compare changed the baseline: %+v", f)
	}
}

func TestAScanThatWasCutShortSaysNothingOfWhatItDidNotReach(t *testing.T) {
	if c := scanned(good("a")).Compare([]verify.Result{unreachable}, false, nil, time.Now()); c.Next.File(url).Failures != 0 {
		t.Error("a failure was counted")
	}
}
