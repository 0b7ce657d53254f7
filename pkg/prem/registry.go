package prem

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// LintAll applies the rules to all manifests of the registry at one commit. entries are the paths of every file of the tree, with
// slashes, or nil if unknown. Findings are sorted, and only about manifests in scope; the other side of a clash need not be.
func (Registry) LintAll(all []*registry.Manifest, entries []string, inScope func(path string) bool) []finding.Finding {
	r := &services{inScope: inScope}
	for _, m := range slices.SortedFunc(slices.Values(all), func(a, b *registry.Manifest) int { return cmp.Compare(a.Path, b.Path) }) {
		s := newService(m)
		r.all = append(r.all, s)
		r.ports[s.externalPort()] = true
	}
	r.duplicateIDs()
	r.duplicatePorts()
	r.sharedWeights()
	r.sharedModelNames()
	r.missingFiles(entries)
	var findings []finding.Finding
	for _, s := range r.all {
		findings = append(findings, s.findings.Findings()...)
	}
	slices.SortFunc(findings, finding.Finding.Compare)
	return findings
}

type services struct {
	all     []*service
	inScope func(path string) bool
	ports   [lastPort + 1]bool // used or suggested
}

// clashes calls report for every service in scope that shares a value with others, with their paths. With variants, the two variants of
// one service may share a value.
func (r *services) clashes(value func(*service) string, variants bool, report func(s *service, others string)) {
	byValue := map[string][]*service{}
	for _, s := range r.all {
		if v := value(s); v != "" {
			byValue[v] = append(byValue[v], s)
		}
	}
	for _, s := range r.all {
		if others := s.others(byValue[value(s)], variants); others != "" && r.inScope(s.Path) {
			report(s, others)
		}
	}
}

// others lists the first other services of a group, with variants except for s's variant.
func (s *service) others(group []*service, variants bool) string {
	var paths []string
	for _, o := range group {
		switch {
		case o == s || variants && s.isVariantOf(o):
		case len(paths) == listLimit:
			return strings.Join(paths, ", ") + " and others"
		default:
			paths = append(paths, finding.Quote(o.Path))
		}
	}
	return strings.Join(paths, " and ")
}

// isVariantOf reports whether s and o are the container and the binary of one service, by their folders ("vector-store-qdrant" and
// "vector-store-qdrant-binary") or ids.
func (s *service) isVariantOf(o *service) bool {
	base := func(name string) string { return strings.TrimSuffix(strings.TrimSuffix(name, "-binary"), "-docker") }
	sameFolder := s.folder != "" && base(s.folder) == base(o.folder)
	return s.isContainer() != o.isContainer() && (sameFolder || base(s.id()) == base(o.id()))
}

// duplicateIDs ignores case, as the file systems of macOS do: the id names a folder (APP.md: "of two services with one id the first
// wins").
func (r *services) duplicateIDs() {
	r.clashes(func(s *service) string { return strings.ToLower(s.id()) }, false, func(s *service, others string) {
		s.report("manifest/duplicate-id", s.field("id"),
			fmt.Sprintf("The id %s is also used by %s: the App shows only one of them, and both share a folder", finding.Quote(s.id()), others), "")
	})
}

const lastPort = 65535

// externalPort is 0 for a missing or invalid port.
func (s *service) externalPort() int {
	n, ok := s.root.Get("defaultExternalPort").Integer()
	if !ok || n < 1 || n > lastPort {
		return 0
	}
	return int(n)
}

// duplicatePorts reports ports that several services use (APP.md: they "can't run together"). The fix suggests a different free port for
// each.
func (r *services) duplicatePorts() {
	port := func(s *service) string {
		if s.externalPort() == 0 {
			return ""
		}
		return strconv.Itoa(s.externalPort())
	}
	r.clashes(port, true, func(s *service, others string) {
		n, fix := s.externalPort(), ""
		for n <= lastPort && r.ports[n] {
			n++
		}
		if n <= lastPort {
			r.ports[n] = true
			fix = fmt.Sprintf("Use a free port, such as `\"defaultExternalPort\": %d`.", n)
		}
		s.report("manifest/duplicate-port", s.field("defaultExternalPort"),
			fmt.Sprintf("The port %s is also used by %s: they can't run at the same time", port(s), others), fix)
	})
}

// sharedWeights reports services with identical lists of weights: a proposal for audio-to-text-whisper-tiny-cpp had those of
// embeddings-all-minilm-l6-v2-binary. Services often share single files such as a tokenizer.
func (r *services) sharedWeights() {
	r.clashes((*service).weightsKey, true, func(s *service, others string) {
		s.report("manifest/shared-weights", urlOf(s.weights[0]), fmt.Sprintf("All weights are shared with %s: their URLs may have been copied", others), "")
	})
}

// weightsKey is equal for two services with the same weights in any order, and "" without weights.
func (s *service) weightsKey() string {
	if len(s.weights) == 0 {
		return ""
	}
	var urls []string
	for _, w := range s.weights {
		urls = append(urls, w.URL)
	}
	slices.Sort(urls)
	key := sha256.New() // a hostile manifest's URLs can be much longer than its text
	for _, url := range slices.Compact(urls) {
		fmt.Fprintln(key, url)
	}
	return string(key.Sum(nil))
}

// sharedModelNames reports a copied name of a model, as chat-gpt4all-lora-q4 had that of chat-vicuna-7b-q4, unless the URL of a weight
// has that name.
func (r *services) sharedModelNames() {
	for _, field := range []string{"/modelInfo/weightsName", "/petals_id"} {
		name := func(s *service) string { return strings.ToLower(s.root.At(field).String()) }
		r.clashes(name, true, func(s *service, others string) {
			isNamed := func(w artifact.Artifact) bool { return strings.Contains(strings.ToLower(w.URL), name(s)) }
			if v := s.root.At(field); !slices.ContainsFunc(s.weights, isNamed) {
				s.report("manifest/model-name", valueOf(v),
					fmt.Sprintf("The model's name %s is also used by %s: it may have been copied", finding.Quote(v.String()), others), "")
			}
		})
	}
}

// companions are the files that the registry's generator reads beside a manifest (APP.md: "fails altogether when a manifest or its
// README.md is missing; a missing logo.svg gives a null icon").
var companions = []struct{ rule, name, cost string }{
	{"manifest/no-readme", "README.md", "the registry's generator fails and no service is published"},
	{"manifest/no-logo", "logo.svg", "the App shows the service without an icon"},
}

// missingFiles reports a missing README.md as an error only if most services have one, which indicates that the generator is in use. A
// file that all services lack is one finding.
func (r *services) missingFiles(entries []string) {
	files := map[string]bool{}
	for _, entry := range entries {
		files[entry] = true
	}
	for _, c := range companions {
		lacking := slices.DeleteFunc(slices.Clone(r.all), func(s *service) bool { return len(files) == 0 || files[path.Join(path.Dir(s.Path), c.name)] })
		reported := slices.DeleteFunc(slices.Clone(lacking), func(s *service) bool { return !r.inScope(s.Path) })
		beside := "the manifest"
		if len(lacking) == len(r.all) && len(reported) > 1 {
			reported = reported[:1]
			beside = fmt.Sprintf("any of the %d manifests", len(r.all))
		}
		for _, s := range reported {
			f := finding.New(c.rule, s.Path, "", s.root.Position(), fmt.Sprintf("No %s beside %s: %s", finding.Quote(c.name), beside, c.cost), "")
			if f.Severity == finding.Error && 2*len(lacking) >= len(r.all) {
				f.Severity = finding.Warning
			}
			s.findings.Add(f)
		}
	}
}
