package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// nights are the scans of as many nights.
func nights(n int) []baseline.Scan {
	var scans []baseline.Scan
	for i := range n {
		scans = append(scans, baseline.Scan{Date: firstDay.AddDate(0, 0, i), Verified: 30 + i, Unverified: 8, Mismatch: i % 2, Unreachable: i % 5, Unavailable: i % 3})
	}
	return scans
}

func chartOf(t testing.TB, r *report.Report, scans []baseline.Scan) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteHTML(&b, scans); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheChartShowsTheLastScansInFiguresToo(t *testing.T) {
	page := chartOf(t, report.Build(input(verified())), nights(200))
	for what, want := range map[string]int{"<g><title>": 90, "2026-11-01: ": 0, "2027-05-19: 229 verified, 8 without a checksum, 5 not checked, 1 not as declared": 1, `<tr><th scope="row"><time`: 90} {
		if got := strings.Count(page, what); got != want {
			t.Errorf("%q is there %d times, want %d", what, got, want)
		}
	}
	if strings.Contains(rendered(t, report.Build(input()), "page"), "<svg") {
		t.Error("there is a chart of nothing")
	}
}

// walk calls visit with every node of the page.
func walk(t testing.TB, page string, visit func(*html.Node)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		visit(n)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// elements are the page's elements and the names of their attributes, links and code apart: they depend on
// whether a text needs them.
func elements(t testing.TB, page string) (list []string) {
	walk(t, page, func(n *html.Node) {
		if n.Type == html.CommentNode {
			t.Errorf("a comment: %q", n.Data)
		}
		if n.Type == html.TextNode && strings.ContainsFunc(n.Data, func(r rune) bool {
			return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
		}) {
			t.Errorf("a control character: %q", n.Data)
		}
		if n.Type != html.ElementNode || n.Data == "code" {
			return
		}
		if n.Data == "a" {
			if href := attribute(n, "href"); !ownTarget.MatchString(href) && !ownPage.MatchString(href) || len(n.Attr) != 1 {
				t.Errorf("a link %v", n.Attr)
			}
			return
		}
		name := n.Data
		for _, a := range n.Attr {
			name += " " + a.Key
		}
		list = append(list, name)
	})
	return list
}

var ownPage = regexp.MustCompile(`^https://github\.com/(acme/registry|premAI-io/verify-manifests)$`)

func TestPageShowsOutsideTextAsText(t *testing.T) {
	want := elements(t, rendered(t, report.Build(poisoned("plain")), "page"))
	for _, s := range hostile {
		page := rendered(t, report.Build(poisoned(s)), "page")
		if got := elements(t, page); strings.TrimSpace(s) != "" && !slices.Equal(got, want) || t.Failed() {
			t.Fatalf("with %.100q:\n%s", s, page)
		}
	}
}

func TestPageLoadsNothingAndRunsOnlyItsOwnScript(t *testing.T) {
	var policy string
	inline := map[string]string{}
	walk(t, rendered(t, report.Build(mixed()), "page"), func(n *html.Node) {
		if attribute(n, "src") != "" || n.Data == "link" || attribute(n, "style") != "" {
			t.Errorf("<%s> loads something or is styled in place", n.Data)
		}
		if attribute(n, "http-equiv") == "Content-Security-Policy" {
			policy = attribute(n, "content")
		}
		if n.Data == "script" || n.Data == "style" {
			sum := sha256.Sum256([]byte(n.FirstChild.Data))
			inline[n.Data+"-src"] = "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		}
	})
	for directive, hash := range inline {
		if !strings.Contains(policy, "; "+directive+" "+hash+";") {
			t.Errorf("the policy %s does not allow the %s with the hash %s", policy, directive, hash)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || len(inline) != 2 {
		t.Errorf("the policy is %s, for %v", policy, inline)
	}
}

func TestPageSaysWhatIsNotShownAndSinceWhen(t *testing.T) {
	r := report.Build(scenarios()["all"])
	r.Artifacts[0].Since = time.Date(2026, 11, 1, 23, 0, 0, 0, time.UTC)
	page := rendered(t, r, "page")
	for _, want := range []string{`<time datetime="2026-11-01">`, ">run 4242</a>", `<strong>2</strong> not as declared <span class="faint">since <time datetime="2026-11-01">`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %s", want)
		}
	}
	if page := rendered(t, report.Build(alike(1_503)), "page"); !strings.Contains(page, "Not shown: 2 more places, which the report as JSON has.") {
		t.Error("nothing says that places of a cause are left out")
	}
}
