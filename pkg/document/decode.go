package document

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Decoder reads values that have to be of a certain shape, such as those of a configuration file, and collects every mistake with
// its place. After a mistake it goes on with a zero value.
type Decoder struct {
	File     string // that the values are from, as messages name it
	problems []error
}

// Err returns all mistakes as one error, nil where there are none.
func (d *Decoder) Err() error { return errors.Join(d.problems...) }

// Add collects an error that tells its place itself.
func (d *Decoder) Add(err error) {
	if err != nil {
		d.problems = append(d.problems, err)
	}
}

// Fail collects a mistake at a value.
func (d *Decoder) Fail(at *Value, format string, args ...any) {
	d.fail(at.Position(), format, args...)
}

func (d *Decoder) fail(at finding.Position, format string, args ...any) {
	d.Add(fmt.Errorf("%s:%d:%d: %w", finding.Clean(d.File), at.Line, at.Column, fmt.Errorf(format, args...)))
}

// checkTag refuses a value with a meaning of its own.
func (d *Decoder) checkTag(v *Value) {
	if tag := v.Tag(); tag != "" {
		d.Fail(v, "%s has the tag %s, whose meaning is not known here", v.Label(), finding.Quote(tag))
	}
}

// Fields calls the reader of each member of an object, and refuses members that have none.
func (d *Decoder) Fields(v *Value, readers map[string]func(*Value)) {
	d.checkTag(v)
	if v.Kind() != Object {
		d.Fail(v, "%s is %s, where an object is expected", v.Label(), v.Describe())
	}
	for _, member := range v.Members() {
		if read := readers[member.Name()]; read != nil {
			read(member)
			continue
		}
		var known []string
		for name := range readers {
			known = append(known, name)
		}
		slices.Sort(known)
		d.fail(member.NamePosition(), "the key %s is not known here: the keys are %s", finding.Quote(member.Name()), strings.Join(known, ", "))
	}
}

// Elements returns the elements of a list.
func (d *Decoder) Elements(v *Value) []*Value {
	d.checkTag(v)
	if v.Kind() != Array {
		d.Fail(v, "%s is %s, where a list is expected", v.Label(), v.Describe())
	}
	return v.Elements()
}

// OneOrMore returns the elements of a list, or a value that stands for a list of one.
func (d *Decoder) OneOrMore(v *Value) []*Value {
	if v.Kind() != Array {
		return []*Value{v}
	}
	d.checkTag(v)
	return v.Elements()
}

// Text returns a text, which may be empty.
func (d *Decoder) Text(v *Value) string {
	d.checkTag(v)
	text, isText := v.Text()
	if !isText {
		d.Fail(v, "%s is %s, where a text is expected", v.Label(), v.Describe())
	}
	return text
}

// Word returns a text that is one of several.
func (d *Decoder) Word(v *Value, words ...string) string {
	text := d.Text(v)
	if !slices.Contains(words, text) {
		d.Fail(v, "%s is none of %s", finding.Quote(text), strings.Join(words, ", "))
	}
	return text
}

// Boolean returns true or false.
func (d *Decoder) Boolean(v *Value) bool {
	d.checkTag(v)
	if v.Kind() != Boolean {
		d.Fail(v, "%s is %s, where true or false is expected", v.Label(), v.Describe())
	}
	return strings.EqualFold(v.Literal(), "true")
}

// Globs returns one glob or several.
func (d *Decoder) Globs(v *Value) []string {
	var globs []string
	for _, each := range d.OneOrMore(v) {
		glob := d.Text(each)
		if glob == "" || !doublestar.ValidatePattern(strings.TrimPrefix(glob, "!")) {
			d.Fail(each, "%s is no glob, such as `bucket/*.json`", finding.Quote(glob))
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
		d.Fail(v, "the pattern %s: %w", finding.Quote(text), err)
	}
	return pattern
}
