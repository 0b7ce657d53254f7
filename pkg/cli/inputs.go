package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Config holds the inputs, read and validated. defaultConfig returns a usable one.
type Config struct {
	GitHubToken     string
	ConfigFile      string   // slash-separated, from the registry's root
	Registry        string   // a preset's name; "" for the configuration file's
	Manifests       []string // globs; one that begins with "!" excludes; nil for the registry's own
	Scope           string   // scopeAuto or one of source's
	MissingChecksum string   // "error", "warning", "notice" or "off"
	TrustedURLs     []string // globs; empty: the repository owner's own
	FailOn          string   // "error", "warning" or "never"
	Mode            string   // "full", "fast" or "offline"
	PublicKeys      []minisign.PublicKey
	TrustedRoot     string // a file
	Comment         string // "always", "on-failure" or "never"
	Annotations     bool
	DriftIssue      bool
	StateFile       string
	Files           publish.Files
	Shard           *report.Shard
	Plan            time.Duration // target time of one runner; 0 for no plan
	PlanFile        string
	Merge           []string // globs of shard reports
	Concurrency     int      // files at a time
	Connections     int      // range requests at a time for one large file
	MaxFileSize     int64    // bytes
	StallTimeout    time.Duration
	Timeout         time.Duration
	AllowNetworks   []netip.Prefix

	isCommandLine bool // flags, not the Action's inputs

	inputs []input
	given  map[string]bool   // the inputs that were given: they win over the configuration file
	texts  map[string]string // of all inputs
}

// group selects the commands that take an input as a flag.
type group uint8

const (
	selecting   group = 1 << iota // which manifests, and by which policy
	network                       // how to download
	outputting                    // what to write, and when to fail
	publishing                    // what to publish on GitHub
	describing                    // which registry it is
	downloading                   // what a download needs, other than the mode
	deciding                      // must be equal in a plan and its shards
)

// input is one input of the Action and the flag of the same name on the command line.
type input struct {
	name  string
	value string // the default, as in action.yml
	group group
	help  string
	setter
}

// setter reads text into a Config. The error states what was expected; the caller names the input.
type setter struct {
	set  func(text string) error
	list bool // one item a line
}

// inputsOf is the table of inputs: flags, INPUT_* variables, defaults and help come from it, and a test compares action.yml with it.
func inputsOf(c *Config) []input {
	return []input{
		{"github-token", "", network | publishing | downloading, "token for GitHub's API", into(&c.GitHubToken, text)},
		{"config", source.ConfigFile, describing | deciding, "the configuration file, in the registry or elsewhere; by default this or .github/verify-manifests.yml", into(&c.ConfigFile, fileName)},
		{"registry", "", describing | deciding, "the preset that describes the manifests; empty: the configuration file's, else prem", into(&c.Registry, text)},
		{"manifests", "", selecting | deciding, "globs of the manifests, one a line; ! excludes; empty: the registry's own", list(&c.Manifests, glob)},
		{"scope", "auto", selecting | publishing | deciding, "auto, changed, entries or all", into(&c.Scope, oneOf(scopeAuto, source.ScopeChanged, source.ScopeEntries, source.ScopeAll))},
		{"missing-checksum", "warning", selecting | deciding, "how to report a missing checksum: error, warning, notice or off", into(&c.MissingChecksum, oneOf("error", "warning", "notice", "off"))},
		{"trusted-urls", "", selecting | downloading | deciding, "globs of URLs that need no checksum when they name a version, one a line; empty: the repository owner's release downloads", list(&c.TrustedURLs, glob)},
		{"fail-on", "error", outputting, "exit with 1 at this severity or worse: error, warning or never", into(&c.FailOn, oneOf("error", "warning", "never"))},
		{"mode", "full", selecting | network | deciding, "full downloads every byte; fast accepts the digest that the host itself publishes; offline contacts no host", into(&c.Mode, oneOf(modeFull, modeFast, modeOffline))},
		{"public-keys", "", selecting | downloading | deciding, "minisign public keys, one a line", list(&c.PublicKeys, minisign.ParseKey)},
		{"trusted-root", "", selecting | downloading | deciding, "a Sigstore trusted_root.json, or several as JSON lines, instead of the built-in one", into(&c.TrustedRoot, fileName)},
		{"comment", "always", publishing, "comment on the pull request: always, on-failure or never", into(&c.Comment, oneOf("always", "on-failure", "never"))},
		{"annotations", "true", publishing, "annotate the lines of the diff", into(&c.Annotations, boolean)},
		{"drift-issue", "false", publishing, "keep one issue about drift, on schedule and workflow_dispatch", into(&c.DriftIssue, boolean)},
		{"state-file", "", selecting | outputting, "baseline and cache of earlier scans", into(&c.StateFile, fileName)},
		{"report-file", "", outputting, "where to write the report as JSON", into(&c.Files.Report, fileName)},
		{"sarif-file", "", outputting, "where to write the report as SARIF", into(&c.Files.SARIF, fileName)},
		{"shard", "", selecting, "this runner's shard, such as 2/4", into(&c.Shard, optional(shard))},
		{"plan", "", selecting, "target time per runner, such as 2h: print the number of shards instead of verifying", into(&c.Plan, optional(duration))},
		{"plan-file", "", outputting, "the plan: written with plan, read by shards and by merge", into(&c.PlanFile, fileName)},
		{"merge", "", publishing, "globs of shard reports to merge and publish instead of verifying, one a line", list(&c.Merge, glob)},
		{"concurrency", "8", network | downloading, "files at a time", into(&c.Concurrency, between(1, 256))},
		{"connections", "8", network | downloading, "range requests at a time for one large file", into(&c.Connections, between(1, 64))},
		{"max-file-size", "100GB", network | downloading | deciding, "refuse larger files", into(&c.MaxFileSize, size)},
		{"stall-timeout", "60s", network | downloading, "longest time without progress", into(&c.StallTimeout, duration)},
		{"timeout", "5h", network | downloading, "longest time for the whole run", into(&c.Timeout, duration)},
		{"allow-networks", "", network | downloading, "CIDRs of private networks that may be contacted, one a line", list(&c.AllowNetworks, cidr)},
	}
}

