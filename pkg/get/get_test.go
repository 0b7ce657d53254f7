package get_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	aead "aead.dev/minisign"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/get"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
)

// origin serves one file with ranges.
type origin struct {
	*httptest.Server
	mu      sync.Mutex
	content []byte
	etag    string
	ranges  []string // of the requests
}

func serve(t *testing.T, content []byte) *origin {
	t.Helper()
	o := &origin{content: content, etag: `"v1"`}
	o.Server = httptest.NewUnstartedServer(o)
	o.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	o.StartTLS()
	t.Cleanup(o.Close)
	return o
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	content, etag := o.content, o.etag
	o.ranges = append(o.ranges, r.Header.Get("Range"))
	o.mu.Unlock()
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func (o *origin) set(change func(*origin)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(o)
}

// asked returns the Range of each request since the last call; "" is one for the whole file.
func (o *origin) asked() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.ranges
	o.ranges = nil
	return all
}

func (o *origin) client(t *testing.T) *fetch.Client {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(o.Certificate())
	client, err := fetch.New(fetch.Config{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, MaxSize: 1 << 30, StallTimeout: 10 * time.Second,
		Connections: 1, UserAgent: "test", RootCAs: roots,
		Sleep: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func random(n int) []byte {
	content := make([]byte, n)
	_, _ = mathrand.NewChaCha8([32]byte{1}).Read(content)
	return content
}

func sum(content []byte) digest.Digest {
	s := sha256.Sum256(content)
	return digest.Digest{Algorithm: digest.SHA256, Sum: hex.EncodeToString(s[:])}
}

func (o *origin) want(content []byte) get.Want {
	return get.Want{URL: o.URL + "/f", Digest: sum(content)}
}

// holds fails unless a folder has exactly these files, below it too.
func holds(t *testing.T, dir string, want ...string) {
	t.Helper()
	if names := list(dir); !slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(want))) {
		t.Errorf("the folder holds %q, want %q", names, want)
	}
}

func list(dir string) (names []string) {
	_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, _ error) error {
		if !entry.IsDir() {
			rel, _ := filepath.Rel(dir, name)
			names = append(names, filepath.ToSlash(rel))
		}
		return nil
	})
	return names
}

