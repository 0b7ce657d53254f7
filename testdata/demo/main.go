// Command demo plays a pull request against a small registry, offline: a fake of GitHub's API and a file
// host on loopback, and between them the program as the Action that it is. It shows what the pull
// request's author would see, and leaves comment, report and summary in a folder that it names.
//
// With -nights DIR it leaves them there, plays nightly scans of the merged registry too, and leaves their issue and
// status page. With -serve DIR it only puts up the stage, for a container to play on: it writes what the Action needs
// into DIR and serves until its standard input ends.
package main

import (
	"context"
	"crypto/x509"
	"embed"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/premAI-io/verify-manifests/pkg/cli"
	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
)

//go:embed registry
var registry embed.FS

const (
	pullRequest = 7
	base        = "1111111111111111111111111111111111111111"
	head        = "3333333333333333333333333333333333333333"
)

func main() {
	serve := flag.String("serve", "", "put up the stage for a container, with its files in this folder")
	nights := flag.String("nights", "", "play nightly scans too, and leave everything in this folder")
	flag.Parse()
	if err := run(*serve, *nights); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(serve, nights string) error {
	files := httptest.NewTLSServer(http.HandlerFunc(serveArtifacts))
	defer files.Close()
	api := githubtest.New()
	defer api.Close()
	if err := propose(api, files.URL); err != nil {
		return err
	}
	if serve != "" {
		return stage(serve, api, files)
	}
	if nights == "" {
		dir, err := os.MkdirTemp("", "verify-manifests-demo-")
		if err != nil {
			return err
		}
		return play(api, files, dir)
	}
	if err := play(api, files, nights); err != nil {
		return err
	}
	return nightly(api, files, nights)
}

// propose opens the pull request: it adds every service of the registry.
func propose(api *githubtest.Server, url string) error {
	services, err := registry.ReadDir("registry")
	if err != nil {
		return err
	}
	api.AddToTree(base, "README.md", "# registry")
	for _, service := range services {
		text, err := fill(service.Name(), url)
		if err != nil {
			return err
		}
		api.AddChange(pullRequest, "added", service.Name()+"/manifest.json", text)
		api.AddToTree(head, service.Name()+"/manifest.json", text)
		api.AddToTree(head, service.Name()+"/README.md", "# "+service.Name())
	}
	return nil
}

// fill puts the file host's URL and the digests of its files into a service's manifest.
func fill(service, url string) (string, error) {
	text, err := registry.ReadFile("registry/" + service + "/manifest.json")
	if err != nil {
		return "", err
	}
	manifest, err := template.New(service).Funcs(template.FuncMap{"digest": digest}).Parse(string(text))
	if err != nil {
		return "", err
	}
	var filled strings.Builder
	err = manifest.Execute(&filled, map[string]string{"URL": url})
	return filled.String(), err
}

// event is the payload that GitHub gives a pull request's workflow.
func event() []byte {
	payload, _ := json.Marshal(map[string]any{
		"action": "synchronize", "number": pullRequest,
		"pull_request": map[string]any{
			"number": pullRequest,
			"head":   map[string]string{"sha": head, "ref": "feature"},
			"base":   map[string]string{"sha": base, "ref": "main"},
		},
	})
	return payload
}

// play runs the Action and shows what its author would see.
func play(api *githubtest.Server, files *httptest.Server, dir string) error {
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string][]byte{"event.json": event(), "outputs.txt": nil, "summary.md": nil} {
		if err := os.WriteFile(at(name), content, 0o600); err != nil {
			return err
		}
	}
	fmt.Println("The log of the workflow's step:")
	fmt.Println()
	roots := x509.NewCertPool()
	roots.AddCert(files.Certificate())
	code := cli.Main(context.Background(), cli.Env{
		Stdout: os.Stdout, Stderr: os.Stderr, RootCAs: roots,
		Environ: []string{
			"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=pull_request", "GITHUB_EVENT_PATH=" + at("event.json"),
			"GITHUB_REPOSITORY=acme/registry", "GITHUB_API_URL=" + api.URL, "GITHUB_SERVER_URL=https://github.com", "GITHUB_BASE_REF=main",
			"GITHUB_RUN_ID=1", "GITHUB_RUN_ATTEMPT=1", "GITHUB_SHA=" + head,
			"GITHUB_OUTPUT=" + at("outputs.txt"), "GITHUB_STEP_SUMMARY=" + at("summary.md"),
			"INPUT_GITHUB-TOKEN=demo", "INPUT_REPORT-FILE=" + at("report.json"), "INPUT_ALLOW-NETWORKS=127.0.0.0/8\n::1/128",
		},
	})
	return show(api, at, code)
}

func show(api *githubtest.Server, at func(string) string, code int) error {
	comments := api.CommentsOn(pullRequest)
	if len(comments) != 1 || code != cli.ExitFindings || len(api.Unknown()) > 0 {
		return fmt.Errorf("the Action exited with %d and left %d comments; unknown requests: %q", code, len(comments), api.Unknown())
	}
	fmt.Printf("\nThe comment on the pull request:\n\n%s\n", comments[0])
	if err := os.WriteFile(at("comment.md"), []byte(comments[0]), 0o600); err != nil {
		return err
	}
	fmt.Printf("The Action exited with %d, as it should: two of the registry's files are not what was declared.\n", code)
	fmt.Println("Comment, report, summary and outputs are in", at(""))
	return nil
}

// stage writes what a container needs to play: the event, the file host's authority, and the API's URL.
func stage(dir string, api *githubtest.Server, files *httptest.Server) error {
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: files.Certificate().Raw})
	for name, content := range map[string][]byte{"event.json": event(), "ca.pem": authority, "api-url": []byte(api.URL)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	for _, comment := range api.CommentsOn(pullRequest) {
		fmt.Println(comment)
	}
	return err
}
