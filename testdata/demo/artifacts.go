package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// The files of the demo's artifact server, by path. The binaries are Mach-O headers for arm64 and nothing
// more: nobody executes them.
var artifacts = map[string][]byte{
	"/releases/v1.2.0/verified-aarch64-apple-darwin":   executable("the reviewed build"),
	"/releases/v1.2.0/replaced-aarch64-apple-darwin":   executable("uploaded again after the review"),
	"/releases/v1.2.0/undeclared-aarch64-apple-darwin": executable("nobody declared a checksum"),
	"/drive/behind-login-aarch64-apple-darwin":         []byte("<!DOCTYPE html>\n<html><head><title>Sign in to Acme Drive</title></head><body><form>…</form></body></html>\n"),
	"/models/verified-q4.gguf":                         weights("verified"),
	"/models/replaced-q4.gguf":                         weights("replaced"),
	"/models/undeclared-q4.gguf":                       weights("undeclared"),
	"/models/behind-login-q4.gguf":                     weights("behind-login"),
}

func executable(text string) []byte {
	header := []byte{0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0x00, 0x00, 0x01, 0, 0, 0, 0, 2, 0, 0, 0}
	return append(append(header, make([]byte, 16)...), strings.Repeat(text+"\n", 1000)...)
}

func weights(name string) []byte {
	return append(append([]byte("GGUF\x03\x00\x00\x00"), make([]byte, 16<<10)...), name...)
}

func digest(path string) string {
	sum := sha256.Sum256(artifacts[path])
	return "sha256:" + hex.EncodeToString(sum[:])
}

// serveArtifacts answers as a file host does: with lengths, ranges and validators.
func serveArtifacts(w http.ResponseWriter, r *http.Request) {
	body, found := artifacts[r.URL.Path]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", `"`+digest(r.URL.Path)+`"`)
	http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(body))
}
