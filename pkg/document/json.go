package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const jsonSpace = " \t\r\n"

// readJSON builds the tree of a strict JSON text (I-JSON, RFC 7493). It returns nil and why when there is anything to object to.
func readJSON(path string, text []byte, maxSize int) (*Value, []finding.Finding) {
	r := &reader{path: path, text: text, cursor: newCursor(text), maxValues: maxValues(len(text))}
	if !r.acceptable(maxSize) {
		return nil, r.findings.Findings()
	}
	// Duplicate names are allowed here and refused by member, which knows the place of both.
	r.decoder = jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true))
	root := &Value{}
	isComplete := r.value(root, 1) && r.ended()
	if findings := r.findings.Findings(); !isComplete || len(findings) > 0 {
		return nil, findings
	}
	return root, nil
}

type reader struct {
	path      string
	text      []byte
	decoder   *jsontext.Decoder
	end       int // of the last token
	cursor    cursor
	findings  finding.List
	values    int // read so far
	maxValues int
}

// fail reports what makes the text unreadable. Findings are made in the order of the text, as the cursor needs.
func (r *reader) fail(rule string, offset int, pointer, message, fix string) bool {
	r.findings.Add(finding.New(rule, r.path, pointer, r.cursor.position(offset), message, fix))
	return false
}

// acceptable checks what has to hold of the text before its first token is read.
func (r *reader) acceptable(maxSize int) bool {
	name, isMarked := byteOrderMark(r.text)
	switch invalid := firstInvalid(r.text[:min(len(r.text), maxSize)]); {
	case len(r.text) > maxSize:
		return r.fail(finding.JSONTooLarge, maxSize, "", tooLarge(maxSize), tooLargeFix)
	case isMarked:
		return r.fail(finding.JSONByteOrderMark, 0, "", "the manifest starts with a "+name+" byte-order mark, which JSON forbids",
			"Save the file as UTF-8 without a byte-order mark.")
	case invalid < len(r.text):
		return r.fail(finding.JSONInvalidUTF8, invalid, "", fmt.Sprintf("the byte 0x%02x here is not valid UTF-8", r.text[invalid]), "Save the file as UTF-8.")
	case len(bytes.TrimLeft(r.text, jsonSpace)) == 0:
		return r.fail(finding.JSONEmpty, 0, "", "the manifest is empty", "Write a JSON object that describes the service.")
	}
	return true
}

// byteOrderMark names the mark that the text starts with (https://www.unicode.org/faq/utf_bom.html).
func byteOrderMark(text []byte) (name string, found bool) {
	for _, mark := range [...]struct{ bytes, name string }{
		{"\xef\xbb\xbf", "UTF-8"},
		{"\xff\xfe\x00\x00", "UTF-32 (little-endian)"}, // before UTF-16's, which is its first half
		{"\x00\x00\xfe\xff", "UTF-32 (big-endian)"},
		{"\xff\xfe", "UTF-16 (little-endian)"},
		{"\xfe\xff", "UTF-16 (big-endian)"},
	} {
		if bytes.HasPrefix(text, []byte(mark.bytes)) {
			return mark.name, true
		}
	}
	return "", false
}

// firstInvalid returns the offset of the first byte that is not UTF-8, len(text) when all are.
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

// next reads one token and returns it with its offset.
func (r *reader) next(parent *Value) (token jsontext.Token, start int, ok bool) {
	token, err := r.decoder.ReadToken()
	if err != nil {
		return token, 0, r.syntax(parent, err)
	}
	rest := r.text[r.end:]
	start = r.end + len(rest) - len(bytes.TrimLeft(rest, jsonSpace+",:"))
	r.end = int(r.decoder.InputOffset())
	return token, start, true
}

// value reads a value into v, whose parent and name are set. It reports whether the text can be read further.
func (r *reader) value(v *Value, depth int) bool {
	token, start, ok := r.next(v)
	if !ok {
		return false
	}
	return r.fill(v, token, start, depth)
}

var kinds = map[jsontext.Kind]Kind{'n': Null, 't': Boolean, 'f': Boolean, '"': String, '0': Number, '{': Object, '[': Array}

func (r *reader) fill(v *Value, token jsontext.Token, start, depth int) bool {
	v.kind, v.start, v.at = kinds[token.Kind()], start, r.cursor.position(start)
	if v.kind != Object && v.kind != Array {
		v.text, v.end = token.String(), r.end
	}
	r.values++
	switch {
	case strings.Contains(v.text, "\x00"):
		return r.control(start, v, v.text)
	case r.values > r.maxValues:
		return r.fail(finding.JSONTooLarge, start, v.Pointer(), fmt.Sprintf("the manifest has more than %d values", r.maxValues), tooLargeFix)
	case depth > MaxDepth && (v.kind == Object || v.kind == Array):
		return r.fail(finding.JSONTooDeep, start, v.Pointer(), fmt.Sprintf("the values are nested deeper than %d levels here", MaxDepth), "Flatten the manifest.")
	case v.kind == Object:
		return r.members(v, depth)
	case v.kind == Array:
		return r.elements(v, depth)
	}
	return true
}

