package sum

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	hex64  = strings.Repeat("0a", 32)
	hex128 = strings.Repeat("0b", 64)
)

func TestListsAreReadAsTheirToolsPrintThem(t *testing.T) {
	for name, c := range map[string]struct{ list, file, want string }{
		"sha256sum":            {hex64 + "  server\n", "server", "sha256:" + hex64},
		"binary mode":          {hex64 + " *server\n", "server", "sha256:" + hex64},
		"capitals":             {strings.ToUpper(hex64) + "  server\n", "server", "sha256:" + hex64},
		"CRLF, blank lines":    {"\r\n" + hex64 + "  server\r\n\r\n", "server", "sha256:" + hex64},
		"no line end":          {hex64 + "  server", "server", "sha256:" + hex64},
		"sha512sum":            {hex128 + "  server\n", "server", "sha512:" + hex128},
		"checksum.sh":          {"sha256:" + hex64 + "  server\n", "server", "sha256:" + hex64},
		"BSD":                  {"SHA256 (server) = " + hex64 + "\n", "server", "sha256:" + hex64},
		"OpenSSL 1":            {"SHA512(dist/server)= " + hex128 + "\n", "server", "sha512:" + hex128},
		"OpenSSL 3":            {"SHA2-256(server)= " + hex64 + "\n", "server", "sha256:" + hex64},
		"a folder":             {hex64 + "  ./dist/server\n", "server", "sha256:" + hex64},
		"Windows' folder":      {hex64 + " *dist\\server\n", "server", "sha256:" + hex64},
		"a name with blanks":   {hex64 + "  the server (1).bin\n", "the server (1).bin", "sha256:" + hex64},
		"the same file again":  {hex64 + "  server\n" + hex64 + "  dist/server\n", "server", "sha256:" + hex64},
		"the path, not others": {hex128 + "  a/config\n" + hex64 + "  b/config\n", "b/config", "sha256:" + hex64},
		"another name":         {hex64 + "  server2\n", "server", ""},
		"another file as well": {hex64 + "  a/server\n" + hex128 + "  b/server\n", "server", "sha256:" + hex64 + " sha512:" + hex128},
	} {
		s, err := parseSums("list", []byte(c.list))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, d := range s.find(c.file) {
			got = append(got, d.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestWhatIsNoListIsRefusedWithItsLine(t *testing.T) {
	for name, c := range map[string]struct{ list, want string }{
		"a page":       {"<!doctype html>\n<title>Sign in</title>\n", "line 1: `<!doctype html>` is not a checksum"},
		"MD5":          {hex64 + "  a\n" + strings.Repeat("0", 32) + "  b\n", "line 2: MD5 is broken"},
		"BSD's MD5":    {"MD5 (a) = " + strings.Repeat("0", 32) + "\n", "line 1: MD5 is broken"},
		"SHA-1":        {strings.Repeat("0", 40) + "  a\n", "weak checksum"},
		"cut short":    {hex64 + "  a\n" + hex64[:20], "line 2: "},
		"too few":      {hex64[:62] + "  a\n", "line 1: bare hex"},
		"no name":      {hex64 + "\n", "is not a checksum and a file name"},
		"blanks":       {" \r\n\n", "it is empty"},
		"a signature":  {"-----BEGIN PGP SIGNED MESSAGE-----\n", "line 1: "},
		"SHA-512/256":  {"SHA512-256 (a) = " + hex64 + "\n", "line 1: "},
		"a command":    {"::error::x\n", "`"},
		"UTF-16":       {"\xff\xfe0\x00a\x00", "line 1: "},
		"an algorithm": {"sha3:" + hex64 + "  a\n", "line 1: unknown algorithm"},
	} {
		if s, err := parseSums("list", []byte(c.list)); err == nil || s != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func FuzzSums(f *testing.F) {
	for _, seed := range []string{
		hex64 + "  server\n", hex64 + " *a/b\r\n", "SHA256 (a) = " + hex64, "SHA2-512(a)= " + hex128, "sha256:" + hex64 + "  a\n" + hex128 + "  a\n",
		"<!doctype html>", strings.Repeat("0", 40) + "  a", "SHA256 ((a) = b) = " + hex64, hex64 + "  \\a\\\n",
	} {
		f.Add(seed, "a")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		s, err := parseSums("list", []byte(text))
		if err != nil {
			return
		}
		for _, d := range s.find(name) {
			if raw, err := hex.DecodeString(d.Sum); err != nil || len(raw) < 32 || !strings.Contains(strings.ToLower(text), d.Sum) {
				t.Fatalf("%q gives %q", text, d)
			}
		}
	})
}

func TestAListIsReadUpToItsBound(t *testing.T) {
	line := hex64 + "  server\n"
	for size, want := range map[int]string{maxSums: "", maxSums + 1: "more than 1048576 bytes", 2 << 20: "more than 1048576 bytes"} {
		name := filepath.Join(t.TempDir(), "list")
		if err := os.WriteFile(name, []byte(line+strings.Repeat("\n", size-len(line))), 0o600); err != nil {
			t.Fatal(err)
		}
		switch _, err := ReadList(name); {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
