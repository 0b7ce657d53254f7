package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/schema"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// setup is what a run knows of the registry before it reads a manifest: its configuration file, under what the inputs say.
type setup struct {
	file       *config.File // nil where there is none
	text       []byte       // of it
	registries []described
	globs      []string // of the input manifests; nil: the registries' own
	changed    bool     // the configuration is another one in what is judged
	notes      []string // what a reader of the report has to know of the configuration
}

// described is a registry with what finds its artifacts.
type described struct {
	*registry.Registry
	by registry.Describer
}

// The abilities that a registry's own package may add to its description.
type (
	// linter has rules over one manifest.
	linter interface {
		Lint(m *registry.Manifest, server string) []finding.Finding
	}
	// registryLinter has rules over all manifests of the registry.
	registryLinter interface {
		LintAll(all []*registry.Manifest, entries []string, inScope func(path string) bool) []finding.Finding
	}
	// upgrader rewrites manifests of an old format.
	upgrader interface {
		Upgrade(text []byte, transition bool) ([]byte, error)
		IsOld(m *registry.Manifest) bool
	}
	// keeper knows in which folder the files of a manifest are kept.
	keeper interface {
		Folder(m *registry.Manifest) string
	}
)

// setUp reads the configuration file from a tree, and puts the inputs above it. Whatever is wrong with either is the user's to mend.
func (p *program) setUp(ctx context.Context, c *Config, t source.Tree) (*setup, error) {
	s := &setup{globs: c.Manifests}
	text, err := readConfig(ctx, c, t)
	if errors.Is(err, github.ErrNotFound) {
		text, err = nil, nil
		s.notes = append(s.notes, "There is no configuration file as far as can be told: GitHub does not show the files of the commit that it would be read from")
	}
	if err == nil && text != nil {
		s.text = text
		if s.file, err = config.Parse(c.ConfigFile, text); err != nil {
			err = usageError{err}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the configuration file %s can't be used: %w", finding.Quote(c.ConfigFile), err)
	}
	registries, err := chosen(c, s.file)
	if err != nil {
		return nil, err
	}
	for _, r := range registries {
		by, err := describer(ctx, t, r)
		if err != nil {
			return nil, err
		}
		s.registries = append(s.registries, described{r, by})
	}
	if s.file != nil && !c.given["trusted-urls"] && s.file.TrustedURLs != nil {
		c.TrustedURLs = s.file.TrustedURLs
	}
	if s.file != nil && !c.given["missing-checksum"] && s.file.MissingChecksum != "" {
		c.MissingChecksum = s.file.MissingChecksum
	}
	return s, nil
}

// chosen returns the registries that the input names, else those of the configuration file, else the default.
func chosen(c *Config, file *config.File) ([]*registry.Registry, error) {
	if c.Registry == "" && file != nil && file.Registries != nil {
		return file.Registries, nil
	}
	name := c.Registry
	if name == "" {
		name = registry.Default
	}
	r, err := registry.Preset(name)
	if err != nil {
		return nil, usageError{fmt.Errorf("input registry: %w", err)}
	}
	return []*registry.Registry{r}, nil
}

// readConfig returns the configuration file's text, nil where there is none and none was asked for.
func readConfig(ctx context.Context, c *Config, t source.Tree) ([]byte, error) {
	f, found, err := t.Find(ctx, c.ConfigFile)
	switch {
	case err != nil:
		return nil, err
	case !found && c.given["config"]:
		return nil, usageError{errors.New("there is no such file")}
	case !found:
		return nil, nil
	}
	return readRequired(ctx, t, f.Path, config.MaxSize)
}

// readRequired reads a file that has to be there, and to be one: a link may lead to what nobody reviewed.
func readRequired(ctx context.Context, t source.Tree, path string, maxSize int) ([]byte, error) {
	f, found, err := t.Find(ctx, path)
	if err == nil && !found {
		err = usageError{errors.New("there is no such file")}
	}
	if err != nil {
		return nil, err
	}
	s, err := readRegular(ctx, t, f, maxSize)
	if err == nil && s.Problem != "" {
		err = usageError{errors.New(strings.Replace(s.Problem, "The manifest", "it", 1))}
	}
	return s.Text, err
}

// readRegular reads a file of a tree. One that is a link or a submodule is a Problem of the Source, and is not read.
func readRegular(ctx context.Context, t source.Tree, f github.File, maxSize int) (source.Source, error) {
	if s, is := source.Irregular(f); is {
		return s, nil
	}
	return t.Read(ctx, f, maxSize)
}

// describer returns what finds a registry's artifacts: its description, what its own package adds, and its JSON Schema.
func describer(ctx context.Context, t source.Tree, r *registry.Registry) (registry.Describer, error) {
	var by registry.Describer = r
	if r.Rules == prem.Rules {
		by = prem.Registry{Registry: r}
	}
	if r.Schema == "" {
		return by, nil
	}
	text, err := readRequired(ctx, t, r.Schema, document.DefaultMaxSize)
	if err == nil {
		var s *schema.Schema
		if s, err = schema.Compile(text); err == nil {
			return withSchema{by, s}, nil
		}
	}
	return nil, usageError{fmt.Errorf("the JSON Schema %s can't be used: %w", finding.Quote(r.Schema), err)}
}

// withSchema adds to a describer what a JSON Schema says.
type withSchema struct {
	registry.Describer
	schema *schema.Schema
}

func (w withSchema) Artifacts(d *document.Document) ([]artifact.Artifact, []finding.Finding) {
	artifacts, findings := w.Describer.Artifacts(d)
	findings = append(findings, schema.Findings(d, w.schema.Violations(d.Root), schema.Violation.Explain)...)
	slices.SortFunc(findings, finding.Finding.Compare)
	return artifacts, findings
}

// selects reports whether a path is that of a manifest.
func (s *setup) selects(path string) bool {
	if s.globs != nil {
		return registry.Selects(s.globs, path)
	}
	return slices.ContainsFunc(s.registries, func(r described) bool { return r.Selects(path) })
}

// selected returns those of the files that are manifests.
func (s *setup) selected(files []github.File) []github.File {
	return slices.DeleteFunc(slices.Clone(files), func(f github.File) bool { return !s.selects(f.Path) })
}

// readAll reads files that may be manifests.
func (s *setup) readAll(ctx context.Context, t source.Tree, files []github.File) ([]source.Source, error) {
	return source.ReadAll(ctx, t, files, s.maxSize())
}

// of returns the registry that a manifest belongs to: the first whose globs select it, else the first.
func (s *setup) of(path string) described {
	i := slices.IndexFunc(s.registries, func(r described) bool { return r.Selects(path) })
	return s.registries[max(i, 0)]
}

// words are the globs by which manifests are found, for messages.
func (s *setup) words() string {
	globs := s.globs
	if globs == nil {
		for _, r := range s.registries {
			globs = append(globs, r.Manifests...)
		}
	}
	return finding.Quote(strings.Join(globs, " "))
}

// maxSize is the largest manifest that any of the registries allows, in bytes.
func (s *setup) maxSize() (n int) {
	for _, r := range s.registries {
		n = max(n, r.MaxSize)
	}
	return n
}

// parse reads a source strictly; one without text gives a finding that says why.
func (s *setup) parse(from source.Source) (*registry.Manifest, []finding.Finding) {
	if from.Problem != "" {
		return nil, []finding.Finding{finding.New(finding.ManifestUnreadable, from.Path, "", finding.Position{Line: 1, Column: 1}, from.Problem, "")}
	}
	r := s.of(from.At())
	return r.Read(from.Path, from.Text, r.by)
}

// noteChange finds out whether the configuration is another one in head than in base, by which head is judged.
func (s *setup) noteChange(ctx context.Context, c *Config, base, head source.Tree) error {
	was, wasThere, err := base.Find(ctx, c.ConfigFile)
	if err != nil {
		return err
	}
	is, isThere, err := head.Find(ctx, c.ConfigFile)
	if err != nil || wasThere != isThere || !isThere {
		s.changed = wasThere != isThere
		return err
	}
	before, err := base.Read(ctx, was, config.MaxSize)
	if err != nil {
		return err
	}
	after, err := head.Read(ctx, is, config.MaxSize)
	s.changed = !bytes.Equal(before.Text, after.Text) || before.Problem != after.Problem
	return err
}

// findings are those about the configuration file itself.
func (s *setup) findings(c *Config) []finding.Finding {
	if !s.changed {
		return nil
	}
	return []finding.Finding{finding.New(finding.ConfigChanged, c.ConfigFile, "", finding.Position{Line: 1, Column: 1},
		"The configuration file is changed here, and this run was judged by what it was before: what the change says counts once it is merged", "")}
}

// isForWindows reports whether the readers of a manifest's findings have Windows: its registry is one of Windows' packages.
func (s *setup) isForWindows(path string) bool {
	return slices.Contains([]string{"scoop", "winget"}, s.of(path).Name)
}
