package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/config"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// UsageError is a mistake in a flag, an input, an argument or the configuration.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

func (e UsageError) Unwrap() error { return e.Err }

func usage(format string, values ...any) error { return UsageError{fmt.Errorf(format, values...)} }

// ConfigFile is the default path of the configuration file, and otherSpelling an alternative.
const (
	ConfigFile    = ".github/verify-manifests.yaml"
	otherSpelling = ".github/verify-manifests.yml"
)

// Inputs select the configuration and the manifests.
type Inputs struct {
	ConfigFile string   // slash-separated, from the registry's root
	IsRequired bool     // ConfigFile was named and must exist
	IsAnywhere bool     // a required ConfigFile may also be a path on disk, outside the registry
	Preset     string   // "" for the configuration file's, else the default
	Globs      []string // select manifests; nil for the registries' own

	TrustedRoot string // a file of Sigstore's trusted roots, by its path on disk; "" for none
	rootInTree  string // its path in the registry's tree, where it is read like the configuration; "" outside
}

// Settings are a registry's configuration under the inputs.
type Settings struct {
	registry.Set
	ConfigFile string            // its path, slash-separated from the registry's root
	File       *config.File      // the configuration file; nil without one
	Text       []byte            // the configuration file's text
	Schemas    map[string][]byte // texts of the registries' JSON Schemas, by path
	Roots      []byte            // text of the trusted roots that the inputs name; nil for none
	Notes      []string          // for the reader of the report
}

