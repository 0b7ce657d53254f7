package prem

import (
	"strings"

	"github.com/agnivade/levenshtein"
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
	if d := levenshtein.ComputeDistance(a, b); d == 0 || 2*d < shorter {
		return d
	}
	return guessDistance + 1
}
