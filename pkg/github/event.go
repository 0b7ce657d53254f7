package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// maxEvent bounds the payload that is read; GitHub's own limit is 25 MB
// (https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap).
const maxEvent = 32 << 20

// Event is what started a run.
type Event struct {
	Name        string // GITHUB_EVENT_NAME
	PullRequest int    // 0 on events without one
	BaseSHA     string // the commit before the change; "" where there is none
	HeadSHA     string // the commit after it; "" on events without a change
	New         bool   // a push that made the branch
	Forced      bool   // a push that replaced the branch's history
	Follows     Follow // the run that a workflow_run follows
	// DefaultBranch is the repository's, "" where the payload was not read or does not say.
	DefaultBranch string
}

// Follow is a run that another one follows. On a fork's pull request the payload does not say which one it is.
type Follow struct {
	Event   string // that started it
	HeadSHA string // its commit: on pull_request, the head of the pull request
}

// HasChanges reports whether the event is about a change, rather than about a moment.
func (e Event) HasChanges() bool { return e.HeadSHA != "" }

// payload is the part of a webhook's payload that says what changed
// (https://docs.github.com/webhooks/webhook-events-and-payloads).
type payload struct {
	PullRequest *struct {
		Number     int
		Base, Head struct{ SHA string }
	} `json:"pull_request"`
	MergeGroup *struct {
		BaseSHA string `json:"base_sha"`
		HeadSHA string `json:"head_sha"`
	} `json:"merge_group"`
	WorkflowRun *struct {
		Event   string
		HeadSHA string `json:"head_sha"`
	} `json:"workflow_run"`
	Repository struct {
		DefaultBranch string `json:"default_branch"`
	}
	Before, After string
	Forced        bool
}

// ReadEvent returns the event of the name, GITHUB_EVENT_NAME, whose payload is in the file at path,
// GITHUB_EVENT_PATH. A payload that lacks what its event must have is an error that says what, and in which file; the
// events about a moment must have nothing.
func ReadEvent(name, path string) (Event, error) {
	change, ok := changes[name]
	switch {
	case name == "":
		return Event{}, errors.New("GITHUB_EVENT_NAME is not set: nothing says which event started the run")
	case !ok:
		event, _ := readPayload(path, func(payload) (Event, error) { return Event{}, nil })
		event.Name = name
		return event, nil
	case path == "":
		return Event{}, fmt.Errorf("GITHUB_EVENT_PATH is not set: the payload of the event %s is needed", finding.Quote(name))
	}
	event, err := readPayload(path, change)
	if err != nil {
		return Event{}, fmt.Errorf("the payload of the event %s in %s can't be used: %w", finding.Quote(name), finding.Quote(path), finding.WithoutPath(err))
	}
	event.Name = name
	return event, nil
}

// changes says how the payload of each event about a change, or about another run, is read.
var changes = map[string]func(payload) (Event, error){
	"pull_request":        pullRequest,
	"pull_request_target": pullRequest,
	"merge_group":         mergeGroup,
	"push":                push,
	"workflow_run":        workflowRun,
}

func readPayload(path string, change func(payload) (Event, error)) (Event, error) {
	file, err := os.Open(path)
	if err != nil {
		return Event{}, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxEvent+1))
	if err != nil {
		return Event{}, err
	}
	if len(text) > maxEvent {
		return Event{}, fmt.Errorf("it is larger than %d MiB", maxEvent>>20)
	}
	var p payload
	if err := json.Unmarshal(text, &p); err != nil {
		return Event{}, fmt.Errorf("it is not the JSON that was expected: %s", finding.Quote(err.Error()))
	}
	event, err := change(p)
	event.DefaultBranch = p.Repository.DefaultBranch
	return event, err
}

func pullRequest(p payload) (Event, error) {
	pr := p.PullRequest
	if pr == nil || pr.Number <= 0 || pr.Head.SHA == "" {
		return Event{}, errors.New("it has no pull_request with a number and a head.sha")
	}
	return Event{PullRequest: pr.Number, BaseSHA: pr.Base.SHA, HeadSHA: pr.Head.SHA}, nil
}

func mergeGroup(p payload) (Event, error) {
	group := p.MergeGroup
	if group == nil || group.BaseSHA == "" || group.HeadSHA == "" {
		return Event{}, errors.New("it has no merge_group with a base_sha and a head_sha")
	}
	return Event{BaseSHA: group.BaseSHA, HeadSHA: group.HeadSHA}, nil
}

// push reads a push, which names a commit that isn't there by zeros: before, when the branch is new, and
// after, when it was deleted and nothing is left that could have changed.
func push(p payload) (Event, error) {
	if p.Before == "" || p.After == "" {
		return Event{}, errors.New("it has no before and after")
	}
	before, after := commit(p.Before), commit(p.After)
	return Event{BaseSHA: before, HeadSHA: after, New: before == "", Forced: p.Forced}, nil
}

func workflowRun(p payload) (Event, error) {
	run := p.WorkflowRun
	if run == nil || run.Event == "" || run.HeadSHA == "" {
		return Event{}, errors.New("it has no workflow_run with an event and a head_sha")
	}
	return Event{Follows: Follow{Event: run.Event, HeadSHA: run.HeadSHA}}, nil
}

// commit returns the SHA, or "" for the zeros that stand for no commit.
func commit(sha string) string {
	if strings.Trim(sha, "0") == "" {
		return ""
	}
	return sha
}
