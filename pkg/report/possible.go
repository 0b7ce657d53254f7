package report

import (
	"errors"
	"fmt"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// localEvent is the event of a run on the command line.
const localEvent = "local"

// sourcesOf are the sources from which a run of each mode knows a file. What is compared on disk is in any.
var sourcesOf = map[string][]verify.Source{
	"full":    {verify.FromDownload},
	"fast":    {verify.FromDownload, verify.FromHost, verify.FromCache},
	"offline": {},
}

// statusesOf are what a file may end as that is known from each source. Who only has somebody's word calls nothing wrong.
var statusesOf = map[verify.Source][]verify.Status{
	verify.FromDownload: {verify.Verified, verify.Mismatch, verify.Unverified, verify.Invalid},
	verify.FromLocal:    {verify.Verified, verify.Mismatch, verify.Unverified, verify.Invalid, verify.Unavailable, verify.Unreachable, verify.Refused},
	verify.FromHost:     {verify.Verified, verify.Unverified},
	verify.FromCache:    {verify.Verified},
	"":                  {verify.Unavailable, verify.Unreachable, verify.Refused},
}

// possible reports what no run says of a file: a status or a digest that its source can't give, or a source that the mode
// does not ask. A registry may serve something that is no image at all, and announce no size.
func (a Artifact) possible(r *Report) error {
	isImage := a.Role == artifact.Image
	isUnread := a.Source == "" && (isImage && a.Status == verify.Invalid && a.Observed.IsZero() || r.Mode == "offline" && a.Status == verify.Unverified)
	switch {
	case a.Source == verify.FromLocal && r.Run.Event != localEvent:
		return errors.New("only on the command line files on disk are compared")
	case a.Source != "" && a.Source != verify.FromLocal && !slices.Contains(sourcesOf[r.Mode], a.Source):
		return fmt.Errorf("a scan in mode %s knows no file from the source %s", finding.Quote(r.Mode), finding.Quote(string(a.Source)))
	case !isUnread && !slices.Contains(statusesOf[a.Source], a.Status):
		return fmt.Errorf("it can't be %s from the source %s", finding.Quote(a.Status.String()), finding.Quote(string(a.Source)))
	case !isUnread && a.isSeen() == a.Observed.IsZero():
		return fmt.Errorf("it can't be %s with the observed digest %s", finding.Quote(a.Status.String()), finding.Quote(a.Observed.String()))
	case a.isSeen() && !isUnread && !isImage && a.Size == nil:
		return fmt.Errorf("it is %s, and its size is not known", finding.Quote(a.Status.String()))
	}
	return nil
}

// isSeen reports whether the status is one of a complete body.
func (a Artifact) isSeen() bool { return slices.Contains(statusesOf[verify.FromDownload], a.Status) }
