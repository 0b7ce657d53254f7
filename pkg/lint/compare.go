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

// Change is an artifact of a manifest that differs from all of the manifest's artifacts at the base. Its Was is the corresponding
// artifact at the base, nil for none.
type Change struct {
	Is    artifact.Artifact
	Index int // of Is among the manifest's artifacts
}

// Comparison is the effect of a change on one manifest.
type Comparison struct {
	Touched   []Change            // in the order of the text
	Untouched []artifact.Artifact // also in the base, in the order of the text

	urls map[string]bool // of the base, by urlKey
}

// Compare finds the artifacts of head that base, which may be nil, lacks. Declarations are compared as a multiset, so that reordering or
// reformatting a manifest touches nothing; equal ones are matched by location first. A touched artifact is paired with an artifact that
// only base has: by URL, then by platform or name, then by location. An unpaired one is paired with the artifact of base at its location
// and for its platform, even if head still has that: another entry may have taken over its URL.
func Compare(base, head *registry.Manifest) Comparison {
	c := Comparison{urls: map[string]bool{}}
	var before []artifact.Artifact
	if base != nil {
		before = base.Artifacts
	}
	like := map[string]int{} // of the same location and target
	for j, a := range before {
		c.urls[urlKey(a)] = true
		like[locationKey(a)+targetKey(a)] = j
	}
	equal := []func(artifact.Artifact) string{func(a artifact.Artifact) string { return DeclaredBy(a) + locationKey(a) }, DeclaredBy}
	pairs := match(before, head.Artifacts, append(equal,
		func(a artifact.Artifact) string { return urlKey(a) + locationKey(a) },
		func(a artifact.Artifact) string { return urlKey(a) + targetKey(a) }, urlKey, targetKey, locationKey))
	for i, a := range head.Artifacts {
		found, isPaired := pairs[i]
		if isPaired && found.key < len(equal) {
			c.Untouched = append(c.Untouched, a)
			continue
		}
		if !isPaired && !inList.MatchString(a.Pointer) {
			found.base, isPaired = like[locationKey(a)+targetKey(a)]
		}
		if isPaired {
			a.Was = &before[found.base]
		}
		c.Touched = append(c.Touched, Change{a, i})
	}
	return c
}

// inList matches pointers into a list, which an insertion shifts.
var inList = regexp.MustCompile(`/[0-9]+(/|$)`)

// pair is an artifact of base, and the index of the key that paired it.
type pair struct{ base, key int }

// match pairs artifacts of head with artifacts of base, each at most once, by the first key with an unpaired match.
func match(base, head []artifact.Artifact, keys []func(artifact.Artifact) string) map[int]pair {
	pairs, isTaken := map[int]pair{}, map[int]bool{}
	if len(base) == 0 {
		return pairs
	}
	for k, keyOf := range keys {
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
				pairs[i], isTaken[some[0]] = pair{some[0], k}, true
				left[keyOf(a)] = some[1:]
			}
		}
	}
	return pairs
}

// DeclaredBy returns all that a manifest declares about an artifact as one text, equal for equal artifacts.
func DeclaredBy(a artifact.Artifact) string {
	return fmt.Sprintf("%q %q %q %q %d %q %q %q %q %q ", urlKey(a), oddSpelling(a.Declared), valueOf(a.Checksum).String(), a.Checksums, valueOf(a.Size), valueOf(a.Signature),
		valueOf(a.Attestation), a.Attests, a.Role, a.Platform)
}

func valueOf[T any](f *artifact.Field[T]) (value T) {
	if f != nil {
		value = f.Value
	}
	return value
}

// oddSpelling returns a URL that other programs may read differently from its canonical form, else "".
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

// targetKey is an artifact's platform, else its name.
func targetKey(a artifact.Artifact) string {
	if a.Platform != "" {
		return fmt.Sprintf("%d %s for %q", a.Document, a.Role, a.Platform)
	}
	return fmt.Sprintf("%d %s %q", a.Document, a.Role, a.Name)
}

func locationKey(a artifact.Artifact) string {
	return fmt.Sprintf("%d %s %d", a.Document, a.Pointer, a.Mirror)
}
