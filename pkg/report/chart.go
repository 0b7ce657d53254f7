package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
)

// scanLimit is how many scans a chart has room for.
const scanLimit = 90

// The measures of a chart, in the units of its view box.
const (
	chartHeight = 100
	barStep     = 8
)

// chart shows the last scans: a bar for each, the files in it by how they ended, and the same in figures.
type chart struct {
	Width, Height int
	Outcomes      []outcome
	Bars          []bar
}

type bar struct {
	X           int
	Date, Words string
	Counts      []int // as Outcomes
	Parts       []part
}

// part of a bar is a rectangle, from the bottom up.
type part struct {
	Class     string
	Y, Height float64
}

func newChart(scans []baseline.Scan) chart {
	scans = scans[max(0, len(scans)-scanLimit):]
	c := chart{Width: max(barStep*len(scans), 1), Height: chartHeight, Outcomes: outcomes}
	most := 1 // files of a scan
	for i, s := range scans {
		b := bar{X: i * barStep, Date: day(s.Date), Counts: outcomesOf(s)}
		files := 0
		for _, n := range b.Counts {
			files += n
		}
		most = max(most, files)
		c.Bars = append(c.Bars, b)
	}
	for i := range c.Bars {
		c.Bars[i].draw(most)
	}
	slices.Reverse(c.Bars) // the table has the newest first
	return c
}

// draw adds the parts of a bar, where most files are as high as the chart.
func (b *bar) draw(most int) {
	var words []string
	y := float64(chartHeight)
	for i, n := range b.Counts {
		height := float64(n) / float64(most) * chartHeight
		y -= height
		if n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, outcomes[i].Name))
			b.Parts = append(b.Parts, part{outcomes[i].Class, y, height})
		}
	}
	b.Words = b.Date + ": " + strings.Join(words, ", ")
}