// Load reads the configuration file and the JSON Schemas from a tree.
func (in Inputs) Load(ctx context.Context, t Tree) (*Settings, error) {
	s := &Settings{Schemas: map[string][]byte{}}
	var err error
	s.ConfigFile, s.Text, err = in.readConfig(ctx, t)
	if errors.Is(err, github.ErrNotFound) {
		s.Notes, err = append(s.Notes, "The configuration file was not read: GitHub does not provide the files of its commit"), nil
	}
	if err == nil && s.Text != nil {
		if s.File, err = config.Parse(s.ConfigFile, s.Text); err != nil {
			err = UsageError{err}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the configuration file %s can't be used: %w", finding.Quote(s.ConfigFile), err)
	}
	s.Globs = in.Globs
	if in.Preset == "" && s.File != nil && s.File.Registries != nil {
		s.Registries = s.File.Registries
	} else {
		preset, err := registry.Preset(cmp.Or(in.Preset, registry.Default))
		if err != nil {
			return nil, usage("input registry: %w", err)
		}
		s.Registries = []*registry.Registry{preset}
	}
	if s.Roots, err = in.readRoots(ctx, t); err != nil {
		return nil, err
	}
	for _, r := range s.Registries {
		if r.Schema == "" {
			continue
		}
		if s.Schemas[r.Schema], err = readPath(ctx, t, r.Schema, document.DefaultMaxSize); err != nil {
			return nil, usage("the JSON Schema %s can't be used: %w", finding.Quote(r.Schema), err)
		}
	}
	return s, nil
}

// LoadBase loads the settings of a change from its base. A required configuration file that the change adds is not an error: it takes
// effect once merged.
func (in Inputs) LoadBase(ctx context.Context, base, head Tree) (*Settings, error) {
	s, err := in.Load(ctx, base)
	if errors.Is(err, errMissing) {
		if _, isAdded, _ := in.findConfig(ctx, head); isAdded {
			in.IsRequired = false
			return in.Load(ctx, base)
		}
	}
	return s, err
}

// configFiles returns the possible paths of the configuration file.
func (in Inputs) configFiles() []string {
	if in.ConfigFile == ConfigFile && !in.IsRequired {
		return []string{ConfigFile, otherSpelling}
	}
	return []string{in.ConfigFile}
}

// findConfig finds the configuration file in a tree.
func (in Inputs) findConfig(ctx context.Context, t Tree) (f github.File, found bool, err error) {
	for _, name := range in.configFiles() {
		if in.IsAnywhere && !filepath.IsLocal(name) {
			continue
		}
		each, isThere, err := t.Find(ctx, name)
		switch {
		case err != nil:
			return f, false, err
		case isThere && found:
			return f, true, usage("%s also exists: keep only one", finding.Quote(name))
		case isThere:
			f, found = each, true
		}
	}
	return f, found, nil
}

var errMissing = UsageError{errors.New("the file does not exist")}

// readConfig returns the path and text of the configuration file. The text is nil if an optional file does not exist.
func (in Inputs) readConfig(ctx context.Context, t Tree) (path string, text []byte, err error) {
	f, found, err := in.findConfig(ctx, t)
	switch {
	case err != nil:
	case found:
		text, err = readFile(ctx, t, f, config.MaxSize)
		return f.Path, text, err
	case in.IsRequired && in.IsAnywhere:
		text, err = readOnDisk(in.ConfigFile, config.MaxSize)
	case in.IsRequired:
		err = errMissing
	}
	return in.ConfigFile, text, err
}

// changedConfig returns the path of the configuration file that head adds, modifies or removes; else "".
func (in Inputs) changedConfig(ctx context.Context, base, head Tree) (string, error) {
	was, _, err := in.findConfig(ctx, base)
	if err != nil {
		return "", err
	}
	is, isFound, err := in.findConfig(ctx, head)
	if err != nil && !errors.As(err, &UsageError{}) { // a UsageError: both spellings exist
		return "", err
	}
	isEqual := err == nil && was.BlobSHA == is.BlobSHA
	if isFound && is.BlobSHA == "" { // on disk
		text, _ := readFile(ctx, head, is, config.MaxSize)
		isEqual = err == nil && github.IsBlob(was.BlobSHA, text)
	}
	if isEqual && problemOf(was) == problemOf(is) {
		return "", nil
	}
	return cmp.Or(is.Path, was.Path), nil
}

// within returns the inputs for a registry in a folder on disk. A trusted root below that folder is read from the registry's tree, so
// that a pull request that is checked out there can't supply its own.
func (in Inputs) within(dir string) Inputs {
	if below := pathsBelow(dir, in.TrustedRoot); len(below) > 0 {
		in.rootInTree = below[0]
	}
	return in
}

// pathsBelow returns a file's slash-separated paths below a folder, with and without resolving symbolic links; none for a file outside
// and for "".
func pathsBelow(dir, name string) (all []string) {
	if name == "" {
		return nil
	}
	for _, folder := range spellings(dir) {
		for _, file := range spellings(name) {
			if below, err := filepath.Rel(folder, file); err == nil && filepath.IsLocal(below) {
				all = append(all, filepath.ToSlash(below))
			}
		}
	}
	return all
}

// spellings returns a file's absolute paths: as written, with symbolic links resolved in its folder, and in its name too.
func spellings(name string) []string {
	absolute, err := filepath.Abs(name)
	if err != nil {
		return nil
	}
	all := []string{absolute}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(absolute)); err == nil {
		all = append(all, filepath.Join(folder, filepath.Base(absolute)))
	}
	if real, err := filepath.EvalSymlinks(absolute); err == nil {
		all = append(all, real)
	}
	return all
}

// readRoots reads the trusted roots that the inputs name, nil for none.
func (in Inputs) readRoots(ctx context.Context, t Tree) (text []byte, err error) {
	switch {
	case in.TrustedRoot == "":
		return nil, nil
	case in.rootInTree == "":
		text, err = readOnDisk(in.TrustedRoot, provenance.MaxRootSize)
	default:
		text, err = readPath(ctx, t, in.rootInTree, provenance.MaxRootSize)
		if err != nil {
			err = fmt.Errorf("%w (on a pull request, a file in the workspace is read from the base: merge it first, or name a file outside the workspace)", err)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("input trusted-root is %s: %w", finding.Quote(in.TrustedRoot), err)
	}
	return text, nil
}

// readOnDisk reads a regular file by its path on disk.
func readOnDisk(name string, maxSize int) ([]byte, error) {
	f, err := OpenRegular(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMissing
	}
	if err != nil {
		return nil, usage("%w", finding.WithoutPath(err))
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, int64(maxSize)+1))
}

