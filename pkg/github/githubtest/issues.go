package githubtest

import (
	"net/http"
	"slices"
)

// firstIssue is the number of the first issue that is made, away from those of pull requests.
const firstIssue = 101

// Issue is an issue, or a pull request, which GitHub lists as one too.
type Issue struct {
	Number      int
	Login       string // of its author
	Title, Body string
	Labels      []string
	State       string // "open" or "closed"
	Reason      string // why it was closed
	Locked      bool   // for a workflow's token it can't be commented on
	PullRequest bool
}

// AddIssue adds an issue of someone's; a number of 0 is the next.
func (s *Server) AddIssue(i Issue) *Issue {
	s.Lock()
	defer s.Unlock()
	return s.addIssue(i)
}

func (s *Server) addIssue(i Issue) *Issue {
	if i.Number == 0 {
		i.Number = firstIssue + len(s.Issues)
	}
	if i.State == "" {
		i.State = "open"
	}
	s.Issues = append(s.Issues, &i)
	return &i
}

// IssueNumbered returns an issue as it stands.
func (s *Server) IssueNumbered(number int) (Issue, bool) {
	s.Lock()
	defer s.Unlock()
	if i := s.issue(number); i != nil {
		return *i, true
	}
	return Issue{}, false
}

func (s *Server) issue(number int) *Issue {
	at := slices.IndexFunc(s.Issues, func(i *Issue) bool { return i.Number == number })
	if at < 0 {
		return nil
	}
	return s.Issues[at]
}

func (s *Server) locked(number int) bool {
	i := s.issue(number)
	return i != nil && i.Locked
}

func (i *Issue) answer() map[string]any {
	labels := []map[string]string{}
	for _, name := range i.Labels {
		labels = append(labels, map[string]string{"name": name})
	}
	answer := map[string]any{
		"number": i.Number, "title": i.Title, "body": i.Body, "state": i.State, "state_reason": i.Reason,
		"locked": i.Locked, "labels": labels, "user": user(i.Login),
	}
	if i.PullRequest {
		answer["pull_request"] = map[string]string{"url": "https://api.github.com/"}
	}
	return answer
}

// listIssues lists the newest first, as GitHub does.
func (s *Server) listIssues(w http.ResponseWriter, r *http.Request) {
	if s.NoIssues {
		fail(w, http.StatusGone, "Issues are disabled for this repo")
		return
	}
	label, state := r.URL.Query().Get("labels"), r.URL.Query().Get("state")
	var list []*Issue
	for _, i := range slices.Backward(s.Issues) {
		labelled := label == "" || slices.Contains(i.Labels, label)
		if labelled && (state == "all" || state == i.State || state == "" && i.State == "open") {
			list = append(list, i)
		}
	}
	page(w, r, list, (*Issue).answer)
}

func (s *Server) createIssue(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Title, Body string
		Labels      []string
	}
	if !s.writes(w, r, &sent, &sent.Body) {
		return
	}
	if s.DropLabels {
		sent.Labels = nil
	}
	i := s.addIssue(Issue{Login: s.writer(), Title: sent.Title, Body: sent.Body, Labels: sent.Labels})
	answer(w, http.StatusCreated, i.answer())
}

func (s *Server) editIssue(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		Title, Body, State *string
		Labels             []string
		Reason             string `json:"state_reason"`
	}
	var body string
	if !s.writes(w, r, &sent, &body) {
		return
	}
	i := s.issue(number(r, "number"))
	if i == nil {
		fail(w, http.StatusNotFound, "Not Found")
		return
	}
	for to, from := range map[*string]*string{&i.Title: sent.Title, &i.Body: sent.Body, &i.State: sent.State} {
		if from != nil {
			*to = *from
		}
	}
	if sent.Labels != nil {
		i.Labels = sent.Labels
	}
	if sent.State != nil {
		i.Reason = sent.Reason
	}
	answer(w, http.StatusOK, i.answer())
}
