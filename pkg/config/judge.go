package config

import (
	"cmp"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// Judge applies a configuration file to the findings of one run, and records which waivers were used. Several goroutines may use it.
type Judge struct {
	file *File
	now  time.Time
	used []atomic.Bool // by waiver
}

// Judge returns a Judge for a run at a time. A nil File changes nothing.
func (f *File) Judge(now time.Time) *Judge {
	f = cmp.Or(f, &File{})
	return &Judge{f, now, make([]atomic.Bool, len(f.waivers))}
}

// WithoutSeverity returns the configuration without its severities of some rules, which an input overrides.
func (f *File) WithoutSeverity(rules ...string) *File {
	if f == nil {
		return nil
	}
	without := *f
	without.severity = maps.Clone(f.severity)
	for _, rule := range rules {
		delete(without.severity, rule)
	}
	return &without
}

// Judge returns a finding with the severity and waiver of the file, and false where it is off. url and observed are those of the
// finding's artifact, "" and zero without one.
func (j *Judge) Judge(f finding.Finding, url string, observed digest.Digest) (finding.Finding, bool) {
	if level, found := j.file.severity[f.Rule]; found {
		if level == Off {
			return f, false
		}
		_ = f.Severity.UnmarshalText([]byte(level)) // Parse has read it
	}
	for i, w := range j.file.waivers {
		if w.covers(f, url, observed) && !w.isOver(j.now) {
			j.used[i].Store(true)
			f.Waived = finding.Waiver{Because: w.because, Until: w.day()}
		}
	}
	return f, true
}

// Waivers reports the waivers that have expired and, after a scan of everything, those that waived nothing.
func (j *Judge) Waivers(isWhole bool) []finding.Finding {
	var findings []finding.Finding
	for i, w := range j.file.waivers {
		message := ""
		switch {
		case w.isOver(j.now):
			message = fmt.Sprintf("The waiver of %s expired on %s", finding.Quote(w.rule), w.day())
		case isWhole && !j.used[i].Load():
			message = fmt.Sprintf("The waiver of %s matches no finding", finding.Quote(w.rule))
		default:
			continue
		}
		f, isReported := j.Judge(finding.New(finding.ConfigWaiver, j.file.Name, "", w.position, message, ""), "", digest.Digest{})
		if isReported {
			findings = append(findings, f)
		}
	}
	return findings
}

// isOver reports whether the waiver's last day, in UTC, is past.
func (w waiver) isOver(now time.Time) bool {
	return !w.until.IsZero() && !now.UTC().Before(w.until.AddDate(0, 0, 1))
}

func (w waiver) day() string {
	if w.until.IsZero() {
		return ""
	}
	return w.until.Format(time.DateOnly)
}

func (w waiver) covers(f finding.Finding, url string, observed digest.Digest) bool {
	return w.rule == f.Rule &&
		(w.manifests == nil || registry.Selects(w.manifests, f.Manifest)) &&
		(w.at == nil || w.at.Match(f.Pointer)) &&
		(w.url == "" || url != "" && doublestar.MatchUnvalidated(w.url, url)) &&
		(w.observed.IsZero() || w.observed == observed)
}

// Unjudged undoes what another configuration did to a finding: it is not waived, and has its rule's severity unless that varies.
func Unjudged(f finding.Finding) finding.Finding {
	f.Waived = finding.Waiver{}
	if rule, known := finding.Lookup(f.Rule); known && !rule.Varies {
		f.Severity = rule.Severity
	}
	return f
}
