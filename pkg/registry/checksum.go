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

// checksums are what one member of an entry declares for its URLs.
type checksums struct {
	each   []checksum  // one for each URL, or one for all
	isList bool        // one for each URL
	slot   string      // the pointer at which a checksum is declared, or would be; "" for none
	beside []checksums // in members that do not count
}

// checksum is a declared checksum, or the problem with it. The zero checksum is a missing one.
type checksum struct {
	at      *document.Value
	value   digest.Digest
	problem string
	rule    string // of the problem
	isWeak  bool   // which is the only problem: none where a stronger one counts
}

// algorithm is the one in the member's name, "" for any.
func (c checksums) algorithm() digest.Algorithm {
	_, name := splitPointer(c.slot)
	return namedAlgorithm(name)
}

// at returns the checksum of the i-th URL.
func (c checksums) at(i int) checksum {
	if len(c.each) == 0 {
		return checksum{}
	}
	return c.each[min(i, len(c.each)-1)]
}

// areOne reports whether all URLs have one checksum.
func (c checksums) areOne() bool {
	return len(c.each) == 1 && !c.isList && c.each[0].rule != finding.RegistryPairs
}

// slotOf is the pointer at which the checksum of the i-th URL would be written.
func (c checksums) slotOf(i int) string {
	switch {
	case c.isList:
		return c.slot + "/" + strconv.Itoa(i)
	case c.at(i).rule == finding.RegistryPairs:
		return ""
	}
	return c.slot
}

// texts are all the checksums of the i-th URL, sorted: readable ones by value, the others, and lists of hashes, as they are written.
func (c checksums) texts(i int) string {
	var texts []string
	for _, member := range append(slices.Clone(c.beside), c) {
		declared := member.at(i)
		switch text, isText := declared.at.Text(); {
		case declared.at == nil:
		case !isText:
			texts = append(texts, declared.at.Pointer())
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

func (c checksum) spelling() digest.Spelling {
	if c.value.IsZero() {
		return ""
	}
	text, _ := c.at.Text()
	return digest.SpellingOf(text, c.value)
}

// checksums reads what an entry declares: of several members the strongest counts.
func (x *extraction) checksums(e *entry, v *document.Value, addresses []address) checksums {
	var best checksums
	var beside []checksums
	hasEmptySlot := false // a member that is there and empty is filled before others
	for _, pointer := range e.checksum {
		found := x.member(v.At(pointer), len(addresses))
		_, name := splitPointer(pointer)
		isBetter := best.slot == "" || !hasEmptySlot && isEmpty(v.At(pointer))
		if slot := x.slot(e, v, pointer, addresses); isBetter && slot != "" && !namedAlgorithm(name).Weak() && len(best.each) == 0 {
			best.slot, hasEmptySlot = slot, isEmpty(v.At(pointer))
		}
		if len(found.each) > 0 && (len(best.each) == 0 || found.strength() > best.strength()) {
			found.slot = v.At(pointer).Pointer()
			best, found = found, best
		}
		beside = append(beside, found)
	}
	best.beside = beside
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
	isUnclear := len(addresses) > 1 && len(e.url) == 1 && v.At(pointer).Kind() != document.String
	if pointer == "" || v.At(above).Kind() != document.Object || isUnclear {
		return ""
	}
	return v.Pointer() + pointer
}

// member reads one checksum member of an entry: a text, or a list beside a list of URLs.
func (x *extraction) member(v *document.Value, urls int) (c checksums) {
	if v.Kind() != document.Array {
		if one := x.checksum(v); one.at != nil {
			c.each = []checksum{one}
		}
		return c
	}
	for _, element := range v.Elements() {
		c.each = append(c.each, x.checksum(element))
	}
	c.isList = len(c.each) == urls
	if !c.isList {
		c.each = []checksum{{at: v, rule: finding.RegistryPairs, problem: fmt.Sprintf("%d URLs beside %d checksums: it is unclear which checksum belongs to which URL", urls, len(c.each))}}
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
	text, isText := v.Text()
	if v.Kind() == "" || v.Kind() == document.Null {
		return checksum{}
	}
	x.used[v.Start()] = true
	if isText && text == "" {
		return checksum{}
	}
	c := checksum{at: v}
	err := fmt.Errorf("it is %s; expected a text", v.Describe())
	if isText {
		c.value, err = parseChecksum(text, memberName(v))
	}
	if err == nil && c.value.Algorithm.Weak() && !slices.Contains(x.accept, c.value.Algorithm) {
		c.isWeak, err = true, fmt.Errorf("%s is broken (two files can have one checksum), and the description does not `accept` it: expected sha256, sha384 or sha512", algorithmNames[c.value.Algorithm])
	}
	if err != nil {
		c.value, c.rule = digest.Digest{}, finding.ChecksumInvalid
		c.problem = "Invalid checksum " + quoted(v) + ": " + err.Error()
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
	report := func(rule string, declared checksum, message string) {
		f := x.document.Finding(rule, declared.at, message, "")
		if !strings.HasPrefix(f.Pointer, a.Pointer+"/") {
			f.Pointer = a.Pointer
		}
		x.ofArtifacts = append(x.ofArtifacts, f)
	}
	switch declared := c.at(i); {
	case declared.problem != "":
		report(declared.rule, declared, declared.problem)
	case declared.value.Algorithm.Weak():
		report(finding.ChecksumWeak, declared, fmt.Sprintf("The checksum is %s, and two different files can have the same %[1]s", algorithmNames[declared.value.Algorithm]))
	}
	for _, other := range c.beside {
		if declared := other.at(i); declared.problem != "" && !declared.isWeak {
			report(declared.rule, declared, declared.problem)
		}
	}
}

func quoted(v *document.Value) string {
	if text, isText := v.Text(); isText {
		return finding.Quote(text)
	}
	return v.Describe()
}
