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

// HeadSize is how many first bytes of a file Sniff needs.
const HeadSize = 64 << 10

// Kind is a file format. The zero value is Data.
type Kind uint8

// The kinds.
const (
	Data Kind = iota // unknown
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

// property is a bit that a rule asks for.
type property uint8

const (
	safe       property = 1 << iota // contains no code
	unsafe                          // can execute code when it is loaded
	executable                      // is executed by an operating system
)

var kinds = [...]struct {
	name       string // in reports
	described  string // in sentences
	properties property
}{
	Data:        {"data", "data of an unknown format", 0},
	Empty:       {"empty", "an empty file", 0},
	HTML:        {"html", "an HTML page", 0},
	LFSPointer:  {"git-lfs pointer", "a Git LFS pointer", 0},
	MachO:       {"mach-o", "a Mach-O", executable},
	ELF:         {"elf", "an ELF", executable},
	PE:          {"pe", "a Windows", executable},
	GGUF:        {"gguf", "a gguf model", safe},
	GGML:        {"ggml", "a ggml model", 0},
	Safetensors: {"safetensors", "a safetensors model", safe},
	Pickle:      {"pickle", "a pickle", unsafe},
	PickleZip:   {"pickle in zip", "a pickle in a zip archive", unsafe},
	Zip:         {"zip", "a zip archive", 0},
	Tar:         {"tar", "a tar archive", 0},
	Gzip:        {"gzip", "a gzip archive", 0},
	Zstd:        {"zstd", "a zstd archive", 0},
	Bzip2:       {"bzip2", "a bzip2 archive", 0},
	XZ:          {"xz", "an xz archive", 0},
	Script:      {"script", "a script", unsafe},
	JSON:        {"json", "a JSON text", 0},
	Text:        {"text", "a text", 0},
}

func (f Format) is(p property) bool { return kinds[f.Kind].properties&p != 0 }

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
	also          string        // the other format of an ambiguous model, for a sentence
}

// detailLimit bounds outside text in a format's name, in runes.
const detailLimit = 60

// String returns the name that reports use: "mach-o arm64", "gguf", "script /bin/sh".
func (f Format) String() string {
	name := kinds[f.Kind].name
	if f.universal {
		name += " universal"
	}
	if len(f.Architectures) > 0 {
		name += " " + strings.Join(f.Architectures, "+")
	}
	if f.interpreter != "" {
		name += " " + finding.Clean(finding.Shorten(f.interpreter, detailLimit))
	}
	return name
}

// Describe returns the file's description for a sentence: "an HTML page titled `Sign in`".
func (f Format) Describe() string {
	described := kinds[f.Kind].described
	architectures := strings.Join(f.Architectures, " and ")
	switch {
	case f.also != "":
		return described + " that can also be read as " + f.also
	case f.title != "":
		return described + " titled " + finding.Quote(f.title)
	case f.Kind == LFSPointer:
		return fmt.Sprintf("%s to %s of %s bytes", described, finding.Quote(f.oid.String()), humanize.Comma(f.size))
	case f.interpreter != "":
		return described + " for " + finding.Quote(f.interpreter)
	case f.universal:
		return fmt.Sprintf("%s universal (%s) executable", described, architectures)
	case architectures != "":
		return described + " " + architectures + " executable"
	case f.is(executable):
		return described + " executable"
	}
	return described
}

// LFS returns the digest and size of the file that a Git LFS pointer refers to.
func (f Format) LFS() (oid digest.Digest, size int64, ok bool) {
	return f.oid, f.size, f.Kind == LFSPointer
}

// Safe reports whether the format is one for weights that contains no code, and the file can't be read as another one that does. It
// does not validate the file.
func (f Format) Safe() bool { return f.is(safe) && f.also == "" }

// Ambiguous reports whether the file is of a safe format by its first bytes, and can also be read as one that executes code.
func (f Format) Ambiguous() bool { return f.also != "" }

// Unsafe reports whether loading the file can execute code of its author's choice.
func (f Format) Unsafe() bool { return f.is(unsafe) }

// NotExecutable reports whether the file is of a known format that no operating system executes.
func (f Format) NotExecutable() bool { return !f.is(executable) && f.Kind != Script && f.Kind != Data }

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
	case !f.is(executable) || want == Data:
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
