package lint

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// Change is one artifact of a manifest that differs from all that the manifest named at the base.
type Change struct {
	Is    artifact.Artifact
	Index int                // of Is among the manifest's artifacts
	Was   *artifact.Artifact // what it was at the base; nil where nothing there corresponds to it
}

// Comparison is what a change did to one manifest.
type Comparison struct {
	Touched   []Change            // in the order of the text
	Untouched []artifact.Artifact // those that the base names too, in the order of the text

	urls map[string]bool // that the base names, by urlKey
}

// Compare finds the artifacts of head that base, which may be nil, lacks. What they declare is compared as a multiset, so that
// reordering or reformatting a manifest touches nothing; of equal ones, the one at the same location counts. A touched artifact is
// paired with one of base that head lacks: by URL, then by platform or name, then by location. One that is left, at the
// location and for the platform of an artifact of base, is paired with that one too: another entry may have taken over its URL.
func Compare(base, head *registry.Manifest) Comparison {
	c := Comparison{urls: map[string]bool{}}
	var before []artifact.Artifact
	if base != nil {
		before = base.Artifacts
	}
	for _, a := range before {
		c.urls[urlKey(a)] = true
	}
	same := match(before, head.Artifacts, nil,
		func(a artifact.Artifact) string { return DeclaredBy(a) + locationKey(a) }, DeclaredBy)
	touched := map[int]int{} // among head's artifacts: the touched ones that are to be paired
	for i, a := range head.Artifacts {
		if _, found := same[i]; found {
			c.Untouched = append(c.Untouched, a)
			continue
		}
		touched[i] = len(c.Touched)
		c.Touched = append(c.Touched, Change{Is: a, Index: i})
	}
	for i, j := range match(before, head.Artifacts, same,
		func(a artifact.Artifact) string { return urlKey(a) + locationKey(a) },
		func(a artifact.Artifact) string { return urlKey(a) + targetKey(a) }, urlKey, targetKey, locationKey) {
		if at, isTouched := touched[i]; isTouched {
			c.Touched[at].Was, c.Touched[at].Is.Was = &before[j], &before[j]
		}
	}
	like := map[string]int{}
	for j, a := range before {
		like[locationKey(a)+targetKey(a)] = j
	}
	for at, t := range c.Touched {
		if j, found := like[locationKey(t.Is)+targetKey(t.Is)]; found && t.Was == nil && !inList.MatchString(t.Is.Pointer) {
			c.Touched[at].Was, c.Touched[at].Is.Was = &before[j], &before[j]
		}
	}
	return c
}

// inList matches the pointer of what stands in a list, where an insertion moves it.
var inList = regexp.MustCompile(`/[0-9]+(/|$)`)

// match pairs artifacts of head with artifacts of base, each at most once, by the first key under which one is left. It returns
// their indices, with those of the pairs that are known already.
func match(base, head []artifact.Artifact, known map[int]int, keys ...func(artifact.Artifact) string) map[int]int {
	pairs, isTaken := map[int]int{}, map[int]bool{}
	if len(base) == 0 {
		return pairs
	}
	for i, j := range known {
		pairs[i], isTaken[j] = j, true
	}
	for _, keyOf := range keys {
		left := map[string][]int{}
		for j, a := range base {
			if !isTaken[j] {
				left[keyOf(a)] = append(left[keyOf(a)], j)
			}
		}
		for i, a := range head {
			if _, isPaired := pairs[i]; isPaired {
				continue
			}
			if some := left[keyOf(a)]; len(some) > 0 {
				pairs[i], isTaken[some[0]] = some[0], true
				left[keyOf(a)] = some[1:]
			}
		}
	}
	return pairs
}

// DeclaredBy returns all that a manifest declares about an artifact as one text, equal for equal artifacts.
func DeclaredBy(a artifact.Artifact) string {
	field := func(f *artifact.Field[string]) string {
		if f == nil {
			return ""
		}
		return f.Value
	}
	checksum, size := "none", int64(-1)
	if a.Checksum != nil {
		checksum = a.Checksum.Value.String()
	}
	if a.Size != nil {
		size = a.Size.Value
	}
	return fmt.Sprintf("%q %q %q %q %d %q %q %q %q %q ", urlKey(a), oddSpelling(a.Declared), checksum, a.Checksums, size, field(a.Signature),
		field(a.Attestation), a.Attests, a.Role, a.Platform)
}

// oddSpelling is a URL that other programs may read as another than its canonical form, "" for any other.
func oddSpelling(url string) string {
	if strings.ContainsFunc(url, func(r rune) bool { return r >= utf8.RuneSelf || r == '\\' }) {
		return url
	}
	return ""
}

func urlKey(a artifact.Artifact) string {
	key, err := hosts.Canonical(a.URL)
	if err != nil {
		return a.URL
	}
	return key
}

// targetKey is what an artifact is for: a platform, else its name.
func targetKey(a artifact.Artifact) string {
	if a.Platform != "" {
		return fmt.Sprintf("%d %s for %q", a.Document, a.Role, a.Platform)
	}
	return fmt.Sprintf("%d %s %q", a.Document, a.Role, a.Name)
}

func locationKey(a artifact.Artifact) string {
	return fmt.Sprintf("%d %s %d", a.Document, a.Pointer, a.Mirror)
}
