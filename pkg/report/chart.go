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
	barRoom     = 6 // of barStep
)

// chart shows the last scans: a bar for each, the files in it by how they ended, and the same in figures.
type chart struct {
	Width, Height int
	Names         []string
	Bars          []bar
}

type bar struct {
	Date, Words string
	Counts      []int // as Names
	Parts       []part
}

// part of a bar is a rectangle, from the bottom up.
type part struct {
	Class               string
	X, Y, Width, Height string
}

func newChart(scans []baseline.Scan) chart {
	scans = scans[max(0, len(scans)-scanLimit):]
	c := chart{Width: max(barStep*len(scans), 1), Height: chartHeight}
	for _, o := range outcomes {
		c.Names = append(c.Names, o.Name)
	}
	most := 1
	for _, s := range scans {
		files := 0
		for _, n := range outcomesOf(s) {
			files += n
		}
		most = max(most, files)
	}
	for i, s := range scans {
		c.Bars = append(c.Bars, newBar(i, s, most))
	}
	slices.Reverse(c.Bars) // the table has the newest first
	return c
}

func newBar(i int, s baseline.Scan, most int) bar {
	b := bar{Date: day(s.Date)}
	var words []string
	below := 0.0
	for outcome, n := range outcomesOf(s) {
		o := outcomes[outcome]
		b.Counts = append(b.Counts, n)
		if n == 0 {
			continue
		}
		words = append(words, fmt.Sprintf("%d %s", n, o.Name))
		height := float64(n) / float64(most) * chartHeight
		below += height
		b.Parts = append(b.Parts, part{Class: o.Class, X: fmt.Sprint(i * barStep), Y: fmt.Sprintf("%.2f", chartHeight-below), Width: fmt.Sprint(barRoom), Height: fmt.Sprintf("%.2f", height)})
	}
	b.Words = b.Date + ": " + strings.Join(words, ", ")
	return b
}