// readPath reads a regular file that must exist.
func readPath(ctx context.Context, t Tree, path string, maxSize int) ([]byte, error) {
	f, found, err := t.Find(ctx, path)
	if err == nil && !found {
		err = errMissing
	}
	if err != nil {
		return nil, err
	}
	return readFile(ctx, t, f, maxSize)
}

// readFile reads a regular file: a link may point to an unreviewed text.
func readFile(ctx context.Context, t Tree, f github.File, maxSize int) ([]byte, error) {
	problem, text := problemOf(f), []byte(nil)
	if problem == "" {
		s, err := t.Read(ctx, f, maxSize)
		if err != nil {
			return nil, err
		}
		problem, text = s.Problem, s.Text
	}
	if problem != "" {
		return nil, usage("%s", strings.Replace(problem, "The manifest", "it", 1))
	}
	return text, nil
}

// selected returns the files that are manifests.
func (s *Settings) selected(files []github.File) (manifests []github.File) {
	for _, f := range files {
		if s.Selects(f.Path) {
			manifests = append(manifests, f)
		}
	}
	return manifests
}

// mayAttest reports whether a folder may contain a manifest that attests files beside it.
func (s *Settings) mayAttest(folder string) bool {
	return slices.ContainsFunc(s.Registries, func(r *registry.Registry) bool {
		globs := r.Manifests
		if s.Globs != nil {
			globs = s.Globs
		}
		return r.AttestsBeside() && slices.ContainsFunc(globs, func(glob string) bool {
			return registry.Selects([]string{path.Dir(glob)}, folder)
		})
	})
}

// Compares reports whether rules compare the manifests of a path's registry with each other.
func (s *Settings) Compares(path string) bool { return s.Of(path).Rules != "" }

// presetHint suggests the preset that finds manifests if the active ones find none; "" without such a preset or with the user's own globs.
func (s *Settings) presetHint(ctx context.Context, t Tree, files []github.File) string {
	if s.Globs != nil {
		return ""
	}
	for _, d := range Detect(ctx, t, files) {
		if !slices.ContainsFunc(s.Registries, func(r *registry.Registry) bool { return r.Name == d.Preset }) {
			return fmt.Sprintf("; %s: set `registry` to `%s`, or run `verify-manifests init`", d, d.Preset)
		}
	}
	return ""
}

// presetNotes suggests the preset that finds manifests among the changed files, if the active presets find none in the registry and the
// change has no configuration file.
func (c change) presetNotes(ctx context.Context) []string {
	isConfig := func(f github.File) bool { return f.Path == ConfigFile || f.Path == otherSpelling }
	hint := c.presetHint(ctx, c.head, c.changed)
	if hint == "" || slices.ContainsFunc(c.changed, isConfig) {
		return nil
	}
	if files, err := c.head.List(ctx); err != nil || len(c.selected(files)) > 0 {
		return nil
	}
	return []string{"No file of the registry matches " + c.Set.String() + hint}
}

// Detect finds the presets that fit the files of a tree, the best first.
func Detect(ctx context.Context, t Tree, files []github.File) []registry.Detected {
	byName := byPath(files)
	return registry.Detect(slices.Sorted(maps.Keys(byName)), func(names []string, maxSize int) map[string][]byte {
		var wanted []github.File
		for _, name := range names {
			wanted = append(wanted, byName[name])
		}
		if c, is := t.(*Commit); is {
			c.fetch(ctx, wanted, maxSize)
		}
		texts := map[string][]byte{}
		for _, f := range wanted {
			if text, err := readFile(ctx, t, f, maxSize); err == nil {
				texts[f.Path] = text
			}
		}
		return texts
	})
}

// IsForWindows reports whether a manifest's registry is for Windows packages.
func (s *Settings) IsForWindows(path string) bool {
	return slices.Contains([]string{"scoop", "winget"}, s.Of(path).Name)
}
