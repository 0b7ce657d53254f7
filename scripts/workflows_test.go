package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// runtimes are the actions that workflows and recipes may use, and the first major version of each that needs no retired
// runtime: the first on node24, or for one that is no JavaScript the first that uses no other.
var runtimes = map[string]int{
	"actions/attest-build-provenance":     4,
	"actions/cache/restore":               5,
	"actions/cache/save":                  5,
	"actions/checkout":                    5,
	"actions/deploy-pages":                5,
	"actions/download-artifact":           7,
	"actions/setup-go":                    6,
	"actions/upload-artifact":             6,
	"actions/upload-pages-artifact":       5,
	"github/codeql-action/analyze":        4,
	"github/codeql-action/init":           4,
	"github/codeql-action/upload-sarif":   4,
	"ossf/scorecard-action":               2,
	"sigstore/cosign-installer":           4,
	"premAI-io/verify-manifests":          0, // by the branch of a major version, which is what users write
	"premAI-io/verify-manifests/checksum": 0,
}

// yamlFile is a workflow, a recipe or an action, and its text.
type yamlFile struct {
	name, text string
	isOurs     bool // it runs here, and is no recipe
}

func yamlFiles(t *testing.T) []yamlFile {
	t.Helper()
	var all []yamlFile
	for _, pattern := range []string{"../.github/workflows/*.yml", "../docs/recipes/*.yml", "../action.yml", "../checksum/action.yml"} {
		names, _ := filepath.Glob(pattern)
		if len(names) == 0 {
			t.Fatalf("there is no %s", pattern)
		}
		for _, name := range names {
			all = append(all, yamlFile{name, contents(t, name), !strings.Contains(name, "recipes")})
		}
	}
	return all
}

