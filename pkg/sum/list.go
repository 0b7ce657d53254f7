package sum

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// maxSums bounds a list of checksums, in bytes.
const maxSums = 1 << 20

// List is a published list of checksums.
type List struct {
	name  string // of the list
	lines []sumLine
}

// sumLine is one file of a list.
type sumLine struct {
	path   string // slash-separated, as listed
	digest digest.Digest
}

// ReadList reads a list from a file; nil without a name.
func ReadList(name string) (*List, error) {
	if name == "" {
		return nil, nil
	}
	file, err := source.OpenRegular(name)
	if err != nil {
		return nil, finding.WithoutPath(err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSums+1))
	switch {
	case err != nil:
		return nil, finding.WithoutPath(err)
	case len(text) > maxSums:
		return nil, fmt.Errorf("not a list of checksums: it has more than %d bytes", maxSums)
	}
	return parseSums(name, text)
}

// parseSums reads a list as sha256sum, shasum, OpenSSL, BSD's tools and this project's checksum.sh print it.
func parseSums(name string, text []byte) (*List, error) {
	s := &List{name: name}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	n := 0
	for raw := range bytes.Lines(text) {
		n++
		line := strings.TrimRight(string(raw), " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		parsed, err := parseSumLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		s.lines = append(s.lines, parsed)
	}
	if len(s.lines) == 0 {
		return nil, errors.New("it is empty")
	}
	return s, nil
}

// The two forms of a line (https://www.gnu.org/software/coreutils/manual/html_node/cksum-output-modes.html): coreutils', optionally with
// this project's algorithm prefix, and BSD's, also as OpenSSL writes it: SHA2-256(name)= hex.
var (
	coreutilsLine = regexp.MustCompile(`^((?:[a-z0-9]+:)?[0-9A-Fa-f]+) [ *](.+)$`)
	bsdLine       = regexp.MustCompile(`^([A-Z0-9]+?)(?:2-([0-9]+))? ?\((.+)\) ?= ?([0-9A-Fa-f]+)$`)
)

func parseSumLine(line string) (sumLine, error) {
	sum, name := "", ""
	if m := coreutilsLine.FindStringSubmatch(line); m != nil {
		sum, name = m[1], m[2]
	} else if m := bsdLine.FindStringSubmatch(line); m != nil {
		sum, name = strings.ToLower(m[1]+m[2])+":"+m[4], m[3]
	} else {
		return sumLine{}, fmt.Errorf("%s is not a checksum and a file name, as `sha256sum` prints them", finding.Quote(line))
	}
	d, err := digest.Parse(sum)
	switch {
	case err != nil:
		return sumLine{}, err
	case d.Algorithm.Weak():
		return sumLine{}, fmt.Errorf("%s is a weak checksum: use a list of SHA-256 or stronger", finding.Quote(sum))
	}
	return sumLine{path.Clean(strings.ReplaceAll(name, `\`, "/")), d}, nil
}

// find returns the checksums listed for a file's path, else for its last segment.
func (s *List) find(name string) []digest.Digest {
	var same, similar []digest.Digest
	for _, line := range s.lines {
		if line.path == name {
			same = append(same, line.digest)
		}
		if path.Base(line.path) == path.Base(name) {
			similar = append(similar, line.digest)
		}
	}
	found := same
	if len(same) == 0 {
		found = similar
	}
	slices.SortFunc(found, func(a, b digest.Digest) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(found)
}

// declare sets an artifact's checksum from the list, or reports why it can't.
func (s *List) declare(a *artifact.Artifact) *finding.Finding {
	found := s.find(a.Name)
	if len(found) == 1 {
		a.Checksum = &artifact.Field[digest.Digest]{Value: found[0], Pointer: a.Pointer, Position: a.Position}
		return nil
	}
	message := fmt.Sprintf("The list %s does not contain %s, so no checksum is written", finding.Quote(s.name), finding.Quote(a.Name))
	if len(found) > 1 {
		message = fmt.Sprintf("The list %s has %d checksums for %s, so none is written", finding.Quote(s.name), len(found), finding.Quote(a.Name))
	}
	return lacks(*a, message, "Name the list that is published with this file, or leave out --from and vouch for the file yourself.")
}

// disagree rewords a mismatch with the checksum of the list.
func (s *List) disagree(r verify.Result) {
	for i, f := range r.Findings {
		if f.Rule == finding.ArtifactMismatch {
			f.Message = "The list " + finding.Quote(s.name) + " has a checksum that does not match the file, so none is written"
			f.Fix = "Find out whether the list is of another version than the URL, or the file was replaced."
			r.Findings[i] = f.Comparing("listed", r.Artifact.Checksum.Value.String(), "served", r.Digest.String(), "")
		}
	}
}
