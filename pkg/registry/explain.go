package registry

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Test reports what each pattern matches in a manifest, one line each.
func (r *Registry) Test(m *Manifest) (lines []string) {
	for i := range r.patterns {
		lines = append(lines, r.testPattern(i, m))
	}
	return lines
}

func (r *Registry) testPattern(i int, m *Manifest) string {
	values, selected, named, nearest := 0, 0, 0, ""
	var e entry
	if owner := r.owners[i]; owner >= 0 {
		e = r.entries[owner]
	}
	for _, d := range m.Documents {
		if !r.describes(d) {
			continue
		}
		x := newExtraction(r, d)
		document.NewMatcher(r.patterns[i]).Walk(d.Root, func(v *document.Value, matches []document.Match) bool {
			if len(matches) == 0 {
				return true
			}
			values++
			if selects(e.where, e.unless, v, d.Root, false) {
				selected++
				if addresses, _ := x.addresses(&e, v); len(addresses) > 0 {
					named++
				}
			}
			return true
		})
		if values == 0 {
			nearest = cmp.Or(nearest, nearestMatch(r.patterns[i], d))
		}
	}
	word := map[int]string{ignored: "ignore: ", included: "includes: "}[r.owners[i]]
	pattern := finding.Quote(cmp.Or(word, "at: ") + cmp.Or(r.patterns[i].String(), `""`))
	if r.patterns[i].String() == "" {
		pattern += " (the root)"
	}
	switch {
	case values == 0 && nearest != "":
		return pattern + " matches nothing; " + nearest
	case values == 0:
		return pattern + " matches nothing"
	case word != "":
		return fmt.Sprintf("%s matches %d", pattern, values)
	case selected == 0:
		return fmt.Sprintf("%s matches %d, and `where` or `unless` excludes all of them", pattern, values)
	case named == 0 && len(e.url) > 0:
		return fmt.Sprintf("%s matches %d, and none has an address at %s", pattern, values, finding.Quote(strings.Join(e.url, ", ")))
	}
	return fmt.Sprintf("%s matches %d, %d with an address", pattern, values, named)
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
		if len(at.Members()) == 0 {
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

// LeftOut counts the entries with a URL that `where` and `unless` leave out.
func (r *Registry) LeftOut(m *Manifest) (n int) {
	for _, d := range m.Documents {
		for _, marks := range r.extract(d).marks {
			if marks&leftOut != 0 && marks&addressed == 0 {
				n++
			}
		}
	}
	return n
}
