package cli

import (
	"strings"
	"testing"
)

func TestPinnedAction(t *testing.T) {
	commit := strings.Repeat("0a", 20)
	for want, built := range map[string]origin{
		"premAI-io/verify-manifests@" + commit + " # v1.2.3":      {"v1.2.3", commit},
		"premAI-io/verify-manifests@" + commit + " # v1.2.3-4-g0": {"v1.2.3-4-g0", commit},
		"premAI-io/verify-manifests@v1.2.3":                       {"v1.2.3", ""},
		"premAI-io/verify-manifests@v1":                           {"v0.0.0-20260101000000-0a0a0a0a0a0a", ""},
	} {
		if got := pinnedAction(built); got != want {
			t.Errorf("%+v: %s, want %s", built, got, want)
		}
	}
}
