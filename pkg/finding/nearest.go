package finding

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// The bounds of Nearest.
const (
	maxCandidates = 100 // that are compared
	maxWord       = 80  // bytes
	maxEdits      = 2
)

// Nearest returns the candidate that a misspelt word most likely means, or "". It has to be the same but for case and separators,
// or at most two edits away and more than twice as long as that. Only the first 100 candidates are compared.
func Nearest(word string, candidates []string) (meant string) {
	fewest := maxEdits + 1
	for _, candidate := range candidates[:min(len(candidates), maxCandidates)] {
		if n := edits(word, candidate); n < fewest {
			meant, fewest = candidate, n
		}
	}
	return meant
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// edits returns how many edits two words are apart, and more than maxEdits where they are too short or too different to compare.
func edits(word, candidate string) int {
	a, b := separators.Replace(strings.ToLower(word)), separators.Replace(strings.ToLower(candidate))
	shorter, longer := min(len(a), len(b)), max(len(a), len(b))
	if longer > maxWord || longer-shorter > maxEdits {
		return maxEdits + 1
	}
	if n := levenshtein.ComputeDistance(a, b); n == 0 || 2*n < shorter {
		return n
	}
	return maxEdits + 1
}
