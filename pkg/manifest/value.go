package manifest

import (
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Kind is the type of a JSON value (RFC 8259). The zero Kind is that of a value that is not there.
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

// Value is a JSON value and its place in the manifest. A nil *Value stands for one that is not there:
// every method may be called on it, so that look-ups chain: root.Get("modelInfo").Get("streaming").
type Value struct {
	kind     Kind
	text     string // of a string: its decoded text; of a number or boolean: the literal
	children []*Value
	byName   map[string]*Value // of an object

	parent *Value
	name   string // of a member
	index  int    // among the parent's children

	nameAt, at finding.Position
	nameStart  int // byte offsets into the manifest
	start, end int
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
// fits 64 bits. That is what the App's decoder takes for an integer: 8000.0 and -0 are none.
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
	return v.byName[name]
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
	return v.parent.Pointer() + "/" + v.token()
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
