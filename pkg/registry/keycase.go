package registry

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// fold maps texts that are equal but for case, by Unicode's simple folding, to one text.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, text)
}

// names returns the names of all members that are read of an entry, and that lead to it.
func (e *entry) names() (names []string) {
	for _, p := range e.at {
		some, _ := p.Names()
		names = append(names, some...)
	}
	for _, pointer := range slices.Concat(e.read, e.asked) {
		names = append(names, pointerNames(pointer)...)
	}
	return names
}

func pointerNames(pointer string) []string {
	var names []string
	for i, token := range strings.Split(pointer, "/") {
		if i > 0 {
			names = append(names, unescape(token))
		}
	}
	return names
}

// visitName keeps members whose name equals a described one when case is ignored. Most of them bear that name.
func (x *extraction) visitName(v *document.Value, _ []document.Match) bool {
	if name := v.Name(); name != "" && len(name) <= x.longestName {
		if spelling, isDescribed := x.names[fold(name)]; isDescribed && spelling != name {
			x.alike[v] = true
		}
	}
	return true
}

// reportKeyCase reports members that a consumer which ignores the case of keys would read where the description reads another name.
// It looks for them in documents that have such a name at all, or where names are described by parts.
func (x *extraction) reportKeyCase() {
	root := x.document.Root
	if len(x.alike) == 0 && !x.hasParts || !x.describesFolding(root) {
		return
	}
	told := map[*document.Value]bool{}
	report := func(found []*document.Value) {
		for _, v := range found {
			if !told[v] {
				told[v] = true
				x.reportName(v)
			}
		}
	}
	for _, c := range slices.Concat(x.where, x.unless) {
		report(lookalikes(root, root, c.pointer))
	}
	x.matcher.Folding().Walk(root, func(v *document.Value, matches []document.Match) bool {
		for _, m := range matches {
			if owner := x.owners[m.Pattern]; owner >= 0 {
				report(x.readFolding(&x.entries[owner], x.patterns[m.Pattern], v))
			}
		}
		return true
	})
}

func (x *extraction) reportName(v *document.Value) {
	x.findings.Report(finding.RegistryKeyCase, func() finding.Finding {
		f := x.document.Finding(finding.RegistryKeyCase, v, fmt.Sprintf("The key %s differs from a described key only in case: some programs read its value", finding.Quote(v.Name())), "")
		f.Position = v.NamePosition()
		return f
	})
}

func (x *extraction) describesFolding(root *document.Value) bool {
	fails := func(c condition) bool { return !c.holdsFolding(root, root) }
	return !slices.ContainsFunc(x.where, fails)
}

// holdsFolding reports whether the condition holds for a consumer that ignores the case of keys.
func (c condition) holdsFolding(v, root *document.Value) bool {
	below, isRoot := strings.CutPrefix(c.pointer, "#")
	if isRoot {
		v = root
	}
	return c.matches(v.At(below)) || slices.ContainsFunc(v.AtFold(below), c.matches)
}

// readFolding returns the look-alikes that lead to an entry and stand in it, where a consumer that ignores the case of keys reads an
// address there.
func (x *extraction) readFolding(e *entry, at document.Pattern, v *document.Value) []*document.Value {
	root := x.document.Root
	fails := func(c condition) bool { return !c.holdsFolding(v, root) }
	excludes := func(c condition) bool { return c.holds(v, root) }
	if slices.ContainsFunc(e.where, fails) || slices.ContainsFunc(e.unless, excludes) || !e.isAddressed(v) {
		return nil
	}
	var found []*document.Value
	for _, pointer := range slices.Concat(e.asked, e.read) {
		found = append(found, lookalikes(v, root, pointer)...)
	}
	found = slices.DeleteFunc(found, func(other *document.Value) bool { return x.describesMember(v, other) })
	if above := x.nearestLookalike(v); (above != nil || x.hasParts) && !at.Match(v.Pointer()) && !x.describesPlace(at, v) {
		found = append(found, cmp.Or(above, v)) // itself, where a part of its name differs
	}
	return found
}

// nearestLookalike returns a look-alike that leads to a value, nil for none.
func (x *extraction) nearestLookalike(v *document.Value) *document.Value {
	for v != nil && !x.alike[v] {
		v = v.Parent()
	}
	return v
}

// isAddressed reports whether an entry has an address for a consumer that ignores the case of keys.
func (e *entry) isAddressed(v *document.Value) bool {
	pointers := e.url
	if e.image != nil {
		pointers = []string{*e.image}
	}
	isAddress := func(at *document.Value) bool {
		text, isText := at.Text()
		return isText && text != "" || len(at.Elements()) > 0
	}
	return e.defaultURL != nil || slices.ContainsFunc(pointers, func(pointer string) bool { return slices.ContainsFunc(v.AtFold(pointer), isAddress) })
}

// lookalikes returns the members on the way along a pointer whose names differ from its in case.
func lookalikes(v, root *document.Value, pointer string) (found []*document.Value) {
	below, isRoot := strings.CutPrefix(pointer, "#")
	if isRoot {
		v = root
	}
	names := pointerNames(below)
	for _, at := range v.AtFold(below) {
		for i := len(names) - 1; i >= 0; i, at = i-1, at.Parent() {
			if at.Step() != names[i] {
				found = append(found, at)
			}
		}
	}
	return found
}

// describesMember reports whether a member of an entry is described in its own spelling, by any description of that entry.
func (x *extraction) describesMember(v, member *document.Value) bool {
	if x.names[fold(member.Name())] != "" {
		return false // there is one spelling, and it is another
	}
	var tokens []string
	for at := member; at != v && at != nil; at = at.Parent() {
		tokens = append(tokens, at.Step())
	}
	slices.Reverse(tokens)
	isNamed := func(pointer string) bool { return slices.Equal(pointerNames(pointer), tokens) }
	return slices.ContainsFunc(x.entries, func(e entry) bool {
		return slices.ContainsFunc(slices.Concat(e.read, e.asked), isNamed) &&
			slices.ContainsFunc(e.at, func(p document.Pattern) bool { return p.Match(v.Pointer()) })
	})
}

// describesPlace reports whether a pattern that differs from another only in case matches a value.
func (x *extraction) describesPlace(like document.Pattern, v *document.Value) bool {
	return slices.ContainsFunc(x.patterns, func(p document.Pattern) bool {
		return strings.EqualFold(p.String(), like.String()) && p.Match(v.Pointer())
	})
}

// unreadFile reports a text that names a file of the registry which the consumer reads too, and no glob selects.
func (x *extraction) unreadFile(v *document.Value) {
	name, isText := v.Text()
	if !isText || name == "" || !path.IsAbs(name) && x.Selects(path.Join(path.Dir(x.document.Path), name)) {
		return
	}
	x.report(finding.RegistryUnreadFile, v, fmt.Sprintf("The manifest includes the file %s, which no glob of the description selects; it was not read", finding.Quote(name)), "")
}

// ignored returns the patterns of `ignore`.
func (x *extraction) ignored() (all []document.Pattern) {
	for i, p := range x.patterns {
		if x.owners[i] == ignored {
			all = append(all, p)
		}
	}
	return all
}
