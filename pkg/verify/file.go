package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/format"
	"github.com/premAI-io/verify-manifests/pkg/hosts"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
)

// file is the observation of a complete file, read or not.
type file struct {
	source    Source
	digests   map[digest.Algorithm]digest.Digest
	size      int64
	published hosts.Published // what the host says of the file

	// Of a file that was read:
	kind    format.Format
	etag    string // the URL's own, as sent, hostile; "" for none
	message *minisign.Message
	head    fetch.Head
	second  *file  // another download, which had other bytes; nil for none
	path    string // of a file on disk
	text    []byte // of a bundle
}

// isRead reports whether the bytes were read, and not only their digest.
func (f *file) isRead() bool { return f.source == FromDownload || f.source == FromLocal }

// has reports whether the file has a digest; every file has the zero one.
func (f *file) has(d digest.Digest) bool { return d.IsZero() || f.digests[d.Algorithm] == d }

// isPublished reports whether the host publishes the file's digest.
func (f *file) isPublished() bool { return !f.published.Digest.IsZero() && f.has(f.published.Digest) }

// observation returns the file's digest under an algorithm, and what else scans keep.
func (f *file) observation(under digest.Algorithm) Observation {
	o := Observation{Digest: f.digests[under], Size: f.size, ETag: f.etag, Commit: f.published.Commit()}
	for algorithm, d := range f.digests {
		if algorithm != under {
			o.Others = append(o.Others, d)
		}
	}
	slices.SortFunc(o.Others, func(a, b digest.Digest) int { return strings.Compare(a.String(), b.String()) })
	return o
}

// serves begins a clause that describes the file.
func (f *file) serves() string {
	if f.source == FromLocal {
		return finding.Quote(f.path) + " is"
	}
	return "the URL serves"
}

// secondDownload is a sentence about a second download that had other bytes, "" for none; want is the digest of what the file should be.
func (f *file) secondDownload(want digest.Digest, should string) string {
	switch {
	case f.second == nil:
		return ""
	case !want.IsZero() && f.second.has(want):
		return fmt.Sprintf(". A second download was %s: the server does not always serve the same bytes", should)
	case f.head.Validator != "" && f.head.Validator == f.second.head.Validator:
		return ". A second download had other bytes under the same validator: the server is inconsistent"
	}
	return ". A second download had other bytes again: the server generates the file for each request, so no checksum can pin it"
}
