package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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
	// DefaultBranch is the repository's, "" where the payload does not name it.
	DefaultBranch string
}

// Follow is a run that another one follows. For a fork's pull request the payload does not name the pull request.
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

// ReadEvent returns the event of the name, GITHUB_EVENT_NAME, whose payload is in the file at path, GITHUB_EVENT_PATH. A payload that
// lacks what its event must have is an error that says what, and in which file. Events about a moment need no payload.
func ReadEvent(name, path string) (Event, error) {
	if name == "" {
		return Event{}, errors.New("GITHUB_EVENT_NAME is not set: the event that started the run is unknown")
	}
	event, isMoment := Event{Name: name}, !slices.Contains([]string{"pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment", "merge_group", "push", "workflow_run"}, name)
	if path == "" && !isMoment {
		return Event{}, fmt.Errorf("GITHUB_EVENT_PATH is not set: the event %s needs its payload", finding.Quote(name))
	}
	p, err := readPayload(path)
	if err == nil {
		event.DefaultBranch = p.Repository.DefaultBranch
		err = event.read(p)
	}
	if err != nil && !isMoment {
		return Event{}, fmt.Errorf("the payload of the event %s in %s can't be used: %w", finding.Quote(name), finding.Quote(path), finding.WithoutPath(err))
	}
	return event, nil
}

func readPayload(path string) (p payload, err error) {
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

// read takes from a payload what changed.
func (e *Event) read(p payload) error {
	switch e.Name {
	case "pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment":
		pr := p.PullRequest
		if pr == nil || pr.Number <= 0 || pr.Head.SHA == "" {
			return errors.New("it has no pull_request with a number and a head.sha")
		}
		e.PullRequest, e.BaseSHA, e.HeadSHA = pr.Number, pr.Base.SHA, pr.Head.SHA
	case "merge_group":
		group := p.MergeGroup
		if group == nil || group.BaseSHA == "" || group.HeadSHA == "" {
			return errors.New("it has no merge_group with a base_sha and a head_sha")
		}
		e.BaseSHA, e.HeadSHA = group.BaseSHA, group.HeadSHA
	case "push":
		if p.Before == "" || p.After == "" {
			return errors.New("it has no before and after")
		}
		e.BaseSHA, e.HeadSHA, e.Forced = commit(p.Before), commit(p.After), p.Forced
		e.New = e.BaseSHA == ""
	case "workflow_run":
		run := p.WorkflowRun
		if run == nil || run.Event == "" || run.HeadSHA == "" {
			return errors.New("it has no workflow_run with an event and a head_sha")
		}
		e.Follows = Follow{Event: run.Event, HeadSHA: run.HeadSHA}
	}
	return nil
}

// commit returns the SHA, or "" for the zeros by which a push names no commit: before it for a new branch, after it for a deleted one.
func commit(sha string) string {
	if strings.Trim(sha, "0") == "" {
		return ""
	}
	return sha
}
