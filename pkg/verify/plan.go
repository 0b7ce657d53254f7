package verify

import (
	"cmp"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
)

// Download is one URL to read, or one image to ask a registry about, and the artifacts that it decides, in the order of a report.
type Download struct {
	URL       string
	Artifacts []artifact.Artifact
	Size      int64 // bytes, as a plan was told; 0 where it was not

	key      string                 // Key of URL
	declared map[declaration]string // of all artifacts of the plan
}

// Plan groups artifacts so that every URL is read once. The order depends on the URLs alone.
func Plan(artifacts []artifact.Artifact) []Download {
	type target struct {
		key     string
		isImage bool
	}
	byKey := map[target]*Download{}
	artifacts = slices.Clone(artifacts)
	slices.SortFunc(artifacts, compareArtifacts)
	declared := declarations(artifacts)
	for _, a := range artifacts {
		to := target{Key(a.URL), a.Role == artifact.Image}
		if byKey[to] == nil {
			byKey[to] = &Download{URL: a.URL, key: to.key, declared: declared}
		}
		byKey[to].Artifacts = append(byKey[to].Artifacts, a)
	}
	downloads := make([]Download, 0, len(byKey))
	for _, d := range byKey {
		downloads = append(downloads, *d)
	}
	slices.SortFunc(downloads, func(a, b Download) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.Artifacts[0].Role, b.Artifacts[0].Role))
	})
	return downloads
}

// Key is the Key of the URL.
func (d Download) Key() string { return d.key }

// Key returns what stands for all ways to write a URL, or an image's reference: its canonical form, or the text itself where
// it is neither.
func Key(url string) string {
	if key, err := hosts.Canonical(url); err == nil {
		return key
	}
	if ref, err := image.Parse(url); err == nil {
		return ref.String()
	}
	return url
}

// algorithms returns what has to be computed: all declared algorithms, SHA-256 where an artifact declares
// none or a weak one (so that a report can name the digest to declare instead), those that are asked for, and
// that of the baseline.
func (d Download) algorithms(baseline Baseline) []digest.Algorithm {
	var out []digest.Algorithm
	if !baseline.Digest.IsZero() {
		out = append(out, baseline.Digest.Algorithm)
	}
	for _, a := range d.Artifacts {
		out = append(out, algorithm(a))
		if algorithm(a).Weak() {
			out = append(out, digest.SHA256)
		}
		if a.Wanted != "" {
			out = append(out, a.Wanted)
		}
	}
	return out
}

// algorithm returns the one under which an artifact's bytes are compared and shown.
func algorithm(a artifact.Artifact) digest.Algorithm {
	if a.Checksum == nil || a.Checksum.Value.IsZero() {
		return digest.SHA256
	}
	return a.Checksum.Value.Algorithm
}

// conflict returns two artifacts that declare different digests of one algorithm for the URL.
func (d Download) conflict() (first, second artifact.Artifact, found bool) {
	declared := map[digest.Algorithm]artifact.Artifact{}
	for _, a := range d.Artifacts {
		if a.Checksum == nil || a.Checksum.Value.IsZero() {
			continue
		}
		other, seen := declared[algorithm(a)]
		if seen && other.Checksum.Value != a.Checksum.Value {
			return other, a, true
		}
		declared[algorithm(a)] = a
	}
	return first, second, false
}

// needed reports whether the bytes decide anything: a checksum that can't be read has refused its artifact already.
func (d Download) needed() bool { return len(d.readable()) > 0 }

// readable returns the artifacts that the bytes decide.
func (d Download) readable() []artifact.Artifact {
	return slices.DeleteFunc(slices.Clone(d.Artifacts), func(a artifact.Artifact) bool { return unreadable(a) || a.Untouched })
}

func unreadable(a artifact.Artifact) bool { return a.Checksum != nil && a.Checksum.Value.IsZero() }

func compareArtifacts(a, b artifact.Artifact) int {
	return cmp.Or(
		cmp.Compare(a.Manifest, b.Manifest),
		a.Position.Compare(b.Position),
		cmp.Compare(a.Pointer, b.Pointer),
	)
}
