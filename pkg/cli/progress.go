package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// progressInterval is the time between two lines of progress in a log.
const progressInterval = 15 * time.Second

// watch writes a line of progress to a log every so often, until stop is called.
func watch(log io.Writer, progress *verify.Progress) (stop func()) {
	began := time.Now()
	ticker := time.NewTicker(progressInterval)
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-ended:
				return
			case now := <-ticker.C:
				fmt.Fprintln(log, progressLine(progress, now.Sub(began)))
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(ended)
		<-done
	}
}

// progressLine says how far the run is, how fast, and how long what was begun still takes.
func progressLine(p *verify.Progress, elapsed time.Duration) string {
	files, allFiles := p.Files()
	bytes, announced := p.Bytes()
	rate := float64(bytes) / max(elapsed.Seconds(), 0.001)
	line := fmt.Sprintf("%d of %d files done; %s read, %s/s", files, allFiles, humanize.Bytes(uint64(bytes)), humanize.Bytes(uint64(rate)))
	if left := announced - bytes; left > 0 && rate > 0 {
		line += fmt.Sprintf("; %s of the files begun are left, about %s", humanize.Bytes(uint64(left)), time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second))
	}
	return line
}
