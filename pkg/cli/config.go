package cli

import (
	"net/netip"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/minisign"
	"github.com/premAI-io/verify-manifests/pkg/publish"
	"github.com/premAI-io/verify-manifests/pkg/report"
	"github.com/premAI-io/verify-manifests/pkg/source"
)

// Config holds the inputs, read and validated. defaultConfig returns a usable one.
type Config struct {
	GitHubToken     string
	ConfigFile      string   // slash-separated, from the registry's root
	Registry        string   // a preset's name; "" for what the configuration file says
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
	ReportFile      string
	SARIFFile       string
	Shard           *report.Shard
	Plan            time.Duration // how long one runner may take; 0 is no plan
	PlanFile        string
	Merge           []string // globs of shard reports
	Concurrency     int      // files at a time
	Connections     int      // range requests at a time for one large file
	MaxFileSize     int64    // bytes
	StallTimeout    time.Duration
	Timeout         time.Duration
	AllowNetworks   []netip.Prefix

	isCommandLine bool // flags, not the Action's inputs

	given map[string]bool   // the inputs that were given: they win over the configuration file
	texts map[string]string // of all inputs
}

// defaultConfig returns the defaults of the inputs table, which are those of action.yml.
func defaultConfig() *Config {
	c := &Config{given: map[string]bool{}, texts: map[string]string{}}
	for _, in := range inputs {
		if c.texts[in.name] = in.value; in.value == "" {
			continue
		}
		if err := in.set(c, in.value); err != nil {
			panic("cli: the default of " + in.name + " can't be read: " + err.Error())
		}
	}
	return c
}

// selecting returns the inputs that select manifests.
func (c *Config) selecting() source.Inputs {
	return source.Inputs{ConfigFile: c.ConfigFile, IsRequired: c.given["config"], IsAnywhere: c.isCommandLine, Preset: c.Registry, Globs: c.Manifests, TrustedRoot: c.TrustedRoot}
}

// files returns the report files that were asked for.
func (c *Config) files() publish.Files {
	return publish.Files{Report: c.ReportFile, SARIF: c.SARIFFile}
}
