package registry

import (
	"fmt"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Match is what one pattern of a description matched in a manifest.
type Match struct {
	Pattern  string
	Word     string // `at`, `ignore` or `includes`: of the latter two, only Values counts
	Values   int    // that the pattern matched
	Selected int    // of these, that `where` and `unless` select
	Named    int    // of these, that name an address
	Nearest  string // without Values: where the pattern stopped matching
	urls     []string
}

// Test returns what each pattern matched in a manifest.
func (r *Registry) Test(m *Manifest) []Match {
	all := make([]Match, len(r.patterns))
	for i, p := range r.patterns {
		all[i] = Match{Pattern: p.String(), Word: "at"}
		switch owner := r.owners[i]; owner {
		case ignored:
			all[i].Word = "ignore"
		case included:
			all[i].Word = "includes"
		default:
			all[i].urls = r.entries[owner].url
		}
	}
	for _, d := range m.Documents {
		if !r.describes(d) {
			continue
		}
		x := newExtraction(r, d)
		r.matcher.Walk(d.Root, func(v *document.Value, matches []document.Match) bool {
			for _, found := range matches {
				all[found.Pattern].Values++
				if owner := r.owners[found.Pattern]; owner >= 0 {
					x.count(&all[found.Pattern], &r.entries[owner], v)
				}
			}
			return true
		})
		for i := range all {
			if all[i].Values == 0 && all[i].Nearest == "" {
				all[i].Nearest = nearestMatch(r.patterns[i], d)
			}
		}
	}
	return all
}

func (x *extraction) count(m *Match, e *entry, v *document.Value) {
	if !selects(e.where, e.unless, v, x.document.Root) {
		return
	}
	m.Selected++
	if addresses, _ := x.addresses(e, v); len(addresses) > 0 || len(e.image) > 0 && v.At(e.image[0]) != nil {
		m.Named++
	}
}

// maxNames bounds what a sentence lists.
const maxNames = 5

// nearestMatch describes the first value that the longest matching beginning of a pattern leads to.
func nearestMatch(p document.Pattern, d *document.Document) string {
	for text := p.String(); text != ""; {
		text = text[:strings.LastIndex(text, "/")]
		shorter, _ := document.ParsePattern(text) // the beginning of a pattern is one
		var at *document.Value
		document.NewMatcher(shorter).Walk(d.Root, func(v *document.Value, matches []document.Match) bool {
			if at == nil && len(matches) > 0 {
				at = v
			}
			return at == nil
		})
		if at == nil {
			continue
		}
		label := "the root"
		if at != d.Root {
			label = finding.Quote(at.Pointer())
		}
		if at.Kind() != document.Object || len(at.Members()) == 0 {
			return label + " is " + at.Describe()
		}
		return label + " has " + enumerate(each(at.Members(), func(v *document.Value) string { return finding.Quote(v.Name()) }), ", ")
	}
	return ""
}

// enumerate lists texts; of many the first, and how many more there are.
func enumerate(all []string, separator string) string {
	if more := len(all) - maxNames; more > 0 {
		all = append(all[:maxNames:maxNames], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, separator)
}

// String describes the match in a sentence without a full stop.
func (m Match) String() string {
	pattern := finding.Quote(m.Word + ": " + m.Pattern)
	if m.Pattern == "" {
		pattern = finding.Quote(m.Word+`: ""`) + " (the root)"
	}
	switch {
	case m.Values == 0 && m.Nearest != "":
		return pattern + " matches nothing; " + m.Nearest
	case m.Values == 0:
		return pattern + " matches nothing"
	case m.Word != "at":
		return fmt.Sprintf("%s matches %d", pattern, m.Values)
	case m.Selected == 0:
		return fmt.Sprintf("%s matches %d, and `where` or `unless` leaves out all of them", pattern, m.Values)
	case m.Named == 0 && len(m.urls) > 0:
		return fmt.Sprintf("%s matches %d, and none has an address at %s", pattern, m.Values, finding.Quote(strings.Join(m.urls, ", ")))
	}
	return fmt.Sprintf("%s matches %d, %d with an address", pattern, m.Values, m.Named)
}

// LeftOut counts the entries with a URL that `where` and `unless` leave out.
func (r *Registry) LeftOut(m *Manifest) (n int) {
	selected := map[*document.Value]bool{} // by entry with a URL
	for _, d := range m.Documents {
		if !r.describes(d) {
			continue
		}
		r.matcher.Walk(d.Root, func(v *document.Value, matches []document.Match) bool {
			for _, found := range matches {
				if owner := r.owners[found.Pattern]; owner >= 0 {
					e := &r.entries[owner]
					if hasURL := func(pointer string) bool { return textAt(v, pointer) != "" }; slices.ContainsFunc(e.url, hasURL) {
						selected[v] = selected[v] || selects(e.where, e.unless, v, d.Root)
					}
				}
			}
			return true
		})
	}
	for _, is := range selected {
		if !is {
			n++
		}
	}
	return n
}
