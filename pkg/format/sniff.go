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
	for _, recognise := range []func([]byte) (Format, bool){machO, fatMachO, elfFile, peFile, gguf, safetensors, zip, script, lfsPointer} {
		if f, ok := recognise(head); ok {
			return f
		}
	}
	for _, m := range magics {
		if len(head) > m.offset && bytes.HasPrefix(head[m.offset:], []byte(m.bytes)) {
			return Format{Kind: m.kind}
		}
	}
	return textual(head, complete)
}

// magics are formats with fixed bytes: ggml.h (ggml, ggmf, ggjt, little-endian), Python's pickle protocols
// 2 to 5, POSIX ustar, RFC 1952, RFC 8878, and the bzip2 and xz file formats.
var magics = []struct {
	offset int
	bytes  string
	kind   Kind
}{
	{0, "lmgg", GGML}, {0, "fmgg", GGML}, {0, "tjgg", GGML},
	{0, "\x80\x02", Pickle}, {0, "\x80\x03", Pickle}, {0, "\x80\x04", Pickle}, {0, "\x80\x05", Pickle},
	{257, "ustar", Tar},
	{0, "\x1f\x8b\x08", Gzip},
	{0, "\x28\xb5\x2f\xfd", Zstd},
	{0, "BZh", Bzip2},
	{0, "\xfd7zXZ\x00", XZ},
}

var machONames = map[macho.Cpu]string{macho.Cpu386: "i386", macho.CpuAmd64: "x86_64", macho.CpuArm: "arm", macho.CpuArm64: "arm64"}

// machO reads a thin Mach-O header of an executable: magic, CPU type, CPU subtype, file type
// (<mach-o/loader.h>; all current ones are little-endian).
func machO(head []byte) (Format, bool) {
	if len(head) < 16 {
		return Format{}, false
	}
	magic := binary.LittleEndian.Uint32(head)
	if magic != macho.Magic32 && magic != macho.Magic64 || macho.Type(binary.LittleEndian.Uint32(head[12:])) != macho.TypeExec {
		return Format{}, false
	}
	return Format{Kind: MachO, Architectures: known(machONames[macho.Cpu(binary.LittleEndian.Uint32(head[4:]))])}, true
}

// fatArchLimit distinguishes a universal Mach-O from a Java class file, which has the same magic, and a version of at least 45 in place
// of the number of architectures.
const fatArchLimit = 20

// fatMachO reads a universal Mach-O header, big-endian: magic, count, and 20 bytes for each architecture (<mach-o/fat.h>).
func fatMachO(head []byte) (Format, bool) {
	if len(head) < 8 || binary.BigEndian.Uint32(head) != macho.MagicFat {
		return Format{}, false
	}
	count := binary.BigEndian.Uint32(head[4:])
	if count == 0 || count > fatArchLimit || len(head) < 8+20*int(count) {
		return Format{}, false
	}
	f := Format{Kind: MachO, universal: true}
	for i := range int(count) {
		cpu := macho.Cpu(binary.BigEndian.Uint32(head[8+20*i:]))
		f.Architectures = append(f.Architectures, known(machONames[cpu])...)
	}
	return f, true
}

var elfNames = map[elf.Machine]string{elf.EM_386: "i386", elf.EM_X86_64: "x86_64", elf.EM_ARM: "arm", elf.EM_AARCH64: "arm64", elf.EM_RISCV: "riscv"}

// elfFile reads e_ident and e_machine (System V ABI, ELF header).
func elfFile(head []byte) (Format, bool) {
	if len(head) < 20 || !bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		return Format{}, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	return Format{Kind: ELF, Architectures: known(elfNames[elf.Machine(order.Uint16(head[18:]))])}, true
}

var peNames = map[uint16]string{pe.IMAGE_FILE_MACHINE_I386: "i386", pe.IMAGE_FILE_MACHINE_AMD64: "x86_64", pe.IMAGE_FILE_MACHINE_ARM64: "arm64"}

