// Package githubtest is a fake of the part of GitHub's REST API that the program uses, over real HTTP. It
// keeps state as GitHub does, pages its lists, fails as it is told to, and records what it was asked:
// requests for routes that it does not have above all.
package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
)

// ActionsBot is who a workflow's own token writes as.
const ActionsBot = "github-actions[bot]"

// Server is the fake. Fill its fields before it is used; the mutex guards them while it is.
type Server struct {
	*httptest.Server
	sync.Mutex

	Token    string // where set, any other Authorization is answered with 401
	Login    string // of the token; "" answers GET /user with 403, as GitHub does to a workflow's own
	Viewer   string // of an App's token, told by GraphQL only; "" fails there
	ReadOnly bool   // the token may not write

	PullRequests map[int][]File        // changed files, by number
	Heads, Bases map[int]string        // of pull requests, by number
	Comparisons  map[string]Comparison // by "base...head"
	MergeBases   map[string]string     // by "base...head"; the base where there is none
	Trees        map[string]Tree       // by the SHA of a commit or a tree
	Blobs        map[string]string     // text by SHA
	BlobsInJSON  bool                  // answers base64 in JSON whatever is asked for
	Comments     map[int][]*Comment    // by the number of the issue or pull request
	Issues       []*Issue
	NoIssues     bool                     // the repository has none: 410
	DropLabels   bool                     // of new issues, as GitHub does where the token may not set them
	Releases     map[string][]Asset       // by "owner/repo/tag"
	Attestations map[string][]Attestation // by "owner/repo sha256:…", in lower case

	faults   map[string][]Fault
	requests []Request
	unknown  []string
	nextID   int64
}

// Request is one that came.
type Request struct {
	Method, Path, Query string
	Authorization       string
}

func (r Request) String() string {
	if r.Query == "" {
		return r.Method + " " + r.Path
	}
	return r.Method + " " + r.Path + "?" + r.Query
}

// Fault is how a request fails: with a status or, where that is 0, with a dropped connection.
type Fault struct {
	Status  int
	Message string // "" is the status's text
	Header  http.Header
	After   bool // the request takes effect before it fails
	Broken  bool // the connection drops in the middle of the answer, which is right so far

	Meanwhile func() // what else happens right before the request, which then does not fail; the Server is locked
}

// New starts a fake on loopback, at the field URL; the caller closes it.
func New() *Server {
	s := &Server{
		PullRequests: map[int][]File{},
		Heads:        map[int]string{},
		Bases:        map[int]string{},
		Comparisons:  map[string]Comparison{},
		MergeBases:   map[string]string{},
		Trees:        map[string]Tree{},
		Blobs:        map[string]string{},
		Comments:     map[int][]*Comment{},
		Releases:     map[string][]Asset{},
		Attestations: map[string][]Attestation{},
		faults:       map[string][]Fault{},
		nextID:       1000,
	}
	mux := http.NewServeMux()
	for pattern, handle := range s.routes() {
		mux.HandleFunc(pattern, s.route(pattern, handle))
	}
	mux.HandleFunc("/", s.unknownRoute)
	s.Server = httptest.NewServer(mux)
	return s
}

func (s *Server) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /repos/{owner}/{repo}/pulls/{number}":            s.getPullRequest,
		"GET /repos/{owner}/{repo}/pulls/{number}/files":      s.listFiles,
		"GET /repos/{owner}/{repo}/compare/{range}":           s.compare,
		"GET /repos/{owner}/{repo}/git/trees/{sha}":           s.getTree,
		"GET /repos/{owner}/{repo}/git/blobs/{sha}":           s.getBlob,
		"GET /repos/{owner}/{repo}/issues/{number}/comments":  s.listComments,
		"POST /repos/{owner}/{repo}/issues/{number}/comments": s.createComment,
		"PATCH /repos/{owner}/{repo}/issues/comments/{id}":    s.editComment,
		"DELETE /repos/{owner}/{repo}/issues/comments/{id}":   s.deleteComment,
		"GET /repos/{owner}/{repo}/issues":                    s.listIssues,
		"POST /repos/{owner}/{repo}/issues":                   s.createIssue,
		"PATCH /repos/{owner}/{repo}/issues/{number}":         s.editIssue,
		"GET /repos/{owner}/{repo}/releases/tags/{tag}":       s.getRelease,
		"GET /repos/{owner}/{repo}/attestations/{digest}":     s.listAttestations,
		"GET /user":     s.getUser,
		"POST /graphql": s.graphQL,
	}
}

