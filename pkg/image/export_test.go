package image

import (
	"net/http"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

// ParseManifest reads a manifest, and returns how many parts it names.
func ParseManifest(body []byte, contentType string) (parts int, err error) {
	m, err := parse(fetch.Reply{Body: body, Header: http.Header{"Content-Type": {contentType}}})
	if err != nil {
		return 0, err
	}
	return len(m.Manifests) + len(m.Layers), nil
}

// MaxParts is what tests play to.
const MaxParts = maxParts

// Bearer reads a challenge.
func Bearer(value string) (realm, service string, ok bool) {
	wanted, ok := bearer(http.Header{"Www-Authenticate": {value}})
	return wanted.realm, wanted.service, ok
}
