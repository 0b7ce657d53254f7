package cli

import (
	"fmt"
	"io"
	"net/url"
	"path"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// The intervals of progress in a log and on a terminal.
const (
	logInterval  = 15 * time.Second
	liveInterval = 150 * time.Millisecond
)

const (
	// slowAfter is the time after which progress names a slow file.
	slowAfter = 30 * time.Second
	// slowName bounds its name, in runes.
	slowName = 40
)

// watch shows progress until stop is called: live on a terminal, else a line every logInterval.
func (p *program) watch(progress *verify.Progress) (stop func()) {
	switch {
	case p.quiet:
		return func() {}
	case p.isTerminal(p.Stderr):
		return live(p.Stderr, progress)
	}
	return every(logInterval, func(elapsed time.Duration) { fmt.Fprintln(p.Stderr, figures(progress, elapsed)) })
}

// live updates one line, and erases it when stopped.
func live(to io.Writer, progress *verify.Progress) (stop func()) {
	erase := ""
	end := every(liveInterval, func(elapsed time.Duration) {
		fmt.Fprintf(to, "%s%s\n", erase, finding.Fit(figures(progress, elapsed), columns(to)))
		erase = "\x1b[A\x1b[J" // up a line, and all below it
	})
	return func() {
		end()
		fmt.Fprint(to, erase)
	}
}

// columns returns the width of a terminal.
func columns(terminal io.Writer) int {
	if file, ok := terminal.(interface{ Fd() uintptr }); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return helpWidth
}

// every calls show with the elapsed time until stop is called.
func every(interval time.Duration, show func(elapsed time.Duration)) (stop func()) {
	began := time.Now()
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticks := time.Tick(interval)
		for {
			select {
			case <-ended:
				return
			case now := <-ticks:
				show(now.Sub(began))
			}
		}
	}()
	return func() {
		close(ended)
		<-done
	}
}

// figures returns the files done, the bytes read, the rate, and the time left for the files in progress.
func figures(p *verify.Progress, elapsed time.Duration) string {
	files, allFiles := p.Files()
	bytes, announced := p.Bytes()
	rate := float64(bytes) / max(elapsed.Seconds(), 0.001)
	text := fmt.Sprintf("%d/%d files, %s, %s/s", files, allFiles, humanize.Bytes(uint64(bytes)), humanize.Bytes(uint64(rate)))
	if left := announced - bytes; left > 0 && rate > 0 {
		text += fmt.Sprintf(", %s left", time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second))
	}
	return text + slowest(p.Slowest(time.Now(), slowAfter))
}

// slowest names the slowest file and its host; "" for none.
func slowest(address string, rate float64) string {
	u, err := url.Parse(address)
	if address == "" || err != nil {
		return ""
	}
	return fmt.Sprintf("; slowest: %s from %s, %s/s", finding.Clean(finding.Shorten(path.Base(u.Path), slowName)), finding.Clean(finding.Shorten(u.Hostname(), slowName)), humanize.Bytes(uint64(rate)))
}

// isTerminal reports whether w is a terminal that can move its cursor.
func (p *program) isTerminal(w io.Writer) bool {
	file, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd())) && p.Getenv("TERM") != "dumb" && !p.inActions()
}

// textOptions returns the options for a text written to w. --color wins over NO_COLOR (https://no-color.org).
func (p *program) textOptions(w io.Writer) report.TextOptions {
	isColorful := p.color == "always" || p.color == "auto" && p.Getenv("NO_COLOR") == "" && p.isTerminal(w)
	return report.TextOptions{Color: isColorful, Verbose: p.verbose}
}
