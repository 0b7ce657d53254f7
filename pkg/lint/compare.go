package lint

import (
	"fmt"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
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

// Compare tells which artifacts of head the base, which may be nil, does not have. What they declare is compared as a
// multiset, so that reordering or reformatting a manifest touches nothing. A touched artifact is paired with one of the base
// that head does not have: by URL, then by role and name or platform, then by place.
func Compare(base, head *registry.Manifest) Comparison {
	c := Comparison{urls: map[string]bool{}}
	left := map[declared][]artifact.Artifact{}
	if base != nil {
		for _, a := range base.Artifacts {
			left[declaredBy(a)] = append(left[declaredBy(a)], a)
			c.urls[urlKey(a)] = true
		}
	}
	for i, a := range head.Artifacts {
		key := declaredBy(a)
		if same := left[key]; len(same) > 0 {
			left[key] = same[1:]
			c.Untouched = append(c.Untouched, a)
		} else {
			c.Touched = append(c.Touched, Change{Is: a, Index: i})
		}
	}
	if base != nil {
		c.pair(base, left)
	}
	return c
}

// pair finds for each touched artifact what it was, each artifact of the base once.
func (c *Comparison) pair(base *registry.Manifest, left map[declared][]artifact.Artifact) {
	var removed []artifact.Artifact
	for _, a := range base.Artifacts {
		if same := left[declaredBy(a)]; len(same) > 0 && same[0].Document == a.Document && same[0].Pointer == a.Pointer && same[0].Mirror == a.Mirror {
			left[declaredBy(a)] = same[1:]
			removed = append(removed, a)
		}
	}
	for _, keyOf := range []func(artifact.Artifact) string{urlKey, targetKey, placeKey} {
		byKey := map[string][]int{}
		for i, a := range removed {
			if key := keyOf(a); key != "" && a.Manifest != "" {
				byKey[key] = append(byKey[key], i)
			}
		}
		for i, change := range c.Touched {
			key := keyOf(change.Is)
			if some := byKey[key]; change.Was == nil && len(some) > 0 {
				was := removed[some[0]]
				c.Touched[i].Was = &was
				c.Touched[i].Is.Replaces, c.Touched[i].Is.Was = replaces(was, change.Is), &was
				removed[some[0]] = artifact.Artifact{} // it is paired
				byKey[key] = some[1:]
			}
		}
	}
}

// replaces returns the URL that a change took from an artifact while it left the checksum, "" where it did not.
func replaces(was, is artifact.Artifact) string {
	if was.URL == is.URL || was.Checksum == nil || is.Checksum == nil || was.Checksum.Value != is.Checksum.Value {
		return ""
	}
	return was.URL
}

// declared is all that a manifest says of one artifact, wherever it says it.
type declared struct {
	url, signature, platform string
	attestation, attests     string
	role                     artifact.Role
	hasChecksum              bool
	checksum                 digest.Digest
	size                     int64 // -1 for none
}

func declaredBy(a artifact.Artifact) declared {
	d := declared{url: urlKey(a), platform: a.Platform, attests: a.Attests, role: a.Role, size: -1}
	if a.Checksum != nil {
		d.hasChecksum, d.checksum = true, a.Checksum.Value
	}
	if a.Signature != nil {
		d.signature = a.Signature.Value
	}
	if a.Attestation != nil {
		d.attestation = a.Attestation.Value
	}
	if a.Size != nil {
		d.size = a.Size.Value
	}
	return d
}

func urlKey(a artifact.Artifact) string {
	key, err := hosts.Canonical(a.URL)
	if err != nil {
		return a.URL
	}
	return key
}

// targetKey is what an artifact is for, "" where the manifest does not tell.
func targetKey(a artifact.Artifact) string {
	if a.Platform == "" && a.Role != artifact.Binary && a.Role != artifact.Weight {
		return ""
	}
	if a.Platform != "" {
		return fmt.Sprintf("%d %s for %s", a.Document, a.Role, a.Platform)
	}
	return fmt.Sprintf("%d %s %s", a.Document, a.Role, a.Name)
}

func placeKey(a artifact.Artifact) string {
	return fmt.Sprintf("%d %s %d", a.Document, a.Pointer, a.Mirror)
}
