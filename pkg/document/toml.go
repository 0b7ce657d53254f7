package document

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// readTOML builds the tree of a TOML 1.0 text. The library's parser gives keys and values in the order of the text, with their
// offsets. What it leaves to its decoder is checked here: duplicates (the decoder takes quadratic time for the keys of one table),
// numbers and dates.
func readTOML(path string, text []byte, maxSize int) (*Value, []finding.Finding) {
	root := &Value{kind: Object, isTOML: true, at: finding.Position{Line: 1, Column: 1}}
	r := &tomlReader{path: path, text: text, cursor: newCursor(text), maxValues: maxValues(len(text)), open: map[*Value]tomlTable{root: headed}}
	if !r.acceptable(maxSize) || !r.tables(root) {
		return nil, r.findings
	}
	return root, nil
}

// tomlTable is how an open table or list of tables was defined (https://toml.io/en/v1.0.0#table). All other values are closed: no
// key leads into them.
type tomlTable uint8

const (
	implied  tomlTable = iota + 1 // by the header of a table below it: a header may still define it
	headed                        // by its header
	dotted                        // by a dotted key
	repeated                      // by a header in double brackets, each of which appends a table
)

type tomlReader struct {
	path      string
	text      []byte
	cursor    cursor
	end       int // of what has been read
	values    int
	maxValues int
	open      map[*Value]tomlTable
	findings  []finding.Finding
}

func (r *tomlReader) fail(rule string, offset int, pointer, message, fix string) bool {
	at := newCursor(r.text)
	r.findings = append(r.findings, finding.New(rule, r.path, pointer, at.position(offset), message, fix))
	return false
}

func (r *tomlReader) acceptable(maxSize int) bool {
	name, isMarked := byteOrderMark(r.text)
	switch invalid := firstInvalid(r.text[:min(len(r.text), maxSize)]); {
	case len(r.text) > maxSize:
		return r.fail(finding.TOMLTooLarge, maxSize, "", tooLarge(maxSize), tooLargeFix)
	case isMarked:
		return r.fail(finding.TOMLSyntax, 0, "", "Invalid TOML: the file starts with a "+name+" byte-order mark", "Save the file as UTF-8 without a byte-order mark.")
	case invalid < len(r.text):
		return r.fail(finding.TOMLInvalidUTF8, invalid, "", fmt.Sprintf("Invalid UTF-8: the byte 0x%02x", r.text[invalid]), "Save the file as UTF-8.")
	}
	for _, separator := range []string{",", "."} { // the library parses an expression as a whole: bound its parts before
		if bytes.Count(r.text, []byte(separator)) > r.maxValues {
			return r.tooMany(0, "")
		}
	}
	return true
}

func (r *tomlReader) tooMany(offset int, pointer string) bool {
	return r.fail(finding.TOMLTooLarge, offset, pointer, fmt.Sprintf("The manifest has more than %d values", r.maxValues), "Split the manifest.")
}

func (r *tomlReader) syntax(message string, offset int) bool {
	return r.fail(finding.TOMLSyntax, offset, "", "Invalid TOML: "+finding.Quote(strings.TrimPrefix(message, "toml: ")), "Correct the text here, or just before.")
}

func (r *tomlReader) duplicate(key *unstable.Node) bool {
	return r.fail(finding.TOMLDuplicateKey, int(key.Raw.Offset), "", "Duplicate definition of "+finding.Quote(string(key.Data)), "Keep one of the definitions.")
}

// tables reads all expressions. A header makes its table the one that key-value lines after it belong to.
func (r *tomlReader) tables(root *Value) bool {
	p := &unstable.Parser{}
	p.Reset(r.text)
	table := root
	for p.NextExpression() {
		switch n := p.Expression(); n.Kind {
		case unstable.Table, unstable.ArrayTable:
			if table = r.descend(root, n.Key(), n.Kind == unstable.ArrayTable); table == nil {
				return false
			}
		case unstable.KeyValue:
			if !r.keyValue(table, n, depthOf(table)) {
				return false
			}
		}
	}
	var invalid *unstable.ParserError
	switch err := p.Error(); {
	case errors.As(err, &invalid):
		return r.syntax(invalid.Message, cap(r.text)-cap(invalid.Highlight))
	case err != nil:
		return r.syntax(err.Error(), r.end)
	}
	return true
}

func depthOf(v *Value) (depth int) {
	for ; v != nil; v = v.parent {
		depth++
	}
	return depth
}

// descend returns the table that a header's key names, and makes those that are missing on the way. Of a list of tables it takes
// the last; a header in double brackets appends one.
func (r *tomlReader) descend(v *Value, key unstable.Iterator, appends bool) *Value {
	for key.Next() {
		isLast, node := key.IsLast(), key.Node()
		child, ok := r.member(v, node, depthOf(v)+1)
		if !ok {
			return nil
		}
		isNew := child.kind == ""
		switch state := r.open[child]; {
		case isNew && isLast && appends:
			child.kind, r.open[child] = Array, repeated
		case isNew && isLast:
			child.kind, r.open[child] = Object, headed
		case isNew:
			child.kind, r.open[child] = Object, implied
		case isLast && !appends && state == implied:
			r.open[child] = headed
		case isLast && !(appends && state == repeated), state == 0:
			r.duplicate(node)
			return nil
		}
		if v = child; v.kind == Array {
			if isLast {
				element := r.element(v)
				element.kind, r.open[element] = Object, headed
				if element.at = v.at; !isNew {
					element.at = r.cursor.position(int(node.Raw.Offset))
				}
			}
			v = v.children[len(v.children)-1]
		}
	}
	return v
}