// The modes.
const (
	modeFull    = "full"    // every byte is read
	modeFast    = "fast"    // a digest published by the host, or an unchanged validator, suffices
	modeOffline = "offline" // no host is contacted
)

// into makes a setter of a value from a reader of its type.
func into[T any](value *T, read func(string) (T, error)) setter {
	return setter{set: func(s string) error {
		item, err := read(s)
		if err == nil {
			*value = item
		}
		return err
	}}
}

// list makes a setter of values from a reader of one. It ignores blank lines and white space around an item.
func list[T any](values *[]T, read func(string) (T, error)) setter {
	s := into(values, func(s string) ([]T, error) {
		var items []T
		for line := range strings.Lines(s) {
			line = strings.TrimSpace(line)
			if line == "" {
				continue
			}
			item, err := read(line)
			if err != nil {
				return nil, fmt.Errorf("line %s: %w", finding.Quote(line), err)
			}
			items = append(items, item)
		}
		return items, nil
	})
	s.list = true
	return s
}

// read sets an input from text; the error names it and quotes the text.
func (c *Config) read(in input, s string) error {
	c.given[in.name] = s != in.value // the runner passes defaults too
	c.texts[in.name] = s
	if err := in.set(s); err != nil {
		return usageError{Err: fmt.Errorf("input %s is %s: %w", in.name, finding.Quote(s), err)}
	}
	return nil
}

func text(s string) (string, error) { return s, nil }

func fileName(s string) (string, error) {
	if strings.ContainsAny(s, "\r\n\x00") {
		return "", errors.New("expected a file name without a line break")
	}
	return s, nil
}

func boolean(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("expected true or false")
}

func oneOf(values ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if slices.Contains(values, s) {
			return s, nil
		}
		return "", errors.New("expected " + english.WordSeries(values, "or"))
	}
}

func between(least, most int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("expected a whole number from %d to %d", least, most)
		}
		return n, nil
	}
}

func size(s string) (int64, error) {
	n, err := humanize.ParseBytes(s)
	if err != nil || n == 0 || n > 1<<62 {
		return 0, errors.New("expected a size such as 500MB, 1GiB or 100GB")
	}
	return int64(n), nil
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, errors.New("expected a duration such as 90s, 30m or 5h")
	}
	return d, nil
}

// optional reads "" as the zero value.
func optional[T any](read func(string) (T, error)) func(string) (T, error) {
	return func(s string) (value T, err error) {
		if s == "" {
			return value, nil
		}
		return read(s)
	}
}

func shard(s string) (*report.Shard, error) {
	left, right, _ := strings.Cut(s, "/")
	index, err1 := strconv.Atoi(left)
	count, err2 := strconv.Atoi(right)
	if cmp.Or(err1, err2) != nil || index < 1 || index > count || count > verify.MaxShards {
		return nil, errors.New("expected a shard and a total from 1 to 256, such as 2/4")
	}
	return &report.Shard{Index: index, Count: count}, nil
}

func glob(s string) (string, error) {
	if !doublestar.ValidatePattern(strings.TrimPrefix(s, "!")) {
		return "", fmt.Errorf("invalid glob %s", finding.Quote(s))
	}
	return s, nil
}

func cidr(s string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return prefix, errors.New("expected a network such as 10.0.0.0/8 or fd00::/8")
	}
	return prefix.Masked(), nil
}

// defaultConfig returns the defaults of the inputs table, which are those of action.yml.
func defaultConfig() *Config {
	c := &Config{given: map[string]bool{}, texts: map[string]string{}}
	c.inputs = inputsOf(c)
	for _, in := range c.inputs {
		if c.texts[in.name] = in.value; in.value == "" {
			continue
		}
		if err := in.set(in.value); err != nil {
			panic("cli: the default of " + in.name + " can't be read: " + err.Error())
		}
	}
	return c
}

// selecting returns the inputs that select manifests.
func (c *Config) selecting() source.Inputs {
	return source.Inputs{ConfigFile: c.ConfigFile, IsRequired: c.given["config"], IsAnywhere: c.isCommandLine, Preset: c.Registry, Globs: c.Manifests, TrustedRoot: c.TrustedRoot}
}
