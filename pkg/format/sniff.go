package format

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/binary"
	"encoding/json"
	"html"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/digest"
)

// Sniff returns the format of a file with these first bytes; complete means that they are the whole file.
func Sniff(head []byte, complete bool) Format {
	if len(head) == 0 {
		return Format{Kind: Empty}
	}
	for _, m := range magics {
		f := Format{Kind: m.kind}
		isHeader := len(head) >= m.header && bytes.HasPrefix(head[min(m.offset, len(head)):], []byte(m.bytes))
		if isHeader && (m.read == nil || m.read(&f, head)) {
			return f
		}
	}
	return textual(head, complete)
}

// magics are the bytes that formats begin with, and what reads the rest of a header, if that is long enough: <mach-o/loader.h> and
// <mach-o/fat.h> (all thin ones of today are little-endian), ELF, Microsoft PE, ggml.h (ggml, ggmf, ggjt, little-endian), Python's pickle
// protocols 2 to 5, POSIX ustar, RFC 1952, RFC 8878, and the bzip2 and xz file formats.
var magics = []struct {
	offset int
	bytes  string
	header int // bytes that read needs
	kind   Kind
	read   func(f *Format, head []byte) bool
}{
	{0, "\xce\xfa\xed\xfe", 16, MachO, machO}, {0, "\xcf\xfa\xed\xfe", 16, MachO, machO},
	{0, "\xca\xfe\xba\xbe", 8, MachO, fatMachO},
	{0, elf.ELFMAG, 20, ELF, elfFile},
	{0, "MZ", 64, PE, peFile},
	{0, "GGUF", 24, GGUF, gguf},
	{8, "{", 10, Safetensors, safetensors},
	{0, "PK\x03\x04", 30, Zip, zip},
	{0, "#!", 0, Script, script},
	{0, "version https://", 0, LFSPointer, lfsPointer},
	{0, "lmgg", 0, GGML, nil}, {0, "fmgg", 0, GGML, nil}, {0, "tjgg", 0, GGML, nil},
	{0, "\x80\x02", 0, Pickle, nil}, {0, "\x80\x03", 0, Pickle, nil}, {0, "\x80\x04", 0, Pickle, nil}, {0, "\x80\x05", 0, Pickle, nil},
	{257, "ustar", 0, Tar, nil},
	{0, "\x1f\x8b\x08", 0, Gzip, nil},
	{0, "\x28\xb5\x2f\xfd", 0, Zstd, nil},
	{0, "BZh", 0, Bzip2, nil},
	{0, "\xfd7zXZ\x00", 0, XZ, nil},
}

// runs adds an architecture by its name, "" for an unknown one.
func (f *Format) runs(on string) {
	if on != "" {
		f.Architectures = append(f.Architectures, on)
	}
}

var machONames = map[macho.Cpu]string{macho.Cpu386: "i386", macho.CpuAmd64: "x86_64", macho.CpuArm: "arm", macho.CpuArm64: "arm64"}

// machO reads the header of an executable: magic, CPU type, CPU subtype, file type.
func machO(f *Format, head []byte) bool {
	f.runs(machONames[macho.Cpu(binary.LittleEndian.Uint32(head[4:]))])
	return macho.Type(binary.LittleEndian.Uint32(head[12:])) == macho.TypeExec
}

// fatArchLimit distinguishes a universal Mach-O from a Java class file, which has the same magic, and a version of at least 45 in place
// of the number of architectures.
const fatArchLimit = 20

// fatMachO reads a universal header, big-endian: magic, count, and 20 bytes for each architecture.
func fatMachO(f *Format, head []byte) bool {
	f.universal = true
	count := binary.BigEndian.Uint32(head[4:])
	if count == 0 || count > fatArchLimit || len(head) < 8+20*int(count) {
		return false
	}
	for i := range int(count) {
		f.runs(machONames[macho.Cpu(binary.BigEndian.Uint32(head[8+20*i:]))])
	}
	return true
}

var elfNames = map[elf.Machine]string{elf.EM_386: "i386", elf.EM_X86_64: "x86_64", elf.EM_ARM: "arm", elf.EM_AARCH64: "arm64", elf.EM_RISCV: "riscv"}

func elfFile(f *Format, head []byte) bool {
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	f.runs(elfNames[elf.Machine(order.Uint16(head[18:]))])
	return true
}

var peNames = map[uint16]string{pe.IMAGE_FILE_MACHINE_I386: "i386", pe.IMAGE_FILE_MACHINE_AMD64: "x86_64", pe.IMAGE_FILE_MACHINE_ARM64: "arm64"}

// peFile follows e_lfanew of the MS-DOS stub to the COFF header.
func peFile(f *Format, head []byte) bool {
	at := int64(binary.LittleEndian.Uint32(head[60:]))
	if at+6 > int64(len(head)) || !bytes.HasPrefix(head[at:], []byte("PE\x00\x00")) {
		return false
	}
	f.runs(peNames[binary.LittleEndian.Uint16(head[at+4:])])
	return true
}

