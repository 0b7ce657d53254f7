package document

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Kind is the type of a value, as JSON Schema names it. The zero Kind means no value.
type Kind string

// The kinds.
const (
	Null    Kind = "null"
	Boolean Kind = "boolean"
	Number  Kind = "number"
	String  Kind = "string"
	Array   Kind = "array"
	Object  Kind = "object"
)

// Value is a value and its position in a document. A nil *Value means no value. All methods accept it, so that lookups chain:
// root.Get("modelInfo").Get("streaming").
type Value struct {
	kind     Kind
	syntax   Syntax
	text     string // of a scalar: the decoded text, or the literal
	tag      string // of YAML, where parsers may differ in what it makes of the value
	children []*Value
	byName   map[string]*Value // of an object with many members

	overridden []*Value // merged members of a YAML mapping that others of their names override

	parent *Value
	name   string // of a member
	index  int    // among the parent's children

	depth      int // from 1 at the root
	pathLength int // bytes of the names that lead here

	isShared bool // of a YAML scalar: it is an alias or has an anchor

	nameAt, at finding.Position
	nameStart  int // byte offsets into the text
	start, end int // of YAML and TOML: end is that of a scalar on one line, else 0
}

var none Value

// orNone returns the value, or an empty one for nil.
func (v *Value) orNone() *Value {
	if v == nil {
		return &none
	}
	return v
}

// Kind returns the value's type, "" for no value.
func (v *Value) Kind() Kind { return v.orNone().kind }

// Literal returns a scalar as text, whatever its kind; "" for objects and arrays.
func (v *Value) Literal() string { return v.orNone().text }

// String returns the decoded text of a string, "" for any other kind.
func (v *Value) String() string {
	if v.Kind() != String {
		return ""
	}
	return v.text
}

// Text returns the text of a string and true. In YAML a plain scalar is text whatever it looks like (1.10, 0123…): a program that
// expects text reads it as such.
func (v *Value) Text() (string, bool) {
	kind := v.Kind()
	if kind == String || v.isOf(YAML) && (kind == Number || kind == Boolean) {
		return v.text, true
	}
	return "", false
}

func (v *Value) isOf(s Syntax) bool { return v.orNone().syntax == s }

// Integer returns a number that is written as a plain integer of 64 bits. As in strict decoders, 8000.0 and -0 are not integers.
func (v *Value) Integer() (int64, bool) {
	n, err := strconv.ParseInt(v.Literal(), 10, 64)
	return n, v.Kind() == Number && err == nil && v.text != "-0"
}

// True reports whether the value is the literal true.
func (v *Value) True() bool { return v.Kind() == Boolean && v.text == "true" }

// Get returns the member of that exact name, nil for none.
func (v *Value) Get(name string) *Value {
	if v.Kind() != Object {
		return nil
	}
	if v.byName != nil {
		return v.byName[name]
	}
	for _, child := range v.children {
		if child.name == name {
			return child
		}
	}
	return nil
}

// indexedFrom is the number of members from which on their names are in a map.
const indexedFrom = 8

// adopt appends a member. It returns an earlier member of the same name.
func (v *Value) adopt(child *Value) (first *Value) {
	first = v.Get(child.name)
	child.parent, child.index = v, len(v.children)
	v.children = append(v.children, child)
	switch {
	case v.kind == Object && len(v.children) == indexedFrom:
		v.byName = make(map[string]*Value, 2*indexedFrom)
		for _, each := range slices.Backward(v.children) {
			v.byName[each.name] = each
		}
	case v.byName != nil && first == nil:
		v.byName[child.name] = child
	}
	return first
}

// Tag returns a YAML value's tag where parsers may differ in what it makes of the value: any but `!!str` of a text, and `!!map` and
// `!!seq` of a container; else "".
func (v *Value) Tag() string { return v.orNone().tag }

// Overridden returns the merged members of a YAML mapping that other members of their names override.
func (v *Value) Overridden() []*Value { return v.orNone().overridden }

