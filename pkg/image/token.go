package image

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"golang.org/x/net/http/httpguts"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Bounds of what a token service answers, in bytes.
const (
	maxTokenBody = 64 << 10
	maxToken     = 32 << 10
)

// challenge is a registry's description of its token service (https://distribution.github.io/distribution/spec/auth/token/).
// It is hostile, including the realm's URL.
type challenge struct{ realm, service string }

var challengeParameter = regexp.MustCompile(`(?i)\b(realm|service)="([^"]*)"`)

// bearer reads the challenge of an answer; false where it wants something else than a token.
func bearer(header http.Header) (wanted challenge, ok bool) {
	for _, value := range header.Values("WWW-Authenticate") {
		if len(value) < len("Bearer ") || !strings.EqualFold(value[:len("Bearer ")], "Bearer ") {
			continue
		}
		for _, match := range challengeParameter.FindAllStringSubmatch(value, -1) {
			if strings.EqualFold(match[1], "realm") {
				wanted.realm = match[2]
			} else {
				wanted.service = match[2]
			}
		}
		return wanted, wanted.realm != ""
	}
	return challenge{}, false
}

// access is the token for one repository of one registry.
type access struct {
	mu    sync.Mutex // held while a token is fetched, so that one is fetched at a time
	token string
}

func (c *Client) accessTo(r Reference) *access {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := r.host() + "/" + r.Repository
	if c.access[key] == nil {
		c.access[key] = new(access)
	}
	return c.access[key]
}

// get returns the token; a registry that has asked for one before is not asked without.
func (a *access) get(s *session) (string, error) {
	s.mu.Lock()
	wanted, isKnown := s.services[s.ref.host()]
	s.mu.Unlock()
	if !isKnown {
		return "", nil
	}
	return a.renew(s, wanted, "")
}

// renew returns a token other than the stale one.
func (a *access) renew(s *session, wanted challenge, stale string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token != stale {
		return a.token, nil
	}
	token, err := s.fetchToken(wanted)
	if err != nil {
		return "", err
	}
	a.token = token
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services[s.ref.host()] = wanted
	return token, nil
}

// fetchToken asks a token service to let anybody pull from the repository.
func (s *session) fetchToken(wanted challenge) (string, error) {
	host := finding.Quote(s.ref.Registry)
	realm, err := url.Parse(wanted.realm)
	if err != nil {
		return "", refused("The registry %s names an invalid URL as its token service", host)
	}
	query := realm.Query()
	query.Set("scope", "repository:"+s.ref.Repository+":pull")
	if wanted.service != "" {
		query.Set("service", wanted.service)
	}
	realm.RawQuery = query.Encode()
	reply, err := s.send(fetch.Call{Method: http.MethodGet, URL: realm.String(), MaxBody: maxTokenBody})
	if failure, ok := errors.AsType[*fetch.Error](err); ok {
		failure.Message = fmt.Sprintf("The registry %s names a token service that failed. %s", host, failure.Message)
	}
	if err != nil {
		return "", err
	}
	if reply.Refusal != nil {
		return "", s.refusal(reply, theImage)
	}
	return readToken(reply)
}

func readToken(reply fetch.Reply) (string, error) {
	var answer struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
	}
	err := json.Unmarshal(reply.Body, &answer)
	token := cmp.Or(answer.Token, answer.AccessToken)
	if err != nil || token == "" || len(token) > maxToken || !httpguts.ValidHeaderFieldValue(token) {
		return "", &fetch.Error{Message: fmt.Sprintf("The token service %s returned no valid token", finding.Quote(reply.Host))}
	}
	return token, nil
}
