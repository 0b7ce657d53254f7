package document

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrNoPlace means that the text around a value doesn't show how to write another one there.
var ErrNoPlace = errors.New("the text around it doesn't show how to write it")

// ErrShared is the ErrNoPlace of a scalar that is an alias or has an anchor: to write there would change what others share.
var ErrShared = fmt.Errorf("the value is an alias, or has an anchor: %w", ErrNoPlace)

// Editor collects edits of one text. Every byte that no edit touches stays as it is.
type Editor struct {
	text  []byte
	edits []edit
	set   map[int]string // the texts of scalars that were replaced, by where they start
}

// edit replaces the bytes from start up to end.
type edit struct {
	start, end int
	with       string
}

// NewEditor returns an Editor of a text. The values that it is given are of that text.
func NewEditor(text []byte) *Editor { return &Editor{text: text, set: map[int]string{}} }

// Replace replaces the bytes from start up to end. The same edit twice, as of a value that several aliases name, is one.
func (e *Editor) Replace(start, end int, with string) {
	if !slices.Contains(e.edits, edit{start, end, with}) {
		e.edits = append(e.edits, edit{start, end, with})
	}
}

// Apply returns the text with all edits made. They don't overlap; several at one offset keep their order.
func (e *Editor) Apply() []byte {
	slices.SortStableFunc(e.edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	var out bytes.Buffer
	at := 0
	for _, each := range e.edits {
		out.Write(e.text[at:each.start])
		out.WriteString(each.with)
		at = each.end
	}
	out.Write(e.text[at:])
	return out.Bytes()
}

// SetText replaces a scalar by a text, between the quotes that it has. A text that would need other quotes is ErrNoPlace, and so
// is one for a scalar that has become another one: under an alias it may stand at several places.
func (e *Editor) SetText(v *Value, text string) error {
	if was, isSet := e.set[v.start]; isSet && was != text {
		return fmt.Errorf("line %d: an alias shares the value with an entry that needs another: %w", v.at.Line, ErrNoPlace)
	}
	if err := e.replaceScalar(v, text); err != nil {
		return err
	}
	e.set[v.start] = text
	return nil
}

func (e *Editor) replaceScalar(v *Value, text string) error {
	if v.isShared {
		return fmt.Errorf("line %d: %w", v.at.Line, ErrShared)
	}
	if end, isBlank := e.blankAfter(v); isBlank && isPlain(text) {
		e.Replace(end, end, " "+text)
		return nil
	}
	if v.isYAML && v.end == 0 {
		return fmt.Errorf("line %d: the value spans several lines, or is an alias: %w", v.at.Line, ErrNoPlace)
	}
	written, err := e.spell(v, text)
	if err != nil {
		return err
	}
	e.Replace(v.start, v.end, written)
	return nil
}

// blankAfter returns the offset behind the colon of a member that has no value at all, not so much as an anchor.
func (e *Editor) blankAfter(v *Value) (end int, isBlank bool) {
	before := bytes.TrimRight(e.text[:v.start], " ")
	hasProperty := v.start < len(e.text) && strings.IndexByte("&!", e.text[v.start]) >= 0
	return len(before), v.isYAML && v.kind == Null && v.text == "" && !hasProperty && bytes.HasSuffix(before, []byte(":"))
}

// spell writes a text between the quotes that another scalar of the document has.
func (e *Editor) spell(like *Value, text string) (string, error) {
	quote := e.text[like.start]
	switch {
	case !like.isYAML:
		return quoteJSON(text), nil
	case quote == '"' && !strings.ContainsAny(text, "\"\\\r\n"):
		return `"` + text + `"`, nil
	case quote == '\'' && !strings.ContainsAny(text, "'\r\n"):
		return "'" + text + "'", nil
	case isPlain(text):
		return text, nil
	case !strings.ContainsAny(text, "'\r\n"):
		return "'" + text + "'", nil
	}
	return "", fmt.Errorf("%w: the text holds quotes", ErrNoPlace)
}

// isPlain reports whether a text needs no quotes in YAML, in block and flow style, and every parser reads it as text.
func isPlain(text string) bool {
	isWord := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./+=:", r)
	}
	return text != "" && strings.IndexFunc(text, func(r rune) bool { return !isWord(r) }) < 0 && strings.Trim(text, "0123456789eE.+-") != "" &&
		!strings.ContainsAny(text[:1], "-:=") && !strings.HasSuffix(text, ":")
}

func quoteJSON(text string) string {
	quoted, _ := json.Marshal(text) // a string never fails
	return string(quoted)
}

