package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/report"
)

// maxNamed bounds the files in one message.
const maxNamed = 5

// Fits reports why a run can't use the plan: it is of another commit, version or configuration. Inputs are as in Plan.
func (p *Plan) Fits(version string, run report.Run, shard report.Shard, inputs map[string]string) error {
	for _, each := range []struct {
		what          string
		planned, here any
	}{
		{"version of the program", p.Tool.Version, version},
		{"repository", p.Run.Repository, run.Repository},
		{"commit", p.Run.HeadSHA, run.HeadSHA},
		{"event", p.Run.Event, run.Event},
		{"pull request", p.Run.PullRequest, run.PullRequest},
		{"number of shards", p.Shards, shard.Count},
		{"number of inputs", len(p.Inputs), len(inputs)},
	} {
		if each.planned != each.here {
			return fmt.Errorf("the %s is %s in the plan and %s here: make a new plan", each.what, finding.Quote(fmt.Sprint(each.planned)), finding.Quote(fmt.Sprint(each.here)))
		}
	}
	for name, here := range inputs {
		if p.Inputs[name] != here {
			return fmt.Errorf("the input %s is %s in the plan and %s here: give the plan and its shards the same", name, finding.Quote(p.Inputs[name]), finding.Quote(here))
		}
	}
	return nil
}

// Covers reports a shard report that was made with another plan, or whose files are not those that the plan gave its shard. Planned is
// the digest of the plan.
func (p *Plan) Covers(shards []report.Named, planned digest.Digest) error {
	for _, shard := range shards {
		if shard.Report.Plan != planned {
			return fmt.Errorf("%s was made with another plan: %s instead of %s", finding.Quote(shard.Name),
				finding.Quote(shard.Report.Plan.String()), finding.Quote(planned.String()))
		}
		if err := p.covers(shard); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) covers(shard report.Named) error {
	missing, index := map[finding.Location]string{}, shard.Report.Shard.Index
	for _, f := range p.Files {
		for _, a := range f.Artifacts {
			if f.Shard == index && !a.Untouched {
				missing[a.Location()] = finding.WithoutUser(a.URL)
			}
		}
	}
	for _, a := range shard.Report.Artifacts {
		at := a.Location()
		if missing[at] != a.URL {
			return fmt.Errorf("%s has %s at %s, which the plan does not give to its shard", finding.Quote(shard.Name), finding.QuoteURL(a.URL), at)
		}
		delete(missing, at)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s leaves out %s that the plan gave to shard %d: %s", finding.Quote(shard.Name),
			english.Plural(len(missing), "file", ""), index, names(missing))
	}
	return nil
}

// names are the first locations and their URLs, in their order.
func names(files map[finding.Location]string) string {
	var all []string
	for at, url := range files {
		all = append(all, finding.QuoteURL(url)+" of "+at.String())
	}
	slices.Sort(all)
	if len(all) > maxNamed {
		all = append(all[:maxNamed], fmt.Sprintf("and %d more", len(all)-maxNamed))
	}
	return strings.Join(all, ", ")
}
