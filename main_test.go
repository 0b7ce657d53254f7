package main

import (
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	"github.com/premAI-io/verify-manifests/pkg/provenance/provenancetest"
	"github.com/premAI-io/verify-manifests/pkg/report/reporttest"
)

func TestMain(m *testing.M) {
	if err := os.Setenv(noNap, "atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"verify-manifests": main})
}

// noNap has programs that were built with -race end without the second of sleep that they otherwise end with.
const noNap = "GORACE"

var update = flag.Bool("update", false, "rewrite what scripts and scenes compare with")

// TestScripts runs the real program. Each script has the folder files served over TLS at $URL, beside
// the odd servers of handler, and a fake of GitHub's API at $GITHUB_API_URL.
func TestScripts(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"expand":   expand,
			"exits":    exits,
			"propose":  propose,
			"base":     base,
			"comments": comments,
			"issues":   issues,
			"api":      fakeAPI,
			"enlarge":  enlarge,
			"attest":   attest,
			"asked":    asked,
			"scene":    scene(root),
		},
	})
}

func setup(env *testscript.Env) error {
	env.Setenv(noNap, os.Getenv(noNap))
	files := httptest.NewTLSServer(handler(filepath.Join(env.WorkDir, "files")))
	env.Defer(files.Close)
	plain := httptest.NewServer(handler(filepath.Join(env.WorkDir, "files")))
	env.Defer(plain.Close)
	api := githubtest.New()
	env.Defer(func() {
		api.Close()
		if unknown := api.Unknown(); len(unknown) > 0 {
			env.T().Fatal("requests for routes that GitHub does not have: ", strings.Join(unknown, ", "))
		}
	})
	env.Defer(func() {
		if err := checkReports(env.WorkDir); err != nil {
			env.T().Fatal(err)
		}
	})
	env.Values["api"] = api
	env.Values[sigstore{}] = provenancetest.New()
	for name, value := range map[string]string{
		"URL": files.URL, "PLAIN_URL": plain.URL, "HOST": files.Listener.Addr().String(), "SSL_CERT_FILE": filepath.Join(env.WorkDir, "ca.pem"), "SSL_CERT_DIR": filepath.Join(env.WorkDir, "none"),
		"GITHUB_API_URL": api.URL, "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/registry", "GITHUB_SHA": headSHA,
		"GITHUB_RUN_ID": "10", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_WORKSPACE": filepath.Join(env.WorkDir, "workspace"),
		"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": filepath.Join(env.WorkDir, "event.json"),
		"GITHUB_OUTPUT": filepath.Join(env.WorkDir, "outputs"), "GITHUB_STEP_SUMMARY": filepath.Join(env.WorkDir, "summary"),
		"INPUT_ALLOW-NETWORKS": "127.0.0.0/8",
	} {
		env.Setenv(name, value)
	}
	for name, content := range map[string][]byte{
		"ca.pem": certificate(files.Certificate()), "outputs": nil, "summary": nil,
		"event.json": []byte(`{"number": 7, "pull_request": {"number": 7, "head": {"sha": "` + headSHA + `"}, "base": {"sha": "` + baseSHA + `"}}}`),
	} {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), content, 0o600); err != nil {
			return err
		}
	}
	if err := writeTutorial(filepath.Join(env.WorkDir, "tutorial.sh")); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Join(env.WorkDir, "workspace"), 0o700)
}

// writeTutorial writes the commands of a page's tutorial as a script.
func writeTutorial(name string) error {
	page, err := os.ReadFile("docs/registries.md")
	if err != nil {
		return err
	}
	_, tutorial, _ := strings.Cut(string(page), "\n## Tutorial")
	var script strings.Builder
	for _, block := range strings.Split(tutorial, "```sh\n")[1:] {
		commands, _, _ := strings.Cut(block, "```")
		script.WriteString(commands)
	}
	return os.WriteFile(name, []byte(script.String()), 0o600)
}

// checkReports holds every report that a script left to the published schema.
func checkReports(dir string) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".json" || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(text), `"name": "verify-manifests"`) {
			return err
		}
		if err := reporttest.Check(text); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		return nil
	})
}

const (
	headSHA = "3333333333333333333333333333333333333333"
	baseSHA = "1111111111111111111111111111111111111111"
)

