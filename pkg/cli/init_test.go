package cli

import (
	"os"
	"strings"
	"sync"
	"sync/atomic"
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

// TestOneOfSeveralWritesAFile has several write a file at a time: the others find it, or fail.
func TestOneOfSeveralWritesAFile(t *testing.T) {
	for range 100 {
		root, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		var wrote atomic.Int32
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				var out strings.Builder
				if err := (&program{Env: Env{Stdout: &out}}).writeNew(root, "text", "file"); err == nil && out.String() == "Wrote file\n" {
					wrote.Add(1)
				}
			})
		}
		group.Wait()
		if n := wrote.Load(); n != 1 {
			t.Fatalf("%d wrote it", n)
		}
	}
}