func isFile(t *testing.T, path string, content []byte, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	info, _ := os.Lstat(path)
	if err != nil || !bytes.Equal(got, content) || info.Mode() != mode {
		t.Errorf("%s: %d bytes, %v, %v", path, len(got), info, err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// interrupted returns a folder in which a download of the content broke off, and where.
func interrupted(t *testing.T, o *origin, content []byte) string {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	client := stopping{o.client(t), len(content) / 4, cancel}
	err := get.File(ctx, client, o.want(content), filepath.Join(dir, "f"), 0o644)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	names, _ := filepath.Glob(filepath.Join(dir, ".get-*"))
	if len(names) != 2 {
		t.Fatalf("left %q", names)
	}
	o.asked()
	return dir
}

// stopping is a client whose context ends after so many bytes.
type stopping struct {
	get.Client
	after int
	stop  context.CancelFunc
}

func (s stopping) Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	return s.Client.Get(ctx, r, &stoppingSink{sink, s.after, s.stop})
}

type stoppingSink struct {
	fetch.Sink
	left int
	stop context.CancelFunc
}

func (s *stoppingSink) Write(p []byte) (int, error) {
	n := len(p)
	if n > s.left {
		p = p[:max(s.left, 0)]
		s.stop()
	}
	s.left -= n
	if _, err := s.Sink.Write(p); err != nil || len(p) == n {
		return n, err
	}
	return 0, context.Canceled
}

func part(t *testing.T, dir, suffix string) string {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(dir, ".get-*"+suffix))
	if len(names) != 1 {
		t.Fatalf("%q end in %s", names, suffix)
	}
	return names[0]
}

func TestFileIsThereWholeAndRight(t *testing.T) {
	content := random(3 << 20)
	o := serve(t, content)
	path := filepath.Join(t.TempDir(), "a", "b", "f")
	want := o.want(content)
	want.Size = int64(len(content))
	if err := get.File(t.Context(), o.client(t), want, path, 0o755); err != nil {
		t.Fatal(err)
	}
	isFile(t, path, content, 0o755)
	holds(t, filepath.Dir(path), "f")
	if err := get.Check(path, want); err != nil {
		t.Error(err)
	}
	o.asked()
	if err := get.File(t.Context(), o.client(t), want, path, 0o640); err != nil || len(o.asked()) != 0 {
		t.Errorf("a file that is right is downloaded again, or %v", err)
	}
	isFile(t, path, content, 0o640)
}

func TestAWrongFileIsReplacedOnlyByARightOne(t *testing.T) {
	content := random(100_000)
	o := serve(t, content)
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	write(t, path, "old")
	if err := get.File(t.Context(), o.client(t), o.want([]byte("other")), path, 0o755); !errors.Is(err, get.ErrDigest) || !strings.Contains(err.Error(), "sha256:") {
		t.Errorf("got %v", err)
	}
	isFile(t, path, []byte("old"), 0o600)
	holds(t, dir, "f")
	if err := get.File(t.Context(), o.client(t), o.want(content), path, 0o755); err != nil {
		t.Error(err)
	}
	isFile(t, path, content, 0o755)
}

func TestWhatIsWrongIsNotKept(t *testing.T) {
	content := random(100_000)
	o := serve(t, content)
	public, private, err := aead.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := []minisign.PublicKey{public}
	good := string(aead.Sign(private, content))
	for name, c := range map[string]struct {
		want get.Want
		err  error
	}{
		"signed":                       {get.Want{Signature: good, Keys: keys}, nil},
		"signed, with a digest":        {get.Want{Signature: good, Keys: keys, Digest: sum(content)}, nil},
		"signed, with another digest":  {get.Want{Signature: good, Keys: keys, Digest: sum(nil)}, get.ErrDigest},
		"another signature":            {get.Want{Signature: string(aead.Sign(private, []byte("x"))), Keys: keys, Digest: sum(content)}, get.ErrSignature},
		"no signature at all":          {get.Want{Signature: "x", Keys: keys}, get.ErrSignature},
		"signed, and no key":           {get.Want{Signature: good, Digest: sum(content)}, get.ErrSignature},
		"no digest and no signature":   {get.Want{Size: 100_000}, get.ErrWant},
		"too long":                     {get.Want{Digest: sum(content), Size: 99_999}, get.ErrSize},
		"too short":                    {get.Want{Digest: sum(content), Size: 100_001}, get.ErrSize},
		"an impossible size":           {get.Want{Digest: sum(content), Size: -1}, get.ErrSize},
		"another digest and algorithm": {get.Want{Digest: digest.Digest{Algorithm: digest.SHA1, Sum: strings.Repeat("0", 40)}}, get.ErrDigest},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		c.want.URL = o.URL + "/f"
		err := get.File(t.Context(), o.client(t), c.want, path, 0o644)
		if !errors.Is(err, c.err) || err != nil && c.err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.err != nil {
			holds(t, dir)
			write(t, path, string(content))
		}
		if err := get.Check(path, c.want); !errors.Is(err, c.err) || err != nil && c.err == nil {
			t.Errorf("%s: Check says %v", name, err)
		}
	}
}

func TestStoppedAtAnyByte(t *testing.T) {
	content := random(3 << 20)
	o := serve(t, content)
	client := o.client(t)
	for _, after := range []int{0, 1, 255, 256 << 10, 1 << 20, 2<<20 - 1, 2 << 20, 3<<20 - 1, 3 << 20} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		ctx, cancel := context.WithCancel(t.Context())
		err := get.File(ctx, stopping{client, after, cancel}, o.want(content), path, 0o644)
		cancel()
		if after < len(content) {
			if _, missing := os.Lstat(path); err == nil || !errors.Is(missing, fs.ErrNotExist) {
				t.Errorf("stopped after %d: %v, %v", after, err, missing)
			}
		}
		if after > 0 && after < len(content) {
			isFile(t, part(t, dir, ".part"), content[:after], 0o600)
		}
		o.asked()
		if err := get.File(t.Context(), client, o.want(content), path, 0o644); err != nil {
			t.Errorf("after %d: %v", after, err)
		}
		isFile(t, path, content, 0o644)
		want := []string{fmt.Sprintf("bytes=%d-3145727", after)}
		if after == 0 {
			want = []string{""}
		} else if after == len(content) {
			want = nil
		}
		if asked := o.asked(); !slices.Equal(asked, want) {
			t.Errorf("after %d: asked for %q", after, asked)
		}
	}
}

