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
	BaseSHA     string // the commit before the change; "" without one
	HeadSHA     string // the commit after it; "" on events without a change
	New         bool   // a push that created the branch
	Forced      bool   // a push that replaced the branch's history
	Follows     Follow // the run that a workflow_run follows
	// DefaultBranch is the repository's, "" if the payload lacks it.
	DefaultBranch string
}

// Follow is the run before a workflow_run. For a fork, the payload does not contain the pull request.
type Follow struct {
	Event   string // its event
	HeadSHA string // its commit: on pull_request, the head of the pull request
}

// HasChanges reports whether the event has a change.
func (e Event) HasChanges() bool { return e.HeadSHA != "" }

// payload is the part of a webhook's payload that describes the change
// (https://docs.github.com/webhooks/webhook-events-and-payloads).
type payload struct {
	PullRequest struct {
		Number     int
		Base, Head struct{ SHA string }
	} `json:"pull_request"`
	MergeGroup struct {
		BaseSHA string `json:"base_sha"`
		HeadSHA string `json:"head_sha"`
	} `json:"merge_group"`
	WorkflowRun struct {
		Event   string
		HeadSHA string `json:"head_sha"`
	} `json:"workflow_run"`
	Repository struct {
		DefaultBranch string `json:"default_branch"`
	}
	Before, After string
	Forced        bool
}

// ReadEvent returns the event named GITHUB_EVENT_NAME, with the payload in the file GITHUB_EVENT_PATH. A payload without a required field
// of its event is an error. Events without a change need no payload.
func ReadEvent(name, path string) (Event, error) {
	if name == "" {
		return Event{}, errors.New("GITHUB_EVENT_NAME is not set: the event that started the run is unknown")
	}
	p, err := readPayload(path)
	e := Event{Name: name, DefaultBranch: p.Repository.DefaultBranch}
	var isWhole bool
	var needs string
	switch name {
	case "pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment":
		needs = "a pull_request with a number and a head.sha"
		e.PullRequest, e.BaseSHA, e.HeadSHA = p.PullRequest.Number, p.PullRequest.Base.SHA, p.PullRequest.Head.SHA
		isWhole = e.PullRequest > 0 && e.HeadSHA != ""
	case "merge_group":
		needs = "a merge_group with a base_sha and a head_sha"
		e.BaseSHA, e.HeadSHA = p.MergeGroup.BaseSHA, p.MergeGroup.HeadSHA
		isWhole = e.BaseSHA != "" && e.HeadSHA != ""
	case "push":
		needs = "a before and an after"
		e.BaseSHA, e.HeadSHA, e.Forced = commit(p.Before), commit(p.After), p.Forced
		e.New = e.BaseSHA == ""
		isWhole = p.Before != "" && p.After != ""
	case "workflow_run":
		needs = "a workflow_run with an event and a head_sha"
		e.Follows = Follow{Event: p.WorkflowRun.Event, HeadSHA: p.WorkflowRun.HeadSHA}
		isWhole = e.Follows.Event != "" && e.Follows.HeadSHA != ""
	default:
		return e, nil
	}
	if err == nil && !isWhole {
		err = errors.New("expected " + needs)
	}
	if err != nil {
		return Event{}, fmt.Errorf("the payload of the event %s in %s can't be used: %w", finding.Quote(name), finding.Quote(path), finding.WithoutPath(err))
	}
	return e, nil
}

func readPayload(path string) (p payload, err error) {
	if path == "" {
		return p, errors.New("GITHUB_EVENT_PATH is not set")
	}
	file, err := os.Open(path)
	if err != nil {
		return p, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxEvent+1))
	if err != nil {
		return p, err
	}
	if len(text) > maxEvent {
		return p, fmt.Errorf("it is larger than %d MiB", maxEvent>>20)
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("invalid JSON for this event: %s", finding.Quote(err.Error()))
	}
	return p, nil
}

// commit returns the SHA, or "" for the zeros of a push that creates or deletes a branch.
func commit(sha string) string {
	if strings.Trim(sha, "0") == "" {
		return ""
	}
	return sha
}
