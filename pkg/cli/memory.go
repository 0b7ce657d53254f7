package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/drift"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/state"
)

// memory is what the program knows of earlier scans, and whether it may write what it learns.
type memory struct {
	*drift.Memory
	// isReadOnly says that this scan is none of what is merged: what nobody has merged is no baseline.
	isReadOnly bool
}

// recall reads the state file. One that is missing or can't be used is said, and is no error: it is made anew.
func (p *program) recall(c *Config) *memory {
	m := &memory{Memory: drift.New(p.now())}
	if c.StateFile == "" {
		return m
	}
	s, err := readState(c.StateFile)
	switch {
	case err == nil:
		m.Take(s)
		m.IsOwn = true
	case errors.Is(err, fs.ErrNotExist):
		m.Notes = append(m.Notes, fmt.Sprintf("There is no state file %s yet: nothing is known of earlier scans", finding.Quote(c.StateFile)))
	default:
		m.Notes = append(m.Notes, fmt.Sprintf("The state file %s can't be used, and is made anew: nothing is known of earlier scans (%s)", finding.Quote(c.StateFile), finding.Clean(finding.WithoutPath(err).Error())))
	}
	return m
}

func (e Env) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

func readState(name string) (*state.State, error) {
	file, err := source.OpenRegular(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return state.Read(file)
}

// save writes the state file. Shards leave it to the merge.
func (m *memory) save(c *Config) error {
	if m.isReadOnly || c.Shard != nil {
		return nil
	}
	return writeFile("state-file", c.StateFile, m.Write)
}
