package document

import (
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// WriteVersioned writes a value that ReadVersioned reads as JSON, with a final line break. One over the limit is an error.
func WriteVersioned(to io.Writer, what string, limit int, value any, options ...json.Options) error {
	data, err := json.Marshal(value, append(options, json.Deterministic(true))...)
	if err != nil {
		return fmt.Errorf("writing the %s: %w", what, err)
	}
	if len(data) >= limit {
		return fmt.Errorf("the %s has %d bytes; at most %d MiB are read", what, len(data), limit>>20)
	}
	_, err = to.Write(append(data, '\n'))
	return err
}

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
	err = json.Unmarshal(data, &head)
	if err == nil && !slices.Contains(versions, head.Version) {
		return fmt.Errorf("the %s has the unsupported version %d: use one version of this program everywhere", what, head.Version)
	}
	if err == nil {
		err = json.Unmarshal(data, into, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return fmt.Errorf("invalid %s: %s", what, finding.Clean(err.Error()))
	}
	return nil
}