// Children returns an object's members or an array's elements, in the order of the text.
func (v *Value) Children() []*Value { return v.orNone().children }

// Members returns an object's members, nil for any other kind.
func (v *Value) Members() []*Value { return v.childrenOf(Object) }

// Elements returns an array's elements, nil for any other kind.
func (v *Value) Elements() []*Value { return v.childrenOf(Array) }

func (v *Value) childrenOf(kind Kind) []*Value {
	if v.Kind() != kind {
		return nil
	}
	return v.children
}

// Parent returns the object or array that contains the value, nil for the root.
func (v *Value) Parent() *Value { return v.orNone().parent }

// Index returns the value's index among its parent's children.
func (v *Value) Index() int { return v.orNone().index }

// Name returns a member's name, "" for any other value.
func (v *Value) Name() string { return v.orNone().name }

// Position returns the position of the value's first character: the quote, bracket, digit or letter.
func (v *Value) Position() finding.Position { return v.orNone().at }

// NamePosition returns the position of the first character of a member's name.
func (v *Value) NamePosition() finding.Position { return v.orNone().nameAt }

// Start returns the byte offset of the value.
func (v *Value) Start() int { return v.start }

// End returns the byte offset behind the value; in YAML and TOML 0, unless it is a scalar on one line.
func (v *Value) End() int { return v.end }

// NameStart returns the byte offset of a member's name.
func (v *Value) NameStart() int { return v.nameStart }

// IsInherited reports whether a YAML value is written outside the mapping that it is a member of, as merged ones are.
func (v *Value) IsInherited() bool {
	return v.isOf(YAML) && v.parent != nil && v.start < v.parent.start
}

// escapes are the two of RFC 6901, section 3.
var (
	escapes   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapes = strings.NewReplacer("~1", "/", "~0", "~")
)

// step returns the token, unescaped, that leads to the value from its parent.
func (v *Value) step() string {
	if v.parent.Kind() == Array {
		return strconv.Itoa(v.index)
	}
	return v.name
}

// Pointer returns the value's RFC 6901 pointer, "" for the root.
func (v *Value) Pointer() string {
	var tokens []string
	for ; v.Parent() != nil; v = v.parent {
		tokens = append(tokens, escapes.Replace(v.step()))
	}
	slices.Reverse(tokens)
	return strings.Join(append([]string{""}, tokens...), "/")
}

// child returns the member or element that a reference token names (RFC 6901, section 4), nil for none.
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

// At returns the value that an RFC 6901 pointer names below v, nil for none.
func (v *Value) At(pointer string) *Value {
	tokens := strings.Split(pointer, "/")
	if tokens[0] != "" {
		return nil
	}
	for _, token := range tokens[1:] {
		v = v.child(token)
	}
	return v
}

// AtFold returns the values that an RFC 6901 pointer names below v when the case of names is ignored, by Unicode's simple folding.
func (v *Value) AtFold(pointer string) []*Value {
	found := []*Value{v}
	for _, token := range strings.Split(pointer, "/")[1:] {
		var next []*Value
		for _, each := range found {
			for _, child := range each.Children() {
				if strings.EqualFold(child.step(), unescapes.Replace(token)) {
					next = append(next, child)
				}
			}
		}
		found = next
	}
	return found
}

var descriptions = map[Kind]string{"": "nothing", Null: "null", Array: "a list", Object: "an object"}

// Describe describes the value for a sentence.
func (v *Value) Describe() string {
	if description, isKnown := descriptions[v.Kind()]; isKnown {
		return description
	}
	if v.text == "" {
		return "an empty " + string(v.kind)
	}
	return "the " + string(v.kind) + " " + finding.Quote(v.text)
}

// Label names the value in a sentence: by its name, or its index in a list.
func (v *Value) Label() string {
	switch v.Parent().Kind() {
	case "":
		return "the manifest"
	case Array:
		return fmt.Sprintf("item %d of %s", v.index+1, v.parent.Label())
	}
	return finding.Quote(v.name)
}
