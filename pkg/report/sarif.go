package report

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// sarifLimit is how many results of a run GitHub code scanning shows
// (https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
const sarifLimit = 5_000

var sarifLevels = map[finding.Severity]string{
	finding.Error: sarif.LevelError, finding.Warning: sarif.LevelWarning, finding.Notice: sarif.LevelNote,
}

// WriteSARIF writes the findings, worst first, as SARIF 2.1.0
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html) in the way GitHub code scanning takes
// it. Paths are relative to the repository's root; a finding keeps its fingerprint when its line moves.
func (r *Report) WriteSARIF(w io.Writer) error {
	run := sarif.NewRunWithInformationURI(r.Tool.Name, projectURL)
	run.Tool.Driver.WithVersion(r.Tool.Version).WithRules(sarifRules())
	run.WithColumnKind("unicodeCodePoints")
	findings := worstFirst(r.Findings)
	notes := r.remarks()
	if hidden := len(findings) - sarifLimit; hidden > 0 {
		findings = findings[:sarifLimit]
		notes = append(notes, fmt.Sprintf("Code scanning shows %d findings of a run: %d more are in the JSON report", sarifLimit, hidden))
	}
	run.AddInvocation(r.invocation(notes))
	seen := map[string]int{}
	for _, f := range findings {
		print := fingerprint(f)
		seen[print]++
		run.AddResult(sarifResult(f, fmt.Sprintf("%s:%d", print, seen[print])))
	}
	return writeJSON(w, sarif.NewReport().AddRun(run))
}

func (r *Report) invocation(notes []string) *sarif.Invocation {
	invocation := sarif.NewInvocation().WithExecutionSuccessful(r.Complete)
	for _, note := range notes {
		invocation.AddToolExecutionNotification(sarif.NewNotification().
			WithLevel(sarif.LevelNote).WithMessage(sarif.NewTextMessage(sarifText(note))))
	}
	return invocation
}

func sarifRules() []*sarif.ReportingDescriptor {
	var rules []*sarif.ReportingDescriptor
	for _, rule := range finding.Rules() {
		help := fmt.Sprintf("%s\n\nExample:\n\n```\n%s\n```\n\nFix: %s", rule.Why, rule.Example, rule.Fix)
		rules = append(rules, sarif.NewRule(rule.ID).
			WithShortDescription(sarif.NewMultiformatMessageString().WithText(rule.Title)).
			WithFullDescription(sarif.NewMultiformatMessageString().WithText(rule.Why)).
			WithHelp(sarif.NewMultiformatMessageString().WithText(help).WithMarkdown(help)).
			WithHelpURI(ruleURL(rule.ID)).
			WithDefaultConfiguration(sarif.NewReportingConfiguration().WithLevel(sarifLevels[rule.Severity])))
	}
	return rules
}

func sarifResult(f finding.Finding, print string) *sarif.Result {
	text := sentence(f.Message)
	if fix := fix(f); fix != "" {
		text += " Fix: " + sentence(fix)
	}
	result := sarif.NewRuleResult(f.Rule)
	if !f.Waived.IsZero() {
		result.AddSuppression(sarif.NewSuppression().WithKind("external").WithJustification(sarifText(f.Waived.Because)))
	}
	region := sarif.NewRegion().WithStartLine(max(1, f.Line)).WithStartColumn(max(1, f.Column))
	return result.
		WithLevel(sarifLevels[f.Severity]).
		WithMessage(sarif.NewTextMessage(sarifText(text))).
		// The one fingerprint that GitHub reads; its own counts the line's text.
		WithPartialFingerprints(map[string]string{"primaryLocationLineHash": print}).
		AddLocation(sarif.NewLocationWithPhysicalLocation(sarif.NewPhysicalLocation().
			WithArtifactLocation(sarif.NewArtifactLocation().WithURI(sarifURI(f.Manifest)).WithURIBaseID("%SRCROOT%")).
			WithRegion(region)))
}

// fingerprint identifies a finding, also after its line has moved.
func fingerprint(f finding.Finding) string {
	sum := sha256.Sum256([]byte(f.Rule + "\x00" + f.Manifest + "\x00" + f.Pointer))
	return fmt.Sprintf("%x", sum[:8])
}

// sarifURI is a manifest's path as a relative reference (RFC 3986 section 4.2). One that could leave the
// repository becomes a single segment, and names nothing.
func sarifURI(manifest string) string {
	if !fs.ValidPath(manifest) || manifest == "." {
		return "%3F" + strings.ReplaceAll(percentEncode(manifest), "/", "%2F")
	}
	return percentEncode(manifest)
}

// sarifText is a message without what SARIF reads in one: links and placeholders (sections 3.11.5, 3.11.6).
func sarifText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `{`, `{{`, `}`, `}}`).Replace(finding.Clean(s))
}
