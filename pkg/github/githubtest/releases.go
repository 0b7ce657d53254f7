package githubtest

import "net/http"

// Asset is a file of a release.
type Asset struct {
	Name   string
	Digest string // "sha256:..."; "" where GitHub has none
	Size   int64
}

func (s *Server) getRelease(w http.ResponseWriter, r *http.Request) {
	assets, found := s.Releases[repository(r)+"/"+r.PathValue("tag")]
	if !found {
		fail(w, http.StatusNotFound, "Not Found")
		return
	}
	list := []map[string]any{}
	for _, a := range assets {
		entry := map[string]any{"name": a.Name, "size": a.Size, "digest": a.Digest}
		if a.Digest == "" {
			entry["digest"] = nil
		}
		list = append(list, entry)
	}
	answer(w, http.StatusOK, map[string]any{"tag_name": r.PathValue("tag"), "assets": list})
}
