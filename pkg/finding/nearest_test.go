package finding_test

import (
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

func TestNearest(t *testing.T) {
	words := []string{"check", "sum", "scoop", "fail-on", "weightsFiles"}
	for word, want := range map[string]string{
		"chekc": "check", "sun": "sum", "scop": "scoop", "FAIL_ON": "fail-on", "weigthsFiles": "weightsFiles", "weightFile": "weightsFiles",
		"su": "", "som3": "", "chk": "", "": "", strings.Repeat("s", 100_000): "",
	} {
		if got := finding.Nearest(word, words); got != want {
			t.Errorf("%.20q: %q, want %q", word, got, want)
		}
	}
	if got := finding.Nearest("scop", append(make([]string, 100), "scoop")); got != "" {
		t.Errorf("the 101st candidate is compared: %q", got)
	}
}
