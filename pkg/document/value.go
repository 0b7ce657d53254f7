package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Kind is the type of a value, in the words of JSON (RFC 8259). The zero Kind is that of a value that is not there.
type Kind string

// The kinds, named as JSON Schema names them.
const (
	Null    Kind = "null"
	Boolean Kind = "boolean"
	Number  Kind = "number"
	String  Kind = "string"
	Array   Kind = "array"
	Object  Kind = "object"
)

// Value is a value and its place in a document. A nil *Value stands for one that is not there:
// every method may be called on it, so that look-ups chain: root.Get("modelInfo").Get("streaming").
type Value struct {
	kind     Kind
	isYAML   bool
	isTOML   bool
	text     string // of a scalar: the decoded text, or the literal
	tag      string // of YAML, where parsers may differ in what it makes of the value
	children []*Value
	byName   map[string]*Value // of an object with many members

	overridden []*Value // members that a YAML mapping merges, and others of their name stand for

	parent *Value
	name   string // of a member
	index  int    // among the parent's children

	pathLength int // bytes of the names that lead here

	isShared bool // of a YAML scalar: it is an alias, or has an anchor that aliases may name

	nameAt, at finding.Position
	nameStart  int // byte offsets into the text
	start, end int // of YAML: end is that of a plain or quoted scalar on one line, else 0
}

// Kind returns the value's type, "" when it is not there.
func (v *Value) Kind() Kind {
	if v == nil {
		return ""
	}
	return v.kind
}

// String returns the decoded text of a string, "" for any other kind.
func (v *Value) String() string {
	if v.Kind() != String {
		return ""
	}
	return v.text
}

// Number returns the literal of a number as it is written, "" for any other kind.
func (v *Value) Number() string {
	if v.Kind() != Number {
		return ""
	}
	return v.text
}

// Integer returns the number when it is written as a plain integer, without fraction or exponent, and
// fits 64 bits. That is what strict decoders take for an integer: 8000.0 and -0 are none.
func (v *Value) Integer() (int64, bool) {
	n, err := strconv.ParseInt(v.Number(), 10, 64)
	return n, err == nil && v.text != "-0"
}

// True reports whether the value is the literal true.
func (v *Value) True() bool { return v.Kind() == Boolean && v.text == "true" }

// Get returns the member of that exact name, nil when there is none.
func (v *Value) Get(name string) *Value {
	if v == nil {
		return nil
	}
	if v.byName != nil {
		return v.byName[name]
	}
	for _, child := range v.children {
		if child.name == name && v.kind == Object {
			return child
		}
	}
	return nil
}

// indexedFrom is how many members an object has at least whose names are in a map.
const indexedFrom = 8

// adopt appends a member, and returns the one that had its name before.
func (v *Value) adopt(child *Value) (first *Value) {
	if first = v.Get(child.name); first == nil && v.byName != nil {
		v.byName[child.name] = child
	}
	child.parent, child.index = v, len(v.children)
	v.children = append(v.children, child)
	if v.byName == nil && len(v.children) == indexedFrom {
		v.byName = make(map[string]*Value, 2*indexedFrom)
		for _, each := range slices.Backward(v.children) {
			v.byName[each.name] = each
		}
	}
	return first
}

// Text returns the text of a string and true. In YAML a plain scalar is text whatever it looks like (1.10, 0123…): whoever
// expects text reads it as that.
func (v *Value) Text() (string, bool) {
	kind := v.Kind()
	if kind == String || v != nil && v.isYAML && (kind == Number || kind == Boolean) {
		return v.text, true
	}
	return "", false
}

// Tag returns a YAML value's tag where parsers may differ in what it makes of the value: any but `!!str` of a text, and `!!map` and
// `!!seq` of a container; else "".
func (v *Value) Tag() string {
	if v == nil {
		return ""
	}
	return v.tag
}

// Overridden returns the members that a YAML mapping merges and that other members of their names override.
func (v *Value) Overridden() []*Value {
	if v == nil {
		return nil
	}
	return v.overridden
}

// AtFold returns the values that an RFC 6901 pointer names below v when the case of names is ignored, by Unicode's simple folding.
func (v *Value) AtFold(pointer string) []*Value {
	found := []*Value{v}
	if pointer == "" {
		return found
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		var next []*Value
		for _, each := range found {
			if each.Kind() != Object {
				if child := each.child(token); child != nil {
					next = append(next, child)
				}
				continue
			}
			for _, member := range each.Members() {
				if strings.EqualFold(member.name, unescapes.Replace(token)) {
					next = append(next, member)
				}
			}
		}
		found = next
	}
	return found
}

