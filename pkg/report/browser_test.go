package report_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/premAI-io/verify-manifests/pkg/report"
)

// tab is the page in a real browser.
type tab struct {
	context.Context
	t *testing.T

	mu       sync.Mutex
	requests []string // what the page asked for
	errors   []string // what the browser had to complain about
}

// browse starts the browser of this machine. Where there is none, the test is skipped; CI has one.
func browse(t *testing.T) *tab {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" && os.Getenv("CI") == "" {
		t.Skip("there is no chromium or google-chrome on this machine")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.NoSandbox) // which root has to do without
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	b := &tab{Context: ctx, t: t}
	if err := chromedp.Listen(ctx, b.note); err != nil {
		t.Fatal(err)
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, cdplog.Enable, cdp.Empty{})
	call(b, cdpruntime.Enable, cdp.Empty{})
	return b
}

func (b *tab) open(page string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Navigate("file://" + file))
}

// note keeps what the page loads and what goes wrong.
func (b *tab) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *cdplog.EventEntryAdded:
		b.errors = append(b.errors, e.Entry.Text)
	case *cdpruntime.EventExceptionThrown:
		b.errors = append(b.errors, e.ExceptionDetails.Text)
	}
}

func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func ask[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	result, err := chromedp.Run(b, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// screen makes the tab as wide as a phone or a desk, by day or by night.
func (b *tab) screen(width int64, scheme string) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 844, DeviceScaleFactor: 1, Mobile: width == phone})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// The widths of screens, in CSS pixels.
const phone, desk = 390, 1280

// eval returns the strings that a script makes.
func (b *tab) eval(script string) []string {
	b.t.Helper()
	return ask(b, chromedp.Evaluate[[]string](script))
}

// column is what the rows of the table show in a column.
func (b *tab) column(label string) []string {
	b.t.Helper()
	return b.eval(`[...document.querySelectorAll("tbody tr:not([hidden]) [data-label=` + label + `]")].map(cell => cell.innerText.trim().split("\n")[0])`)
}

func TestPageInABrowser(t *testing.T) {
	b := browse(t)
	t.Run("sorted and filtered", func(t *testing.T) { isSortedAndFiltered(t, b) })
	t.Run("on every screen", func(t *testing.T) { readsOnEveryScreen(t, b) })
}

func isSortedAndFiltered(t *testing.T, b *tab) {
	b.t = t
	b.open(rendered(t, report.Build(scenarios()["all"]), "page"))
	sorted := func(label string) string {
		return strings.Join(b.eval(`[document.querySelector("thead [aria-sort=ascending], thead [aria-sort=descending]")].map(h => h.innerText + " " + h.getAttribute("aria-sort"))`), "") +
			": " + strings.Join(b.column(label), ", ")
	}
	head := func(n string) chromedp.CSS { return chromedp.CSS(`thead th:nth-child(` + n + `) button`) }
	first := "Status ascending: ✗ mismatch, ✗ invalid, ✗ unavailable, ? unverified, ? unverified, ✓ verified"
	if got := sorted("Status"); got != first {
		t.Errorf("at first  %s\nwant      %s", got, first)
	}
	b.do(chromedp.Click(head("5")))
	if got, want := sorted("Size"), "Size ascending: unknown, 4.1 kB, 9.0 MB, 11 MB, 12 MB, 4.8 GB"; got != want {
		t.Errorf("clicked  %s\nwant     %s", got, want)
	}
	b.do(chromedp.Focus(head("5")), chromedp.KeyEvent(kb.Enter))
	if got, want := sorted("Size"), "Size descending: 4.8 GB, 12 MB, 11 MB, 9.0 MB, 4.1 kB, unknown"; got != want {
		t.Errorf("by the keyboard  %s\nwant             %s", got, want)
	}
	b.do(chromedp.Click(head("3")))
	if got := sorted("Status"); got != first {
		t.Errorf("in the end  %s\nwant        %s", got, first)
	}
	input := func(script string) []string {
		return b.eval(`(() => { ` + script + `; filters.dispatchEvent(new Event("input")); return [document.getElementById("shown").value]; })()`)
	}
	pick := func(name, value string) string {
		return `document.querySelector("[data-filter=` + name + `]").value = "` + value + `"`
	}
	for _, step := range []struct{ script, want string }{
		{``, "6 of 6 files"},
		{pick("status", "unverified"), "2 of 6 files"},
		{pick("host", "huggingface.co"), "1 of 6 files"},
		{pick("status", ""), "3 of 6 files"},
		{`document.getElementById("search").value = "TOKENIZER  server"`, "1 of 6 files"},
		{`document.getElementById("search").value = ""; ` + pick("host", ""), "6 of 6 files"},
		{pick("folder", "chat-gorilla"), "6 of 6 files"},
	} {
		if got := input(step.script); len(got) != 1 || got[0] != step.want {
			t.Errorf("after %s: %q, want %q", step.script, got, step.want)
		}
	}
	options := b.eval(`[...document.querySelectorAll("select option")].map(option => option.value)`)
	if want := []string{"", "invalid", "mismatch", "unavailable", "unverified", "verified", "", "chat-gorilla", "", "dl.example.org", "github.com", "huggingface.co"}; !slices.Equal(options, want) {
		t.Errorf("options %q, want %q", options, want)
	}
}

// contrasts lists the texts whose contrast with what is behind them is under 4.5:1
// (https://www.w3.org/TR/WCAG22/#contrast-minimum).
const contrasts = `(() => {
	const rgb = color => color.match(/[\d.]+/g).map(Number);
	const light = color => rgb(color).slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const behind = e => !e ? "rgb(255, 255, 255)" : rgb(getComputedStyle(e).backgroundColor)[3] === 0 ? behind(e.parentElement) : getComputedStyle(e).backgroundColor;
	return [...document.body.querySelectorAll("*:not(script)")].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => {
		const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((a, b) => b - a);
		return [(a + .05) / (b + .05), e];
	}).filter(([ratio]) => ratio < 4.5).map(([ratio, e]) => ratio.toFixed(2) + ": " + e.outerHTML.slice(0, 80));
})()`

// readsOnEveryScreen looks at hostile text, on a phone and on a desk, by day and by night.
func readsOnEveryScreen(t *testing.T, b *tab) {
	b.t = t
	long := poisoned(strings.Repeat("x", 200) + `<img src="https://evil.example/x.png"><script>alert(1)</script>` + "\u202e")
	for name, in := range map[string]report.Input{"all": scenarios()["all"], "hostile": long} {
		b.mu.Lock()
		b.requests, b.errors = nil, nil
		b.mu.Unlock()
		b.open(chartOf(t, report.Build(in), nights(90)))
		b.eval(`[...document.querySelectorAll("details")].map(details => { details.open = true; return "" })`)
		for device, width := range map[string]int64{"phone": phone, "desk": desk} {
			for _, scheme := range []string{"light", "dark"} {
				b.screen(width, scheme)
				screen := strings.Join([]string{name, device, scheme}, "-")
				if list := b.eval(contrasts); len(list) > 0 {
					t.Errorf("%s: too little contrast: %q", screen, list)
				}
				if got := ask(b, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); got > width {
					t.Errorf("%s: one has to scroll sideways: the page is %d pixels wide", screen, got)
				}
			}
		}
		b.mu.Lock()
		if len(b.requests) != 1 || len(b.errors) > 0 {
			t.Errorf("%s: the page asked for %q; errors %q", name, b.requests, b.errors)
		}
		b.mu.Unlock()
	}
}
