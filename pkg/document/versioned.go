package document

import (
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// ReadVersioned reads a JSON file of this program, called what in errors, into a struct with a member "version". It reads at most
// limit bytes, and refuses other versions and unknown members.
func ReadVersioned(from io.Reader, what string, limit int64, into any, versions ...int) error {
	data, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return fmt.Errorf("reading the %s: %w", what, err)
	}
	if int64(len(data)) > limit {
		return fmt.Errorf("the %s is larger than %d MiB", what, limit>>20)
	}
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("invalid %s: %s", what, finding.Clean(err.Error()))
	}
	if !slices.Contains(versions, head.Version) {
		return fmt.Errorf("the %s has the unsupported version %d: use one version of this program everywhere", what, head.Version)
	}
	if err := json.Unmarshal(data, into, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("invalid %s: %s", what, finding.Clean(err.Error()))
	}
	return nil
}
