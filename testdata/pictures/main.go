// Command pictures takes pictures of what the demo left in a folder: the comment, the issue and the status page, by day,
// by night and on a phone. GitHub's rendering is goldmark's, in a stylesheet of our own that is much like GitHub's.
//
// usage: pictures FROM TO
package main

import (
	"bytes"
	"context"
	_ "embed" // for the stylesheet
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
)

//go:embed github.css
var style string

// screens are what a picture is taken of.
var screens = []struct {
	name, scheme  string
	width, height int64
}{
	{"light", "light", 960, 900}, {"dark", "dark", 960, 900}, {"narrow", "light", 390, 900},
}

// quality is WebP's, which keeps a picture under 60 kB.
const quality = 60

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pictures FROM TO")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	browser, cancel, err := open()
	if err != nil {
		return err
	}
	defer cancel()
	if err := chromedp.Do(browser); err != nil { // starts it
		return err
	}
	for _, subject := range []struct {
		name string
		read func(string) ([]byte, error)
	}{{"comment.md", markdown}, {"issue.md", markdown}, {"page.html", os.ReadFile}} {
		text, err := subject.read(filepath.Join(from, subject.name))
		if err != nil {
			return err
		}
		text = port.ReplaceAll(text, []byte("${1}files.example.com"))
		if err := shoot(browser, subject.name, text, from, to); err != nil {
			return err
		}
	}
	return nil
}

// port is the demo's file host, which has another port each time.
var port = regexp.MustCompile(`(https://|<code>|")127\.0\.0\.1(:[0-9]+)?`)

// markdown renders a comment as GitHub does, more or less.
func markdown(name string) ([]byte, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	renderer := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe())) // as GitHub: <details>
	if err := renderer.Convert(source, &body); err != nil {
		return nil, err
	}
	opened := bytes.Replace(body.Bytes(), []byte("<details>"), []byte("<details open>"), 1) // as a reader does
	text := added.ReplaceAll(removed.ReplaceAll(opened, []byte("<del>$0</del>")), []byte("<ins>$0</ins>"))
	return fmt.Appendf(nil, "<!DOCTYPE html><meta charset=utf-8><meta name=viewport content='width=device-width'><style>%s</style><article>%s</article>", style, text), nil
}

// The lines of a diff.
var removed, added = regexp.MustCompile(`- sha256:[^\n<]*`), regexp.MustCompile(`\+ sha256:[^\n<]*`)

func open() (context.Context, context.CancelFunc, error) {
	for _, name := range []string{"chromium", "google-chrome"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox) // which root has to do without
		allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
		browser, cancel := chromedp.NewContext(allocator)
		return browser, func() { cancel(); end() }, nil
	}
	return nil, nil, fmt.Errorf("there is no chromium or google-chrome on this machine")
}

// shoot takes a subject's pictures, from the top of each screen.
func shoot(browser context.Context, name string, text []byte, from, to string) error {
	file, err := filepath.Abs(filepath.Join(from, "picture.html"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(browser, time.Minute)
	defer cancel()
	for _, s := range screens {
		if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file)); err != nil {
			return err
		}
		if _, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: s.width, Height: s.height, DeviceScaleFactor: 1, Mobile: s.width < 500}); err != nil {
			return err
		}
		if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}}}); err != nil {
			return err
		}
		height, err := chromedp.Run(ctx, chromedp.Evaluate[int64]("document.body.offsetHeight"))
		if err != nil {
			return err
		}
		compression, seen := int64(quality), page.Viewport{Width: float64(s.width), Height: float64(min(height, s.height)), Scale: 1}
		picture, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: "webp", Quality: &compression, Clip: &seen})
		if err != nil {
			return err
		}
		target := filepath.Join(to, name[:len(name)-len(filepath.Ext(name))]+"-"+s.name+".webp")
		if err := os.WriteFile(target, picture.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
