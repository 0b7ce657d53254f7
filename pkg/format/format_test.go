package format_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/format"
)

func machO(cpu, fileType uint32) string {
	var b []byte
	for _, word := range []uint32{0xfeedfacf, cpu, 0, fileType} {
		b = binary.LittleEndian.AppendUint32(b, word)
	}
	return string(b) + strings.Repeat("\x00", 64)
}

func fat(cpus ...uint32) string {
	b := binary.BigEndian.AppendUint32(nil, 0xcafebabe)
	b = binary.BigEndian.AppendUint32(b, uint32(len(cpus)))
	for _, cpu := range cpus {
		b = binary.BigEndian.AppendUint32(b, cpu)
		b = append(b, make([]byte, 16)...)
	}
	return string(b)
}

func elf(machine uint16) string {
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 11)...)
	return string(binary.LittleEndian.AppendUint16(b, machine)) + strings.Repeat("\x00", 44)
}

func pe(machine uint16) string {
	b := append([]byte("MZ"), make([]byte, 58)...)
	b = binary.LittleEndian.AppendUint32(b, 64)
	b = append(b, "PE\x00\x00"...)
	return string(binary.LittleEndian.AppendUint16(b, machine)) + strings.Repeat("\x00", 20)
}

func gguf(version uint32, tensors, entries uint64) string {
	b := binary.LittleEndian.AppendUint32([]byte("GGUF"), version)
	b = binary.LittleEndian.AppendUint64(b, tensors)
	return string(binary.LittleEndian.AppendUint64(b, entries))
}

func safetensors(length uint64, header string) string {
	return string(binary.LittleEndian.AppendUint64(nil, length)) + header
}

func zip(name string) string {
	b := append([]byte("PK\x03\x04"), make([]byte, 22)...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))
	return string(append(b, 0, 0)) + name + "content"
}

const (
	amd64 = 0x01000007
	arm64 = 0x0100000c
	oid   = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
)

func pointer(size string) string {
	return "version https://git-lfs.github.com/spec/v1\noid sha256:" + oid + "\nsize " + size + "\n"
}

