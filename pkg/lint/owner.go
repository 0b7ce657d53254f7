package lint

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
)

// Repository is one that a manifest takes a file or an image from, and where it first names it.
type Repository struct {
	Owner, Name string
	Manifest    string
	Document    int
	Pointer     string
	Position    finding.Position
}

// Repositories returns those that the artifacts of one manifest come from, each once; server is the GitHub server's URL. What is
// on a host without owners has none.
func Repositories(artifacts []artifact.Artifact, server string) []Repository {
	var all []Repository
	seen := map[[2]string]bool{}
	for _, a := range artifacts {
		r := repository(a, server)
		if key := folded(r); r.Owner != "" && r.Name != "" && !seen[key] {
			seen[key] = true
			all = append(all, r)
		}
	}
	return all
}

// folded tells repositories apart as their hosts do, whatever the case.
func folded(r Repository) [2]string {
	return [2]string{strings.ToLower(r.Owner), strings.ToLower(r.Name)}
}

func repository(a artifact.Artifact, server string) Repository {
	r := Repository{Manifest: a.Manifest, Document: a.Document, Pointer: a.Pointer, Position: a.Position}
	if a.Base != nil && a.Base.Pointer != "" {
		r.Pointer, r.Position = a.Base.Pointer, a.Base.Position
	}
	if a.Role == artifact.Image {
		r.Owner, r.Name = imageRepository(a.URL)
		return r
	}
	ref := hosts.Parse(a.URL, server)
	r.Owner, r.Name = ref.Owner, ref.Repo
	return r
}

// imageRepository returns the first and the last part of an image's path, "" for an owner that the reference does not name
// (https://github.com/distribution/reference).
func imageRepository(reference string) (owner, name string) {
	path, _, _ := strings.Cut(reference, "@")
	parts := strings.Split(path, "/")
	if strings.ContainsAny(parts[0], ".:") && len(parts) > 1 || parts[0] == "localhost" {
		parts = parts[1:] // the host
	}
	name, _, _ = strings.Cut(parts[len(parts)-1], ":")
	if len(parts) > 1 {
		owner = parts[0]
	}
	return owner, name
}

// OtherOwners reports repositories in scope of whose name the registry knows another owner. all are those of every manifest that
// is at hand. The owner whom the registry relies on most, by the manifests out of scope where there are some, is not reported.
func OtherOwners(all []Repository, inScope func(manifest string) bool) []finding.Finding {
	names := map[string]*namesakes{}
	for _, r := range all {
		key := folded(r)
		if names[key[1]] == nil {
			names[key[1]] = &namesakes{by: map[string]*owner{}}
		}
		names[key[1]].add(r, key, inScope(r.Manifest))
	}
	for _, n := range names {
		n.rank()
	}
	byManifest := map[string][]finding.Finding{}
	for _, r := range all {
		key := folded(r)
		if other := names[key[1]].otherThan(key[0]); other != nil && inScope(r.Manifest) {
			byManifest[r.Manifest] = append(byManifest[r.Manifest], otherOwner(r, other.first))
		}
	}
	var findings []finding.Finding
	for _, some := range byManifest {
		slices.SortFunc(some, finding.Finding.Compare)
		findings = append(findings, Bounded(some)...)
	}
	slices.SortFunc(findings, finding.Finding.Compare)
	return findings
}

func otherOwner(r, other Repository) finding.Finding {
	f := finding.New(finding.URLOtherOwner, r.Manifest, r.Pointer, r.Position,
		fmt.Sprintf("%s comes from %s here, and from %s in %s: one may be a fork of the other",
			finding.Quote(r.Name), finding.Quote(r.Owner), finding.Quote(other.Owner), finding.Quote(other.Manifest)), "")
	f.Document = r.Document
	return f
}

// namesakes are the owners of the repositories of one name.
type namesakes struct {
	by     map[string]*owner
	ranked []*owner // those that the registry relies on most, first
}

// owner is one of them, with its repository where it is first named.
type owner struct {
	first           Repository
	outside, inside int // of the scope: the manifests
	isOriginal      bool
}

func (n *namesakes) add(r Repository, key [2]string, inScope bool) {
	o := n.by[key[0]]
	if o == nil {
		o = &owner{first: r, isOriginal: key[0] == key[1]}
		n.by[key[0]] = o
	}
	if r.Manifest < o.first.Manifest {
		o.first = r
	}
	if inScope {
		o.inside++
	} else {
		o.outside++
	}
}

// compareRank puts first whom the registry relies on, else the owner who is called as the repository is.
func compareRank(a, b *owner) int {
	original := func(o *owner) int {
		if o.isOriginal {
			return 1
		}
		return 0
	}
	return -cmp.Or(cmp.Compare(a.outside, b.outside), cmp.Compare(a.inside, b.inside), cmp.Compare(original(a), original(b)))
}

func (n *namesakes) rank() {
	for _, o := range n.by {
		n.ranked = append(n.ranked, o)
	}
	slices.SortFunc(n.ranked, func(a, b *owner) int {
		return cmp.Or(compareRank(a, b), cmp.Compare(a.first.Manifest, b.first.Manifest), cmp.Compare(a.first.Owner, b.first.Owner))
	})
}

// otherThan returns whom the registry relies on rather than an owner, nil where that is nobody else.
func (n *namesakes) otherThan(key string) *owner {
	switch first := n.ranked[0]; {
	case n.by[key] != first:
		return first
	case len(n.ranked) > 1 && compareRank(first, n.ranked[1]) == 0:
		return n.ranked[1]
	}
	return nil
}

// changedOwner tells a reviewer whose file it is now. Where a host has no owners, it is the host's.
func changedOwner(was, is artifact.Artifact, server string) *finding.Finding {
	before, now := publisher(was, server), publisher(is, server)
	if before == "" || now == "" || strings.EqualFold(before, now) {
		return nil
	}
	at := repository(is, server)
	f := finding.New(finding.URLOwnerChanged, is.Manifest, at.Pointer, at.Position,
		fmt.Sprintf("The file has moved from %s to %s", finding.Quote(before), finding.Quote(now)), "")
	return &f
}

func publisher(a artifact.Artifact, server string) string {
	if r := repository(a, server); r.Owner != "" || a.Role == artifact.Image {
		return r.Owner
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