func TestWhatAnInterruptedDownloadLeftIsNotTrusted(t *testing.T) {
	content := random(1 << 20)
	half := string(content[:1<<19])
	for name, change := range map[string]func(part, note string){
		"another byte":      func(part, _ string) { write(t, part, "x"+half[1:]) },
		"zeros at its end":  func(part, _ string) { write(t, part, half[:1<<18]+strings.Repeat("\x00", 1<<18)) },
		"complete, wrong":   func(part, _ string) { write(t, part, strings.Repeat("x", 1<<20)) },
		"longer":            func(part, _ string) { write(t, part, strings.Repeat("x", 1<<20+1)) },
		"empty":             func(part, _ string) { write(t, part, "") },
		"without a sidecar": func(_, note string) { os.Remove(note) },
		"a torn sidecar":    func(_, note string) { write(t, note, `{"url": "htt`) },
		"another URL":       func(_, note string) { write(t, note, `{"url": "https://x/", "size": 1048576, "validator": "\"v1\""}`) },
		"a long sidecar":    func(_, note string) { write(t, note, strings.Repeat(" ", 1<<20)) },
		"a link as sidecar": func(_, note string) { os.Remove(note); _ = os.Symlink("elsewhere", note) },
	} {
		t.Run(name, func(t *testing.T) {
			o := serve(t, content)
			dir := interrupted(t, o, content)
			change(part(t, dir, ".part"), part(t, dir, ".json"))
			path := filepath.Join(dir, "f")
			if err := get.File(t.Context(), o.client(t), o.want(content), path, 0o644); err != nil {
				t.Fatal(err)
			}
			isFile(t, path, content, 0o644)
			holds(t, dir, "f")
			if asked := o.asked(); len(asked) > 2 || asked[len(asked)-1] != "" {
				t.Errorf("asked for %q", asked)
			}
		})
	}
}

func TestAMismatchAfterResumingStartsOverOnce(t *testing.T) {
	content := random(1 << 20)
	o := serve(t, content)
	dir := interrupted(t, o, content)
	o.set(func(o *origin) { o.content = slices.Concat(o.content[:1<<20-1], []byte("x")) }) // under the same validator
	if err := get.File(t.Context(), o.client(t), o.want(content), filepath.Join(dir, "f"), 0o644); !errors.Is(err, get.ErrDigest) {
		t.Errorf("got %v", err)
	}
	holds(t, dir)
	if asked := o.asked(); len(asked) != 2 || asked[0] == "" || asked[1] != "" {
		t.Errorf("asked for %q", asked)
	}
}

func TestAFileThatChangesBetweenTwoRangesIsNotMixed(t *testing.T) {
	content := random(1 << 20)
	next := bytes.Repeat([]byte("next"), 1<<18)
	for want, err := range map[digest.Digest]error{sum(next): nil, sum(content): get.ErrDigest} {
		o := serve(t, content)
		dir := interrupted(t, o, content)
		o.set(func(o *origin) { o.content, o.etag = next, `"v2"` })
		path := filepath.Join(dir, "f")
		if want == sum(next) { // whose part is another one
			for _, suffix := range []string{".part", ".json"} {
				old := part(t, dir, suffix)
				_ = os.Chtimes(old, time.Now().Add(-8*24*time.Hour), time.Now().Add(-8*24*time.Hour))
			}
		}
		if got := get.File(t.Context(), o.client(t), get.Want{URL: o.URL + "/f", Digest: want}, path, 0o644); !errors.Is(got, err) || got != nil && err == nil {
			t.Errorf("got %v, want %v", got, err)
		}
		if err == nil {
			isFile(t, path, next, 0o644)
			holds(t, dir, "f")
			continue
		}
		holds(t, dir)
	}
}

