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

// Policy applies the severities and waivers of a configuration file to the findings of one run, and records which waivers were used. It is
// safe for concurrent use.
type Policy struct {
	file *File
	now  time.Time
	used []atomic.Bool // by waiver
}

// Policy returns the Policy for a run at the time now. With a nil File it changes nothing.
func (f *File) Policy(now time.Time) *Policy {
	f = cmp.Or(f, &File{})
	return &Policy{f, now, make([]atomic.Bool, len(f.waivers))}
}

// WithoutSeverity returns the configuration without its severities of rules that an input overrides.
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

// Apply returns a finding with the severity and waiver of the file, and false if its rule is off. url and observed are those of the
// finding's artifact, "" and zero without one.
func (p *Policy) Apply(f finding.Finding, url string, observed digest.Digest) (finding.Finding, bool) {
	if level, found := p.file.severity[f.Rule]; found {
		if level == Off {
			return f, false
		}
		_ = f.Severity.UnmarshalText([]byte(level)) // validated by Parse
	}
	for i, w := range p.file.waivers {
		if w.covers(f, url, observed) && !w.isOver(p.now) {
			p.used[i].Store(true)
			f.Waived = finding.Waiver{Because: w.because, Until: w.day()}
		}
	}
	return f, true
}

// Waivers reports expired waivers and, after a scan of everything, unused ones.
func (p *Policy) Waivers(isWhole bool) []finding.Finding {
	var findings []finding.Finding
	for i, w := range p.file.waivers {
		message := ""
		switch {
		case w.isOver(p.now):
			message = fmt.Sprintf("The waiver of %s expired on %s", finding.Quote(w.rule), w.day())
		case isWhole && !p.used[i].Load():
			message = fmt.Sprintf("The waiver of %s matches no finding", finding.Quote(w.rule))
		default:
			continue
		}
		f, isReported := p.Apply(finding.New(finding.ConfigWaiver, p.file.Name, "", w.position, message, ""), "", digest.Digest{})
		if isReported {
			findings = append(findings, f)
		}
	}
	return findings
}

// isOver reports whether the waiver's last day has passed in UTC.
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

// WithoutPolicy removes another configuration's waiver and severity from a finding. A severity that varies within the rule is kept.
func WithoutPolicy(f finding.Finding) finding.Finding {
	f.Waived = finding.Waiver{}
	if rule, known := finding.Lookup(f.Rule); known && !rule.Varies {
		f.Severity = rule.Severity
	}
	return f
}
