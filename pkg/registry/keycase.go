package registry

import (
	"cmp"
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

// noteLookalike keeps a member whose name equals a described one when case is ignored, and is not described itself.
func (x *extraction) noteLookalike(v *document.Value) {
	if name := v.Name(); name != "" && !x.names[name] && x.folded[fold(name)] {
		x.marks[v] |= lookalike
		x.hasLookalike = true
	}
}

// reportKeyCase reports members that a consumer which ignores the case of keys would read where the description reads another name.
// It looks for them in documents that have such a name at all, or where names are described by parts.
func (x *extraction) reportKeyCase() {
	root := x.document.Root
	if !x.hasLookalike && !x.hasParts || !selects(x.where, x.unless, root, root, true) {
		return
	}
	for _, c := range slices.Concat(x.where, x.unless) {
		x.reportAlong(root, c.pointer)
	}
	x.matcher.Folding().Walk(root, func(v *document.Value, matches []document.Match) bool {
		for _, m := range matches {
			if owner := x.owners[m.Pattern]; owner >= 0 {
				x.entryFolding(&x.entries[owner], v)
			}
		}
		return true
	})
}

// reportKey reports a look-alike, once.
func (x *extraction) reportKey(v *document.Value) {
	if x.has(v, reported) {
		return
	}
	x.marks[v] |= reported
	x.findings.Report(finding.RegistryKeyCase, func() finding.Finding {
		f := x.document.Finding(finding.RegistryKeyCase, v, "The key "+finding.Quote(v.Name())+" differs from a described key only in case: some programs read its value", "")
		f.Position = v.NamePosition()
		return f
	})
}

// entryFolding reports the look-alikes that lead to an entry and stand in it, where a consumer that ignores the case of keys reads an
// address there.
func (x *extraction) entryFolding(e *entry, v *document.Value) {
	if !selects(e.where, e.unless, v, x.document.Root, true) || !e.isAddressedFolding(v) {
		return
	}
	for _, pointer := range slices.Concat(e.asked, e.read) {
		x.reportAlong(v, pointer)
	}
	above := v
	for above != nil && !x.has(above, lookalike) {
		above = above.Parent()
	}
	isDescribed := func(p document.Pattern) bool { return p.Match(v.Pointer()) }
	if (above != nil || x.hasParts) && !slices.ContainsFunc(e.at, isDescribed) {
		x.reportKey(cmp.Or(above, v)) // itself, where a part of its name differs
	}
}

// atFold is valueAt for a consumer that ignores the case of keys: it may read any of several values.
func atFold(v, root *document.Value, pointer string) []*document.Value {
	if below, isRoot := strings.CutPrefix(pointer, "#"); isRoot {
		return root.AtFold(below)
	}
	return v.AtFold(pointer)
}

// isAddressedFolding reports whether an entry has an address for a consumer that ignores the case of keys.
func (e *entry) isAddressedFolding(v *document.Value) bool {
	isAddress := func(at *document.Value) bool {
		text, isText := at.Text()
		return isText && text != "" || len(at.Elements()) > 0
	}
	hasAddress := func(pointer string) bool { return slices.ContainsFunc(v.AtFold(pointer), isAddress) }
	return e.defaultURL != "" || slices.ContainsFunc(slices.Concat(e.url, e.image), hasAddress)
}

// reportAlong reports the look-alikes on the way along a pointer.
func (x *extraction) reportAlong(v *document.Value, pointer string) {
	for _, at := range atFold(v, x.document.Root, pointer) {
		for range strings.Count(pointer, "/") {
			if x.has(at, lookalike) {
				x.reportKey(at)
			}
			at = at.Parent()
		}
	}
}