func TestServersThatLieAboutLengths(t *testing.T) {
	content := random(100_000)
	for name, handler := range map[string]http.HandlerFunc{
		"shorter than announced": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(content[:99_999])
			panic(http.ErrAbortHandler)
		},
		"shorter, cleanly": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99999")
			_, _ = w.Write(content[:99_999])
		},
		"longer": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(append(bytes.Clone(content), 'x')) },
		"ends early in chunks": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(content[:50_000])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"a 206 unasked": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-99999/100000")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(content)
		},
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"404":     http.NotFound,
	} {
		o := serve(t, nil)
		o.Server.Config.Handler = handler
		dir := t.TempDir()
		write(t, filepath.Join(dir, "f"), "old")
		if err := get.File(t.Context(), o.client(t), o.want(content), filepath.Join(dir, "f"), 0o644); err == nil {
			t.Errorf("%s: no error", name)
		}
		isFile(t, filepath.Join(dir, "f"), []byte("old"), 0o600)
	}
}

func TestTwoDownloadsOfOneFile(t *testing.T) {
	content := random(1 << 20)
	o := serve(t, content)
	path := filepath.Join(t.TempDir(), "f")
	client := o.client(t)
	during := func(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
		_ = os.Chtimes(part(t, filepath.Dir(path), ".part"), time.Unix(0, 0), time.Unix(0, 0)) // it is locked, however old
		if err := get.File(ctx, client, o.want(content), path, 0o644); !errors.Is(err, get.ErrBusy) || !strings.Contains(err.Error(), "`f`") {
			t.Errorf("got %v", err)
		}
		return client.Get(ctx, r, sink)
	}
	if err := get.File(t.Context(), clientFunc(during), o.want(content), path, 0o644); err != nil {
		t.Error(err)
	}
	isFile(t, path, content, 0o644)
}

type clientFunc func(context.Context, fetch.Request, fetch.Sink) (fetch.Head, error)

func (f clientFunc) Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	return f(ctx, r, sink)
}

func TestOldPartsAreRemoved(t *testing.T) {
	content := random(1 << 20)
	o := serve(t, content)
	dir := interrupted(t, o, content)
	old := func(n int, suffix string, days time.Duration) string {
		name := fmt.Sprintf(".get-%032d-00000000%s", n, suffix)
		write(t, filepath.Join(dir, name), "x")
		at := time.Now().Add(-days * 24 * time.Hour)
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
		return name
	}
	_, _, _, _ = old(1, ".part", 8), old(1, ".json", 8), old(2, ".part", 8), old(3, ".json", 8)
	// A sidecar is as old as its part; other files are not ours.
	stay := []string{old(4, ".json", 8), old(4, ".part", 6), ".get-started.part", "f"}
	write(t, filepath.Join(dir, ".get-started.part"), "x")
	_ = os.Chtimes(filepath.Join(dir, ".get-started.part"), time.Unix(0, 0), time.Unix(0, 0))
	if err := get.File(t.Context(), o.client(t), o.want(content), filepath.Join(dir, "f"), 0o644); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, stay...)
}

// TestASecondCallAtAnyMoment has one call after another replace a file, while a second one tries the same.
func TestASecondCallAtAnyMoment(t *testing.T) {
	folder, err := get.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	content := clientFunc(func(_ context.Context, _ fetch.Request, sink fetch.Sink) (fetch.Head, error) {
		sink.Start(fetch.Head{})
		_, err := sink.Write([]byte("content"))
		return fetch.Head{}, err
	})
	var done atomic.Bool
	var second sync.WaitGroup
	second.Go(func() {
		for !done.Load() {
			p, err := folder.Part("f", "key")
			if err == nil {
				p.Close()
			} else if !errors.Is(err, get.ErrBusy) {
				t.Error(err)
			}
		}
	})
	for kept := 0; kept < 60 && !t.Failed(); {
		p, err := folder.Part("f", "key")
		if errors.Is(err, get.ErrBusy) {
			continue
		}
		if err == nil {
			_, err = p.Get(t.Context(), content, fetch.Request{}, discard{})
		}
		if err == nil {
			err = p.Keep(0o755, digest.Digest{})
		}
		if err != nil {
			t.Error(err)
		}
		kept++
	}
	done.Store(true)
	second.Wait()
}

