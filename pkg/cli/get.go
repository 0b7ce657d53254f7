package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"
	"github.com/spf13/cobra"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/get"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// getter is the command get.
type getter struct {
	*program
	config                     *Config
	format, to, platform, role string
	unverified                 bool // keep files without a checksum, not executable
}

func (p *program) getCommand() *cobra.Command {
	g := &getter{program: p, config: defaultConfig()}
	cmd := &cobra.Command{
		Use:   "get [flags] MANIFEST...",
		Short: "Download the files that manifests name; keep only verified ones",
		Long: `Downloads the files that manifests name into DIR/<id>/<file>, or for registries
other than prem into DIR/<the manifest's name without its ending>/<file>.

A file appears under its name complete and verified, or not at all. An existing
file that is right is not downloaded again. The next call continues an
interrupted download. A file without a checksum is kept only if its URL is
trusted.`,
		Example: `  verify-manifests get chat-mistral-7b-instruct
  verify-manifests get --platform aarch64-apple-darwin --to ~/models chat-x
  verify-manifests get --registry scoop --to apps bucket/git.json`,
		Args: cobra.MinimumNArgs(1),
		RunE: p.do(g.run),
	}
	addFlags(cmd, g.config, downloading|describing)
	addFormat(cmd, &g.format)
	flags := cmd.Flags()
	flags.StringVar(&g.to, "to", ".", "the `folder` to download into; created if it is missing")
	flags.StringVar(&g.platform, "platform", "", "download only files for this `platform`, such as aarch64-apple-darwin, and those for all platforms")
	flags.BoolVar(&g.unverified, "allow-unverified", false, "also keep files without a checksum, with mode 0600, never executable")
	roles := []string{"all", string(artifact.Binary), string(artifact.Weight), string(artifact.File)}
	addChoice(flags, &g.role, "role", "which files to download", roles...)
	return cmd
}

func (g *getter) run(ctx context.Context, args []string) (int, error) {
	began := g.now()
	work, cancel := deadline(ctx, g.config)
	defer cancel()
	selected, err := source.Folders{Args: args, Environ: g.Environ}.Select(work, g.config.selecting())
	if err != nil {
		return 0, err
	}
	roots, err := rootsOf(selected.Roots)
	if err != nil {
		return 0, err
	}
	registries, err := inspect.Bind(selected.Settings)
	if err != nil {
		return 0, err
	}
	in := report.Input{Windows: selected.IsForWindows, Report: report.Report{
		Tool: tool(), Run: report.Run{Event: localEvent, ServerURL: g.server()}, Scope: selected.Scope, Mode: modeFull,
		Notes: slices.Concat(selected.Notes, selected.Settings.Notes), Summary: report.Summary{Manifests: len(selected.Manifests)},
	}}
	targets, err := g.targets(registries, selected.Manifests, &in)
	if err != nil {
		return 0, usageError{Err: err}
	}
	j := &job{roots: roots, rules: g.rulesOf(g.config, selected.File, selected.Remote)}
	missing, failed := g.keep(work, j, targets, &in)
	in.Complete, in.Took = work.Err() == nil, g.now().Sub(began)
	r := build(in, j.rules)
	if err := errors.Join(g.write(r, g.format, nil), failed); err != nil {
		return 0, err
	}
	code := exitCode(work, g.config.FailOn, r.Summary)
	if code == ExitOK && missing > 0 {
		code = ExitFindings
	}
	return code, nil
}

