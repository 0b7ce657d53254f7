package registry

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// checksum is a declared checksum, or the problem with it. The zero checksum means a missing one.
type checksum struct {
	at       *document.Value
	value    digest.Digest
	text     string // equal for equal checksums: the value, or what can't be read as it is written
	spelling digest.Spelling
	problem  string
	rule     string // of the problem
	isWeak   bool   // the only problem; ignored where a stronger one counts
	isPair   bool   // an item of a list beside a list of addresses
}

// declareChecksum sets what an entry declares about the checksum of an artifact, the i-th of n addresses, and reports the problems.
// Of several members the strongest counts. In the others only an unreadable checksum is a problem: a program that reads those would
// compare something else. It reports whether all addresses have that one checksum.
func (x *extraction) declareChecksum(a *artifact.Artifact, e *entry, v *document.Value, i, n int) (isShared bool) {
	var all []checksum
	slot, fillsEmpty := "", false
	for _, pointer := range e.checksum {
		at := v.At(pointer)
		isPair := at.Kind() == document.Array && len(at.Elements()) == n
		if isPair {
			at = at.Elements()[i]
		}
		if c := x.checksum(at, n); c.at != nil {
			c.isPair = isPair
			all = append(all, c)
			continue
		}
		isFirst := slot == "" || isEmpty(at) && !fillsEmpty
		if place := placeFor(e, v, at, pointer, n); place != "" && isFirst && !namedAlgorithm(lastName(place)).Weak() {
			slot, fillsEmpty = place, isEmpty(at)
		}
	}
	var best checksum
	if len(all) > 0 {
		best = slices.MaxFunc(all, func(a, b checksum) int { return strength(a.value) - strength(b.value) })
		slot = best.at.Pointer()
		a.Checksum = &artifact.Field[digest.Digest]{Value: best.value, Pointer: slot, Position: best.at.Position()}
	}
	if best.rule == finding.RegistryPairs {
		slot = ""
	}
	a.Slot.Algorithm, a.Spelling = namedAlgorithm(lastName(slot)), best.spelling
	if !a.Slot.Algorithm.Weak() {
		a.Slot.Checksum = slot
	}
	var texts []string
	for _, c := range all {
		texts = append(texts, c.text)
		isBest := c.at == best.at
		if isBest && c.value.Algorithm.Weak() {
			c.rule, c.problem = finding.ChecksumWeak, fmt.Sprintf("The checksum is %s, and two different files can have the same %[1]s", algorithmNames[c.value.Algorithm])
		}
		if c.problem == "" || c.isWeak && !isBest {
			continue
		}
		f := x.document.Finding(c.rule, c.at, c.problem, "")
		if !strings.HasPrefix(f.Pointer, a.Pointer+"/") {
			f.Pointer = a.Pointer
		}
		x.ofArtifacts = append(x.ofArtifacts, f)
	}
	slices.Sort(texts)
	a.Checksums = strings.Join(texts, " ")
	return best.at != nil && !best.isPair && best.rule != finding.RegistryPairs
}

// maxText bounds what each address of an entry repeats.
const maxText = 1024

// isEmpty reports whether a value exists and is null or an empty text.
func isEmpty(v *document.Value) bool {
	return v.Kind() == document.Null || v.Kind() == document.String && v.Literal() == ""
}

// placeFor returns the pointer at which a missing checksum would be written, "" for none: in an object that is there. A list of URLs
// may want one checksum or a list of them, unless there is an empty one.
func placeFor(e *entry, v, at *document.Value, pointer string, n int) string {
	above, _ := splitPointer(pointer)
	isClear := n == 1 || len(e.url) > 1 || at.Kind() == document.String || at.Parent().Kind() == document.Array
	if pointer == "" || !isClear || v.At(above).Kind() != document.Object {
		return ""
	}
	return cmp.Or(at.Pointer(), v.Pointer()+pointer)
}

