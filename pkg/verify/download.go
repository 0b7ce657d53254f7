package verify

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/image"
)

// Download is one URL to read, or one image to ask a registry about, and the artifacts that it decides, in the order of a report.
type Download struct {
	URL       string
	Artifacts []artifact.Artifact
	Size      int64 // bytes, by the plan; 0 if unknown

	key      string                 // Key of URL
	path     string                 // of a file on disk that is read instead of URL, below a root
	declared map[declaration]string // pointers, of all artifacts of the plan
	baseline Baseline
}

// declaration is a digest that a manifest declares.
type declaration struct {
	manifest string
	digest   digest.Digest
}

// Plan groups artifacts so that every URL is read once. The order depends on the URLs alone.
func Plan(artifacts []artifact.Artifact) []Download {
	type target struct {
		key     string
		isImage bool
	}
	artifacts = slices.SortedFunc(slices.Values(artifacts), compareArtifacts)
	declared := map[declaration]string{}
	index := map[target]int{}
	var downloads []Download
	for _, a := range artifacts {
		if a.Checksum != nil && !isInvalid(a) {
			declared[declaration{a.Manifest, a.Checksum.Value}] = a.Pointer
		}
		to := target{Key(a.URL), a.Role == artifact.Image}
		i, found := index[to]
		if !found {
			i, index[to] = len(downloads), len(downloads)
			downloads = append(downloads, Download{URL: a.URL, key: to.key, declared: declared})
		}
		downloads[i].Artifacts = append(downloads[i].Artifacts, a)
	}
	slices.SortFunc(downloads, func(a, b Download) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.Artifacts[0].Role, b.Artifacts[0].Role))
	})
	return downloads
}

func compareArtifacts(a, b artifact.Artifact) int {
	return cmp.Or(
		cmp.Compare(a.Manifest, b.Manifest),
		a.Position.Compare(b.Position),
		cmp.Compare(a.Pointer, b.Pointer),
	)
}

// Key is the Key of the URL.
func (d Download) Key() string { return d.key }

// Key returns what all ways to write a URL, or an image's reference, have in common: its canonical form, or the text itself if it is
// neither.
func Key(url string) string {
	if key, err := hosts.Canonical(url); err == nil {
		return key
	}
	if ref, err := image.Parse(url); err == nil {
		return ref.String()
	}
	return url
}

// isImage reports whether a download is an image to ask a registry about.
func (d Download) isImage() bool { return d.Artifacts[0].Role == artifact.Image }

// attests reports whether a download is a bundle, whose text is needed.
func (d Download) attests() bool {
	return slices.ContainsFunc(d.Artifacts, func(a artifact.Artifact) bool { return a.Attests != "" })
}

// decided returns the artifacts that the bytes decide. An invalid checksum has refused its artifact already.
func (d Download) decided() []artifact.Artifact {
	return slices.DeleteFunc(slices.Clone(d.Artifacts), func(a artifact.Artifact) bool { return isInvalid(a) || a.Untouched })
}

// isInvalid reports whether an artifact has an invalid checksum, which the reader of the manifest has reported.
func isInvalid(a artifact.Artifact) bool { return a.Checksum != nil && a.Checksum.Value.IsZero() }

// algorithm returns the one under which an artifact's bytes are compared and shown.
func algorithm(a artifact.Artifact) digest.Algorithm {
	if a.Checksum == nil || isInvalid(a) {
		return digest.SHA256
	}
	return a.Checksum.Value.Algorithm
}

// expected returns the digest that an artifact's bytes should have: the declared one, else that of the baseline.
func (d Download) expected(a artifact.Artifact) digest.Digest {
	if a.Checksum != nil {
		return a.Checksum.Value
	}
	return d.baseline.Digest
}

// conflicts refuses every artifact of a URL for which different digests of one algorithm are declared; nil for none.
func (d Download) conflicts() []Result {
	declared := map[digest.Algorithm]artifact.Artifact{}
	for _, a := range d.Artifacts {
		if a.Checksum == nil || isInvalid(a) {
			continue
		}
		other, seen := declared[algorithm(a)]
		if !seen || other.Checksum.Value == a.Checksum.Value {
			declared[algorithm(a)] = a
			continue
		}
		describe := func(a artifact.Artifact) string {
			return finding.Quote(a.Checksum.Value.String()) + " in " + finding.Quote(fmt.Sprintf("%s:%d", a.Manifest, a.Checksum.Position.Line))
		}
		message := fmt.Sprintf("Two digests are declared for this URL: %s and %s. Nothing was downloaded, since at most one can be right", describe(other), describe(a))
		return d.each(func(a artifact.Artifact) Result {
			return refused(a, a.Finding(finding.ArtifactDigestConflict, message, ""))
		})
	}
	return nil
}

// results returns the Result of each artifact: what decide says, unless the artifact's checksum is invalid or the file was not read.
func (d Download) results(err error, decide func(artifact.Artifact) Result) []Result {
	return d.each(func(a artifact.Artifact) Result {
		switch {
		case isInvalid(a):
			return refused(a)
		case err != nil:
			return unread(a, err)
		}
		return decide(a)
	})
}

func (d Download) each(decide func(artifact.Artifact) Result) (all []Result) {
	for _, a := range d.Artifacts {
		all = append(all, decide(a))
	}
	return all
}

// refused is the Result of an artifact that is not downloaded; the findings say why.
func refused(a artifact.Artifact, findings ...finding.Finding) Result {
	return Result{Artifact: a, Status: Refused, Observation: unseen, Findings: findings}
}