func certificate(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// handler serves the files of a folder, those below /etag with a strong validator, /status/N with status N, /redirect?to=URL,
// and image manifests below /v2.
func handler(dir string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("/etag/", func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/etag/")
		if text, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha1.Sum(text)))
		}
		http.ServeFile(w, r, filepath.Join(dir, name))
	})
	mux.HandleFunc("/v2/{rest...}", func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/manifests/") {
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		}
		http.ServeFile(w, r, filepath.Join(dir, path.Clean(r.URL.Path)))
	})
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusFound)
	})
	return mux
}

// expand replaces the variables of the environment in files.
func expand(ts *testscript.TestScript, _ bool, files []string) {
	for _, name := range files {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

// exits runs a program and demands its exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("%s exits with %s, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// enlarge makes a file of that many bytes.
func enlarge(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), slices.Repeat([]byte{'#'}, size), 0o600))
}

// propose makes pull request 7 change all files below a folder, and the folder the tree of its head.
func propose(ts *testscript.TestScript, _ bool, args []string) {
	api := ts.Value("api").(*githubtest.Server)
	api.Lock()
	delete(api.PullRequests, 7)
	delete(api.Trees, headSHA)
	api.Unlock()
	root := os.DirFS(ts.MkAbs(args[0]))
	ts.Check(fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		api.AddChange(7, "modified", name, string(text))
		api.AddToTree(headSHA, name, string(text))
		return err
	}))
}

// base makes a folder the tree of the base commit.
func base(ts *testscript.TestScript, _ bool, args []string) {
	api := ts.Value("api").(*githubtest.Server)
	api.Lock()
	delete(api.Trees, baseSHA)
	api.Unlock()
	root := os.DirFS(ts.MkAbs(args[0]))
	ts.Check(fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		api.AddToTree(baseSHA, name, string(text))
		return err
	}))
}

// comments writes the comments on pull request 7 to a file.
func comments(ts *testscript.TestScript, _ bool, args []string) {
	var text strings.Builder
	for _, body := range ts.Value("api").(*githubtest.Server).CommentsOn(7) {
		fmt.Fprintf(&text, "comment:\n%s\n", body)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

// issues writes the issues, each with its comments, to a file.
func issues(ts *testscript.TestScript, _ bool, args []string) {
	api := ts.Value("api").(*githubtest.Server)
	var text strings.Builder
	for number := 101; ; number++ {
		i, found := api.IssueNumbered(number)
		if !found {
			break
		}
		fmt.Fprintf(&text, "issue %d, %s, %q: %s\n%s\n", number, i.State, i.Labels, i.Title, i.Body)
		for _, body := range api.CommentsOn(number) {
			fmt.Fprintf(&text, "comment:\n%s\n", body)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text.String()), 0o600))
}

// fakeAPI changes how the fake of GitHub behaves: "read-only", "writable", "head NUMBER SHA", "close ISSUE", "compare BASE HEAD FILE...", or "fail ROUTE STATUS TIMES".
func fakeAPI(ts *testscript.TestScript, _ bool, args []string) {
	api := ts.Value("api").(*githubtest.Server)
	switch args[0] {
	case "read-only", "writable":
		api.Lock()
		defer api.Unlock()
		api.ReadOnly = args[0] == "read-only"
	case "close":
		api.Lock()
		defer api.Unlock()
		for _, i := range api.Issues {
			if strconv.Itoa(i.Number) == args[1] {
				i.State = "closed"
			}
		}
	case "head":
		number, err := strconv.Atoi(args[1])
		ts.Check(err)
		api.Lock()
		defer api.Unlock()
		api.Heads[number] = args[2]
	case "compare":
		var files []githubtest.File
		for _, name := range args[3:] {
			files = append(files, githubtest.File{Path: name, SHA: api.AddBlob(ts.ReadFile(name)), Status: "modified"})
		}
		api.Lock()
		defer api.Unlock()
		api.Comparisons[args[1]+"..."+args[2]] = githubtest.Comparison{Status: "ahead", Files: files}
	case "fail":
		status, err := strconv.Atoi(args[2])
		ts.Check(err)
		times, err := strconv.Atoi(args[3])
		ts.Check(err)
		api.Fail(args[1], slices.Repeat([]githubtest.Fault{{Status: status}}, times)...)
	default:
		ts.Fatalf("api %s: there is no such behaviour", args[0])
	}
}