// Fail makes the next requests of a route fail, one for each fault; a route is a pattern of net/http's
// ServeMux, such as "GET /repos/{owner}/{repo}/git/blobs/{sha}". It panics on a route that is not served.
func (s *Server) Fail(route string, faults ...Fault) {
	if s.routes()[route] == nil {
		panic("githubtest: no route " + route)
	}
	s.Lock()
	defer s.Unlock()
	s.faults[route] = append(s.faults[route], faults...)
}

// Requests lists what was asked, in order.
func (s *Server) Requests() []Request {
	s.Lock()
	defer s.Unlock()
	return slices.Clone(s.requests)
}

// Unknown lists the requests for routes that the fake does not have; a test has to find it empty.
func (s *Server) Unknown() []string {
	s.Lock()
	defer s.Unlock()
	return slices.Clone(s.unknown)
}

func (s *Server) record(r *http.Request) {
	s.requests = append(s.requests, Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Authorization: r.Header.Get("Authorization"),
	})
}

// route serves one pattern: one request at a time, as the state is one.
func (s *Server) route(pattern string, handle http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.Lock()
		defer s.Unlock()
		s.record(r)
		if s.Token != "" && r.Header.Get("Authorization") != "Bearer "+s.Token {
			fail(w, http.StatusUnauthorized, "Bad credentials")
			return
		}
		if len(s.faults[pattern]) == 0 {
			handle(w, r)
			return
		}
		fault := s.faults[pattern][0]
		s.faults[pattern] = s.faults[pattern][1:]
		if fault.Meanwhile != nil {
			fault.Meanwhile()
			handle(w, r)
			return
		}
		fault.serve(w, r, handle)
	}
}

func (f Fault) serve(w http.ResponseWriter, r *http.Request, handle http.HandlerFunc) {
	recorded := httptest.NewRecorder()
	if f.After || f.Broken {
		handle(recorded, r)
	}
	if f.Broken {
		whole := recorded.Body.Bytes()
		w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
		_, _ = w.Write(whole[:len(whole)/2])
		_ = http.NewResponseController(w).Flush()
	}
	if f.Status == 0 {
		panic(http.ErrAbortHandler) // net/http's way to drop a connection
	}
	for name, values := range f.Header {
		w.Header()[name] = values
	}
	message := f.Message
	if message == "" {
		message = http.StatusText(f.Status)
	}
	fail(w, f.Status, message)
}

func (s *Server) unknownRoute(w http.ResponseWriter, r *http.Request) {
	s.Lock()
	defer s.Unlock()
	s.record(r)
	s.unknown = append(s.unknown, s.requests[len(s.requests)-1].String())
	fail(w, http.StatusNotImplemented, "the fake has no such route")
}

func fail(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"message": message, "documentation_url": "https://docs.github.com/rest"})
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// page answers with one page of a list, each item as show shows it, and links to the next as GitHub does
// (https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api).
func page[T, Shown any](w http.ResponseWriter, r *http.Request, list []T, show func(T) Shown) {
	size, err := strconv.Atoi(r.URL.Query().Get("per_page"))
	if err != nil || size < 1 || size > 100 {
		size = 30
	}
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	from, to := min((number-1)*size, len(list)), min(number*size, len(list))
	if to < len(list) {
		next := *r.URL
		query := next.Query()
		query.Set("page", strconv.Itoa(number+1))
		next.RawQuery = query.Encode()
		w.Header().Set("Link", fmt.Sprintf("<http://%s%s>; rel=\"next\"", r.Host, next.String()))
	}
	answer(w, http.StatusOK, shown(list[from:to], show))
}

func shown[T, Shown any](list []T, show func(T) Shown) []Shown {
	all := []Shown{}
	for _, item := range list {
		all = append(all, show(item))
	}
	return all
}

// number is the number, or the ID, that a request's path names.
func number(r *http.Request, name string) int {
	n, _ := strconv.Atoi(r.PathValue(name))
	return n
}
