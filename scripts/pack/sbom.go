package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

// The parts of CycloneDX 1.6 that a Go program needs: https://cyclonedx.org/docs/1.6/json.
type (
	bom struct {
		Schema       string       `json:"$schema"`
		Format       string       `json:"bomFormat"`
		SpecVersion  string       `json:"specVersion"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version"`
		Hashes     []hash     `json:"hashes,omitempty"`
		PURL       string     `json:"purl"`
		Properties []property `json:"properties,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn"`
	}
)

// sbom lists the modules of a binary, and the standard library that it is linked with.
func (b *binary) sbom() []byte {
	main := moduleComponent("application", &b.Main)
	main.PURL += "?goos=" + b.os + "&goarch=" + b.arch
	main.Ref = main.PURL
	main.Hashes = []hash{{"SHA-256", fmt.Sprintf("%x", sha256.Sum256(b.body))}}
	main.Properties = []property{{"vcs.revision", b.commit}, {"go.version", b.GoVersion}}
	modules := []component{moduleComponent("library", &debug.Module{Path: "stdlib", Version: strings.TrimPrefix(b.GoVersion, "go")})}
	for _, m := range b.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		modules = append(modules, moduleComponent("library", m))
	}
	needs := dependency{Ref: main.Ref}
	for _, m := range modules {
		needs.DependsOn = append(needs.DependsOn, m.Ref)
	}
	text, _ := json.MarshalIndent(bom{ // fails for no value of these types
		Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata:   metadata{b.time.UTC().Format(time.RFC3339), main},
		Components: modules, Dependencies: []dependency{needs},
	}, "", "  ")
	return append(text, '\n')
}

func moduleComponent(kind string, m *debug.Module) component {
	purl := "pkg:golang/" + m.Path + "@" + m.Version
	c := component{Type: kind, Ref: purl, Name: m.Path, Version: m.Version, PURL: purl}
	if m.Sum != "" {
		c.Properties = []property{{"go.sum", m.Sum}}
	}
	return c
}
