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

// ErrNotEditable means that the text around a value doesn't show how to write a new one.
var ErrNotEditable = errors.New("the text around it doesn't show how to write it")

// ErrShared is the ErrNotEditable of a scalar that is an alias or has an anchor: an edit would change what others share.
var ErrShared = fmt.Errorf("the value is an alias, or has an anchor: %w", ErrNotEditable)

// notEditable returns an ErrNotEditable about a value.
func notEditable(at *Value, why string) error {
	return fmt.Errorf("line %d: %s: %w", at.at.Line, why, ErrNotEditable)
}

// Editor collects edits of one text. Every byte outside the edits is unchanged.
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

// NewEditor returns an Editor of a text. Values passed to it must be from that text.
func NewEditor(text []byte) *Editor { return &Editor{text: text, set: map[int]string{}} }

// Replace replaces the bytes from start up to end. The same edit twice, such as of a value with several aliases, counts once.
func (e *Editor) Replace(start, end int, with string) {
	if !slices.Contains(e.edits, edit{start, end, with}) {
		e.edits = append(e.edits, edit{start, end, with})
	}
}

// Apply returns the text with all edits made. They must not overlap; several at one offset keep their order.
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

// SetText replaces a scalar by a text, in the same quotes. The error is an ErrNotEditable for a text that needs other quotes, and for a
// scalar that got another text before: it can have several places, as merged values do.
func (e *Editor) SetText(v *Value, text string) error {
	end, isBlank := e.blankAfter(v)
	switch was, isSet := e.set[v.start]; {
	case isSet && was != text:
		return notEditable(v, "an alias shares the value with an entry that needs another")
	case v.isShared:
		return fmt.Errorf("line %d: %w", v.at.Line, ErrShared)
	case isBlank && isPlainText(text):
		e.Replace(end, end, " "+text)
	case v.end == 0:
		return notEditable(v, "the value spans several lines, or is an alias")
	default:
		written, err := e.spell(v, text)
		if err != nil {
			return err
		}
		e.Replace(v.start, v.end, written)
	}
	e.set[v.start] = text
	return nil
}

// blankAfter returns the offset behind the colon of a member without any value, anchor or tag.
func (e *Editor) blankAfter(v *Value) (end int, isBlank bool) {
	before, after := bytes.TrimRight(e.text[:v.start], " "), e.text[v.start:]
	hasProperty := len(after) > 0 && strings.IndexByte("&!", after[0]) >= 0
	return len(before), v.isOf(YAML) && v.kind == Null && v.text == "" && !hasProperty && bytes.HasSuffix(before, []byte(":"))
}

// spell writes a text in the quotes of another scalar of the document.
func (e *Editor) spell(like *Value, text string) (string, error) {
	quote := string(e.text[like.start])
	switch {
	case !like.isOf(YAML):
		return quoteJSON(text), nil
	case strings.ContainsAny(text, "'\"\\\r\n"):
		return "", notEditable(like, "the text needs other quotes")
	case quote == `"`:
		return quote + text + quote, nil
	case quote != "'" && isPlainText(text):
		return text, nil
	}
	return "'" + text + "'", nil
}

var (
	plainText = regexp.MustCompile(`^[A-Za-z0-9_./+]([A-Za-z0-9_./+=:-]*[A-Za-z0-9_./+=-])?$`)
	number    = regexp.MustCompile(`^[0-9eE.+-]*$`)
	bareKey   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`) // in YAML and TOML
)

// isPlainText reports whether a text needs no quotes in YAML, in block and flow style, and no parser reads it as a number.
func isPlainText(text string) bool { return plainText.MatchString(text) && !number.MatchString(text) }

func quoteJSON(text string) string {
	quoted, _ := json.Marshal(text) // a string never fails
	return string(quoted)
}

// AddText adds a member behind another one, formatted like it.
func (e *Editor) AddText(sibling *Value, name, text string) error {
	value, err := e.spell(sibling, text)
	indent := string(e.lineBefore(sibling.nameStart))
	quote := string(e.text[sibling.nameStart])
	if quote != `"` && quote != "'" {
		quote = ""
	}
	member := quote + name + quote + map[Syntax]string{YAML: ": ", TOML: " = "}[sibling.syntax] + value
	switch {
	case sibling.syntax == JSON:
		e.InsertAfter(sibling, quoteJSON(name)+e.Colon(sibling)+value)
		return nil
	case sibling.end == 0 || sibling.IsInherited() || sibling.parent.kind != Object:
		return notEditable(sibling, "the value before it is inherited, or spans several lines")
	case !bareKey.MatchString(name):
		return notEditable(sibling, "the name needs quotes")
	case err != nil:
		return err
	case e.text[sibling.parent.start] == '{':
		e.Replace(sibling.end, sibling.end, ", "+member)
		return nil
	case sibling.isOf(YAML) && strings.Trim(indent, " -") == "":
		indent = strings.Repeat(" ", len(indent))
	case strings.TrimLeft(indent, " \t") != "":
		return notEditable(sibling, "the line contains more than the entry")
	}
	end := sibling.end + lengthUpTo(e.text[sibling.end:], "\r\n") // behind a comment
	e.Replace(end, end, e.lineBreak()+indent+member)
	return nil
}

func (e *Editor) lineBefore(offset int) []byte {
	return e.text[bytes.LastIndexByte(e.text[:offset], '\n')+1 : offset]
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
	if v.Parent().Kind() == Object {
		start = v.nameStart
	}
	line := e.lineBefore(start)
	if len(line) == start || len(bytes.TrimLeft(line, " \t\r")) > 0 {
		return ""
	}
	return e.lineBreak() + string(line)
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