// targets returns the files to download. Files that can't be downloaded become findings. The error is a usage error.
func (g *getter) targets(registries *inspect.Registries, manifests []source.Source, in *report.Input) ([]*target, error) {
	var all []*target
	images, leftOut, platforms := 0, 0, map[string]bool{}
	byPath := map[string]*target{}
	for _, from := range manifests {
		m, findings := registries.Read(from)
		in.Findings = append(in.Findings, slices.DeleteFunc(findings, func(f finding.Finding) bool { return m != nil && !concernsFiles(f) })...)
		if m == nil {
			continue
		}
		leftOut += m.Registry.LeftOut(m)
		var entry *target // of the previous artifact, whose mirrors may follow
		for _, a := range m.Artifacts {
			platforms[a.Platform] = platforms[a.Platform] || a.Role != artifact.Image
			switch {
			case a.Role == artifact.Image:
				images++
				continue
			case g.role != "all" && g.role != string(a.Role), g.platform != "" && a.Platform != "" && a.Platform != g.platform:
				continue
			case a.Mirror > 0 && entry != nil:
				entry.addresses = append(entry.addresses, a)
				continue
			}
			entry = &target{path: registries.LocalFile(nil, m, a).Path, addresses: []artifact.Artifact{a}}
			if err := cmp.Or(get.CheckName(a.Name), get.CheckName(entry.path)); err != nil {
				f := a.Finding(finding.ArtifactRefused, "The file was not downloaded: "+err.Error(), "Correct the manifest: the path consists of the service's id and the file's name")
				in.Results = append(in.Results, verify.Result{Artifact: a, Status: verify.Refused, Observation: verify.Observation{Size: -1}, Findings: []finding.Finding{f}})
				continue
			}
			key := strings.ToLower(entry.path)
			other := byPath[key]
			switch {
			case other == nil:
				byPath[key], all = entry, append(all, entry)
			case other.path != entry.path || !slices.ContainsFunc(other.addresses, func(b artifact.Artifact) bool { return isSameFile(a, b) }):
				return nil, clash("two files", other, entry)
			case a.Checksum != nil && other.addresses[0].Checksum == nil: // beside an address with a checksum, one without is not used
				other.addresses, entry = entry.addresses, other
			case a.Checksum != nil || other.addresses[0].Checksum == nil:
				other.addresses, entry = append(other.addresses, a), other
			}
		}
	}
	for _, t := range all {
		for dir := path.Dir(t.path); dir != "."; dir = path.Dir(dir) {
			if file := byPath[strings.ToLower(dir)]; file != nil {
				return nil, clash("a file and a folder", file, t)
			}
		}
	}
	delete(platforms, "")
	if g.platform != "" && len(platforms) > 0 && !platforms[g.platform] {
		return nil, fmt.Errorf("flag --platform is %s, but the manifests only have files for %s", finding.Quote(g.platform), finding.Quote(strings.Join(slices.Sorted(maps.Keys(platforms)), " ")))
	}
	if images > 0 {
		in.Notes = append(in.Notes, fmt.Sprintf("Container images are not downloaded: %d %s left out", images, english.PluralWord(images, "is", "are")))
	}
	if leftOut > 0 {
		in.Notes = append(in.Notes, english.Plural(leftOut, "entry with a URL is", "entries with a URL are")+" not downloaded: the registry's description excludes their type")
	}
	if len(all) == 0 && len(in.Results) == 0 && len(in.Findings) == 0 {
		in.Notes = append(in.Notes, "No files to download")
	}
	return all, nil
}

// concernsFiles reports whether a finding is about a manifest's files rather than its form.
func concernsFiles(f finding.Finding) bool {
	area, _, _ := strings.Cut(f.Rule, "/")
	switch area {
	case "manifest", "schema", "image":
		return false
	case "registry":
		notDownloaded := []string{finding.RegistryNoAddress, finding.RegistryOtherScheme, finding.RegistryNoArtifact, finding.RegistryUnreadFile}
		return f.Severity == finding.Error || slices.Contains(notDownloaded, f.Rule)
	}
	return true
}

// isSameFile reports whether two artifacts under one path are declared to have the same bytes: the same checksum, else the same URL.
func isSameFile(a, b artifact.Artifact) bool {
	if a.Checksum != nil && b.Checksum != nil {
		return a.Checksum.Value == b.Checksum.Value
	}
	return verify.Key(a.URL) == verify.Key(b.URL)
}

func clash(what string, one, other *target) error {
	a, b := one.addresses[0], other.addresses[0]
	advice := "name the manifests one at a time, and different folders with --to"
	if a.Platform != b.Platform {
		advice = "choose one with --platform"
	}
	return fmt.Errorf("%s would be %s, %s %s and %s %s: %s", finding.Quote(one.path), what,
		finding.Quote(a.Manifest), finding.Quote(a.Pointer), finding.Quote(b.Manifest), finding.Quote(b.Pointer), advice)
}
