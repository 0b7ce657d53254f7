package document

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// reader is what the readers of all syntaxes share: the text, its bounds and the findings.
type reader struct {
	syntax    Syntax
	path      string
	text      []byte
	cursor    cursor // of values and names, which are read in the order of the text
	document  int
	values    int // read so far
	maxValues int
	findings  finding.List
}

// stopped is the panic that ends reading after a finding.
type stopped struct{}

// read returns the documents of the text. It returns nil after a finding that ended the reading.
func (r *reader) read(maxSize int) (documents []*Document) {
	defer func() {
		if problem := recover(); problem != nil && problem != (stopped{}) {
			panic(problem)
		}
	}()
	r.check(maxSize)
	switch r.syntax {
	case YAML:
		return (&yamlReader{reader: r}).documents()
	case TOML:
		return []*Document{{Root: (&tomlReader{reader: r}).root()}}
	}
	return []*Document{{Root: (&jsonReader{reader: r}).root()}}
}

// check checks the text's size and encoding.
func (r *reader) check(maxSize int) {
	if len(r.text) > maxSize {
		r.stopAt("too-large", maxSize, "", fmt.Sprintf("The manifest is larger than %d bytes (%s)", maxSize, humanize.IBytes(uint64(maxSize))), splitFix)
	}
	if r.syntax == JSON && hasByteOrderMark(r.text) {
		r.stopAt("byte-order-mark", 0, "", "The manifest starts with a byte-order mark, which JSON forbids", "Save the file as UTF-8 without a byte-order mark.")
	}
	if invalid := firstInvalid(r.text); invalid < len(r.text) {
		r.stopAt("invalid-utf8", invalid, "", fmt.Sprintf("Invalid UTF-8: the byte 0x%02x", r.text[invalid]), "Save the file as UTF-8.")
	}
}

// hasByteOrderMark reports whether a text starts with the mark of UTF-8, UTF-16 or UTF-32 (https://www.unicode.org/faq/utf_bom.html).
func hasByteOrderMark(text []byte) bool {
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return true
		}
	}
	return false
}

// firstInvalid returns the offset of the first byte that is not UTF-8, len(text) for none.
func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(text)
}

const splitFix = "Split the manifest, or move out of it what describes no file."

// finding returns a finding about the text. rule is a rule's name without the syntax.
func (r *reader) finding(rule string, at finding.Position, pointer, message, fix string) finding.Finding {
	f := finding.New(string(r.syntax)+"/"+rule, r.path, pointer, at, message, fix)
	f.Document = r.document
	return f
}

// stop adds a finding and ends the reading.
func (r *reader) stop(rule string, at finding.Position, pointer, message, fix string) {
	r.findings.Add(r.finding(rule, at, pointer, message, fix))
	panic(stopped{})
}

// stopAt is stop at an offset anywhere in the text.
func (r *reader) stopAt(rule string, offset int, pointer, message, fix string) {
	c := newCursor(r.text)
	r.stop(rule, c.position(offset), pointer, message, fix)
}

// nameRules are the rules about a name that is too long, and about names that are too long together.
var nameRules = map[Syntax][2]string{JSON: {"long-name", "long-name"}, YAML: {"key", "too-deep"}, TOML: {"too-deep", "too-deep"}}

// newMember returns a member whose name begins at an offset. The parent does not have it yet.
func (r *reader) newMember(parent *Value, name string, start int) *Value {
	v := &Value{syntax: r.syntax, parent: parent, name: name, nameStart: start, nameAt: r.cursor.position(start), pathLength: parent.pathLength + len(name) + 1}
	switch {
	case strings.Contains(name, "\x00"):
		r.control(v.nameAt, parent, name)
	case len(name) > MaxName:
		r.stop(nameRules[r.syntax][0], v.nameAt, parent.Pointer(), fmt.Sprintf("The name has %d bytes; the limit is %d", len(name), MaxName), "Shorten the name.")
	case v.pathLength > MaxPath:
		r.longPath(v.nameAt, parent)
	}
	return v
}

func (r *reader) longPath(at finding.Position, parent *Value) {
	r.stop(nameRules[r.syntax][1], at, parent.Pointer(), fmt.Sprintf("The names that lead here have more than %d bytes", MaxPath), "Shorten the names.")
}

// newElement returns a new last element of an array.
func (r *reader) newElement(parent *Value) *Value {
	v := &Value{syntax: r.syntax, parent: parent, index: len(parent.children), pathLength: parent.pathLength + 1}
	parent.children = append(parent.children, v)
	return v
}

// admit counts a value, whose kind, position and text are known, and checks the bounds.
func (r *reader) admit(v *Value, depth int) {
	r.values++
	switch {
	case r.values > r.maxValues:
		r.tooMany(v)
	case depth > MaxDepth && (v.kind == Object || v.kind == Array):
		r.stop("too-deep", v.at, v.Pointer(), tooDeep, "Flatten the manifest.")
	case v.pathLength > MaxPath:
		r.longPath(v.at, v.Parent())
	case strings.Contains(v.text, "\x00"):
		r.control(v.at, v, v.text)
	}
}

func (r *reader) tooMany(v *Value) {
	r.stop("too-large", v.at, v.Pointer(), fmt.Sprintf("The manifest has more than %d values, including those of aliases", r.maxValues), splitFix)
}

var tooDeep = fmt.Sprintf("The values are nested deeper than %d levels", MaxDepth)

// control refuses a text with a NUL, at which programs in C end it.
func (r *reader) control(at finding.Position, v *Value, text string) {
	r.stop("control", at, v.Pointer(), "The text "+finding.Quote(text)+" contains a NUL character, where some programs end it", "Remove the character.")
}

// duplicate reports the second of two members with one name.
func (r *reader) duplicate(v, first *Value) {
	r.findings.Report(string(r.syntax)+"/duplicate-key", func() finding.Finding {
		return r.finding("duplicate-key", v.nameAt, v.Pointer(), fmt.Sprintf("Duplicate key %s, first on line %d: parsers differ in which value they keep", finding.Quote(v.name), first.nameAt.Line), "Keep one of them.")
	})
}

// cursor turns byte offsets into positions, in constant time for each byte where they ascend.
type cursor struct {
	text   []byte
	offset int
	at     finding.Position // of offset
}

func newCursor(text []byte) cursor {
	return cursor{text: text, at: finding.Position{Line: 1, Column: 1}}
}

// position returns the position of an offset, which must not be before the previous one.
func (c *cursor) position(offset int) finding.Position {
	offset = max(offset, c.offset)
	passed := c.text[c.offset:offset]
	c.offset = offset
	if newlines := bytes.Count(passed, []byte{'\n'}); newlines > 0 {
		c.at.Line += newlines
		c.at.Column = 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	c.at.Column += utf8.RuneCount(passed)
	return c.at
}
