package github_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

const releaseRoute = "GET /repos/{owner}/{repo}/releases/tags/{tag}"

var sum = "sha256:" + strings.Repeat("ab", 32)

func TestAReleaseIsAskedForOnceHoweverManyAsk(t *testing.T) {
	fake := newFake(t)
	fake.Releases["other/tool/v1.0"] = []githubtest.Asset{{Name: "a", Digest: sum, Size: 3}, {Name: "old", Size: 5_000_000_000}}
	client, _ := newClient(t, fake)
	want := map[string]github.Asset{"a": {Digest: sum, Size: 3}, "old": {Size: 5_000_000_000}}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			got, err := client.AssetDigests(t.Context(), "other", "tool", "v1.0")
			if err != nil || !cmp.Equal(got, want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	group.Wait()
	if n := asked(fake, "GET"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestAReleaseThatIsNotThereIsNotFoundAndAskedForOnce(t *testing.T) {
	fake, client := newFakeAndClient(t)
	for range 2 {
		_, err := client.AssetDigests(t.Context(), "o", "r", "v1")
		mustSay(t, err, "reading the release `v1` of `o/r`", "contents: read")
		if !errors.Is(err, github.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
	if n := asked(fake, "GET"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	fake.Releases["o/r/a/b?c#d%2f"] = []githubtest.Asset{} // a tag may hold anything
	if got, err := client.AssetDigests(t.Context(), "o", "r", "a/b?c#d%2f"); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
	fake.Fail(releaseRoute, times(4, githubtest.Fault{Status: 200, Message: "hello"})...)
	_, err := client.AssetDigests(t.Context(), "o", "r", "v2")
	mustSay(t, err, "holds no list")
}

func TestOneCallersEndIsNotAnothers(t *testing.T) {
	fake := newFake(t)
	fake.Releases["o/r/v1"] = []githubtest.Asset{{Name: "a"}}
	client, _ := newClient(t, fake)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.AssetDigests(ended, "o", "r", "v1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := client.AssetDigests(t.Context(), "o", "r", "v1"); err != nil {
		t.Error(err)
	}
}

func TestANameThatWouldLeadElsewhereIsNotAskedFor(t *testing.T) {
	fake, client := newFakeAndClient(t)
	for _, name := range [][3]string{
		{"..", "r", "v1"}, {"o", "..", "v1"}, {"o", ".", "v1"}, {"o/x", "r", "v1"}, {"o", "r/x", "v1"}, {"o", "r", ".."},
		{"o", "r", "a/../../b"}, {"o", "r", ""}, {"", "r", "v1"}, {"o", "", "v1"}, {"o?x", "r", "v1"}, {"o%2f", "r", "v1"},
	} {
		if _, err := client.AssetDigests(t.Context(), name[0], name[1], name[2]); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	if got := fake.Requests(); len(got) > 0 {
		t.Errorf("asked for %v", got)
	}
}
