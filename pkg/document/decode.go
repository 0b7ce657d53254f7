package document

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Decoder reads values of a known shape, such as those of a configuration file, and collects every error with its position. After
// an error it returns a zero value.
type Decoder struct {
	File     string // the name in messages
	problems []error
}

// Err returns all errors joined, or nil.
func (d *Decoder) Err() error { return errors.Join(d.problems...) }

// Add collects an error whose text has its position.
func (d *Decoder) Add(err error) {
	if err != nil {
		d.problems = append(d.problems, err)
	}
}

// Fail collects an error at a value.
func (d *Decoder) Fail(at *Value, format string, args ...any) {
	d.fail(at.Position(), format, args...)
}

func (d *Decoder) fail(at finding.Position, format string, args ...any) {
	d.Add(fmt.Errorf("%s:%d:%d: %w", finding.Clean(d.File), at.Line, at.Column, fmt.Errorf(format, args...)))
}

// expect reports a value that is not what was expected, or has a tag, which may change its meaning.
func (d *Decoder) expect(v *Value, isExpected bool, what string) {
	if tag := v.Tag(); tag != "" {
		d.Fail(v, "%s has the unsupported tag %s", v.Label(), finding.Quote(tag))
	}
	if !isExpected {
		d.Fail(v, "%s is %s; expected %s", v.Label(), v.Describe(), what)
	}
}

// Fields calls the reader of each member of an object, and reports members without one.
func (d *Decoder) Fields(v *Value, readers map[string]func(*Value)) {
	d.expect(v, v.Kind() == Object, "an object")
	for _, member := range v.Members() {
		if read := readers[member.Name()]; read != nil {
			read(member)
			continue
		}
		known := slices.Sorted(maps.Keys(readers))
		d.fail(member.NamePosition(), "unknown key %s: the keys are %s", finding.Quote(member.Name()), strings.Join(known, ", "))
	}
}

// Elements returns the elements of a list.
func (d *Decoder) Elements(v *Value) []*Value {
	d.expect(v, v.Kind() == Array, "a list")
	return v.Elements()
}

// OneOrMore returns the elements of a list, or a single value as a list of one.
func (d *Decoder) OneOrMore(v *Value) []*Value {
	if v.Kind() != Array {
		return []*Value{v}
	}
	return d.Elements(v)
}

// Text returns a text, which may be empty.
func (d *Decoder) Text(v *Value) string {
	text, isText := v.Text()
	d.expect(v, isText, "a text")
	return text
}

// Word returns a text that is one of several.
func (d *Decoder) Word(v *Value, words ...string) string {
	text := d.Text(v)
	if !slices.Contains(words, text) {
		d.Fail(v, "invalid value %s: expected one of %s", finding.Quote(text), strings.Join(words, ", "))
	}
	return text
}

// Boolean returns true or false.
func (d *Decoder) Boolean(v *Value) bool {
	d.expect(v, v.Kind() == Boolean, "true or false")
	return strings.EqualFold(v.Literal(), "true")
}

// Globs returns one glob or several.
func (d *Decoder) Globs(v *Value) []string {
	var globs []string
	for _, each := range d.OneOrMore(v) {
		glob := d.Text(each)
		if glob == "" || !doublestar.ValidatePattern(strings.TrimPrefix(glob, "!")) {
			d.Fail(each, "invalid glob %s: expected one such as `bucket/*.json`", finding.Quote(glob))
		}
		globs = append(globs, glob)
	}
	return globs
}

// Pattern returns a pattern.
func (d *Decoder) Pattern(v *Value) Pattern {
	text := d.Text(v)
	pattern, err := ParsePattern(text)
	if err != nil {
		d.Fail(v, "invalid pattern %s: %w", finding.Quote(text), err)
	}
	return pattern
}
