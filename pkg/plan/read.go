package plan

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// maxSize bounds a plan, in bytes: some 400,000 files.
const maxSize = 256 << 20

// Write writes the plan as JSON. A plan that Read would refuse is an error.
func (p *Plan) Write(w io.Writer) error {
	return document.WriteVersioned(w, "plan", maxSize, p, jsontext.AllowInvalidUTF8(true))
}

// Read reads an untrusted plan, and returns it with the digest of its bytes, which identifies it in reports. It bounds the size, reads
// JSON strictly, and refuses anything that this program does not write.
func Read(from io.Reader) (*Plan, digest.Digest, error) {
	hasher := digest.NewHasher(digest.SHA256)
	p := new(Plan)
	if err := document.ReadVersioned(io.TeeReader(from, hasher), "plan", maxSize, p, Version); err != nil {
		return nil, digest.Digest{}, err
	}
	if err := p.check(); err != nil {
		return nil, digest.Digest{}, fmt.Errorf("inconsistent contents: %w", err)
	}
	return p, hasher.Digest(digest.SHA256), nil
}

// check reports the first inconsistency.
func (p *Plan) check() error {
	switch {
	case p.Shards < 1 || p.Shards > verify.MaxShards:
		return fmt.Errorf("invalid number of shards %d: expected 1 to %d", p.Shards, verify.MaxShards)
	case p.Manifests < 0 || p.Unchanged < 0:
		return errors.New("a number is negative")
	case !slices.Contains([]string{"changed", "entries", "all"}, p.Scope):
		return fmt.Errorf("unknown scope %s", finding.Quote(p.Scope))
	}
	for _, f := range p.Findings {
		if _, known := finding.Lookup(f.Rule); !known || f.Line < 0 || f.Column < 0 {
			return fmt.Errorf("invalid finding at %s, by the rule %s", f.Location(), finding.Quote(f.Rule))
		}
	}
	for path, file := range p.Beside {
		if _, err := digest.Parse("sha256:" + file.SHA256); err != nil && file.SHA256 != "" {
			return fmt.Errorf("invalid SHA-256 %s of %s", finding.Quote(file.SHA256), finding.Quote(path))
		}
	}
	seen := map[finding.Location]bool{}
	for _, f := range p.Files {
		if err := f.check(p.Shards, seen); err != nil {
			return fmt.Errorf("the URL %s: %w", finding.QuoteURL(f.URL), err)
		}
	}
	downloads := p.downloads()
	if len(downloads) < len(p.Files) {
		return errors.New("duplicate URL")
	}
	for i, f := range p.Files {
		if f.URL != downloads[i].Key() || isImage(f.Artifacts[0]) != isImage(downloads[i].Artifacts[0]) {
			return fmt.Errorf("the URL %s is out of order", finding.QuoteURL(f.URL))
		}
	}
	return nil
}

func isImage(a artifact.Artifact) bool { return a.Role == artifact.Image }

var roles = []artifact.Role{artifact.Binary, artifact.Weight, artifact.File, artifact.Image}

func (f File) check(shards int, seen map[finding.Location]bool) error {
	switch {
	case f.Shard < 1 || f.Shard > shards:
		return fmt.Errorf("invalid shard %d of %d", f.Shard, shards)
	case f.Size != nil && *f.Size < 0:
		return errors.New("its size is negative")
	case len(f.Artifacts) == 0:
		return errors.New("it has no artifact")
	}
	for _, a := range f.Artifacts {
		at := a.Location()
		switch {
		case verify.Key(a.URL) != f.URL, isImage(a) != isImage(f.Artifacts[0]):
			return fmt.Errorf("the artifact %s has another URL: %s", at, finding.QuoteURL(a.URL))
		case seen[at]:
			return fmt.Errorf("duplicate artifact %s", at)
		case !slices.Contains(roles, a.Role):
			return fmt.Errorf("the artifact %s has the unknown role %s", at, finding.Quote(string(a.Role)))
		case a.AllowHTTP && (a.Checksum == nil || a.Checksum.Value.IsZero() || a.Checksum.Value.Algorithm.Weak()):
			return fmt.Errorf("the artifact %s allows plain http without a checksum", at)
		case a.Position.Line < 0 || a.Position.Column < 0 || a.Document < 0 || a.Mirror < 0:
			return fmt.Errorf("the artifact %s has a negative position", at)
		}
		seen[at] = true
	}
	return nil
}