// Members returns an object's members in the order of the text, nil for any other kind.
func (v *Value) Members() []*Value {
	if v.Kind() != Object {
		return nil
	}
	return v.children
}

// Elements returns an array's elements, nil for any other kind.
func (v *Value) Elements() []*Value {
	if v.Kind() != Array {
		return nil
	}
	return v.children
}

// Parent returns the object or array that the value stands in, nil for the whole document.
func (v *Value) Parent() *Value {
	if v == nil {
		return nil
	}
	return v.parent
}

// Index returns the value's place among the members or elements of its parent, from 0.
func (v *Value) Index() int {
	if v == nil {
		return 0
	}
	return v.index
}

// Children returns an object's members or an array's elements, in the order of the text.
func (v *Value) Children() []*Value {
	if v == nil {
		return nil
	}
	return v.children
}

// Start returns the byte offset at which the value begins.
func (v *Value) Start() int { return v.start }

// End returns the byte offset behind the value.
func (v *Value) End() int { return v.end }

// NameStart returns the byte offset at which a member's name begins.
func (v *Value) NameStart() int { return v.nameStart }

// IsInherited reports whether a YAML value is written elsewhere than in the mapping that it is a member of, as merged ones are.
func (v *Value) IsInherited() bool {
	return v != nil && v.isYAML && v.parent != nil && v.start < v.parent.start
}

// Literal returns a scalar as text, whatever its kind; "" for objects and arrays.
func (v *Value) Literal() string {
	if v == nil {
		return ""
	}
	return v.text
}

// Name returns a member's name, "" for a value that is no member.
func (v *Value) Name() string {
	if v == nil {
		return ""
	}
	return v.name
}

// Position is that of the value's first character: the quote, bracket, digit or letter.
func (v *Value) Position() finding.Position {
	if v == nil {
		return finding.Position{}
	}
	return v.at
}

// NamePosition is that of the quote that opens a member's name; zero for a value that is no member.
func (v *Value) NamePosition() finding.Position {
	if v == nil {
		return finding.Position{}
	}
	return v.nameAt
}

// Pointer returns the value's RFC 6901 pointer, "" for the whole manifest.
func (v *Value) Pointer() string {
	if v == nil || v.parent == nil {
		return ""
	}
	var tokens []string
	for ; v.parent != nil; v = v.parent {
		tokens = append(tokens, v.token())
	}
	slices.Reverse(tokens)
	return "/" + strings.Join(tokens, "/")
}

// escapes are the two of RFC 6901, section 3.
var (
	escapes   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapes = strings.NewReplacer("~1", "/", "~0", "~")
)

func (v *Value) token() string {
	if v.parent.kind == Array {
		return strconv.Itoa(v.index)
	}
	return escapes.Replace(v.name)
}

// child returns the member or element that a reference token names (RFC 6901, section 4), nil when there is none.
func (v *Value) child(token string) *Value {
	if v.Kind() != Array {
		return v.Get(unescapes.Replace(token))
	}
	i, err := strconv.Atoi(token)
	if err != nil || i < 0 || i >= len(v.children) || strconv.Itoa(i) != token {
		return nil
	}
	return v.children[i]
}

// At returns the value that an RFC 6901 pointer names below v, and nil where there is none.
func (v *Value) At(pointer string) *Value {
	found, ok := v.Locate(pointer)
	if !ok {
		return nil
	}
	return found
}

// Locate returns the value that an RFC 6901 pointer names below v and true, or the nearest of its ancestors that is
// there and false.
func (v *Value) Locate(pointer string) (*Value, bool) {
	if pointer == "" {
		return v, v != nil
	}
	if pointer[0] != '/' {
		return v, false
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		child := v.child(token)
		if child == nil {
			return v, false
		}
		v = child
	}
	return v, true
}

// Describe says what the value is, as part of a sentence.
func (v *Value) Describe() string {
	switch v.Kind() {
	case "":
		return "nothing"
	case Null:
		return "null"
	case Array:
		return "a list"
	case Object:
		return "an object"
	case String:
		return "the string " + finding.Quote(v.text)
	}
	return "the " + string(v.kind) + " " + finding.Quote(v.text)
}

// Label names the value in a sentence: by its name, or its place in a list.
func (v *Value) Label() string {
	switch {
	case v.parent == nil:
		return "the manifest"
	case v.parent.kind == Array:
		return fmt.Sprintf("item %d of %s", v.index+1, v.parent.Label())
	}
	return finding.Quote(v.name)
}