func contents(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

var (
	uses   = regexp.MustCompile(`(?m)^ *(?:- )?uses: *(.*)$`)
	pinned = regexp.MustCompile(`^([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # v(\d+)\.\d+\.\d+$`)
	own    = regexp.MustCompile(`^(\./[\w]*|premAI-io/verify-manifests(/checksum)?@v1)$`)
)

// problemsOfActions returns what is wrong with how a file names actions; commits holds the one commit of each, with its version.
func problemsOfActions(f yamlFile, commits map[string]string) (problems []string) {
	for _, match := range uses.FindAllStringSubmatch(f.text, -1) {
		line := match[1]
		if own.MatchString(line) {
			continue
		}
		parts := pinned.FindStringSubmatch(line)
		if parts == nil {
			problems = append(problems, line+" is no commit with its version beside it")
			continue
		}
		repository := strings.Join(strings.Split(parts[1], "/")[:2], "/")
		first, known := runtimes[parts[1]]
		major, _ := strconv.Atoi(parts[3])
		at := strings.TrimPrefix(line, parts[1])
		switch {
		case !known:
			problems = append(problems, parts[1]+" is not in the table: look up on which runtime it runs")
		case major < first:
			problems = append(problems, line+" runs on a retired runtime")
		case commits[repository] != "" && commits[repository] != at:
			problems = append(problems, line+" is another commit than elsewhere: "+commits[repository])
		}
		commits[repository] = at
	}
	return problems
}

func TestEveryActionIsACommitOnALivingRuntime(t *testing.T) {
	commits := map[string]string{}
	for _, f := range yamlFiles(t) {
		for _, problem := range problemsOfActions(f, commits) {
			t.Errorf("%s: %s", f.name, problem)
		}
	}
}

// job is what a job has to be careful about.
type job struct {
	Permissions map[string]string
	Timeout     int `yaml:"timeout-minutes"`
	Environment any
	Steps       []struct {
		Uses, Run string
		With      map[string]string
	}
}

type workflow struct {
	On          any
	Permissions map[string]string
	Concurrency map[string]any
	Jobs        map[string]job
}

var writes = regexp.MustCompile(`(?m)^ +[a-z-]+: write$`)

// problems returns what is wrong with a workflow besides its actions.
func (f yamlFile) problems() (problems []string) {
	var w workflow
	if err := yaml.Unmarshal([]byte(f.text), &w); err != nil {
		return []string{err.Error()}
	}
	if w.Permissions == nil || len(w.Permissions) > 0 || w.Concurrency["group"] == nil {
		problems = append(problems, "the workflow itself has permissions, or no concurrency group")
	}
	if f.isOurs && writes.MatchString(f.text) {
		problems = append(problems, "a permission to write does not say what for: "+writes.FindString(f.text))
	}
	for name, j := range w.Jobs {
		for _, problem := range j.problems(f.isOurs) {
			problems = append(problems, "job "+name+": "+problem)
		}
	}
	return problems
}

func (j job) problems(isOurs bool) (problems []string) {
	demand := func(holds bool, otherwise string) {
		if !holds {
			problems = append(problems, otherwise)
		}
	}
	demand(j.Permissions != nil && j.Timeout > 0, "no permissions, or no timeout-minutes")
	demand(!isOurs || j.Environment != nil || j.Permissions["packages"] != "write" && j.Permissions["attestations"] != "write", "it publishes outside of an environment")
	for _, step := range j.Steps {
		demand(!strings.Contains(step.Run, "${{"), "an expression in a script, where a name can be a command: pass it by env")
		demand(!strings.HasPrefix(step.Uses, "actions/checkout@") || step.With["persist-credentials"] == "false", "a checkout leaves the token behind")
		if isOurs && strings.HasPrefix(step.Uses, "actions/setup-go@") {
			demand(step.With["go-version-file"] == "go.mod" && step.With["go-version"] == "", "another Go than go.mod's")
			demand(j.Permissions["id-token"] != "write" || step.With["cache"] == "false", "a cache, which another run can fill, goes into what is signed")
		}
	}
	return problems
}

func TestWorkflowsAskForLittle(t *testing.T) {
	for _, f := range yamlFiles(t) {
		if strings.HasSuffix(f.name, "action.yml") {
			continue
		}
		for _, problem := range f.problems() {
			t.Errorf("%s: %s", f.name, problem)
		}
	}
}

// TestTheRulesForWorkflowsFindWhatBreaksThem breaks each rule once.
func TestTheRulesForWorkflowsFindWhatBreaksThem(t *testing.T) {
	good := contents(t, "../.github/workflows/image.yml")
	for what, c := range map[string]struct{ from, to, want string }{
		"a tag":                 {"actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "actions/checkout@v6", "no commit"},
		"no version":            {"dd # v6.0.2", "dd", "no commit"},
		"an old runtime":        {"dd # v6.0.2", "dd # v4.0.2", "retired"},
		"an unknown action":     {"actions/checkout@", "someone/checkout@", "not in the table"},
		"another commit":        {"uses: sigstore/cosign-installer@faadad0cce49287aee09b3a48701e75088a2c6ad # v4.0.0", "uses: actions/checkout@faadad0cce49287aee09b3a48701e75088a2c6ad # v6.0.3", "another commit"},
		"permissions for all":   {"permissions: {}", "permissions: {contents: read}", "itself has permissions"},
		"no concurrency":        {"concurrency:", "defaults:", "no concurrency"},
		"no reason":             {"packages: write # the image", "packages: write", "what for"},
		"no timeout":            {"    timeout-minutes: 20\n", "", "timeout"},
		"no environment":        {"    environment: release\n", "", "environment"},
		"an expression in bash": {"scripts/image.sh \"$VERSION\"", "scripts/image.sh ${{ inputs.version }}", "expression"},
		"a token left behind":   {"          persist-credentials: false\n", "", "token"},
		"another Go":            {"go-version-file: go.mod", "go-version: stable", "another Go"},
		"a cache":               {"          cache: false # nothing that another run left behind goes into a release\n", "", "cache"},
	} {
		broken := yamlFile{"broken", strings.ReplaceAll(good, c.from, c.to), true}
		problems := strings.Join(append(broken.problems(), problemsOfActions(broken, map[string]string{})...), "\n")
		if broken.text == good || !strings.Contains(problems, c.want) {
			t.Errorf("%s: want %q, got %q", what, c.want, problems)
		}
	}
}

// TestThereIsOneGo holds the Dockerfile to the toolchain line, and the scripts of a release take theirs from it.
func TestThereIsOneGo(t *testing.T) {
	toolchain := regexp.MustCompile(`(?m)^toolchain go([\d.]+)$`).FindStringSubmatch(contents(t, "../go.mod"))
	image := regexp.MustCompile(`(?m)^ARG GO_IMAGE=golang:([\d.]+)-bookworm$`).FindStringSubmatch(contents(t, "../Dockerfile"))
	if toolchain == nil || image == nil || toolchain[1] != image[1] {
		t.Errorf("go.mod has the toolchain %v, and the Dockerfile the image %v", toolchain, image)
	}
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}\n$`).MatchString(contents(t, "go-image.digest")) {
		t.Error("go-image.digest is no digest")
	}
	if !regexp.MustCompile(`(?m)^defaultBaseImage: \S+@sha256:[0-9a-f]{64}$`).MatchString(contents(t, "../.ko.yaml")) {
		t.Error(".ko.yaml names its base without a digest")
	}
}

// TestEachToolHasOneVersion reads every "go run tool@version" and "go install tool@version" of scripts and workflows.
func TestEachToolHasOneVersion(t *testing.T) {
	out, err := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard", "--full-name", "..").Output()
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, name := range strings.Fields(string(out)) {
		if !slices.Contains([]string{".sh", ".yml"}, filepath.Ext(name)) && name != ".ci/run" {
			continue
		}
		for _, match := range regexp.MustCompile(`go (?:run|install) ((?:[\w-]+\.)+\w+/\S+)@([^\s)"}]+)`).FindAllStringSubmatch(contents(t, "../"+name), -1) {
			tool, version := match[1], match[2]
			if strings.HasPrefix(tool, "github.com/premAI-io/") {
				continue
			}
			if !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(version) || versions[tool] != "" && versions[tool] != version {
				t.Errorf("%s: %s@%s, and elsewhere %q", name, tool, version, versions[tool])
			}
			versions[tool] = version
		}
	}
	if len(versions) < 4 {
		t.Errorf("only %d tools were found", len(versions))
	}
}
