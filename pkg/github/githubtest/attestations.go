package githubtest

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// Attestation is one that a repository has of a file: a bundle, or the URL of one.
type Attestation struct {
	Bundle json.RawMessage // nil: null
	URL    string
}

// Attest adds a bundle to a repository's attestations of the file with a SHA-256, in hex.
func (s *Server) Attest(repository, sum string, bundle []byte) {
	s.Lock()
	defer s.Unlock()
	key := attestationKey(repository, "sha256:"+sum)
	s.Attestations[key] = append(s.Attestations[key], Attestation{Bundle: bundle})
}

func attestationKey(repository, digest string) string {
	return strings.ToLower(repository + " " + digest)
}

// listAttestations pages by a cursor, as GitHub does.
func (s *Server) listAttestations(w http.ResponseWriter, r *http.Request) {
	all := s.Attestations[attestationKey(repository(r), r.PathValue("digest"))]
	if len(all) == 0 {
		fail(w, http.StatusNotFound, "Not Found")
		return
	}
	size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
	from, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Query().Get("after"), "cursor-"))
	to := min(from+min(max(size, 1), 100), len(all))
	list := []map[string]any{}
	for _, a := range all[min(from, to):to] {
		list = append(list, map[string]any{"bundle": a.Bundle, "bundle_url": a.URL, "repository_id": 1})
	}
	if to < len(all) {
		query := r.URL.Query()
		query.Set("after", "cursor-"+strconv.Itoa(to))
		w.Header().Set("Link", "<http://"+r.Host+r.URL.Path+"?"+query.Encode()+`>; rel="next"`)
	}
	answer(w, http.StatusOK, map[string]any{"attestations": list})
}
