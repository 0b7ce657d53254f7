package registry

import (
	"cmp"
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

// checksums are what an entry declares for its URLs.
type checksums struct {
	each       []checksum // one for each URL, or one for all
	isList     bool       // declared as a list
	areMirrors bool       // one for several URLs
	slot       string     // the pointer at which a checksum is declared, or would be; "" for none
	mismatched *document.Value
	lengths    string      // the problem with pairs; "" for none
	beside     []checksums // in members that do not count
}

// checksum is a declared checksum, or the problem with it. The zero checksum is a missing one.
type checksum struct {
	at      *document.Value
	value   digest.Digest
	problem string
	isWeak  bool // which is the only problem: none where a stronger one counts
}

// algorithm is the one in the member's name, "" for any.
func (c checksums) algorithm() digest.Algorithm {
	_, name := splitPointer(c.slot)
	return namedAlgorithm(name)
}

// of returns the checksum of the i-th URL, and the pointer at which it would be written.
func (c checksums) of(i int) (field *artifact.Field[digest.Digest], slot string) {
	switch {
	case len(c.each) > 1 || len(c.each) == 1 && c.isList:
		return c.each[i].field(), c.slot + "/" + strconv.Itoa(i)
	case c.lengths != "":
		return &artifact.Field[digest.Digest]{Pointer: c.mismatched.Pointer(), Position: c.mismatched.Position()}, ""
	case len(c.each) == 0:
		return nil, c.slot
	}
	return c.each[0].field(), c.slot
}

// spelling is that of the i-th URL's checksum.
func (c checksums) spelling(i int) digest.Spelling {
	declared := c.at(i)
	if declared.value.IsZero() {
		return ""
	}
	text, _ := declared.at.Text()
	return digest.SpellingOf(text, declared.value)
}

// texts are all the checksums of the i-th URL, sorted: readable ones by value, the others, and lists of hashes, as they are written.
func (c checksums) texts(i int) string {
	var texts []string
	for _, member := range append(slices.Clone(c.beside), c) {
		declared := member.at(i)
		switch text, _ := declared.at.Text(); {
		case declared.at == nil && member.mismatched != nil:
			texts = append(texts, member.mismatched.Pointer())
		case declared.at == nil:
		case declared.value.IsZero() || len(strings.Fields(text)) > 1:
			texts = append(texts, text)
		default:
			texts = append(texts, declared.value.String())
		}
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

func (c checksum) field() *artifact.Field[digest.Digest] {
	if c.at == nil {
		return nil
	}
	return &artifact.Field[digest.Digest]{Value: c.value, Pointer: c.at.Pointer(), Position: c.at.Position()}
}

// checksums reads what an entry declares: of several members the strongest counts.
func (x *extraction) checksums(e *entry, v *document.Value, addresses []address, isList bool) checksums {
	var best checksums
	var beside []checksums
	hasEmptySlot := false // a member that is there and empty is filled before others
	for _, pointer := range e.checksum {
		found := x.member(v.At(pointer), len(addresses), isList)
		_, name := splitPointer(pointer)
		isBetter := best.slot == "" || !hasEmptySlot && isEmpty(v.At(pointer))
		if slot := x.slot(e, v, pointer, addresses); isBetter && slot != "" && !namedAlgorithm(name).Weak() && len(best.each) == 0 {
			best.slot, hasEmptySlot = slot, isEmpty(v.At(pointer))
		}
		if len(found.each) > 0 && (len(best.each) == 0 || found.strength() > best.strength()) || found.lengths != "" && len(best.each) == 0 {
			found.slot = v.At(pointer).Pointer()
			best, found = found, best
		}
		beside = append(beside, found)
	}
	best.beside = beside
	best.areMirrors = isList && len(best.each) == 1 && !best.isList && len(addresses) > 1
	return best
}

// isEmpty reports whether a value is there, and empty: null, or a text without characters.
func isEmpty(v *document.Value) bool {
	return v.Kind() == document.Null || v.Kind() == document.String && v.Literal() == ""
}

// slot returns where a checksum would be written into an entry that has none: beside the one URL, in an object that is there. A
// list of URLs may want one or a list of them, unless there is an empty one.
func (x *extraction) slot(e *entry, v *document.Value, pointer string, addresses []address) string {
	above, _ := splitPointer(pointer)
	parent := v.At(above)
	isUnclear := len(addresses) > 1 && len(e.url) == 1 && v.At(pointer).Kind() != document.String
	if pointer == "" || parent.Kind() != document.Object || isUnclear {
		return ""
	}
	return v.Pointer() + pointer
}

// member reads one checksum member of an entry: a text, or a list beside a list of URLs.
func (x *extraction) member(v *document.Value, urls int, isList bool) checksums {
	switch v.Kind() {
	case "", document.Null:
		return checksums{}
	case document.Array:
		return x.pairs(v, urls)
	}
	c := x.checksum(v)
	if c.at == nil {
		return checksums{}
	}
	return checksums{each: []checksum{c}}
}

func (x *extraction) pairs(v *document.Value, urls int) checksums {
	c := checksums{isList: true}
	for _, element := range v.Elements() {
		c.each = append(c.each, x.checksum(element))
	}
	if n := len(c.each); n != urls {
		return checksums{mismatched: v, lengths: fmt.Sprintf("%d URLs beside %d checksums: it is unclear which checksum belongs to which URL", urls, n)}
	}
	return c
}

// strength orders members by their algorithm. One that can't be read is the weakest.
func (c checksums) strength() int {
	strongest := 0
	for _, each := range c.each {
		strongest = max(strongest, strength(each.value)+1)
	}
	return strongest
}

var byStrength = []digest.Algorithm{digest.MD5, digest.SHA1, digest.BLAKE3, digest.SHA256, digest.SHA384, digest.SHA512}

// checksum reads one declared checksum. Its algorithm is that of a prefix, of the member's name, else of the length.
func (x *extraction) checksum(v *document.Value) checksum {
	if v.Kind() == document.Null {
		return checksum{}
	}
	x.used[v.Start()] = true
	text, isText := v.Text()
	if isText && text == "" {
		return checksum{}
	}
	c := checksum{at: v}
	var err error
	switch {
	case !isText:
		err = fmt.Errorf("it is %s; expected a text", v.Describe())
	default:
		c.value, err = parseChecksum(text, memberName(v))
	}
	if err == nil && c.value.Algorithm.Weak() && !slices.Contains(x.accept, c.value.Algorithm) {
		c.isWeak, err = true, fmt.Errorf("%s is broken (two files can have one checksum), and the description does not `accept` it: expected sha256, sha384 or sha512", algorithmNames[c.value.Algorithm])
	}
	if err != nil {
		c.value, c.problem = digest.Digest{}, err.Error()
	}
	return c
}

var algorithmNames = map[digest.Algorithm]string{digest.MD5: "MD5", digest.SHA1: "SHA-1", digest.SHA256: "SHA-256", digest.SHA384: "SHA-384", digest.SHA512: "SHA-512", digest.BLAKE3: "BLAKE3"}

// memberName is the name of the member that a value is, or is an element of.
func memberName(v *document.Value) string {
	for v.Parent().Kind() == document.Array {
		v = v.Parent()
	}
	return v.Name()
}

// parseChecksum reads a checksum as any registry writes it, or several SRI hashes, of which the strongest counts. The member's
// name and the checksum must not contradict each other.
func parseChecksum(text, member string) (digest.Digest, error) {
	named := namedAlgorithm(member)
	if hashes := strings.Fields(text); len(hashes) > 1 && !strings.Contains(text, ":") {
		return strongest(hashes)
	}
	if prefix, sum, found := strings.Cut(text, ":"); found {
		text = cmp.Or(string(digest.Named(prefix)), prefix) + ":" + sum
	} else if named != "" && bareHex.MatchString(text) {
		text = string(named) + ":" + text
	}
	d, err := digest.ParseWeak(text)
	if err == nil && named != "" && d.Algorithm != named {
		return digest.Digest{}, fmt.Errorf("it is %s, but its member is %s", algorithmNames[d.Algorithm], finding.Quote(member))
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

// reportChecksum reports the problems of the checksum of an artifact, the i-th of its entry, at the artifact's pointer or below it.
// In members that do not count only an unreadable checksum is a problem: a program that reads those would compare something else.
func (x *extraction) reportChecksum(a artifact.Artifact, c checksums, i int) {
	x.reportMember(a, c, i)
	for _, other := range c.beside {
		if declared := other.at(i); other.lengths != "" || declared.problem != "" && !declared.isWeak {
			x.reportMember(a, other, i)
		}
	}
}

// at returns the checksum of the i-th URL.
func (c checksums) at(i int) checksum {
	if len(c.each) == 0 {
		return checksum{}
	}
	return c.each[min(i, len(c.each)-1)]
}

func (x *extraction) reportMember(a artifact.Artifact, c checksums, i int) {
	say := func(rule string, at *document.Value, message, fix string) {
		f := x.document.Finding(rule, at, message, fix)
		if !strings.HasPrefix(f.Pointer, a.Pointer+"/") {
			f.Pointer = a.Pointer
		}
		x.ofArtifacts = append(x.ofArtifacts, f)
	}
	declared := c.at(i)
	switch algorithm := declared.value.Algorithm; {
	case c.lengths != "":
		say(finding.RegistryPairs, c.mismatched, c.lengths, "")
	case declared.at == nil:
	case declared.problem != "":
		say(finding.ChecksumInvalid, declared.at, "Invalid checksum "+quoted(declared.at)+": "+declared.problem, "")
	case algorithm.Weak():
		say(finding.ChecksumWeak, declared.at, fmt.Sprintf("The checksum is %s, and two different files can have the same %[1]s", algorithmNames[algorithm]), "")
	}
}

func quoted(v *document.Value) string {
	if text, isText := v.Text(); isText {
		return finding.Quote(text)
	}
	return v.Describe()
}