// member returns the member that a key names, else a new one without a kind.
func (r *tomlReader) member(parent *Value, key *unstable.Node, depth int) (*Value, bool) {
	name, start := string(key.Data), int(key.Raw.Offset)
	r.end = start + int(key.Raw.Length)
	if child := parent.Get(name); child != nil {
		return child, true
	}
	v := &Value{name: name, isTOML: true, nameStart: start, nameAt: r.cursor.position(start), start: start, pathLength: parent.pathLength + len(name) + 1}
	v.at = v.nameAt
	parent.adopt(v)
	switch {
	case strings.ContainsRune(name, 0):
		return nil, r.fail(finding.TOMLControl, start, parent.Pointer(), "The key contains a NUL character", "Remove the character.")
	case len(name) > MaxName || v.pathLength > MaxPath:
		return nil, r.fail(finding.TOMLTooDeep, start, parent.Pointer(), fmt.Sprintf("The key has more than %d bytes, or those that lead to it more than %d", MaxName, MaxPath), "Shorten the keys.")
	}
	return v, r.admit(v, depth)
}

func (r *tomlReader) element(parent *Value) *Value {
	v := &Value{isTOML: true, parent: parent, index: len(parent.children), pathLength: parent.pathLength + 1}
	parent.children = append(parent.children, v)
	r.values++
	return v
}

func (r *tomlReader) admit(v *Value, depth int) bool {
	switch r.values++; {
	case r.values > r.maxValues:
		return r.tooMany(v.start, v.Pointer())
	case depth > MaxDepth+1:
		return r.fail(finding.TOMLTooDeep, v.start, v.Parent().Pointer(), fmt.Sprintf("The values are nested deeper than %d levels", MaxDepth), "Flatten the manifest.")
	}
	return true
}

// keyValue reads a line or an inline member: a key, which may be dotted, and its value.
func (r *tomlReader) keyValue(v *Value, n *unstable.Node, depth int) bool {
	for key := n.Key(); key.Next(); depth++ {
		child, ok := r.member(v, key.Node(), depth+1)
		if !ok {
			return false
		}
		switch isNew := child.kind == ""; {
		case isNew && !key.IsLast():
			child.kind, r.open[child] = Object, dotted
		case !isNew && (key.IsLast() || r.open[child] != dotted):
			return r.duplicate(key.Node())
		}
		v = child
	}
	return r.value(v, n.Value(), depth)
}

var tomlKinds = map[unstable.Kind]Kind{
	unstable.String: String, unstable.Bool: Boolean, unstable.Integer: Number, unstable.Float: Number, unstable.Array: Array, unstable.InlineTable: Object,
	unstable.LocalDate: String, unstable.LocalTime: String, unstable.LocalDateTime: String, unstable.DateTime: String,
}

func (r *tomlReader) value(v *Value, n *unstable.Node, depth int) bool {
	v.kind = tomlKinds[n.Kind]
	v.start, v.text = int(n.Raw.Offset), string(n.Data)
	switch n.Kind {
	case unstable.Array:
		v.text, v.start = "", r.arrayStart()
		r.end = v.start + 1
	case unstable.InlineTable:
		v.text, r.end = "", v.start+1
	case unstable.Integer:
		v.text = strings.ReplaceAll(strings.TrimPrefix(v.text, "+"), "_", "")
		fallthrough
	default:
		r.end = v.start + int(n.Raw.Length)
		v.end = r.end
	}
	v.at = r.cursor.position(v.start)
	if v.kind == Number || n.Kind >= unstable.LocalDate && n.Kind <= unstable.DateTime {
		if err := checkTOML(n.Data); err != nil {
			return r.syntax(err.Error(), v.start)
		}
	}
	if strings.ContainsRune(v.text, 0) {
		return r.fail(finding.TOMLControl, v.start, v.Pointer(), "The text contains a NUL character", "Remove the character.")
	}
	for it := n.Children(); it.Next() && v.end == 0; {
		switch child := it.Node(); {
		case v.kind == Object && !r.keyValue(v, child, depth):
			return false
		case v.kind == Array:
			element := r.element(v)
			element.start, element.at = r.end, v.at
			if !r.admit(element, depth+1) || !r.value(element, child, depth+1) {
				return false
			}
		}
	}
	return true
}

var plainInteger = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)

// checkTOML has the library decode a number or a date.
func checkTOML(text []byte) error {
	if plainInteger.Match(text) {
		return nil
	}
	var into map[string]any
	err := toml.Unmarshal(append([]byte("x = "), text...), &into)
	return err
}

// arrayStart returns the offset of the next opening bracket: the parser gives none for arrays. What stands before it are white
// space, brackets that close, commas, comments and the `=`.
func (r *tomlReader) arrayStart() int {
	at := r.end
	for at < len(r.text) && r.text[at] != '[' {
		if r.text[at] == '#' {
			at += max(bytes.IndexByte(r.text[at:], '\n'), 0)
		}
		at++
	}
	return at
}
