package document

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// reader is the common part of the readers of all syntaxes: the text, its bounds and the findings.
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

var (
	utf8Mark       = []byte("\ufeff")
	byteOrderMarks = []string{"\ufeff", "\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff"} // of UTF-8, UTF-16 and UTF-32
)

// check checks the text's size and encoding.
func (r *reader) check(maxSize int) {
	beginsWith := func(mark string) bool { return bytes.HasPrefix(r.text, []byte(mark)) }
	if len(r.text) > maxSize {
		r.stop("too-large", maxSize, nil, fmt.Sprintf("The manifest is larger than %d bytes (%s)", maxSize, humanize.IBytes(uint64(maxSize))), splitFix)
	}
	if r.syntax == JSON && slices.ContainsFunc(byteOrderMarks, beginsWith) {
		r.stop("byte-order-mark", 0, nil, "The manifest starts with a byte-order mark, which JSON forbids", "Save the file as UTF-8 without a byte-order mark.")
	}
	for i := 0; i < len(r.text); {
		c, size := utf8.DecodeRune(r.text[i:])
		if c == utf8.RuneError && size == 1 {
			r.stop("invalid-utf8", i, nil, fmt.Sprintf("Invalid UTF-8: the byte 0x%02x", r.text[i]), "Save the file as UTF-8.")
		}
		i += size
	}
}

const splitFix = "Split the manifest, or move out the parts that describe no file."

// finding returns a finding about the text. rule is a rule's name without the syntax.
func (r *reader) finding(rule string, at finding.Position, v *Value, message, fix string) finding.Finding {
	f := finding.New(string(r.syntax)+"/"+rule, r.path, v.Pointer(), at, message, fix)
	f.Document = r.document
	return f
}

// stop adds a finding about the text at an offset, in a value or nil, and ends the reading.
func (r *reader) stop(rule string, offset int, v *Value, message, fix string) {
	c := newCursor(r.text)
	r.findings.Add(r.finding(rule, c.position(offset), v, message, fix))
	panic(stopped{})
}

func (r *reader) newRoot() *Value { return &Value{syntax: r.syntax, at: r.cursor.at, depth: 1} }

// nameRules are the rules about a name that is too long, and about names that are too long together.
var nameRules = map[Syntax][2]string{JSON: {"long-name", "long-name"}, YAML: {"key", "too-deep"}, TOML: {"too-deep", "too-deep"}}

// newMember returns a member whose name begins at an offset. The parent does not have it yet.
func (r *reader) newMember(parent *Value, name string, start int) *Value {
	v := &Value{syntax: r.syntax, parent: parent, name: name, nameStart: start, nameAt: r.cursor.position(start)}
	v.depth, v.pathLength = parent.depth+1, parent.pathLength+len(name)+1
	r.checkText(parent, name, start)
	if len(name) > MaxName {
		r.stop(nameRules[r.syntax][0], start, parent, fmt.Sprintf("The name has %d bytes; the limit is %d", len(name), MaxName), "Shorten the name.")
	}
	r.checkPath(v, start)
	return v
}

func (r *reader) checkPath(v *Value, start int) {
	if v.pathLength > MaxPath {
		r.stop(nameRules[r.syntax][1], start, v.Parent(), fmt.Sprintf("The path to this value has more than %d bytes", MaxPath), "Shorten the names.")
	}
}

// checkText rejects a text with a NUL, which ends it for C programs.
func (r *reader) checkText(v *Value, text string, start int) {
	if strings.Contains(text, "\x00") {
		r.stop("control", start, v, "The text "+finding.Quote(text)+" contains a NUL character, where some programs end it", "Remove the character.")
	}
}

// newElement returns a new last element of an array.
func (r *reader) newElement(parent *Value) *Value {
	v := &Value{syntax: r.syntax, parent: parent, index: len(parent.children), depth: parent.depth + 1, pathLength: parent.pathLength + 1}
	parent.children = append(parent.children, v)
	return v
}

// admit counts a value, whose kind, position and text are known, and checks the bounds.
func (r *reader) admit(v *Value) {
	if r.values++; r.values > r.maxValues {
		r.tooMany(v)
	}
	if v.depth > MaxDepth && (v.kind == Object || v.kind == Array) {
		r.stop("too-deep", v.start, v, tooDeep, "Flatten the manifest.")
	}
	r.checkPath(v, v.start)
	r.checkText(v, v.text, v.start)
}

func (r *reader) tooMany(v *Value) {
	r.stop("too-large", v.orNone().start, v, fmt.Sprintf("The manifest has more than %d values, including those of aliases", r.maxValues), splitFix)
}

var tooDeep = fmt.Sprintf("The values are nested deeper than %d levels", MaxDepth)

// duplicate reports the second of two members with one name.
func (r *reader) duplicate(v, first *Value) {
	r.findings.Report(string(r.syntax)+"/duplicate-key", func() finding.Finding {
		return r.finding("duplicate-key", v.nameAt, v, fmt.Sprintf("Duplicate key %s, first on line %d: parsers differ in which value they keep", finding.Quote(v.name), first.nameAt.Line), "Keep one of them.")
	})
}

// cursor turns byte offsets into positions, in constant time for each byte where they ascend.
type cursor struct {
	text   []byte
	offset int
	at     finding.Position // of offset
}

// newCursor returns the cursor at the beginning of a text, behind its byte-order mark.
func newCursor(text []byte) cursor {
	c := cursor{text: text, at: finding.Position{Line: 1, Column: 1}}
	if bytes.HasPrefix(text, utf8Mark) {
		c.offset = len(utf8Mark)
	}
	return c
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