// The bounds of a plausible gguf header; real models are far below.
const (
	ggufVersions = 9
	ggufEntries  = 1 << 24
)

// gguf reads magic, version, number of tensors and of metadata entries, which were 32 bits wide in version 1
// (ggml's docs/gguf.md).
func gguf(f *Format, head []byte) bool {
	version := binary.LittleEndian.Uint32(head[4:])
	tensors, entries := binary.LittleEndian.Uint64(head[8:]), binary.LittleEndian.Uint64(head[16:])
	if version == 1 {
		tensors, entries = uint64(uint32(tensors)), tensors>>32
	}
	f.also = also(head)
	return version >= 1 && version <= ggufVersions && tensors <= ggufEntries && entries <= ggufEntries
}

// safetensorsHeaderLimit is the specification's own bound on the header, in bytes.
const safetensorsHeaderLimit = 100_000_000

var safetensorsHeader = regexp.MustCompile(`^\{\s*("__metadata__"\s*:\s*\{|"[^"\\\x00-\x1f]+"\s*:\s*\{\s*"(dtype|shape|data_offsets)"\s*:)`)

// safetensors reads the header's length and the beginning of its JSON object, which names tensors
// (https://github.com/huggingface/safetensors#format).
func safetensors(f *Format, head []byte) bool {
	f.also = also(head)
	length := binary.LittleEndian.Uint64(head)
	return length >= 2 && length <= safetensorsHeaderLimit && safetensorsHeader.Match(head[8:])
}

// zip recognises PyTorch's archives by their first entry, <name>/data.pkl (torch.save).
func zip(f *Format, head []byte) bool {
	end := min(30+int(binary.LittleEndian.Uint16(head[26:])), len(head))
	if path.Base(string(head[30:end])) == "data.pkl" {
		f.Kind = PickleZip
	}
	return true
}

func script(f *Format, head []byte) bool {
	line, _, _ := bytes.Cut(head[len("#!"):], []byte("\n"))
	f.interpreter = strings.TrimSpace(string(line[:min(len(line), 256)]))
	return true
}

// lfsPointerLimit is the specification's bound on a pointer file, in bytes.
const lfsPointerLimit = 1024

var lfsPointerText = regexp.MustCompile(`^version https://(?:git-lfs|hawser)\.github\.com/spec/v1\r?\n(?:ext-[^\n]+\n)*oid (sha256:[0-9a-f]{64})\r?\nsize ([0-9]+)\r?\n?$`)

// lfsPointer reads a Git LFS pointer file (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md), including those of its
// pre-release and those with line ends of Windows.
func lfsPointer(f *Format, head []byte) bool {
	match := lfsPointerText.FindSubmatch(head)
	if match == nil || len(head) > lfsPointerLimit {
		return false
	}
	var err, errSize error
	f.oid, err = digest.Parse(string(match[1]))
	f.size, errSize = strconv.ParseInt(string(match[2]), 10, 64)
	return err == nil && errSize == nil
}

var (
	htmlComments = regexp.MustCompile(`(?s)^(\s|\x{feff}|<!--.*?-->|<\?xml.*?\?>)*`)
	htmlTags     = regexp.MustCompile(`(?i)^<(meta|link|center|noscript|form|svg)[\s>/]`)
	htmlTitle    = regexp.MustCompile(`(?is)<title[^>]*>\s*(.*?)\s*</title`)
)

// textual distinguishes the kinds of text. HTML is what browsers recognise (https://mimesniff.spec.whatwg.org), also after blank lines
// and comments, and pages that begin with further tags.
func textual(head []byte, complete bool) Format {
	start := head[len(htmlComments.Find(head)):]
	contentType := http.DetectContentType(start)
	switch {
	case strings.HasPrefix(contentType, "text/html"), htmlTags.Match(start):
		return Format{Kind: HTML, title: pageTitle(head)}
	case !strings.HasPrefix(contentType, "text/") || !isUTF8(head, complete):
		return Format{Kind: Data}
	case looksLikeJSON(bytes.TrimSpace(head), complete):
		return Format{Kind: JSON}
	}
	return Format{Kind: Text}
}

// isUTF8 accepts a code point that is cut by the end of an incomplete head.
func isUTF8(head []byte, complete bool) bool {
	for range utf8.UTFMax - 1 {
		if r, size := utf8.DecodeLastRune(head); complete || size == 0 || r != utf8.RuneError || size > 1 {
			break
		}
		head = head[:len(head)-1]
	}
	return utf8.Valid(head)
}

func pageTitle(page []byte) string {
	match := htmlTitle.FindSubmatch(page)
	if match == nil {
		return ""
	}
	return strings.Join(strings.Fields(html.UnescapeString(string(match[1]))), " ")
}

func looksLikeJSON(text []byte, complete bool) bool {
	if complete {
		return json.Valid(text)
	}
	return bytes.HasPrefix(text, []byte("{")) || bytes.HasPrefix(text, []byte("["))
}