var files = []struct{ name, body, want, described string }{
	{"nothing", "", "empty", "an empty file"},
	{"Mach-O arm64", machO(arm64, 2), "mach-o arm64", "a Mach-O arm64 executable"},
	{"Mach-O x86_64", machO(amd64, 2), "mach-o x86_64", "a Mach-O x86_64 executable"},
	{"Mach-O of an unknown CPU", machO(99, 2), "mach-o", "a Mach-O executable"},
	{"Mach-O library", machO(arm64, 6), "data", "data of an unknown format"},
	{"universal Mach-O", fat(amd64, arm64), "mach-o universal x86_64+arm64", "a Mach-O universal (x86_64 and arm64) executable"},
	{"Java class", "\xca\xfe\xba\xbe\x00\x00\x00\x34" + strings.Repeat("\x00", 2000), "data", "data of an unknown format"},
	{"universal Mach-O cut short", fat(amd64, arm64)[:30], "data", "data of an unknown format"},
	{"ELF x86_64", elf(62), "elf x86_64", "an ELF x86_64 executable"},
	{"ELF arm64", elf(183), "elf arm64", "an ELF arm64 executable"},
	{"PE x86_64", pe(0x8664), "pe x86_64", "a Windows x86_64 executable"},
	{"MZ and no PE", "MZ" + strings.Repeat("\xff", 100), "data", "data of an unknown format"},
	{"gguf", gguf(3, 291, 20), "gguf", "a gguf model"},
	{"gguf version 1", gguf(1, 291|20<<32, 0), "gguf", "a gguf model"},
	{"gguf from nowhere", gguf(3, 1<<60, 20), "data", "data of an unknown format"},
	{"gguf in name only", "GGUF is the best format", "text", "a text"},
	{"ggml", "lmgg\x00\x00\x00\x00", "ggml", "a ggml model"},
	{"safetensors", safetensors(60, `{"a.weight":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`), "safetensors", "a safetensors model"},
	{"safetensors with metadata", safetensors(60, `{"__metadata__":{"format":"pt"},"a":{}}`), "safetensors", "a safetensors model"},
	{"safetensors of an implausible length", safetensors(1<<40, `{"a":{"dtype":"F16"}}`), "data", "data of an unknown format"},
	{"safetensors without tensors", safetensors(60, `{"a":"exec(…)"}`), "data", "data of an unknown format"},
	{"pickle", "\x80\x04\x95\x10\x00", "pickle", "a pickle"},
	{"torch.save", zip("archive/data.pkl"), "pickle in zip", "a pickle in a zip archive"},
	{"zip", zip("server"), "zip", "a zip archive"},
	{"zip cut short", zip("archive/data.pkl")[:31], "zip", "a zip archive"},
	{"tar", strings.Repeat("\x00", 257) + "ustar\x0000", "tar", "a tar archive"},
	{"gzip", "\x1f\x8b\x08\x00", "gzip", "a gzip archive"},
	{"zstd", "\x28\xb5\x2f\xfd\x00", "zstd", "a zstd archive"},
	{"script", "#!/usr/bin/env bash\necho\n", "script /usr/bin/env bash", "a script for `/usr/bin/env bash`"},
	{"script of a joker", "#!/bin/sh\x1b[31m `x`\n", `script /bin/sh\u001b[31m ` + "`x`", "a script for `/bin/sh\\u001b[31m 'x'`"},
	{"LFS pointer", pointer("1234567"), "git-lfs pointer", "a Git LFS pointer to `sha256:" + oid + "` of 1,234,567 bytes"},
	{"LFS pointer with a size beyond belief", pointer("99999999999999999999"), "text", "a text"},
	{"JSON", `{"model_type": "bert"}`, "json", "a JSON text"},
	{"text that begins like JSON", `[note] read me`, "text", "a text"},
	{"text", "keep\n", "text", "a text"},
	{"data", "\x00\x01\x02\x03", "data", "data of an unknown format"},
	{"log-in page", "<!DOCTYPE html><html><head><title>\n Sign in &amp; go </title>", "html", "an HTML page titled `Sign in & go`"},
	{"page after blank lines", strings.Repeat("\r\n", 900) + "<HTML><body>", "html", "an HTML page"},
	{"page after a byte-order mark and a comment", "\ufeff<!-- x -->\n<html>", "html", "an HTML page"},
	{"meta refresh", `<meta http-equiv="refresh" content="0;url=/login">`, "html", "an HTML page"},
	{"91-byte script", `<script>document.cookie="x=1";location.reload()</script>`, "html", "an HTML page"},
	{"XHTML", `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">`, "html", "an HTML page"},
	{"title of a joker", "<html><title>`::error::`\n@all</title>", "html", "an HTML page titled `'::error::' @all`"},
}

func TestSniff(t *testing.T) {
	for _, file := range files {
		f := format.Sniff([]byte(file.body), true)
		if f.String() != file.want || f.Describe() != file.described {
			t.Errorf("%s: %q, %q; want %q, %q", file.name, f, f.Describe(), file.want, file.described)
		}
	}
}

func TestLFSPointerTellsWhatItStandsFor(t *testing.T) {
	got, size, ok := format.Sniff([]byte(pointer("42")), true).LFS()
	if want := (digest.Digest{Algorithm: digest.SHA256, Sum: oid}); got != want || size != 42 || !ok {
		t.Errorf("got %s, %d, %t", got, size, ok)
	}
	for _, as := range []*strings.Replacer{strings.NewReplacer("\n", "\r\n"), strings.NewReplacer("git-lfs.github.com", "hawser.github.com")} {
		if f := format.Sniff([]byte(as.Replace(pointer("42"))), true); f.Kind != format.LFSPointer {
			t.Errorf("%q is taken for %s", as.Replace(pointer("42")), f)
		}
	}
	if _, _, ok := format.Sniff([]byte("x"), true).LFS(); ok {
		t.Error("a text is taken for a pointer")
	}
	long := pointer("42") + strings.Repeat("x", 1024)
	if f := format.Sniff([]byte(long), true); f.Kind == format.LFSPointer {
		t.Error("a long text is taken for a pointer")
	}
}

