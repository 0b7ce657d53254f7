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
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// LintAll applies the rules to all manifests of the registry at one commit. entries are the paths of every file of the tree, with
// slashes, or nil if unknown. Findings are sorted, and only about manifests in scope; the other side of a clash need not be.
func (Registry) LintAll(all []*registry.Manifest, entries []string, inScope func(path string) bool) []finding.Finding {
	r := &services{inScope: inScope, advised: map[int]int{}}
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
	slices.SortFunc(r.findings, finding.Finding.Compare)
	return r.findings
}

type services struct {
	all      []*service
	inScope  func(path string) bool
	ports    [lastPort + 1]bool // used or suggested
	advised  map[int]int        // the last suggestion for a port in use
	findings []finding.Finding
}

func (r *services) report(rule string, s *service, at place, message, fix string) {
	r.findings = append(r.findings, finding.New(rule, s.Path, at.pointer, at.at, message, fix))
}

// clashes calls report for every service in scope whose value others have too, with their paths. With variants, the two variants of
// one service may share a value.
func (r *services) clashes(value func(*service) string, variants bool, report func(s *service, others string)) {
	byValue := map[string][]*service{}
	for _, s := range r.all {
		if v := value(s); v != "" {
			byValue[v] = append(byValue[v], s)
		}
	}
	for _, s := range r.all {
		if !r.inScope(s.Path) {
			continue
		}
		if others := s.others(byValue[value(s)], variants); others != "" {
			report(s, others)
		}
	}
}

// others lists the first services of a group that are not s, nor (with variants) its variant.
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
	return s.isDocker() != o.isDocker() && (sameFolder || base(s.id()) == base(o.id()))
}

func (s *service) id() string { return s.root.Get("id").String() }

// duplicateIDs ignores case, as the file systems of macOS do: the id names a folder (APP.md: "of two services with one id the first
// wins").
func (r *services) duplicateIDs() {
	r.clashes(func(s *service) string { return strings.ToLower(s.id()) }, false, func(s *service, others string) {
		r.report(ManifestDuplicateID, s, s.field("id"),
			fmt.Sprintf("The id %s is also used by %s: the App shows only one of them, and both share a folder", finding.Quote(s.id()), others), "")
	})
}

const lastPort = 65535

// externalPort is 0 if none or an invalid one is declared.
func (s *service) externalPort() int {
	n, ok := s.root.Get("defaultExternalPort").Integer()
	if !ok || n < 1 || n > lastPort {
		return 0
	}
	return int(n)
}

func portText(s *service) string {
	if port := s.externalPort(); port != 0 {
		return strconv.Itoa(port)
	}
	return ""
}

// duplicatePorts reports ports that several services have (APP.md: they "can't run together").
func (r *services) duplicatePorts() {
	r.clashes(portText, true, func(s *service, others string) {
		r.report(ManifestDuplicatePort, s, s.field("defaultExternalPort"),
			fmt.Sprintf("The port %d is also used by %s: they can't run at the same time", s.externalPort(), others), r.freePort(s))
	})
}

// freePort suggests a port that no service has, another one for each service.
func (r *services) freePort(s *service) string {
	taken := s.externalPort()
	n := max(taken, r.advised[taken]) + 1
	for n <= lastPort && r.ports[n] {
		n++
	}
	if n > lastPort {
		return ""
	}
	r.advised[taken] = n
	r.ports[n] = true
	if len(s.binaries) > 0 {
		return fmt.Sprintf("Use a free port, such as `\"defaultExternalPort\": %d` with `--port=%d` in `serveCommand`.", n, n)
	}
	return fmt.Sprintf("Use a free port, such as `\"defaultExternalPort\": %d`.", n)
}

// sharedWeights reports services whose weights are all the same, as a proposal for audio-to-text-whisper-tiny-cpp had those of
// embeddings-all-minilm-l6-v2-binary. Sharing one tokenizer is usual.
func (r *services) sharedWeights() {
	r.clashes((*service).weightsKey, true, func(s *service, others string) {
		r.report(ManifestSharedWeights, s, urlOf(s.weights[0]),
			fmt.Sprintf("All weights are also those of %s: their URLs may have been copied", others), "")
	})
}

// sharedModelNames reports a copied name of a model, as chat-gpt4all-lora-q4 had that of chat-vicuna-7b-q4, unless the service's files
// have that name.
func (r *services) sharedModelNames() {
	for _, field := range []string{"/modelInfo/weightsName", "/petals_id"} {
		name := func(s *service) *document.Value { return s.root.At(field) }
		r.clashes(func(s *service) string { return strings.ToLower(name(s).String()) }, true, func(s *service, others string) {
			if v := name(s); !s.hasWeightCalled(v.String()) {
				r.report(ManifestModelName, s, valueOf(v),
					fmt.Sprintf("The model's name %s is also used by %s: it may have been copied", finding.Quote(v.String()), others), "")
			}
		})
	}
}

// hasWeightCalled reports whether the URL of a weight contains a name.
func (s *service) hasWeightCalled(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(s.weights, func(w artifact.Artifact) bool { return strings.Contains(strings.ToLower(w.URL), name) })
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
	key := sha256.New() // a hostile manifest's URLs are much longer than its text
	for _, url := range slices.Compact(urls) {
		fmt.Fprintln(key, url)
	}
	return string(key.Sum(nil))
}

// companions are the files that the registry's generator reads beside a manifest (APP.md: "fails altogether when a manifest or its
// README.md is missing; a missing logo.svg gives a null icon").
var companions = []struct{ rule, name, cost string }{
	{ManifestNoReadme, "README.md", "the registry's generator fails and no service is published"},
	{ManifestNoLogo, "logo.svg", "the App shows the service without an icon"},
}

// missingFiles reports a missing README.md as an error only if most services have one, which shows that the generator is in use. A file
// that all services lack is one finding.
func (r *services) missingFiles(entries []string) {
	if len(entries) == 0 {
		return
	}
	files := map[string]bool{}
	for _, entry := range entries {
		files[entry] = true
	}
	for _, c := range companions {
		lacking := slices.DeleteFunc(slices.Clone(r.all), func(s *service) bool { return files[path.Join(path.Dir(s.Path), c.name)] })
		reported := slices.DeleteFunc(slices.Clone(lacking), func(s *service) bool { return !r.inScope(s.Path) })
		message := fmt.Sprintf("No %s beside the manifest: %s", finding.Quote(c.name), c.cost)
		if len(lacking) == len(r.all) && len(reported) > 1 {
			reported = reported[:1]
			message = fmt.Sprintf("No %s beside any of the %d manifests: %s", finding.Quote(c.name), len(r.all), c.cost)
		}
		for _, s := range reported {
			r.report(c.rule, s, s.whole(), message, "")
			if last := &r.findings[len(r.findings)-1]; last.Severity == finding.Error && 2*len(lacking) >= len(r.all) {
				last.Severity = finding.Warning
			}
		}
	}
}
