package finding

import (
	"unicode"

	"golang.org/x/text/width"
)

// Width is how many columns of a terminal a text takes: two for each wide character (Unicode Standard Annex #11), none for a
// mark that combines with the one before.
func Width(s string) (columns int) {
	for _, r := range s {
		columns += runeWidth(r)
	}
	return columns
}

// Fit returns the beginning of a text that takes at most as many columns.
func Fit(s string, columns int) string {
	for i, r := range s {
		if columns -= runeWidth(r); columns < 0 {
			return s[:i]
		}
	}
	return s
}

func runeWidth(r rune) int {
	switch kind := width.LookupRune(r).Kind(); {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
		return 2
	}
	return 1
}
