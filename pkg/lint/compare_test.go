package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// gallery reads entries of a LocalAI index, each "name url sum", separated by line breaks.
func gallery(t *testing.T, entries string) *registry.Manifest {
	t.Helper()
	var text strings.Builder
	for line := range strings.Lines(entries) {
		fields := strings.Fields(line)
		fmt.Fprintf(&text, "- name: %s\n  files:\n  - filename: %[1]s.gguf\n    uri: https://example.org/%s\n", fields[0], fields[1])
		if len(fields) > 2 {
			fmt.Fprintf(&text, "    sha256: %s\n", strings.Repeat(fields[2], 64))
		}
	}
	return parse(t, "localai", "gallery/index.yaml", text.String())
}

func TestComparisonTellsWhatAChangeTouches(t *testing.T) {
	const base = "a 1 1\nb 2 2\nc 3 3\n"
	for name, test := range map[string]struct {
		head    string
		touched string // "is<was", the base's URL "-" where there is none
	}{
		"nothing":                              {base, ""},
		"reordered":                            {"c 3 3\na 1 1\nb 2 2\n", ""},
		"one added":                            {base + "d 4 4\n", "4<-"},
		"one removed":                          {"a 1 1\nc 3 3\n", ""},
		"a checksum changed":                   {"a 1 1\nb 2 9\nc 3 3\n", "2<2"},
		"a checksum removed":                   {"a 1 1\nb 2\nc 3 3\n", "2<2"},
		"a URL changed":                        {"a 1 1\nb 9 2\nc 3 3\n", "9<2"},
		"a duplicate":                          {base + "e 1 1\n", "1<-"},
		"a checksum moved":                     {"a 1\nb 2 1\nc 3 3\n", "1<1 2<2"},
		"two URLs swapped":                     {"a 2 1\nb 1 2\nc 3 3\n", "2<2 1<1"},
		"one added where another was":          {"a 1 1\nd 4 4\nc 3 3\n", "4<2"},
		"a fragment is not part of an address": {"a 1#x 1\nb 2 2\nc 3 3\n", ""},
	} {
		var got []string
		c := lint.Compare(gallery(t, base), gallery(t, test.head))
		for _, change := range c.Touched {
			was := "-"
			if change.Is.Was != nil {
				was = strings.TrimPrefix(change.Is.Was.URL, "https://example.org/")
			}
			got = append(got, strings.TrimPrefix(change.Is.URL, "https://example.org/")+"<"+was)
		}
		if strings.Join(got, " ") != test.touched {
			t.Errorf("%s: %v, want %s", name, got, test.touched)
		}
		if n := len(c.Touched) + len(c.Untouched); n != strings.Count(test.head, "\n") {
			t.Errorf("%s: %d artifacts", name, n)
		}
	}
}

func TestAnAddressThatAnotherProgramMayReadOtherwiseIsTouched(t *testing.T) {
	base := gallery(t, "a xn--fa-hia/a%5Cb\n")
	for url, touched := range map[string]int{"xn--fa-hia/a%5Cb": 0, "faß/b": 1, `xn--fa-hia/a\b`: 1} {
		if c := lint.Compare(base, gallery(t, "a "+url+"\n")); len(c.Touched) != touched {
			t.Errorf("%s: %d touched, want %d", url, len(c.Touched), touched)
		}
	}
}

func TestAnEntryThatTakesOverAFormerURLHidesNoChange(t *testing.T) {
	at := func(pointer, url string) artifact.Artifact {
		return artifact.Artifact{Pointer: pointer, URL: "https://example.org/" + url + "/tool", Name: "tool"}
	}
	for name, test := range map[string]struct {
		head     []artifact.Artifact
		isPaired bool // the first artifact
	}{
		"declared as it was": {[]artifact.Artifact{at("/linux", "evil"), at("/old", "acme")}, true},
		"declared anew": {[]artifact.Artifact{at("/linux", "evil"), func() artifact.Artifact {
			a := at("/old", "acme")
			a.Platform = "old"
			return a
		}()}, true},
		"inserted before it in a list": {[]artifact.Artifact{at("/0", "other"), at("/1", "acme")}, false},
	} {
		base := []artifact.Artifact{at(test.head[0].Pointer, "acme")}
		c := lint.Compare(&registry.Manifest{Artifacts: base}, &registry.Manifest{Artifacts: test.head})
		if (c.Touched[0].Is.Was != nil) != test.isPaired {
			t.Errorf("%s: %+v", name, c.Touched[0])
		}
	}
}