// floated is a gguf whose first bytes are a pickle's float, and code that follows it.
func floated(code string) string { return gguf(3, 0x4711, 0x470000) + "\x00\x00\x00" + code }

func TestWhatPythonRunsBeforeItTripsIsNotSafe(t *testing.T) {
	const code = "cantigravity\nx\n"
	header := `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`
	padded := func(length int) string { return header + strings.Repeat(" ", length-len(header)) }
	for name, body := range map[string]string{
		"safetensors whose length begins a text":  safetensors(0x5628, padded(0x5628)) + "\n" + code,
		"safetensors whose length skips a part":   safetensors(0x5058, padded(0x4d)) + code,
		"safetensors cut inside the text":         safetensors(0x5628, padded(0x5628)),
		"gguf whose number of tensors is a float": floated(code),
		"gguf whose number of tensors is a text":  gguf(3, 0x5600, 1) + "\n" + code,
		"no STOP":                                 floated(code + "\xff\xff"),
		"a STRING with NUL":                       floated("S'a\x00b'\n" + code + "."),
		"an INT with NUL":                         floated("I1\x00 no number\n" + code + "."),
		"an empty INT":                            floated("I\x00\n" + code + "."),
		"a FLOAT with NUL":                        floated("F1.5\x00x\n" + code + "."),
		"a LONG with NUL":                         floated("L12L\x00x\n" + code + "."),
		"a second pickle":                         floated("." + code + "."),
		"an import by INST":                       floated("(iantigravity\nx\n\xff"),
		"an import by the stack":                  floated("\x8c\x02os\x8c\x06system\x93\xff"),
	} {
		f := format.Sniff([]byte(body), true)
		if isModel := f.Kind == format.Safetensors || f.Kind == format.GGUF; !isModel || f.Safe() || !f.Ambiguous() || !strings.Contains(f.Describe(), "a pickle") {
			t.Errorf("%s is %s and safe", name, f.Describe())
		}
	}
	for name, body := range map[string]string{
		"an INT that is none":     floated("Ix\n" + code + "."),
		"a module named with NUL": floated("ca\x00b\nx\n."),
		"no opcode":               floated("\xff" + code + "."),
	} {
		if f := format.Sniff([]byte(body), true); !f.Safe() {
			t.Errorf("%s is %s and not safe", name, f.Describe())
		}
	}
}

func TestModelThatIsAnArchiveTooIsNotSafe(t *testing.T) {
	model := gguf(3, 291, 20) + strings.Repeat("\x00", 1000)
	end := "PK\x05\x06" + strings.Repeat("\x00", 18)
	for name, c := range map[string]struct {
		tail string
		safe bool
	}{
		"a zip at the end":      {end, false},
		"a zip with a comment":  {end + strings.Repeat("x", 1<<16-1), false},
		"no whole end of a zip": {end[:21], true},
		"nothing":               {"", true},
	} {
		tail := model + c.tail
		f := format.Sniff([]byte(model), false).WithTail([]byte(tail[max(0, len(tail)-format.TailSize):]))
		if f.Safe() != c.safe || f.Ambiguous() == c.safe {
			t.Errorf("%s: %s, safe %t", name, f.Describe(), f.Safe())
		}
	}
	tar := []byte(model)
	copy(tar[148:], "        ")
	sum := 0
	for _, b := range tar[:512] {
		sum += int(b)
	}
	copy(tar[148:], fmt.Sprintf("%06o\x00 ", sum))
	hdf5 := []byte(model)
	copy(hdf5[512:], "\x89HDF\r\n\x1a\n")
	for _, body := range [][]byte{tar, hdf5} {
		if f := format.Sniff(body, true); f.Kind != format.GGUF || f.Safe() {
			t.Errorf("%s is safe", f.Describe())
		}
	}
}

func TestOrdinaryModelsAreSafe(t *testing.T) {
	for length := uint64(64); length < 8192; length += 8 {
		body := safetensors(length, `{"model.w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`+strings.Repeat(" ", int(length)-60)+"\x00\x3c")
		if f := format.Sniff([]byte(body), true); !f.Safe() {
			t.Errorf("safetensors with a header of %d bytes is %s and not safe", length, f)
		}
	}
	for tensors := range uint64(10_000) {
		if f := format.Sniff([]byte(gguf(3, tensors, 20)), true); !f.Safe() {
			t.Errorf("gguf with %d tensors is not safe", tensors)
		}
	}
}