// checksum reads a declared checksum, once. A list is one that does not have a checksum for each URL.
func (x *extraction) checksum(v *document.Value, urls int) checksum {
	if v == nil || isEmpty(v) {
		return checksum{}
	}
	if c, isRead := x.checksums[v]; isRead {
		return c
	}
	x.used[v.Start()] = true
	text, isText := v.Text()
	c := checksum{at: v, text: text, rule: finding.ChecksumInvalid}
	var err error
	switch {
	case v.Kind() == document.Array:
		c.text, c.rule = v.Pointer(), finding.RegistryPairs
		c.problem = fmt.Sprintf("%d URLs beside %d checksums: it is unclear which checksum belongs to which URL", urls, len(v.Elements()))
	case !isText:
		c.text, err = v.Pointer(), fmt.Errorf("it is %s; expected a text", v.Describe())
	default:
		c.value, err = parseChecksum(text, lastName(v.Pointer()))
	}
	if weak := c.value.Algorithm; err == nil && weak.Weak() && !slices.Contains(x.accept, weak) {
		c.isWeak, err = true, fmt.Errorf("%s is broken (two files can have one checksum), and the description does not `accept` it: expected sha256, sha384 or sha512", algorithmNames[weak])
	}
	switch {
	case err != nil && isText:
		c.value, c.problem = digest.Digest{}, "Invalid checksum "+finding.Quote(text)+": "+err.Error()
	case err != nil:
		c.problem = "Invalid checksum: " + err.Error()
	case !c.value.IsZero():
		c.spelling = digest.SpellingOf(text, c.value)
		if len(strings.Fields(text)) == 1 {
			c.text = c.value.String()
		}
	}
	if len(c.text) > maxText {
		c.text = fmt.Sprintf("%x", sha256.Sum256([]byte(c.text)))
	}
	x.checksums[v] = c
	return c
}

var algorithmNames = map[digest.Algorithm]string{digest.MD5: "MD5", digest.SHA1: "SHA-1", digest.SHA256: "SHA-256", digest.SHA384: "SHA-384", digest.SHA512: "SHA-512", digest.BLAKE3: "BLAKE3"}

// lastName returns the last name in a pointer that is not an index: that of a checksum's member.
func lastName(pointer string) string {
	for pointer != "" {
		above, name := splitPointer(pointer)
		if _, err := strconv.Atoi(name); err != nil {
			return name
		}
		pointer = above
	}
	return ""
}

// parseChecksum reads a checksum as any registry writes it, or several SRI hashes, of which the strongest counts. The member's
// name and the checksum must not contradict each other.
func parseChecksum(text, member string) (digest.Digest, error) {
	named := namedAlgorithm(member)
	if hashes := strings.Fields(text); len(hashes) > 1 && !strings.Contains(text, ":") {
		return strongest(hashes)
	}
	prefix, sum, isPrefixed := strings.Cut(text, ":")
	switch {
	case isPrefixed:
		text = cmp.Or(string(digest.Named(prefix)), prefix) + ":" + sum
	case named != "" && bareHex.MatchString(text):
		text = string(named) + ":" + text
	case named != "" && !strings.Contains(text, "-"):
		return digest.Digest{}, fmt.Errorf("expected the %d hex digits of %s", 2*named.Size(), algorithmNames[named])
	}
	d, err := digest.ParseWeak(text)
	if err == nil && named != "" && d.Algorithm != named {
		return digest.Digest{}, fmt.Errorf("it is %s, but its key is %s", algorithmNames[d.Algorithm], finding.Quote(member))
	}
	return d, err
}

// strongest returns the strongest of several SRI hashes. Unknown algorithms are left out, as
// https://www.w3.org/TR/sri-2/#parse-metadata says; two different hashes of one algorithm are an error.
func strongest(hashes []string) (best digest.Digest, err error) {
	for _, text := range hashes {
		name, _, _ := strings.Cut(text, "-")
		if digest.Algorithm(name).Size() == 0 {
			err = errors.New("unknown algorithm " + finding.Quote(name))
			continue
		}
		d, err := digest.ParseWeak(text)
		switch {
		case err != nil:
			return digest.Digest{}, err
		case d.Algorithm == best.Algorithm && d != best:
			return digest.Digest{}, fmt.Errorf("it has two different %s hashes", algorithmNames[d.Algorithm])
		case strength(d) > strength(best):
			best = d
		}
	}
	if best.IsZero() {
		return best, err
	}
	return best, nil
}

var byStrength = []digest.Algorithm{digest.MD5, digest.SHA1, digest.BLAKE3, digest.SHA256, digest.SHA384, digest.SHA512}

// strength orders checksums by their algorithm. One that can't be read is the weakest.
func strength(d digest.Digest) int { return slices.Index(byStrength, d.Algorithm) }

var bareHex = regexp.MustCompile(`^[0-9A-Fa-f]+$`)

// algorithmInName finds an algorithm in a member's name, such as sha512, md5sum, InstallerSha256 or sha-256.
var algorithmInName = regexp.MustCompile(`(?i)(md5|blake3|sha-?(?:1|256|384|512))(?:[^0-9]|$)`)

func namedAlgorithm(member string) digest.Algorithm {
	if m := algorithmInName.FindStringSubmatch(member); m != nil {
		return digest.Named(m[1])
	}
	return ""
}

// looksLikeDigest reports whether a text is a digest with a prefix or in SRI form, or hex of the length of a SHA-2.
func looksLikeDigest(text string) bool {
	if len(text) < 32 || len(text) > 160 {
		return false
	}
	d, err := parseChecksum(text, "")
	return err == nil && !(d.Algorithm.Weak() && bareHex.MatchString(text))
}
