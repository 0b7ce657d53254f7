package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/premAI-io/verify-manifests/pkg/github/githubtest"
	"github.com/premAI-io/verify-manifests/pkg/provenance/provenancetest"
)

// attest FILE REPOSITORY [BUILDER] has REPOSITORY attest a file on the fake GitHub, as BUILDER (else REPOSITORY itself) built it. It
// writes the bundle to FILE.sigstore.json, and the trusted root of the script's own Sigstore to trusted-root.json.
func attest(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(sigstore{}).(*provenancetest.Sigstore)
	sum := provenancetest.SHA256([]byte(ts.ReadFile(args[0])))
	bundle := s.Bundle(provenancetest.Of(args[len(args)-1], sum))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".sigstore.json"), bundle, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("trusted-root.json"), s.Root(), 0o600))
	if len(args) > 1 && args[1] != "-" {
		ts.Value("api").(*githubtest.Server).Attest(args[1], sum, bundle)
	}
}

// sigstore is the key of a script's Sigstore.
type sigstore struct{}

// asked N fails unless GitHub was asked for attestations N times so far.
func asked(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	for _, r := range ts.Value("api").(*githubtest.Server).Requests() {
		if strings.Contains(r.Path, "/attestations/") {
			n++
		}
	}
	if strconv.Itoa(n) != args[0] {
		ts.Fatalf("GitHub was asked for attestations %d times", n)
	}
}
