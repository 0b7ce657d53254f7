package inspect

import (
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/registry"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Options say how manifests are inspected.
type Options struct {
	Server string // the GitHub server's URL
	// Scope is the input: source.ScopeEntries reads every registry of a change by entry, source.ScopeChanged none; otherwise the registry
	// decides.
	Scope string
	// KeepManifests keeps every manifest in memory. By default only those that rules compare with others are kept, since a large registry
	// would fill the memory.
	KeepManifests bool
}

// Inspection is the content of the selected manifests.
type Inspection struct {
	Artifacts []artifact.Artifact      // to verify
	Attesting int                      // unselected manifests whose bundles attest changed files
	Beside    map[string]verify.Beside // files that bundles attest beside manifests, by path
	Unchanged int                      // artifacts left out because the change does not touch them
	IsByEntry bool                     // a manifest was reduced to the entries that the change touches
	Manifests []*registry.Manifest
	Findings  []finding.Finding
	Notes     []string // for the reader of the report
}

// Inspect reads the manifests of a selection concurrently, with a deterministic result.
func (r *Registries) Inspect(s source.Selection, o Options) Inspection {
	readings := make([]reading, len(s.Manifests))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, from := range s.Manifests {
		group.Go(func() error {
			readings[i] = r.read(from, s, o)
			return nil
		})
	}
	_ = group.Wait() // the goroutines return no errors, only findings
	var in Inspection
	if s.ConfigChanged != "" {
		in.Findings = append(in.Findings, configChanged(s))
	}
	for _, path := range s.LookAlikes {
		in.Findings = append(in.Findings, finding.New(finding.RegistryPathCase, path, "", finding.Position{Line: 1, Column: 1},
			"The path differs from a manifest's only in case: the file was not read, but some programs read it", ""))
	}
	manifestsBeside := slices.DeleteFunc(slices.Clone(s.Beside), func(each source.Source) bool { return !s.Selects(each.At()) })
	beside := r.artifactsOf(manifestsBeside)
	before, after := slices.Concat(r.artifactsOf(s.Removed), beside), slices.Clone(beside)
	for _, each := range readings {
		in.Findings = append(in.Findings, each.findings...)
		in.Artifacts = append(in.Artifacts, each.artifacts...)
		in.Notes = append(in.Notes, each.notes...)
		in.Unchanged += len(each.untouched)
		in.IsByEntry = in.IsByEntry || each.isByEntry
		if each.manifest != nil {
			in.Manifests = append(in.Manifests, each.manifest)
		}
		before, after = append(before, each.before...), append(after, each.after...)
	}
	touched := in.Artifacts
	in.Artifacts = addSharing(in.Artifacts, readings)
	in.Findings = append(in.Findings, r.lostBundles(before, after, s.Paths, slices.Concat(s.Manifests, manifestsBeside))...)
	if s.Scope == source.ScopeChanged {
		attesting := map[string]bool{}
		for _, bundle := range untouchedBundles(s, touched, beside) {
			in.Artifacts = append(in.Artifacts, bundle)
			attesting[bundle.Manifest] = true
		}
		in.Attesting = len(attesting)
	}
	in.Beside = besideOf(s, slices.Concat(in.Artifacts, beside))
	in.Findings = append(in.Findings, r.lintAll(s, in.Manifests)...)
	return in
}

// configChanged reports a changed or added configuration file.
func configChanged(s source.Selection) finding.Finding {
	message, fix := "The change modifies the configuration file, which takes effect once merged: this run used the previous one", ""
	if s.File == nil {
		message = "The change adds the registry's first configuration file, which takes effect once merged: this run used the defaults"
		fix = "To try it, run `verify-manifests check --config " + finding.Clean(s.ConfigChanged) + "` in a checkout of the change."
	}
	return finding.New(finding.ConfigChanged, s.ConfigChanged, "", finding.Position{Line: 1, Column: 1}, message, fix)
}

// reading is the result of reading one source.
type reading struct {
	manifest      *registry.Manifest // nil unless kept
	artifacts     []artifact.Artifact
	untouched     []artifact.Artifact // left out because the change does not touch them
	before, after []artifact.Artifact // all artifacts, if the change may remove attestations
	isByEntry     bool                // the manifest is reduced to the entries that the change touches
	findings      []finding.Finding
	notes         []string
}

// read reads a manifest, and compares it with its base version.
func (r *Registries) read(from source.Source, s source.Selection, o Options) (found reading) {
	m, findings := r.Read(from)
	found.findings = findings
	var base *registry.Manifest
	var ofBase []finding.Finding
	before, known := s.Base[from.Path]
	if known {
		base, ofBase = r.Read(before)
	}
	mayLose := s.Base != nil && r.Of(from.At()).AttestsBeside()
	if mayLose && base != nil {
		found.before = base.Artifacts
	}
	if m == nil {
		return found
	}
	if mayLose {
		found.after = m.Artifacts
	}
	if known && base == nil {
		found.notes = append(found.notes, fmt.Sprintf("The previous version of %s can't be read: all of its files count as new", finding.Quote(from.Path)))
	}
	c := lint.Compare(base, m)
	found.isByEntry = s.Scope == source.ScopeChanged && (o.Scope == source.ScopeEntries || o.Scope != source.ScopeChanged && m.Registry.ByEntry)
	if found.isByEntry && base != nil {
		found.keepTouched(base, m, ofBase, c, o.Server)
	} else {
		found.findings = slices.Concat(found.findings, lint.Manifest(m, o.Server), c.Changes(o.Server))
		found.artifacts = slices.Clone(m.Artifacts)
		for _, touched := range c.Touched {
			found.artifacts[touched.Index] = touched.Is
		}
	}
	if p, is := r.describers[m.Registry].(prem.Registry); is {
		found.findings = append(found.findings, p.Lint(m, o.Server)...)
	}
	if o.KeepManifests || r.Compares(from.At()) {
		found.manifest = m
	}
	return found
}

// lintAll applies the rules that compare manifests with each other.
func (r *Registries) lintAll(s source.Selection, manifests []*registry.Manifest) (findings []finding.Finding) {
	inScope := map[string]bool{}
	for _, from := range s.Manifests {
		inScope[from.Path] = true
	}
	for _, other := range s.Others {
		if m, _ := r.Read(other); m != nil {
			manifests = append(manifests, m)
		}
	}
	for _, each := range r.Settings.Registries {
		if p, is := r.describers[each].(prem.Registry); is {
			own := slices.DeleteFunc(slices.Clone(manifests), func(m *registry.Manifest) bool { return m.Registry != each })
			findings = append(findings, p.LintAll(own, s.Paths, func(path string) bool { return inScope[path] })...)
		}
	}
	return findings
}
