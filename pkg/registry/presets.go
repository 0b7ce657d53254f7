package registry

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

//go:embed presets/*.yaml
var presets embed.FS

// Default is the preset of registries without a configuration.
const Default = "prem"

// Presets returns the names of all presets, sorted.
func Presets() []string {
	var names []string
	entries, _ := presets.ReadDir("presets") // embedded: it is there
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// rules is the line that only a preset may have: the name of the package that adds rules.
var rules = regexp.MustCompile(`(?m)^rules:.*\n`)

// PresetText returns a preset's description, to start one's own from.
func PresetText(name string) ([]byte, error) {
	text, err := presetText(name)
	return rules.ReplaceAll(text, nil), err
}

func presetText(name string) ([]byte, error) {
	text, err := presets.ReadFile(path.Join("presets", name+".yaml"))
	if err != nil || strings.ContainsAny(name, "/.") {
		suggestion := ""
		if meant := finding.Nearest(name, Presets()); meant != "" {
			suggestion = " (did you mean " + finding.Quote(meant) + "?)"
		}
		return nil, fmt.Errorf("unknown preset %s%s: the presets are %s", finding.Quote(name), suggestion, strings.Join(Presets(), ", "))
	}
	return text, nil
}

// Preset returns the registry that a preset describes.
func Preset(name string) (*Registry, error) { return preset(name, nil) }

// preset reads a preset, with a base for its entries unless that is nil.
func preset(name string, base *string) (*Registry, error) {
	text, err := presetText(name)
	if err != nil {
		return nil, err
	}
	documents, findings := document.Read(name+".yaml", text, document.Options{})
	if len(documents) != 1 {
		panic(fmt.Sprintf("registry: the preset %s can't be read: %v", name, findings))
	}
	p := &parser{Decoder: document.Decoder{File: name + ".yaml"}, isPreset: true}
	r := p.registry(documents[0].Root, base)
	if err := p.Err(); err != nil {
		panic(fmt.Sprintf("registry: the preset %s: %v", name, err))
	}
	r.Name = name
	return r, nil
}
