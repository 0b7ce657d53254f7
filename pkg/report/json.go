package report

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

const toolName = "verify-manifests"

// maxSize bounds a report, in bytes: some 250,000 artifacts that all failed.
const maxSize = 256 << 20

// maxBytes bounds what a report may claim to have read, so that the sum of all shards stays a number.
const maxBytes = 1 << 50

// WriteJSON writes the report's JSON form, indented. What is invisible or could be taken for a command by
// a workflow runner's log is escaped, so the output may be printed anywhere.
func (r *Report) WriteJSON(w io.Writer) error {
	if r.Shard == nil {
		r = r.withoutEvidence()
	}
	return writeJSON(w, r)
}

func writeJSON(w io.Writer, value any) error {
	var e escaper
	err := json.MarshalWrite(&e, value, json.Deterministic(true), jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true))
	if err == nil {
		_, err = e.Write([]byte("\n"))
	}
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err = w.Write(e.escaped)
	return err
}

// escaper keeps the JSON that is written to it, escaped line by line: a large report has no second copy.
type escaper struct{ line, escaped []byte }

func (e *escaper) Write(p []byte) (int, error) {
	e.line = append(e.line, p...)
	end := bytes.LastIndexByte(e.line, '\n') + 1 // no string holds a line break
	e.escaped = append(e.escaped, escapeJSON(string(e.line[:end]))...)
	e.line = append(e.line[:0], e.line[end:]...)
	if len(e.escaped) >= maxSize {
		return 0, fmt.Errorf("it has more than the %d MiB that are read: divide the work among shards", maxSize>>20)
	}
	return len(p), nil
}

// escapeJSON escapes what finding.Clean would change. All of it stands in strings, where \u means the same, but for the
// line breaks of the indentation.
func escapeJSON(line string) string {
	escaped := finding.Escape(line, func(hidden string) string {
		if hidden == "\n" {
			return hidden
		}
		var b strings.Builder
		for _, unit := range utf16.Encode([]rune(hidden)) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
		return b.String()
	})
	return strings.ReplaceAll(escaped, "##[", `##\u005b`)
}

// Read reads the JSON form of a report that another run wrote. It trusts nothing in it: size, shape, names
// and counts are checked, and what a report of this program can't say is an error.
func Read(from io.Reader) (*Report, error) { return read(from, maxSize) }

func read(from io.Reader, limit int64) (*Report, error) {
	r := new(Report)
	if err := document.ReadVersioned(from, "report", limit, r, Version); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("the report contradicts itself: %w", err)
	}
	r.sort()
	return r, nil
}

// The shapes of names that a report may hold.
var (
	eventShape      = regexp.MustCompile(`^[a-z_]{1,50}$`)
	repositoryShape = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]{0,99}/[A-Za-z0-9_.-]{0,99}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99})?$`)
	commitShape     = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})?$`)
	scopeShape      = regexp.MustCompile(`^(changed|entries|all)$`)
	modeShape       = regexp.MustCompile(`^(full|fast|offline)$`)
	roleShape       = regexp.MustCompile(`^(binary|weight|file|image)$`)
	sourceShape     = regexp.MustCompile(`^(download|host|cache|local)?$`)
	ruleShape       = regexp.MustCompile(`^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$`)
)

func shaped(what, value string, shape *regexp.Regexp) error {
	if shape.MatchString(value) {
		return nil
	}
	return fmt.Errorf("%s is no %s", finding.Quote(value), what)
}

// check reports the first thing in which the report differs from what Build makes.
func (r *Report) check() error {
	if err := errors.Join(
		shaped("program of ours", r.Tool.Name, regexp.MustCompile("^"+toolName+"$")),
		shaped("event", r.Run.Event, eventShape),
		shaped("repository", r.Run.Repository, repositoryShape),
		shaped("commit", r.Run.HeadSHA, commitShape),
		shaped("commit of ours", r.Tool.Commit, commitShape),
		shaped("scope", r.Scope, scopeShape),
		shaped("mode", r.Mode, modeShape),
	); err != nil {
		return err
	}
	if s := r.Shard; s != nil && (s.Index < 1 || s.Index > s.Count || s.Count > verify.MaxShards) {
		return fmt.Errorf("there is no shard %d of %d", s.Index, s.Count)
	}
	if r.Shard == nil && !r.Plan.IsZero() {
		return errors.New("it has a plan, and is no shard")
	}
	if min(int64(r.Run.PullRequest), r.Run.RunID, int64(r.Run.RunAttempt), int64(r.Summary.Manifests), int64(r.Summary.Unchanged), r.Summary.Bytes) < 0 {
		return errors.New("a number is negative")
	}
	if r.Summary.Bytes > maxBytes {
		return fmt.Errorf("no run reads %d bytes", r.Summary.Bytes)
	}
	if err := r.checkArtifacts(); err != nil {
		return err
	}
	return r.checkFindings()
}