// peFile follows e_lfanew of the MS-DOS stub to the COFF header (Microsoft PE format).
func peFile(head []byte) (Format, bool) {
	if len(head) < 64 || !bytes.HasPrefix(head, []byte("MZ")) {
		return Format{}, false
	}
	at := int64(binary.LittleEndian.Uint32(head[60:]))
	if at+6 > int64(len(head)) || !bytes.HasPrefix(head[at:], []byte("PE\x00\x00")) {
		return Format{}, false
	}
	return Format{Kind: PE, Architectures: known(peNames[binary.LittleEndian.Uint16(head[at+4:])])}, true
}

func known(architecture string) []string {
	if architecture == "" {
		return nil
	}
	return []string{architecture}
}

// The bounds of a plausible gguf header; real models are far below.
const (
	ggufVersions = 9
	ggufEntries  = 1 << 24
)

// gguf reads magic, version, number of tensors and of metadata entries, which were 32 bits wide in version 1
// (ggml's docs/gguf.md).
func gguf(head []byte) (Format, bool) {
	if len(head) < 24 || !bytes.HasPrefix(head, []byte("GGUF")) {
		return Format{}, false
	}
	version := binary.LittleEndian.Uint32(head[4:])
	tensors, entries := binary.LittleEndian.Uint64(head[8:]), binary.LittleEndian.Uint64(head[16:])
	if version == 1 {
		tensors, entries = uint64(uint32(tensors)), tensors>>32
	}
	ok := version >= 1 && version <= ggufVersions && tensors <= ggufEntries && entries <= ggufEntries
	return Format{Kind: GGUF, also: also(head)}, ok
}

// safetensorsHeaderLimit is the specification's own bound on the header, in bytes.
const safetensorsHeaderLimit = 100_000_000

var safetensorsHeader = regexp.MustCompile(`^\{\s*("__metadata__"\s*:\s*\{|"[^"\\\x00-\x1f]+"\s*:\s*\{\s*"(dtype|shape|data_offsets)"\s*:)`)

// safetensors reads the header's length and the beginning of its JSON object, which names tensors
// (https://github.com/huggingface/safetensors#format).
func safetensors(head []byte) (Format, bool) {
	if len(head) < 10 {
		return Format{}, false
	}
	length := binary.LittleEndian.Uint64(head)
	ok := length >= 2 && length <= safetensorsHeaderLimit && safetensorsHeader.Match(head[8:])
	return Format{Kind: Safetensors, also: also(head)}, ok
}

// zip recognises PyTorch's archives by their first entry, <name>/data.pkl (torch.save).
func zip(head []byte) (Format, bool) {
	if len(head) < 30 || !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return Format{}, false
	}
	end := min(30+int(binary.LittleEndian.Uint16(head[26:])), len(head))
	if name := head[30:end]; bytes.HasSuffix(name, []byte("/data.pkl")) || string(name) == "data.pkl" {
		return Format{Kind: PickleZip}, true
	}
	return Format{Kind: Zip}, true
}

func script(head []byte) (Format, bool) {
	rest, ok := bytes.CutPrefix(head, []byte("#!"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return Format{Kind: Script, interpreter: strings.TrimSpace(string(line[:min(len(line), 256)]))}, ok
}

// lfsPointerLimit is the specification's bound on a pointer file, in bytes.
const lfsPointerLimit = 1024

var lfsPointerText = regexp.MustCompile(`^version https://(?:git-lfs|hawser)\.github\.com/spec/v1\r?\n(?:ext-[^\n]+\n)*oid (sha256:[0-9a-f]{64})\r?\nsize ([0-9]+)\r?\n?$`)

// lfsPointer reads a Git LFS pointer file (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md), including those of its
// pre-release and those with line ends of Windows.
func lfsPointer(head []byte) (Format, bool) {
	if len(head) > lfsPointerLimit {
		return Format{}, false
	}
	match := lfsPointerText.FindSubmatch(head)
	if match == nil {
		return Format{}, false
	}
	oid, err1 := digest.Parse(string(match[1]))
	size, err2 := strconv.ParseInt(string(match[2]), 10, 64)
	return Format{Kind: LFSPointer, oid: oid, size: size}, err1 == nil && err2 == nil
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
