package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// UsageError is the user's mistake: a flag, an input, an argument, the configuration.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

func (e UsageError) Unwrap() error { return e.Err }

func usage(format string, values ...any) error { return UsageError{fmt.Errorf(format, values...)} }

// Inputs say how manifests are found.
type Inputs struct {
	ConfigFile string   // slash-separated, from the registry's root
	IsRequired bool     // ConfigFile was named, and has to exist
	Preset     string   // "": what the configuration file says, else the default
	Globs      []string // that select manifests; nil: the registries' own
}

// Settings are a registry's configuration under the inputs.
type Settings struct {
	registry.Set
	ConfigFile string            // its path, slash-separated from the registry's root
	File       *config.File      // the configuration file; nil where there is none
	Text       []byte            // of it
	Schemas    map[string][]byte // texts of the registries' JSON Schemas, by path
	Notes      []string          // for the reader of the report
}

// Load reads the configuration file and the JSON Schemas from a tree.
func (in Inputs) Load(ctx context.Context, t Tree) (*Settings, error) {
	s := &Settings{ConfigFile: in.ConfigFile, Schemas: map[string][]byte{}}
	var err error
	s.Text, err = in.readConfig(ctx, t)
	if errors.Is(err, github.ErrNotFound) {
		s.Notes, err = append(s.Notes, "The configuration file is unknown: GitHub does not show the files of the commit that it would be read from"), nil
	}
	if err == nil && s.Text != nil {
		if s.File, err = config.Parse(in.ConfigFile, s.Text); err != nil {
			err = UsageError{err}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the configuration file %s can't be used: %w", finding.Quote(in.ConfigFile), err)
	}
	if s.Set, err = in.registries(s.File); err != nil {
		return nil, err
	}
	for _, r := range s.Registries {
		if r.Schema == "" {
			continue
		}
		if s.Schemas[r.Schema], err = readRequired(ctx, t, r.Schema, document.DefaultMaxSize); err != nil {
			return nil, usage("the JSON Schema %s can't be used: %w", finding.Quote(r.Schema), err)
		}
	}
	return s, nil
}

// registries returns those that the input names, else those of the configuration file, else the default.
func (in Inputs) registries(file *config.File) (registry.Set, error) {
	set := registry.Set{Globs: in.Globs}
	if in.Preset == "" && file != nil && file.Registries != nil {
		set.Registries = file.Registries
		return set, nil
	}
	name := in.Preset
	if name == "" {
		name = registry.Default
	}
	r, err := registry.Preset(name)
	if err != nil {
		return set, usage("input registry: %w", err)
	}
	set.Registries = []*registry.Registry{r}
	return set, nil
}

// readConfig returns the configuration file's text, nil where there is none and none is required.
func (in Inputs) readConfig(ctx context.Context, t Tree) ([]byte, error) {
	f, found, err := t.Find(ctx, in.ConfigFile)
	switch {
	case err != nil:
		return nil, err
	case !found && in.IsRequired:
		return nil, usage("there is no such file")
	case !found:
		return nil, nil
	}
	return readRequired(ctx, t, f.Path, config.MaxSize)
}

// readRequired reads a regular file that has to exist: a link may lead to a text that nobody reviewed.
func readRequired(ctx context.Context, t Tree, path string, maxSize int) ([]byte, error) {
	f, found, err := t.Find(ctx, path)
	if err == nil && !found {
		err = usage("there is no such file")
	}
	if err != nil {
		return nil, err
	}
	s, err := readRegular(ctx, t, f, maxSize)
	if err == nil && s.Problem != "" {
		err = usage("%s", strings.Replace(s.Problem, "The manifest", "it", 1))
	}
	return s.Text, err
}

// readRegular reads a file of a tree. A link or a submodule is a Problem of the Source.
func readRegular(ctx context.Context, t Tree, f github.File, maxSize int) (Source, error) {
	if s, is := Irregular(f); is {
		return s, nil
	}
	return t.Read(ctx, f, maxSize)
}

// changesConfig reports whether head has another configuration file than base, by which head is judged.
func (in Inputs) changesConfig(ctx context.Context, base, head Tree) (bool, error) {
	was, wasFound, err := base.Find(ctx, in.ConfigFile)
	if err != nil {
		return false, err
	}
	is, isFound, err := head.Find(ctx, in.ConfigFile)
	if err != nil || wasFound != isFound || !isFound {
		return wasFound != isFound, err
	}
	before, err := base.Read(ctx, was, config.MaxSize)
	if err != nil {
		return false, err
	}
	after, err := head.Read(ctx, is, config.MaxSize)
	return !bytes.Equal(before.Text, after.Text) || before.Problem != after.Problem, err
}

// selected returns those of the files that are manifests.
func (s *Settings) selected(files []github.File) (manifests []github.File) {
	for _, f := range files {
		if s.Selects(f.Path) {
			manifests = append(manifests, f)
		}
	}
	return manifests
}

// Compares reports whether the registry of a path has rules that compare its manifests with each other.
func (s *Settings) Compares(path string) bool { return s.Of(path).Rules != "" }

// others returns the manifests that the judged ones are compared with.
func (s *Settings) others(files []github.File, isJudged map[string]bool) (others []github.File) {
	for _, f := range s.selected(files) {
		if !isJudged[f.Path] && s.Compares(f.Path) {
			others = append(others, f)
		}
	}
	return others
}

// presetHint names the preset that finds manifests where those in use find none, "" where no other preset does or the globs
// are the user's own.
func (s *Settings) presetHint(ctx context.Context, t Tree, files []github.File) string {
	if s.Globs != nil {
		return ""
	}
	for _, d := range Detect(ctx, t, files) {
		inUse := false
		for _, r := range s.Registries {
			inUse = inUse || r.Name == d.Preset
		}
		if !inUse {
			return fmt.Sprintf("; %s: set `registry` to `%s`, or run `verify-manifests init`", d, d.Preset)
		}
	}
	return ""
}

// Detect finds the presets that fit the files of a tree, the best first.
func Detect(ctx context.Context, t Tree, files []github.File) []registry.Detected {
	byName := byPath(files)
	return registry.Detect(paths(files), func(name string, maxSize int) ([]byte, error) {
		s, err := readRegular(ctx, t, byName[name], maxSize)
		if err == nil && s.Problem != "" {
			err = errors.New(s.Problem)
		}
		return s.Text, err
	})
}

// IsForWindows reports whether the readers of a manifest's findings have Windows: its registry is one of packages for it.
func (s *Settings) IsForWindows(path string) bool {
	return slices.Contains([]string{"scoop", "winget"}, s.Of(path).Name)
}
