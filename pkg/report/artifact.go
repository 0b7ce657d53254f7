package report

import (
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// Artifact is a file or an image in a report: a verify.Result in the report's form.
type Artifact struct {
	Manifest string          `json:"manifest"`
	Document int             `json:"document,omitzero"` // of a YAML stream, from 0
	Pointer  string          `json:"pointer"`
	Mirror   int             `json:"mirror,omitzero"` // from 1: a further address of the same bytes
	Role     artifact.Role   `json:"role"`
	Platform string          `json:"platform,omitempty"`
	URL      string          `json:"url"`
	Status   verify.Status   `json:"status"`
	Declared digest.Digest   `json:"declared,omitzero"`
	Spelling digest.Spelling `json:"spelling,omitempty"` // of the declared checksum; canonical where it is left out
	Observed digest.Digest   `json:"observed,omitzero"`
	Before   digest.Digest   `json:"before,omitzero"` // of the baseline, where the bytes have changed since
	Gone     bool            `json:"gone,omitzero"`   // the server answered 404 or 410
	Size     *int64          `json:"size,omitzero"`   // bytes of the complete body
	Format   string          `json:"format,omitempty"`
	Source   verify.Source   `json:"source,omitempty"`
	finding.Position
	Provenance *provenance.Facts `json:"provenance,omitzero"`
	Note       string            `json:"note,omitempty"` // why an unverified artifact needs no checksum
	Since      time.Time         `json:"since,omitzero"` // when a scan first saw this status, where that is known

	// Observation is what the baseline stores besides the above: validator, commit, and digests under other algorithms. Only the
	// report of a shard has it, for the merge.
	Observation *verify.Observation `json:"evidence,omitzero"`
}

func newArtifact(result verify.Result) Artifact {
	from := result.Artifact
	a := Artifact{
		Manifest: from.Manifest, Document: from.Document, Pointer: from.Pointer, Mirror: from.Mirror, Position: from.Position,
		Role: from.Role, Platform: from.Platform, URL: finding.WithoutUser(from.URL), Spelling: from.Spelling,
		Status: result.Status, Gone: result.Gone, Observed: result.Digest, Before: result.Before, Format: result.Format, Source: result.Source,
		Note: result.Note, Since: result.Since,
	}
	if from.Checksum != nil {
		a.Declared = from.Checksum.Value
	}
	if size := result.Size; size >= 0 {
		a.Size = &size // not result's: a pointer into it would keep all of it
	}
	if result.ETag != "" || result.Commit != "" || result.Attested != nil || len(result.Others) > 0 {
		a.Observation = &verify.Observation{ETag: result.ETag, Commit: result.Commit, Others: result.Others, Attested: result.Attested}
	}
	if result.Provenance != nil {
		facts := *result.Provenance
		facts.Runner = "" // no field of a report
		a.Provenance = &facts
	}
	return a
}

// result reverses newArtifact.
func (a Artifact) result() verify.Result {
	r := verify.Result{
		Artifact: artifact.Artifact{
			Manifest: a.Manifest, Document: a.Document, Pointer: a.Pointer, Mirror: a.Mirror, Position: a.Position,
			Role: a.Role, Platform: a.Platform, URL: a.URL, Spelling: a.Spelling,
		},
		Status: a.Status, Gone: a.Gone, Before: a.Before, Format: a.Format, Source: a.Source, Note: a.Note, Since: a.Since, Provenance: a.Provenance,
	}
	if a.Observation != nil {
		r.Observation = *a.Observation
	}
	r.Digest, r.Size = a.Observed, -1
	if a.Size != nil {
		r.Size = *a.Size
	}
	if !a.Declared.IsZero() {
		r.Artifact.Checksum = &artifact.Field[digest.Digest]{Value: a.Declared, Pointer: a.Pointer, Position: a.Position}
	}
	return r
}

// Location returns that of the artifact's entry or URL.
func (a Artifact) Location() finding.Location {
	return finding.Location{Manifest: a.Manifest, Document: a.Document, Pointer: a.Pointer}
}

// comparison compares the digest that is served with the expected one; the zero comparison is none.
type comparison struct {
	Expected, Served string // as the manifest writes digests
	Origin           string // of the expected one: "declared", "before", or the day on which a scan saw it
}

// comparison compares the served digest with the declared one or, where none is declared, with the baseline's.
func (a Artifact) comparison() comparison {
	if a.Declared.IsZero() {
		return a.compare(a.Before, a.Observed, "before")
	}
	return a.compare(a.Declared, a.Observed, "declared")
}

func (a Artifact) compare(expected, served digest.Digest, origin string) comparison {
	if expected.IsZero() || served.IsZero() || expected == served {
		return comparison{}
	}
	return comparison{a.Spelling.Write(expected), a.Spelling.Write(served), origin}
}

// name is the file's platform or, without one, what it is called.
func (a Artifact) name() string {
	name := a.Platform
	if name == "" {
		name = jsontext.Pointer(a.Pointer).LastToken()
	}
	if strings.Trim(name, "0123456789") == "" { // an element of a list
		file, _, _ := strings.Cut(finding.URL(a.URL), "?")
		name = file[strings.LastIndexByte(file, '/')+1:]
	}
	return name + a.mirror()
}

// mirror names which further address of the same bytes the artifact is, "" for the first.
func (a Artifact) mirror() string {
	if a.Mirror == 0 {
		return ""
	}
	return fmt.Sprintf(" (mirror %d)", a.Mirror)
}

// imageHost is where an image comes from whose reference names no registry.
const imageHost = "docker.io"

func (a Artifact) host() string {
	if a.Role == artifact.Image {
		first, _, isPath := strings.Cut(a.URL, "/")
		if isPath && strings.ContainsAny(first, ".:") || first == "localhost" {
			return first
		}
		return imageHost
	}
	u, err := url.Parse(finding.URL(a.URL))
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// address is what a report calls an artifact's address.
func (a Artifact) address() string {
	if a.Role == artifact.Image {
		return "Image"
	}
	return "URL"
}

// size is the size of the file in words, "" where it is not known.
func (a Artifact) size() string {
	if a.Size == nil {
		return ""
	}
	return humanize.Bytes(uint64(*a.Size))
}

// sources describe where the digest of an artifact comes from.
var sources = map[verify.Source]string{
	verify.FromDownload: "downloaded",
	verify.FromHost:     "digest published by the host",
	verify.FromCache:    "unchanged since an earlier scan",
	verify.FromLocal:    "a file on disk",
	"":                  "not read",
}

// builtBy names the builder of the file, "" where none is attested: "built by acme/tool's release.yml at v1.2.0". The text is from outside.
func (a Artifact) builtBy() string {
	p := a.Provenance
	if p == nil {
		return ""
	}
	workflow := p.Workflow()
	words := p.Repository + "'s " + path.Base(workflow)
	if !strings.HasPrefix(strings.ToLower(workflow), strings.ToLower(p.Repository)+"/") {
		owner, file, _ := strings.Cut(workflow, "/.github/workflows/")
		words = fmt.Sprintf("%s's %s for %s", owner, file, p.Repository)
	}
	ref := strings.TrimPrefix(strings.TrimPrefix(p.Ref, "refs/tags/"), "refs/heads/")
	return finding.Clean(finding.Shorten("built by "+words+" at "+ref, valueLimit))
}
