package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

func (e Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// loadState reads the state file, nil for none. One that is missing or can't be used is a note, and no error: it is made anew.
func loadState(c *Config) (s *baseline.State, notes []string) {
	if c.StateFile == "" {
		return nil, nil
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
		return nil, []string{fmt.Sprintf("There is no state file %s yet: nothing is known of earlier scans", finding.Quote(c.StateFile))}
	}
	return nil, []string{fmt.Sprintf("The state file %s can't be used and is made anew: nothing is known of earlier scans (%s)",
		finding.Quote(c.StateFile), finding.Clean(finding.WithoutPath(err).Error()))}
}

// saveState writes the state file after a scan. Shards leave it to the merge.
func saveState(c *Config, next *baseline.State) error {
	if c.Shard != nil {
		return nil
	}
	return publish.WriteFile("state-file", c.StateFile, next.Write)
}

// record adds a scan of the whole registry to a state.
func (p *program) record(s *baseline.State, r *report.Report) {
	if r.IsWhole {
		s.Record(r.Summary.Scan(p.now()))
	}
}

// scansOf returns the last scans; a nil State has none.
func scansOf(s *baseline.State) []baseline.Scan {
	if s == nil {
		return nil
	}
	return s.Scans
}
