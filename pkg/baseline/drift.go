package baseline

import (
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Drift is what is wrong in a registry, as far as a scan and those before it know.
type Drift struct {
	Items  []Item   // in the order of the results
	Unread []string // URLs with a problem that no result names, sorted
	Solved []string // URLs that had a problem before this scan, and have none now, sorted
}

// Item is a result with a problem.
type Item struct {
	Result int // its index
	Kind   Kind
	File   File // what is known of its URL
	IsSeen bool // by this scan, and not only by an earlier one
	IsNew  bool // no earlier scan reported it
}

// Drift says what is wrong with the results of a comparison, with severities and waivers applied. Waived problems are not listed.
// Where every manifest was read, a URL that no result names has left the registry.
func (c Comparison) Drift(results []verify.Result, isAllRead bool, policy Policy) (d Drift) {
	groups := byURL(results)
	for i, r := range results {
		url := verify.Key(r.Artifact.URL)
		item := Item{Result: i, File: c.Next.File(url)}
		item.Kind = item.File.Standing()
		item.IsSeen = kindOf(r) == item.Kind
		if item.Kind == "" || isBystander(r, groups[url], item) || item.isWaived(r, policy) {
			continue
		}
		item.IsNew = c.Before != nil && c.Before.File(url).Standing() != item.Kind
		d.Items = append(d.Items, item)
	}
	for url, f := range c.Next.Files {
		if !isAllRead && f.Standing() != "" && len(groups[url]) == 0 {
			d.Unread = append(d.Unread, url)
		}
	}
	if c.Before != nil {
		for url, f := range c.Before.Files {
			if f.Standing() != "" && c.Next.File(url).Standing() == "" {
				d.Solved = append(d.Solved, url)
			}
		}
	}
	slices.Sort(d.Unread)
	slices.Sort(d.Solved)
	return d
}

// isBystander reports whether a URL's problem concerns another of its artifacts only. Where this scan could
// not look, what each of them expects tells.
func isBystander(r verify.Result, group []*verify.Result, item Item) bool {
	if slices.ContainsFunc(group, func(r *verify.Result) bool { return kindOf(*r) == item.Kind }) {
		return !item.IsSeen
	}
	expectsOther := func(r *verify.Result) bool {
		want := item.File.Expected(r.Artifact)
		return !want.IsZero() && want != item.File.Problem.Digest
	}
	return item.Kind == Changed && !expectsOther(&r) && slices.ContainsFunc(group, expectsOther)
}

// explaining are the rules by which findings say what is wrong, by its kind.
var explaining = map[Kind][]string{
	Changed: {
		finding.ArtifactMismatch, finding.ArtifactChanged, finding.ArtifactSize, finding.SignatureInvalid, finding.ArtifactEmpty,
		finding.ArtifactHTMLPage, finding.ArtifactLFSPointer, finding.ArtifactWrongFormat, finding.ArtifactWrongPlatform,
	},
	Gone:        {finding.ArtifactUnavailable, finding.ArtifactRefused},
	Unreachable: {finding.ArtifactUnreachable},
}

// IsWaived reports whether all findings that say what is wrong with a result are waived.
func IsWaived(r verify.Result) bool {
	why := slices.DeleteFunc(slices.Clone(r.Findings), func(f finding.Finding) bool { return !slices.Contains(explaining[kindOf(r)], f.Rule) })
	return len(why) > 0 && !slices.ContainsFunc(why, func(f finding.Finding) bool { return f.Waived.IsZero() })
}

// isWaived reports whether what is wrong with a result is waived. Where this scan could not look, the finding that the bytes seen
// last would get tells.
func (i Item) isWaived(r verify.Result, policy Policy) bool {
	if i.IsSeen {
		return IsWaived(r)
	}
	if policy == nil {
		return false
	}
	rule := explaining[i.Kind][0]
	if i.Kind == Changed && r.Artifact.Checksum == nil {
		rule = finding.ArtifactChanged
	}
	likely, _ := policy(r.Artifact.Finding(rule, "", ""), finding.WithoutUser(r.Artifact.URL), i.File.Problem.Digest)
	return !likely.Waived.IsZero()
}