func TestTextMayBeCutInsideACharacter(t *testing.T) {
	for head, want := range map[string]string{"Übung 模\xe5\x9e": "text", "\xe5\x9e\xff\xff\xff": "data"} {
		if got := format.Sniff([]byte(head), false); got.String() != want {
			t.Errorf("%q is %s, want %s", head, got, want)
		}
	}
}

func TestRunsOn(t *testing.T) {
	for _, c := range []struct {
		body, triple string
		ok, known    bool
	}{
		{machO(arm64, 2), "aarch64-apple-darwin", true, true},
		{machO(amd64, 2), "aarch64-apple-darwin", false, true},
		{machO(amd64, 2), "x86_64-apple-darwin", true, true},
		{fat(amd64, arm64), "aarch64-apple-darwin", true, true},
		{fat(amd64), "aarch64-apple-darwin", false, true},
		{fat(amd64, arm64), "universal-apple-darwin", true, true},
		{machO(arm64, 2), "universal-apple-darwin", false, true},
		{elf(62), "x86_64-unknown-linux-gnu", true, true},
		{elf(62), "aarch64-unknown-linux-gnu", false, true},
		{elf(62), "x86_64-apple-darwin", false, true},
		{machO(amd64, 2), "x86_64-unknown-linux-gnu", false, true},
		{pe(0xaa64), "aarch64-pc-windows-msvc", true, true},
		{pe(0x8664), "x86_64-apple-darwin", false, true},
		{"#!/bin/sh\n", "universal-apple-darwin", true, true},
		{"#!/bin/sh\n", "x86_64-pc-windows-msvc", false, true},
		{machO(arm64, 2), "apple", false, false},
		{machO(arm64, 2), "sparc-apple-darwin", false, false},
		{"text", "aarch64-apple-darwin", false, false},
	} {
		ok, known := format.Sniff([]byte(c.body), true).RunsOn(c.triple)
		if ok != c.ok || known != c.known {
			t.Errorf("%s on %s: %t, %t; want %t, %t", format.Sniff([]byte(c.body), true), c.triple, ok, known, c.ok, c.known)
		}
	}
}

func TestWhatTheRulesAsk(t *testing.T) {
	for body, want := range map[string]struct{ safe, unsafe, notExecutable bool }{
		gguf(3, 1, 1):          {safe: true, notExecutable: true},
		zip("a/data.pkl"):      {unsafe: true, notExecutable: true},
		zip("server"):          {notExecutable: true},
		"#!/bin/sh\n":          {unsafe: true},
		machO(arm64, 2):        {},
		"lmgg\x00\x00\x00\x00": {notExecutable: true},
		"\x00\x01\x02":         {},
	} {
		f := format.Sniff([]byte(body), true)
		if f.Safe() != want.safe || f.Unsafe() != want.unsafe || f.NotExecutable() != want.notExecutable {
			t.Errorf("%s: safe %t, unsafe %t, not executable %t", f, f.Safe(), f.Unsafe(), f.NotExecutable())
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, file := range files {
		f.Add([]byte(file.body), true)
	}
	f.Add([]byte(floated("S'a\x00b'\nI1\x00\ncos\nsystem\n.")), true)
	f.Fuzz(func(t *testing.T, head []byte, complete bool) {
		got := format.Sniff(head, complete)
		if got.String() == "" || got.Describe() == "" || strings.ContainsAny(got.String()+got.Describe(), "\n\x1b") {
			t.Fatalf("%q: %q, %q", head, got, got.Describe())
		}
		if (got.Kind == format.Empty) != (len(head) == 0) {
			t.Fatalf("%q is %s", head, got)
		}
		got.RunsOn("aarch64-apple-darwin")
		if tailed := got.WithTail(head); tailed.Safe() && bytes.Contains(head, []byte("PK\x05\x06"+"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")) {
			t.Fatalf("%q is %s, and safe", head, tailed)
		}
	})
}
