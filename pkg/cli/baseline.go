package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// loadState reads the state file, nil for none. One that is missing or can't be used is a note, and no error: it is made anew. One that
// a pull request brings is not read: who wrote it is unknown.
func loadState(ctx context.Context, c *Config, from source.Origin) (s *baseline.State, notes []string) {
	if c.StateFile == "" {
		return nil, nil
	}
	quoted := finding.Quote(c.StateFile)
	if e, isEvent := from.(*source.Event); isEvent && e.Brings(ctx, c.StateFile) {
		return nil, []string{fmt.Sprintf("The state file %s was not read, since the pull request contains it", quoted)}
	}
	file, err := source.OpenRegular(c.StateFile)
	if err == nil {
		defer file.Close()
		s, err = baseline.Read(file)
	}
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, []string{fmt.Sprintf("There is no state file %s yet: nothing is known of earlier scans", quoted)}
	}
	return nil, []string{fmt.Sprintf("The state file %s can't be used and is made anew: nothing is known of earlier scans (%s)",
		quoted, finding.Clean(finding.WithoutPath(err).Error()))}
}

// saveState writes the state file after a scan. Shards leave it to the merge.
func saveState(c *Config, next *baseline.State) error {
	if c.Shard != nil {
		return nil
	}
	return publish.WriteFile("state-file", c.StateFile, next.Write)
}