func (r *Report) checkArtifacts() error {
	seen := map[place]bool{}
	for _, a := range r.Artifacts {
		at := a.place()
		if seen[at] {
			return fmt.Errorf("the artifact %s is in it twice", at)
		}
		seen[at] = true
		if err := cmp.Or(a.check(), a.possible(r)); err != nil {
			return fmt.Errorf("the artifact %s: %w", at, err)
		}
	}
	return nil
}

func (p place) String() string { return finding.Quote(p.manifest + "#" + p.pointer) }

func (a Artifact) check() error {
	same := a.Declared == a.Observed
	switch {
	case a.Gone && a.Status != verify.Unavailable:
		return errors.New("it is gone, and not unavailable")
	case !a.Before.IsZero() && (a.Before.Algorithm != a.Observed.Algorithm || a.Before == a.Observed):
		return errors.New("the digest before can't be compared with the observed one")
	case a.Line < 0 || a.Column < 0 || a.Size != nil && *a.Size < 0:
		return errors.New("a number is negative")
	case a.Status == verify.Verified && (a.Observed.IsZero() || !same),
		a.Status == verify.Mismatch && (a.Observed.IsZero() || a.Declared.IsZero() || same),
		a.Status == verify.Unverified && !a.Declared.IsZero() && a.Source != "":
		return fmt.Errorf("it can't be %s with the declared digest %s and the observed digest %s",
			finding.Quote(a.Status.String()), finding.Quote(a.Declared.String()), finding.Quote(a.Observed.String()))
	}
	return errors.Join(a.checkEvidence(), a.checkProvenance(), shaped("role", string(a.Role), roleShape), shaped("source", string(a.Source), sourceShape))
}

// checkWaiver reports a waiver that no configuration gives: of a mismatch it ends.
func checkWaiver(f finding.Finding) error {
	_, err := time.Parse(time.DateOnly, f.Waived.Until)
	switch {
	case f.Waived.Until != "" && err != nil:
		return fmt.Errorf("%s is not a waiver's last day", finding.Quote(f.Waived.Until))
	case f.Waived.IsZero():
	case f.Waived.Because == "":
		return errors.New("a waiver gives no reason")
	case f.Rule == finding.ArtifactMismatch && f.Waived.Until == "":
		return errors.New("a mismatch is waived for good")
	}
	return nil
}

func (r *Report) checkFindings() error {
	for _, f := range r.Findings {
		if f.Line < 0 || f.Column < 0 {
			return fmt.Errorf("a finding in %s stands at a negative place", finding.Quote(f.Manifest))
		}
		if err := errors.Join(shaped("rule", f.Rule, ruleShape), checkWaiver(f)); err != nil {
			return err
		}
	}
	about := r.about()
	for _, f := range r.Findings {
		if a := about(f); f.Rule == finding.ArtifactMismatch && !f.Waived.IsZero() && (a == nil || a.Observed.IsZero()) {
			return fmt.Errorf("a mismatch in %s is waived without observed bytes", finding.Quote(f.Manifest))
		}
	}
	if silent := r.unexplained(finding.Notice); len(silent) > 0 {
		return fmt.Errorf("the artifact %s failed, and nothing says why", silent[0].place())
	}
	if counted := r.count(Summary{Manifests: r.Summary.Manifests, Unchanged: r.Summary.Unchanged, Bytes: r.Summary.Bytes}); counted != r.Summary {
		return fmt.Errorf("its summary says %s, and it holds %s", r.Summary.counts(), counted.counts())
	}
	return nil
}
