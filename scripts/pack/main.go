// Command pack makes the files of a release out of its binaries: for each an archive with the licences, and an SBOM.
// What it says of a binary is what Go wrote into it. The same binaries give the same bytes.
//
//	pack VERSION FOLDER BINARY...
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// program is what is packed; its files in an archive are called after it.
const program = "verify-manifests"

// documents go into each archive beside the binary.
var documents = []string{"LICENSE", "THIRD_PARTY_NOTICES"}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: pack VERSION FOLDER BINARY...")
		os.Exit(2)
	}
	var problems []error
	for _, binary := range os.Args[3:] {
		problems = append(problems, pack(os.Args[1], os.Args[2], binary))
	}
	if err := errors.Join(problems...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// pack writes the files of a binary into a folder.
func pack(version, folder, binary string) error {
	b, err := read(binary)
	if err != nil {
		return err
	}
	if b.Main.Version != version || b.commit == "" {
		return fmt.Errorf("%s calls itself %s of commit %q, and the release is %s: commit every change, and tag the commit %s", binary, b.Main.Version, b.commit, version, version)
	}
	files := []file{{b.name(), b.body, 0o755}}
	for _, name := range documents {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		files = append(files, file{name, text, 0o644})
	}
	write, ending := tarball, ".tar.gz"
	if b.os == "windows" {
		write, ending = zipped, ".zip"
	}
	var archive bytes.Buffer
	if err := write(&archive, files, b.time); err != nil {
		return err
	}
	stem := filepath.Join(folder, fmt.Sprintf("%s_%s_%s_%s", program, version, b.os, b.arch))
	return errors.Join(os.WriteFile(stem+ending, archive.Bytes(), 0o644), os.WriteFile(stem+".cdx.json", b.sbom(), 0o644))
}

// binary is a program, and what Go wrote into it.
type binary struct {
	*debug.BuildInfo
	body             []byte
	os, arch, commit string
	time             time.Time // of the commit
}

func read(name string) (*binary, error) {
	body, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	info, err := buildinfo.Read(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	b := &binary{BuildInfo: info, body: body}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "GOOS":
			b.os = setting.Value
		case "GOARCH":
			b.arch = setting.Value
		case "vcs.revision":
			b.commit = setting.Value
		case "vcs.time":
			b.time, err = time.Parse(time.RFC3339, setting.Value)
		}
	}
	return b, err
}

func (b *binary) name() string {
	if b.os == "windows" {
		return program + ".exe"
	}
	return program
}

// file is one of an archive.
type file struct {
	name string
	body []byte
	mode os.FileMode
}

func tarball(to io.Writer, files []file, modified time.Time) error {
	compressed, _ := gzip.NewWriterLevel(to, gzip.BestCompression) // fails for levels that are none
	archive := tar.NewWriter(compressed)
	for _, f := range files {
		header := tar.Header{Name: f.name, Size: int64(len(f.body)), Mode: int64(f.mode), ModTime: modified, Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(&header); err != nil {
			return err
		}
		if _, err := archive.Write(f.body); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), compressed.Close())
}

func zipped(to io.Writer, files []file, modified time.Time) error {
	archive := zip.NewWriter(to)
	for _, f := range files {
		header := zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: modified}
		header.SetMode(f.mode)
		body, err := archive.CreateHeader(&header)
		if err != nil {
			return err
		}
		if _, err := body.Write(f.body); err != nil {
			return err
		}
	}
	return archive.Close()
}
