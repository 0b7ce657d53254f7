package document

import (
	"bytes"
	"errors"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// tomlReader reads TOML 1.0. The library's parser gives keys and values in the order of the text, with their offsets. It leaves
// duplicates, numbers and dates to its decoder, which takes quadratic time for the keys of one table: they are checked here.
type tomlReader struct {
	*reader
	end  int // of what has been read
	open map[*Value]tomlTable
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

// root reads all expressions. A header selects the table that key-value lines after it belong to.
func (r *tomlReader) root() *Value {
	root := r.newRoot()
	root.kind, r.open = Object, map[*Value]tomlTable{root: headed}
	if max(bytes.Count(r.text, []byte(",")), bytes.Count(r.text, []byte("."))) > r.maxValues {
		r.tooMany(root) // the library parses an expression as a whole
	}
	p := &unstable.Parser{}
	p.Reset(r.text)
	table := root
	for p.NextExpression() {
		switch n := p.Expression(); n.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = r.header(root, n.Key(), n.Kind == unstable.ArrayTable)
		case unstable.KeyValue:
			r.keyValue(table, n)
		}
	}
	var invalid *unstable.ParserError
	switch err := p.Error(); {
	case errors.As(err, &invalid):
		r.invalid(invalid.Message, cap(r.text)-cap(invalid.Highlight))
	case err != nil:
		r.invalid(err.Error(), r.end)
	}
	return root
}

func (r *tomlReader) invalid(message string, offset int) {
	r.stop("syntax", offset, nil, "Invalid TOML: "+finding.Quote(strings.TrimPrefix(message, "toml: ")), "Correct the text here, or just before.")
}

func (r *tomlReader) duplicate(key *unstable.Node) {
	r.stop("duplicate-key", int(key.Raw.Offset), nil, "Duplicate definition of "+finding.Quote(string(key.Data)), "Keep one of the definitions.")
}

// header returns the table that a header's key names, and makes those that are missing on the way. Of a list of tables it takes
// the last; a header in double brackets appends one.
func (r *tomlReader) header(v *Value, key unstable.Iterator, appends bool) *Value {
	for key.Next() {
		isLast, node := key.IsLast(), key.Node()
		kind, definition := Object, implied
		switch {
		case isLast && appends:
			kind, definition = Array, repeated
		case isLast:
			definition = headed
		}
		child, isNew := r.member(v, node, kind, definition)
		switch state := r.open[child]; {
		case isNew:
		case isLast && state == implied && !appends:
			r.open[child] = headed
		case isLast && !(appends && state == repeated), state == 0:
			r.duplicate(node)
		}
		if v = child; v.kind == Array && isLast {
			element := r.newElement(v)
			element.kind, element.start, r.open[element] = Object, int(node.Raw.Offset), headed
			element.at = r.cursor.position(element.start)
			r.admit(element)
		}
		if v.kind == Array {
			v = v.children[len(v.children)-1]
		}
	}
	return v
}

// member returns the member that a key names, else a new one: a table, a list of tables, or what does not have a kind yet.
func (r *tomlReader) member(parent *Value, key *unstable.Node, kind Kind, definition tomlTable) (v *Value, isNew bool) {
	name, start := string(key.Data), int(key.Raw.Offset)
	r.end = start + int(key.Raw.Length)
	if child := parent.Get(name); child != nil {
		return child, false
	}
	v = r.newMember(parent, name, start)
	v.kind, v.start, v.at, r.open[v] = kind, start, v.nameAt, definition
	if parent.adopt(v); kind != "" {
		r.admit(v)
	}
	return v, true
}

// keyValue reads a line or an inline member: a key, which may be dotted, and its value.
func (r *tomlReader) keyValue(v *Value, n *unstable.Node) {
	for key := n.Key(); key.Next(); {
		kind, definition := Object, dotted
		if key.IsLast() {
			kind, definition = "", 0
		}
		child, isNew := r.member(v, key.Node(), kind, definition)
		if !isNew && (key.IsLast() || r.open[child] != dotted) {
			r.duplicate(key.Node())
		}
		v = child
	}
	r.value(v, n.Value())
}

var tomlKinds = map[unstable.Kind]Kind{
	unstable.String: String, unstable.Bool: Boolean, unstable.Integer: Number, unstable.Float: Number, unstable.Array: Array, unstable.InlineTable: Object,
	unstable.LocalDate: String, unstable.LocalTime: String, unstable.LocalDateTime: String, unstable.DateTime: String,
}

func (r *tomlReader) value(v *Value, n *unstable.Node) {
	v.kind, v.start = tomlKinds[n.Kind], int(n.Raw.Offset)
	switch n.Kind {
	case unstable.Array:
		v.start = r.arrayStart()
		r.end = v.start + 1
	case unstable.InlineTable:
		r.end = v.start + 1
	default:
		v.text, v.end = string(n.Data), v.start+int(n.Raw.Length)
		r.end = v.end
	}
	v.at = r.cursor.position(v.start)
	if v.kind == Number || n.Kind >= unstable.LocalDate && n.Kind <= unstable.DateTime {
		r.checkLiteral(n.Data, v.start)
	}
	if n.Kind == unstable.Integer {
		v.text = strings.ReplaceAll(strings.TrimPrefix(v.text, "+"), "_", "")
	}
	r.admit(v)
	for it := n.Children(); it.Next() && v.end == 0; {
		if v.kind == Object {
			r.keyValue(v, it.Node())
		} else {
			r.value(r.newElement(v), it.Node())
		}
	}
}

var plainInteger = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)

// checkLiteral has the library decode a number or a date.
func (r *tomlReader) checkLiteral(text []byte, offset int) {
	if plainInteger.Match(text) {
		return
	}
	var into map[string]any
	if err := toml.Unmarshal(append([]byte("x = "), text...), &into); err != nil {
		r.invalid(err.Error(), offset)
	}
}

// arrayStart returns the offset of the next opening bracket: the parser gives none for arrays. Before it can be white space,
// closing brackets, commas, comments and the `=`.
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
