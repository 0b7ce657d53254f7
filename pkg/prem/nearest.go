package prem

import (
	"strings"
)

// The bounds of a guess.
const (
	guessLimit    = 100 // candidates looked at
	guessLength   = 80  // bytes of a word
	guessDistance = 2   // edits
)

// nearest returns the candidate that a misspelt word seems to mean: the same but for case and separators, or a
// few edits away and longer than these.
func nearest(word string, candidates []string) (meant string, found bool) {
	best := guessDistance + 1
	for _, candidate := range candidates[:min(len(candidates), guessLimit)] {
		if d := misspelling(word, candidate); d < best {
			meant, best = candidate, d
		}
	}
	return meant, best <= guessDistance
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

func misspelling(word, candidate string) int {
	a, b := separators.Replace(strings.ToLower(word)), separators.Replace(strings.ToLower(candidate))
	shorter := min(len(a), len(b))
	if max(len(a), len(b)) > guessLength || max(len(a), len(b))-shorter > guessDistance {
		return guessDistance + 1
	}
	if d := distance(a, b); d == 0 || 2*d < shorter {
		return d
	}
	return guessDistance + 1
}

// distance is Levenshtein's: the insertions, deletions and substitutions that lead from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitution := diagonal
			if a[i] != b[j] {
				substitution++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitution, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
