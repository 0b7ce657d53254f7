// Package format identifies a file by its first bytes, ignoring its name and Content-Type.
package format

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// HeadSize is the most first bytes of a file that Sniff reads.
const HeadSize = 64 << 10

// Kind is a file format. The zero value is Data.
type Kind uint8

// The kinds.
const (
	Data Kind = iota // nothing that is known
	Empty
	HTML
	LFSPointer
	MachO
	ELF
	PE
	GGUF
	GGML
	Safetensors
	Pickle
	PickleZip
	Zip
	Tar
	Gzip
	Zstd
	Bzip2
	XZ
	Script
	JSON
	Text
)

// properties are what the rules ask of a kind.
type properties struct {
	name      string // in reports
	described string // in sentences
	archive   bool   // holds other files: can't be executed as it is
	safe      bool   // holds no code
	unsafe    bool   // can execute code when it is loaded
}

var kinds = [...]properties{
	Data:        {name: "data", described: "data of an unknown format"},
	Empty:       {name: "empty", described: "an empty file"},
	HTML:        {name: "html", described: "an HTML page"},
	LFSPointer:  {name: "git-lfs pointer", described: "a Git LFS pointer"},
	MachO:       {name: "mach-o", described: "a Mach-O"},
	ELF:         {name: "elf", described: "an ELF"},
	PE:          {name: "pe", described: "a Windows"},
	GGUF:        {name: "gguf", described: "a gguf model", safe: true},
	GGML:        {name: "ggml", described: "a ggml model"},
	Safetensors: {name: "safetensors", described: "a safetensors model", safe: true},
	Pickle:      {name: "pickle", described: "a pickle", unsafe: true},
	PickleZip:   {name: "pickle in zip", described: "a pickle in a zip archive", unsafe: true},
	Zip:         {name: "zip", described: "a zip archive", archive: true},
	Tar:         {name: "tar", described: "a tar archive", archive: true},
	Gzip:        {name: "gzip", described: "a gzip archive", archive: true},
	Zstd:        {name: "zstd", described: "a zstd archive", archive: true},
	Bzip2:       {name: "bzip2", described: "a bzip2 archive", archive: true},
	XZ:          {name: "xz", described: "an xz archive", archive: true},
	Script:      {name: "script", described: "a script", unsafe: true},
	JSON:        {name: "json", described: "a JSON text"},
	Text:        {name: "text", described: "a text"},
}

// Format is what Sniff found.
type Format struct {
	Kind Kind
	// Architectures of an executable, as LLVM names them ("arm64", "x86_64"); several in a universal Mach-O.
	Architectures []string
	universal     bool
	title         string        // of an HTML page, hostile
	interpreter   string        // of a script, hostile
	oid           digest.Digest // of a Git LFS pointer
	size          int64         // of a Git LFS pointer
	also          string        // what a model may be too that executes code, as a sentence calls it
}

// detailLimit bounds outside text in a format's name, in runes.
const detailLimit = 60

// String returns the name that reports use: "mach-o arm64", "gguf", "script /bin/sh".
func (f Format) String() string {
	words := []string{kinds[f.Kind].name}
	if f.universal {
		words = append(words, "universal")
	}
	if len(f.Architectures) > 0 {
		words = append(words, strings.Join(f.Architectures, "+"))
	}
	if f.interpreter != "" {
		words = append(words, finding.Clean(finding.Shorten(f.interpreter, detailLimit)))
	}
	return strings.Join(words, " ")
}

// Describe returns the file's description for a sentence: "an HTML page titled `Sign in`".
func (f Format) Describe() string {
	described := kinds[f.Kind].described
	switch {
	case f.also != "":
		return described + " that can also be read as " + f.also
	case f.title != "":
		return described + " titled " + finding.Quote(f.title)
	case f.Kind == LFSPointer:
		return fmt.Sprintf("%s to %s of %s bytes", described, finding.Quote(f.oid.String()), humanize.Comma(f.size))
	case f.interpreter != "":
		return described + " for " + finding.Quote(f.interpreter)
	case f.executable():
		return described + " " + strings.TrimSpace(f.architectures()+" executable")
	}
	return described
}

func (f Format) architectures() string {
	words := strings.Join(f.Architectures, " and ")
	if f.universal {
		return "universal (" + words + ")"
	}
	return words
}

// LFS returns the digest and size of the file that a Git LFS pointer stands for.
func (f Format) LFS() (oid digest.Digest, size int64, ok bool) {
	return f.oid, f.size, f.Kind == LFSPointer
}

// Safe reports whether the format is one for weights that contains no code, and the file can't be read as another one that does. It
// does not validate the file.
func (f Format) Safe() bool { return kinds[f.Kind].safe && f.also == "" }

// Ambiguous reports whether the file is of a safe format by its first bytes, and can also be read as something that executes
// code.
func (f Format) Ambiguous() bool { return f.also != "" }

// Unsafe reports whether loading the file can execute code of its author's choice.
func (f Format) Unsafe() bool { return kinds[f.Kind].unsafe }

// Archive reports whether the file contains others and can't be executed as it is.
func (f Format) Archive() bool { return kinds[f.Kind].archive }

// NotExecutable reports whether the file is of a known format that no operating system executes.
func (f Format) NotExecutable() bool {
	return !f.executable() && f.Kind != Script && f.Kind != Data
}

func (f Format) executable() bool { return f.Kind == MachO || f.Kind == ELF || f.Kind == PE }

// architectureNames maps the first part of a target triple to the name in Format.Architectures.
var architectureNames = map[string]string{
	"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64", "i686": "i386", "armv7": "arm",
}

// RunsOn reports whether an executable is one for a target triple such as "aarch64-apple-darwin". known is
// false if the format or the triple is unknown.
func (f Format) RunsOn(triple string) (ok, known bool) {
	want := platformKind(triple)
	switch {
	case f.Kind == Script:
		return want == MachO || want == ELF, want != Data
	case !f.executable() || want == Data:
		return false, false
	case f.Kind != want:
		return false, true
	}
	first, _, _ := strings.Cut(triple, "-")
	if first == "universal" {
		return f.universal, true
	}
	name, known := architectureNames[first]
	return slices.Contains(f.Architectures, name), known
}

// platformKind returns the executable format of a triple's operating system, Data for an unknown one.
func platformKind(triple string) Kind {
	for part, kind := range map[string]Kind{"darwin": MachO, "linux": ELF, "windows": PE} {
		if slices.Contains(strings.Split(triple, "-"), part) {
			return kind
		}
	}
	return Data
}