type discard struct{}

func (discard) Start(fetch.Head)            {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestFoldersOfWhatFailedAreRemoved(t *testing.T) {
	o := serve(t, random(1000))
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"a/b/f", "mine/b/f"} {
		if err := get.File(t.Context(), o.client(t), o.want(nil), filepath.Join(dir, path), 0o644); !errors.Is(err, get.ErrDigest) {
			t.Errorf("got %v", err)
		}
	}
	if folders, _ := filepath.Glob(filepath.Join(dir, "*")); len(folders) != 1 || filepath.Base(folders[0]) != "mine" {
		t.Errorf("left %q", folders)
	}
	folder, err := get.Open(filepath.Join(dir, "new", "er"))
	if err != nil {
		t.Fatal(err)
	}
	one, _ := folder.Part("a/b/f", "key")
	two, err := folder.Part("a/g", "key")
	if err != nil {
		t.Fatal(err)
	}
	one.Close()
	_, _ = two.Get(t.Context(), o.client(t), fetch.Request{URL: o.URL}, discard{})
	two.Close()
	folder.Close()
	if names := list(dir); len(names) != 2 || !strings.HasPrefix(names[0], "new/er/a/.get-") {
		t.Errorf("left %q", names)
	}
	if _, err := os.Lstat(filepath.Join(dir, "new/er/a/b")); err == nil {
		t.Error("an empty folder stays")
	}
}

func TestCheckName(t *testing.T) {
	for _, good := range []string{"f", "a/b/c", "..f", "f..g", ".hidden", "con-air", "console", "é", strings.Repeat("x", 255)} {
		if err := get.CheckName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", ".", "..", "../f", "a/../f", "a/..", "/f", "//f", "a//b", "a/", "./f", `a\b`, `..\f`, "a\x00b", "a\nb", "C:f", "c:/f", "f:stream",
		"CON", "con.txt", "a/NUL", "aux.tar.gz", "com1", "LPT9.x", "com¹", "conin$", "con .txt", "f.", "f ", "a./b", "a?b", "a*", "<a", `"`, "a|b",
		"\xff", "a\u0085b", strings.Repeat("x", 256), ".get-x.part",
	} {
		if err := get.CheckName(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		} else if strings.ContainsAny(err.Error(), "\x00\n\u0085") {
			t.Errorf("%q stands unquoted in %q", bad, err)
		}
	}
}

func FuzzCheckName(f *testing.F) {
	for _, seed := range []string{"a/b", "../x", "CON", "a\\b", "x\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if get.CheckName(name) == nil && (!filepath.IsLocal(name) || !fs.ValidPath(name) || strings.ContainsAny(name, "\\:\x00")) {
			t.Errorf("%q is accepted", name)
		}
	})
}

func ExampleFile() {
	client, err := fetch.New(fetch.Config{MaxSize: 100 << 30, StallTimeout: time.Minute, Connections: 8, UserAgent: "acme/1.0"})
	if err != nil {
		log.Fatal(err)
	}
	want, err := digest.Parse("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")
	if err != nil {
		log.Fatal(err)
	}
	err = get.File(context.Background(), client, get.Want{URL: "https://example.com/model.gguf", Digest: want}, "models/acme/model.gguf", 0o644)
	switch {
	case errors.Is(err, get.ErrDigest):
		log.Fatal("The server has another file than the one that was reviewed: ", err)
	case err != nil:
		log.Fatal("Try again, and the download continues: ", err)
	}
	fmt.Println("models/acme/model.gguf is complete and right")
}
