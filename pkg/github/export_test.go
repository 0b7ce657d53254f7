package github

import (
	"net/http"
	"net/url"
)

// Wait is the real one of Config.Sleep.
var Wait = wait

// ReadMarker reads the first line of a comment or an issue.
func ReadMarker(body string) (id int64, attempt int, fingerprint string) {
	r, fingerprint := readMarker(body)
	return r.id, r.attempt, fingerprint
}

// Authorization is the header that a request for a URL gets, where the API is at another.
func Authorization(api, token, target string) string {
	base, baseErr := url.Parse(api)
	req, err := http.NewRequest("GET", target, nil)
	if baseErr != nil || err != nil {
		return "unreadable"
	}
	return newTransport(base, token).authorize(req).Header.Get("Authorization")
}
