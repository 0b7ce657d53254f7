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
		case unstable.Table:
			table = r.enter(root, n.Key(), implied, headed)
		case unstable.ArrayTable:
			table = r.enter(root, n.Key(), implied, repeated)
		case unstable.KeyValue:
			r.value(r.enter(table, n.Key(), dotted, 0), n.Value())
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

// enter returns the value that a key leads to from v, and makes what is missing on the way. between and last say what the key defines:
// the tables on the way, and what it leads to, which a key-value line does not have yet. Of a list of tables it takes the last; a
// header in double brackets appends one.
func (r *tomlReader) enter(v *Value, key unstable.Iterator, between, last tomlTable) *Value {
	for key.Next() {
		node, kind, definition := key.Node(), Object, between
		if key.IsLast() {
			kind, definition = map[tomlTable]Kind{headed: Object, repeated: Array}[last], last
		}
		start := int(node.Raw.Offset)
		r.end = start + int(node.Raw.Length)
		child := v.Get(string(node.Data))
		switch state := r.open[child]; {
		case child == nil:
			child = r.newMember(v, string(node.Data), start)
			child.kind, child.start, child.at, r.open[child] = kind, start, child.nameAt, definition
			if v.adopt(child); kind != "" {
				r.admit(child)
			}
		case definition == headed && state == implied:
			r.open[child] = headed
		case definition == implied && state != 0, definition == dotted && state == dotted, definition == repeated && state == repeated:
		default:
			r.stop("duplicate-key", start, nil, "Duplicate definition of "+finding.Quote(string(node.Data)), "Keep one of the definitions.")
		}
		if v = child; definition == repeated {
			element := r.newElement(v)
			element.kind, element.start, r.open[element] = Object, start, headed
			element.at = r.cursor.position(start)
			r.admit(element)
		}
		if v.kind == Array {
			v = v.children[len(v.children)-1]
		}
	}
	return v
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
			r.value(r.enter(v, it.Node().Key(), dotted, 0), it.Node().Value())
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
	return r.end + len(beforeArray.Find(r.text[r.end:]))
}

var beforeArray = regexp.MustCompile(`^(?:[^\[#]|#.*)*`)
