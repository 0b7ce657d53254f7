package state

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Builder is who built a file that was attested as it has to be.
type Builder struct {
	Repository string `json:"repository"`
	Signer     string `json:"signer"`
	Declared   bool   `json:"declared,omitempty"` // by a bundle that the registry names, rather than one of GitHub's
}

// attestationKey names a file that a repository attests.
func attestationKey(repository, sum string) string {
	return strings.ToLower(repository) + "@sha256:" + sum
}

// Attest keeps the builds of the file with a SHA-256, in hex, that a repository attests.
func (s *State) Attest(repository, sum string, builds []provenance.Facts) {
	if s.Attestations == nil {
		s.Attestations = map[string][]provenance.Facts{}
	}
	key := attestationKey(repository, sum)
	if builds = builds[:min(len(builds), verify.MaxBuilds)]; checkBuilds(key, builds) == nil {
		s.Attestations[key] = builds
	}
}

// Attested returns the builds of a file that earlier scans learned of.
func (s *State) Attested(repository, sum string) []provenance.Facts {
	if s == nil {
		return nil
	}
	return s.Attestations[attestationKey(repository, sum)]
}

// Build keeps who built the file at a URL, or at a place in a manifest.
func (s *State) Build(key string, by Builder) {
	if s.Builders == nil {
		s.Builders = map[string]Builder{}
	}
	if by.check(key) == nil {
		s.Builders[key] = by
	}
}

// KeepAttested forgets the builders of keys, and the attestations of digests, that the registry does not name any more.
func (s *State) KeepAttested(isNamed func(key string) bool, isKnown func(sum string) bool) {
	maps.DeleteFunc(s.Builders, func(key string, _ Builder) bool { return !isNamed(key) })
	maps.DeleteFunc(s.Attestations, func(key string, _ []provenance.Facts) bool {
		_, sum, _ := strings.Cut(key, "@sha256:")
		return !isKnown(sum)
	})
}

// version is that of the form that the state needs.
func (s *State) version() int {
	if len(s.Attestations)+len(s.Builders) == 0 {
		return versionWithout
	}
	return Version
}

// checkAttested reports the first thing about attestations that no state of ours holds.
func (s *State) checkAttested() error {
	for key, builds := range s.Attestations {
		if err := checkBuilds(key, builds); err != nil {
			return fmt.Errorf("the attestations of %s: %w", finding.QuoteURL(key), err)
		}
	}
	for key, by := range s.Builders {
		if err := by.check(key); err != nil {
			return fmt.Errorf("the builder of %s: %w", finding.QuoteURL(key), err)
		}
	}
	return nil
}

func checkBuilds(key string, builds []provenance.Facts) error {
	repository, sum, _ := strings.Cut(key, "@")
	d, err := digest.Parse(sum)
	switch {
	case err != nil || d.Algorithm != digest.SHA256 || d.String() != sum || repository == "" || len(key) > maxURL:
		return errors.New("invalid key: expected a repository and a SHA-256")
	case len(builds) == 0 || len(builds) > verify.MaxBuilds:
		return fmt.Errorf("it has %d builds: expected 1 to %d", len(builds), verify.MaxBuilds)
	}
	for _, f := range builds {
		if f.Release || f.Repository == "" || len(f.Repository)+len(f.Commit)+len(f.Ref)+len(f.Signer)+len(f.Runner)+len(f.Run) > provenance.MaxFacts {
			return errors.New("invalid build")
		}
	}
	return nil
}

func (b Builder) check(key string) error {
	if key == "" || len(key) > maxURL || b.Repository == "" || len(b.Repository)+len(b.Signer) > provenance.MaxFacts {
		return errors.New("invalid builder")
	}
	return nil
}
