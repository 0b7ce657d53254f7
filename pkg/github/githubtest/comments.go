package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBody is GitHub's bound on a comment or an issue, in characters.
const maxBody = 65536

// Comment is a comment on an issue or a pull request.
type Comment struct {
	ID    int64
	Login string // of its author, a bot where it ends in "[bot]"
	Body  string
}

// CommentsOn returns the bodies of the comments on an issue or a pull request.
func (s *Server) CommentsOn(number int) []string {
	s.Lock()
	defer s.Unlock()
	var bodies []string
	for _, c := range s.Comments[number] {
		bodies = append(bodies, c.Body)
	}
	return bodies
}

// AddComment adds a comment of someone's.
func (s *Server) AddComment(number int, login, body string) *Comment {
	s.Lock()
	defer s.Unlock()
	return s.addComment(number, login, body)
}

func (s *Server) addComment(number int, login, body string) *Comment {
	s.nextID++
	c := &Comment{ID: s.nextID, Login: login, Body: body}
	s.Comments[number] = append(s.Comments[number], c)
	return c
}

func (s *Server) getUser(w http.ResponseWriter, _ *http.Request) {
	if s.Login == "" {
		fail(w, http.StatusForbidden, "Resource not accessible by integration")
		return
	}
	answer(w, http.StatusOK, user(s.Login))
}

func (s *Server) graphQL(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Query string }
	_ = json.NewDecoder(r.Body).Decode(&asked)
	if blobs := askedBlobs.FindAllStringSubmatch(asked.Query, -1); blobs != nil {
		s.graphQLBlobs(w, blobs)
		return
	}
	if s.Viewer == "" {
		fail(w, http.StatusUnauthorized, "This endpoint requires you to be authenticated.")
		return
	}
	answer(w, http.StatusOK, map[string]any{"data": map[string]any{"viewer": map[string]string{"login": s.Viewer}}})
}

// askedBlobs are the objects that a query names.
var askedBlobs = regexp.MustCompile(`(b[0-9]+):object\(oid:"([0-9a-f]+)"\)`)

// graphQLBlobs answers with the texts of blobs, as GitHub does: null for one that is binary, and a part of one that is large.
func (s *Server) graphQLBlobs(w http.ResponseWriter, blobs [][]string) {
	const most = 512_000
	objects := map[string]any{}
	for _, b := range blobs {
		text, found := s.Blobs[b[2]]
		switch {
		case !found:
			objects[b[1]] = nil
		case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
			objects[b[1]] = map[string]any{"text": nil}
		default:
			objects[b[1]] = map[string]any{"text": text[:min(len(text), most)]}
		}
	}
	answer(w, http.StatusOK, map[string]any{"data": map[string]any{"repository": objects}})
}

// writer is who the token writes as.
func (s *Server) writer() string {
	for _, login := range []string{s.Login, s.Viewer} {
		if login != "" {
			return login
		}
	}
	return ActionsBot
}

func user(login string) map[string]string {
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	return map[string]string{"login": login, "type": kind}
}

func (s *Server) comment(r *http.Request, on int, c *Comment) map[string]any {
	return map[string]any{"id": c.ID, "body": c.Body, "user": user(c.Login), "html_url": fmt.Sprintf("http://%s/%s/pull/%d#issuecomment-%d", r.Host, repository(r), on, c.ID)}
}

func repository(r *http.Request) string { return r.PathValue("owner") + "/" + r.PathValue("repo") }

func (s *Server) listComments(w http.ResponseWriter, r *http.Request) {
	on := number(r, "number")
	page(w, r, s.Comments[on], func(c *Comment) map[string]any { return s.comment(r, on, c) })
}

// writes reports whether a request may write, and holds what can be written; if not, it is answered.
func (s *Server) writes(w http.ResponseWriter, r *http.Request, sent any, body *string) bool {
	err := json.NewDecoder(r.Body).Decode(sent)
	switch {
	case s.ReadOnly:
		fail(w, http.StatusForbidden, "Resource not accessible by integration")
	case err != nil:
		fail(w, http.StatusBadRequest, "Problems parsing JSON")
	case utf8.RuneCountInString(*body) > maxBody:
		answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed", "errors": []map[string]string{
			{"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body is too long (maximum is 65536 characters)"},
		}})
	default:
		return true
	}
	return false
}

func (s *Server) createComment(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Body string }
	on := number(r, "number")
	if s.locked(on) {
		fail(w, http.StatusForbidden, "Unable to create comment because issue is locked.")
		return
	}
	if s.writes(w, r, &sent, &sent.Body) {
		answer(w, http.StatusCreated, s.comment(r, on, s.addComment(on, s.writer(), sent.Body)))
	}
}

func (s *Server) editComment(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Body string }
	if !s.writes(w, r, &sent, &sent.Body) {
		return
	}
	for on, comments := range s.Comments {
		i := slices.IndexFunc(comments, func(c *Comment) bool { return c.ID == int64(number(r, "id")) })
		if i >= 0 {
			comments[i].Body = sent.Body
			answer(w, http.StatusOK, s.comment(r, on, comments[i]))
			return
		}
	}
	fail(w, http.StatusNotFound, "Not Found")
}

func (s *Server) deleteComment(w http.ResponseWriter, r *http.Request) {
	if s.ReadOnly {
		fail(w, http.StatusForbidden, "Resource not accessible by integration")
		return
	}
	for on, comments := range s.Comments {
		i := slices.IndexFunc(comments, func(c *Comment) bool { return c.ID == int64(number(r, "id")) })
		if i >= 0 {
			s.Comments[on] = slices.Delete(comments, i, i+1)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	fail(w, http.StatusNotFound, "Not Found")
}
