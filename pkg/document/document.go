// Package document reads manifests in JSON, YAML and TOML as one tree of values with positions. It reads strictly: a text that two
// common parsers read differently is an error, since another program will read the same bytes.
package document

import (
	"cmp"
	"path"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// The bounds of a manifest.
const (
	DefaultMaxSize = 1 << 20 // bytes
	MaxDepth       = 64      // nested objects and arrays, including the root
	MaxName        = 1024    // bytes of a member's name; a weight's path is one, and PATH_MAX of macOS is 1,024
	MaxPath        = 4096    // bytes of all names that lead to a value: each finding repeats them
)

// maxValues bounds the values of a text, with aliases resolved. Real manifests have at most one value in ten bytes.
func maxValues(size int) int { return 64*(size>>10) + 100_000 }

// Syntax is a language of manifests. The zero Syntax is detected from the file's extension.
type Syntax string

// The syntaxes.
const (
	JSON Syntax = "json"
	YAML Syntax = "yaml"
	TOML Syntax = "toml"
)

// syntaxes maps file extensions; other files are JSON.
var syntaxes = map[string]Syntax{".yaml": YAML, ".yml": YAML, ".toml": TOML}

// Document is one document of a manifest. A YAML file can have several.
type Document struct {
	Path   string // of the manifest, slash-separated
	Index  int    // in the stream, from 0
	Syntax Syntax
	Share  int // bytes of the manifest for each of its documents
	Root   *Value
}

// Options configure how a manifest is read. The zero Options read up to DefaultMaxSize bytes and detect the syntax.
type Options struct {
	Syntax  Syntax
	MaxSize int // bytes
}

// Read reads a manifest, whose name in findings is its path. It returns documents or the findings (json/*, yaml/*, toml/*) that explain
// why the text can't be read, never both.
func Read(name string, text []byte, o Options) ([]*Document, []finding.Finding) {
	syntax := cmp.Or(o.Syntax, syntaxes[strings.ToLower(path.Ext(name))], JSON)
	r := &reader{syntax: syntax, path: name, text: text, cursor: newCursor(text), maxValues: maxValues(len(text))}
	documents := r.read(cmp.Or(o.MaxSize, DefaultMaxSize))
	if findings := r.findings.Findings(); len(findings) > 0 {
		return nil, findings
	}
	for _, d := range documents {
		d.Path, d.Syntax, d.Share = name, syntax, len(text)/len(documents)
	}
	return documents, nil
}

// Finding returns a finding about a value of the document, at its first character.
func (d *Document) Finding(rule string, at *Value, message, fix string) finding.Finding {
	f := finding.New(rule, d.Path, at.Pointer(), at.Position(), message, fix)
	f.Document = d.Index
	return f
}