func (r *reader) members(v *Value, depth int) bool {
	for {
		token, start, ok := r.next(v)
		switch {
		case !ok:
			return false
		case token.Kind() == '}':
			v.end = r.end
			return true
		case !r.member(v, token.String(), start, depth):
			return false
		}
	}
}

func (r *reader) member(parent *Value, name string, start, depth int) bool {
	if strings.Contains(name, "\x00") {
		return r.control(start, parent, name)
	}
	v := &Value{name: name, nameStart: start, nameAt: r.cursor.position(start), pathLength: parent.pathLength + len(name) + 1}
	switch {
	case len(name) > MaxName:
		return r.fail(finding.JSONLongName, start, parent.Pointer(), fmt.Sprintf("the member's name has %d bytes, and %d are the most", len(name), MaxName), "Shorten the name.")
	case v.pathLength > MaxPath:
		return r.fail(finding.JSONLongName, start, parent.Pointer(), fmt.Sprintf("the names that lead here have more than %d bytes together", MaxPath), "Shorten the names.")
	}
	if first := parent.adopt(v); first != nil {
		r.duplicate(v, first)
	}
	return r.value(v, depth+1)
}

// control refuses a text with a NUL: programs in C end it there, and read another one.
func (r *reader) control(start int, at *Value, text string) bool {
	return r.fail(finding.JSONControl, start, at.Pointer(), "The text "+finding.Quote(text)+" holds a NUL, at which some programs end it", "Remove the NUL.")
}

func (r *reader) duplicate(v, first *Value) {
	r.findings.Report(finding.JSONDuplicateKey, func() finding.Finding {
		return finding.New(finding.JSONDuplicateKey, r.path, v.Pointer(), v.nameAt,
			fmt.Sprintf("the key %s stands twice in one object, first on line %d: parsers differ in which one they believe", finding.Quote(v.name), first.nameAt.Line), "Keep one of the two.")
	})
}

func (r *reader) elements(v *Value, depth int) bool {
	for {
		token, start, ok := r.next(v)
		if !ok {
			return false
		}
		if token.Kind() == ']' {
			v.end = r.end
			return true
		}
		child := &Value{parent: v, index: len(v.children), pathLength: v.pathLength + 1}
		v.children = append(v.children, child)
		if !r.fill(child, token, start, depth+1) {
			return false
		}
	}
}

// ended checks that nothing but white space follows the manifest.
func (r *reader) ended() bool {
	rest := bytes.TrimLeft(r.text[r.end:], jsonSpace)
	if len(rest) == 0 {
		return true
	}
	return r.fail(finding.JSONTrailingData, len(r.text)-len(rest), "", "the JSON object is complete, and more text follows it: "+finding.Quote(firstWord(rest)),
		"Remove what follows, or the `}` that closes the object too early.")
}

// syntax reports the decoder's error, which is the end of the reading.
func (r *reader) syntax(parent *Value, err error) bool {
	var syntactic *jsontext.SyntacticError
	offset := len(r.text)
	if errors.As(err, &syntactic) {
		offset = int(syntactic.ByteOffset)
	}
	half := surrogate.Find(r.text[offset:])
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return r.fail(finding.JSONTruncated, len(r.text), parent.Pointer(), "the manifest ends in the middle", "Complete it: look for a missing `}`, `]` or `\"`.")
	case half != nil:
		return r.fail(finding.JSONInvalidUTF8, offset, parent.Pointer(), finding.Quote(string(half))+" is one half of a surrogate pair, and stands for no character",
			"Write the character itself, or both halves of the pair.")
	}
	offset = r.wordStart(offset)
	message, fix := explainSyntax(r.text[:offset], r.text[offset:])
	return r.fail(finding.JSONSyntax, offset, parent.Pointer(), message, fix)
}

// surrogate is the escape of a code point from U+D800 to U+DFFF.
var surrogate = regexp.MustCompile(`^\\u[dD][89a-fA-F][0-9a-fA-F]{2}`)

func newCursor(text []byte) cursor {
	return cursor{text: text, at: finding.Position{Line: 1, Column: 1}}
}

// cursor turns ascending byte offsets into positions, at a constant cost for each byte.
type cursor struct {
	text   []byte
	offset int
	at     finding.Position // of offset
}

// position returns the place of an offset, which is not before the last one asked for.
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
