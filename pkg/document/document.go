// Package document reads manifests, in JSON and in YAML, as one tree of values with their positions: strictly, since another
// parser will read the same bytes, and with every value's place, since whoever has to fix one needs the line.
package document

import (
	"fmt"
	"path"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// The bounds of a manifest.
const (
	DefaultMaxSize = 1 << 20 // bytes, where a registry says nothing else
	MaxDepth       = 64      // objects and arrays inside each other, the root being the first
	MaxName        = 1024    // bytes of a member's name; a weight's path is one, and macOS takes no longer path (PATH_MAX)
	MaxPath        = 4096    // bytes of all the names that lead to a value, since each finding repeats them
)

// maxValues bounds the values of a text, aliases followed: real manifests have one in ten bytes or more.
func maxValues(size int) int { return 64*(size>>10) + 100_000 }

const tooLargeFix = "Keep in the manifest what describes the files, and publish the rest as a file that it names; or split the manifest."

func tooLarge(maxSize int) string {
	return fmt.Sprintf("the manifest has more than %d bytes (%s), which are the most", maxSize, humanize.IBytes(uint64(maxSize)))
}

// Syntax is a language of manifests. The zero Syntax is the one that the file's name tells.
type Syntax string

// The syntaxes.
const (
	JSON Syntax = "json"
	YAML Syntax = "yaml"
	TOML Syntax = "toml"
)

// SyntaxOf returns the syntax of a file by its name: YAML for .yaml and .yml, TOML for .toml, else JSON.
func SyntaxOf(name string) Syntax {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml":
		return YAML
	case ".toml":
		return TOML
	}
	return JSON
}

// Document is one document of a manifest: JSON has one, a YAML stream any number.
type Document struct {
	Path   string // of the manifest, slash-separated
	Index  int    // in the stream, from 0
	Syntax Syntax
	Share  int // bytes of the manifest for each of its documents
	Root   *Value
}

// Options say how a manifest is read. The zero Options read up to DefaultMaxSize bytes in the syntax that the name tells.
type Options struct {
	Syntax  Syntax
	MaxSize int // bytes
}

// Read reads a manifest, whose path names it in findings. A text that can't be read strictly gives no document and the
// findings that say why (json/*, yaml/*).
func Read(path string, text []byte, o Options) ([]*Document, []finding.Finding) {
	if o.MaxSize == 0 {
		o.MaxSize = DefaultMaxSize
	}
	if o.Syntax == "" {
		o.Syntax = SyntaxOf(path)
	}
	if o.Syntax == YAML {
		return readYAML(path, text, o.MaxSize)
	}
	read, syntax := readJSON, JSON
	if o.Syntax == TOML {
		read, syntax = readTOML, TOML
	}
	root, findings := read(path, text, o.MaxSize)
	if root == nil {
		return nil, findings
	}
	return []*Document{{Path: path, Syntax: syntax, Share: len(text), Root: root}}, nil
}

// Finding returns a finding about a value of the document, at its first character.
func (d *Document) Finding(rule string, at *Value, message, fix string) finding.Finding {
	f := finding.New(rule, d.Path, at.Pointer(), at.Position(), message, fix)
	f.Document = d.Index
	return f
}