// AddText adds a member behind another one, formatted like it.
func (e *Editor) AddText(sibling *Value, name, text string) error {
	if sibling.isTOML {
		return e.addTOML(sibling, name, text)
	}
	if !sibling.isYAML {
		e.InsertAfter(sibling, quoteJSON(name)+e.Colon(sibling)+quoteJSON(text))
		return nil
	}
	if sibling.end == 0 || sibling.parent.kind != Object || sibling.IsInherited() {
		return fmt.Errorf("line %d: a checksum can't be added behind a value that spans several lines or is inherited: %w", sibling.at.Line, ErrNoPlace)
	}
	value, err := e.spell(sibling, text)
	if err != nil {
		return err
	}
	switch quote := e.text[sibling.nameStart]; {
	case quote == '\'' && !strings.ContainsRune(name, '\''):
		name = "'" + name + "'"
	case quote == '"', !isPlain(name):
		name = quoteJSON(name)
	}
	if e.isFlow(sibling) {
		e.Replace(sibling.end, sibling.end, ", "+name+": "+value)
		return nil
	}
	column := sibling.nameAt.Column - 1
	if strings.Trim(string(e.lineBefore(sibling.nameStart)), " -") != "" {
		return fmt.Errorf("line %d: the line has more than the entry: %w", sibling.at.Line, ErrNoPlace)
	}
	end := e.lineEnd(sibling.end)
	e.Replace(end, end, e.lineBreak()+strings.Repeat(" ", column)+name+": "+value)
	return nil
}

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (e *Editor) addTOML(sibling *Value, name, text string) error {
	if !bareKey.MatchString(name) {
		name = quoteJSON(name)
	}
	member, indent := name+" = "+quoteJSON(text), string(e.lineBefore(sibling.nameStart))
	switch {
	case sibling.end == 0:
		return fmt.Errorf("line %d: the value is a list or a table: %w", sibling.at.Line, ErrNoPlace)
	case e.isFlow(sibling):
		e.Replace(sibling.end, sibling.end, ", "+member)
	case strings.TrimLeft(indent, " \t") != "":
		return fmt.Errorf("line %d: the key is dotted: %w", sibling.at.Line, ErrNoPlace)
	default:
		end := e.lineEnd(sibling.end)
		e.Replace(end, end, e.lineBreak()+indent+member)
	}
	return nil
}

// isFlow reports whether a member is in a mapping or table in braces.
func (e *Editor) isFlow(v *Value) bool { return e.text[v.parent.start] == '{' }

func (e *Editor) lineBefore(offset int) []byte {
	return e.text[bytes.LastIndexByte(e.text[:offset], '\n')+1 : offset]
}

// lineEnd returns the offset of the line break behind an offset, or of the text's end: what is between them is a comment.
func (e *Editor) lineEnd(offset int) int {
	end := bytes.IndexAny(e.text[offset:], "\r\n")
	if end < 0 {
		return len(e.text)
	}
	return offset + end
}

func (e *Editor) lineBreak() string {
	if bytes.Contains(e.text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// InsertAfter adds a member, given as JSON text, behind another one.
func (e *Editor) InsertAfter(sibling *Value, member string) {
	e.Replace(sibling.end, sibling.end, e.gap(sibling)+member)
}

// gap returns a comma and the white space that the text around a member suggests between it and another one.
func (e *Editor) gap(member *Value) string {
	siblings := member.parent.children
	switch i := member.index; {
	case i+1 < len(siblings):
		return string(e.text[member.end:siblings[i+1].nameStart])
	case i > 0:
		return string(e.text[siblings[i-1].end:member.nameStart])
	}
	before := string(e.text[member.parent.start+1 : member.nameStart])
	if strings.Contains(before, "\n") {
		return "," + before
	}
	_, space, _ := strings.Cut(e.Colon(member), ":")
	return "," + space
}

// Colon returns the colon between a JSON member's name and value, with the white space around it; for a list's item, that of
// the list.
func (e *Editor) Colon(v *Value) string {
	if v.parent.kind == Array {
		v = v.parent
	}
	return string(e.text[e.NameEnd(v):v.start])
}

// NameEnd returns the offset behind a JSON member's name.
func (e *Editor) NameEnd(member *Value) int {
	return member.nameStart + bytes.LastIndexByte(e.text[member.nameStart:member.start], '"') + 1
}

// Line returns the line break and indentation before a JSON member or item, "" when it does not start a line.
func (e *Editor) Line(v *Value) string {
	start := v.start
	if v.parent != nil && v.parent.kind == Object {
		start = v.nameStart
	}
	before := e.text[:start]
	space := before[len(bytes.TrimRight(before, jsonSpace)):]
	i := bytes.LastIndexByte(space, '\n')
	if i < 0 {
		return ""
	}
	if i > 0 && space[i-1] == '\r' {
		i--
	}
	return string(space[i:])
}

// Remove takes members out of a JSON object, of which others stay, each with one comma.
func (e *Editor) Remove(members []*Value) {
	slices.SortFunc(members, func(a, b *Value) int { return cmp.Compare(a.index, b.index) })
	for i, m := range members {
		siblings := m.parent.children
		if m.index == i { // nothing stays before it
			e.Replace(m.nameStart, siblings[i+1].nameStart, "")
		} else {
			e.Replace(siblings[m.index-1].end, m.end, "")
		}
	}
}

// Raw returns the value as it is written.
func (e *Editor) Raw(v *Value) string { return string(e.text[v.start:v.end]) }
