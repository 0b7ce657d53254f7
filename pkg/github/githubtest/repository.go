package githubtest

import (
	"cmp"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The bounds that GitHub sets to the files of a pull request and of a comparison.
const (
	maxFiles    = 3000
	maxCompared = 300
)

// File is a file of a change or of a tree.
type File struct {
	Path, SHA string
	Status    string // of a change; "" in trees
	Previous  string // of a rename
	Mode      string // of a tree's entry; "" is a regular file's
	Type      string // of a tree's entry; "" is a blob
}

// Comparison is what differs between two commits.
type Comparison struct {
	Status string // "ahead", "diverged", ...
	Files  []File
}

// Tree is a git tree. Files are what the recursive form lists; Top, where it is set, what the plain form
// does.
type Tree struct {
	Files     []File
	Top       []File
	Truncated bool // the recursive form is cut short
}

// AddBlob keeps a file's text under git's own name for it, which it returns.
func (s *Server) AddBlob(text string) (sha string) {
	sum := sha1.Sum([]byte(fmt.Sprintf("blob %d\x00%s", len(text), text)))
	sha = hex.EncodeToString(sum[:])
	s.Lock()
	defer s.Unlock()
	s.Blobs[sha] = text
	return sha
}

// AddChange adds a file with its text to those that a pull request changes.
func (s *Server) AddChange(number int, status, path, text string) {
	sha := s.AddBlob(text)
	s.Lock()
	defer s.Unlock()
	s.PullRequests[number] = append(s.PullRequests[number], File{Path: path, SHA: sha, Status: status})
}

// AddToTree adds a file with its text to the tree of a commit.
func (s *Server) AddToTree(commit, path, text string) {
	sha := s.AddBlob(text)
	s.Lock()
	defer s.Unlock()
	tree := s.Trees[commit]
	tree.Files = append(tree.Files, File{Path: path, SHA: sha})
	s.Trees[commit] = tree
}

func (f File) answer() map[string]string {
	entry := map[string]string{"filename": f.Path, "sha": f.SHA, "status": f.Status}
	if f.Previous != "" {
		entry["previous_filename"] = f.Previous
	}
	return entry
}

func (s *Server) getPullRequest(w http.ResponseWriter, r *http.Request) {
	head, found := s.Heads[number(r, "number")]
	if !found {
		fail(w, http.StatusNotFound, "Not Found")
		return
	}
	answer(w, http.StatusOK, map[string]any{"number": number(r, "number"), "head": map[string]string{"sha": head}, "base": map[string]string{"sha": s.Bases[number(r, "number")]}})
}

func (s *Server) listFiles(w http.ResponseWriter, r *http.Request) {
	files, found := s.PullRequests[number(r, "number")]
	if !found {
		fail(w, http.StatusNotFound, "Not Found")
		return
	}
	page(w, r, files[:min(len(files), maxFiles)], File.answer)
}

// compare answers with a comparison of s, else with one of no files where it has the trees of both commits. The merge base is that of
// s.MergeBases, else the base.
func (s *Server) compare(w http.ResponseWriter, r *http.Request) {
	between := r.PathValue("range")
	base, head, _ := strings.Cut(between, "...")
	c, found := s.Comparisons[between]
	_, hasBase := s.Trees[base]
	_, hasHead := s.Trees[head]
	if !found && !(hasBase && hasHead) {
		fail(w, http.StatusNotFound, "Not Found")
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"status": cmp.Or(c.Status, "ahead"), "files": shown(c.Files[:min(len(c.Files), maxCompared)], File.answer),
		"merge_base_commit": map[string]string{"sha": cmp.Or(s.MergeBases[between], base)},
	})
}

func (s *Server) getTree(w http.ResponseWriter, r *http.Request) {
	sha := r.PathValue("sha")
	tree, found := s.Trees[sha]
	if !found {
		fail(w, http.StatusNotFound, "Not Found")
		return
	}
	recursive := r.URL.Query().Get("recursive") != ""
	files := tree.Files
	if !recursive && tree.Top != nil {
		files = tree.Top
	}
	answer(w, http.StatusOK, map[string]any{"sha": sha, "tree": entries(files), "truncated": recursive && tree.Truncated})
}

func entries(files []File) []map[string]string {
	list := []map[string]string{}
	for _, f := range files {
		entry := map[string]string{"path": f.Path, "sha": f.SHA, "mode": "100644", "type": "blob"}
		if f.Mode != "" {
			entry["mode"] = f.Mode
		}
		if f.Type != "" {
			entry["type"] = f.Type
		}
		list = append(list, entry)
	}
	return list
}

// getBlob answers with the text itself where that is asked for, else with base64 of it, in lines.
func (s *Server) getBlob(w http.ResponseWriter, r *http.Request) {
	sha := r.PathValue("sha")
	text, found := s.Blobs[sha]
	switch {
	case !found:
		fail(w, http.StatusNotFound, "Not Found")
	case strings.Contains(r.Header.Get("Accept"), "raw") && !s.BlobsInJSON:
		w.Header().Set("Content-Type", "application/vnd.github.raw+json; charset=utf-8")
		_, _ = w.Write([]byte(text))
	default:
		answer(w, http.StatusOK, map[string]any{"sha": sha, "encoding": "base64", "size": len(text), "content": inLines(text)})
	}
}

func inLines(text string) string {
	var lines strings.Builder
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString([]byte(text))), 60) {
		lines.Write(append(line[:len(line):len(line)], '\n'))
	}
	return lines.String()
}
