// Package schema validates documents against a JSON Schema, and reports which value violates which keyword.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/xeipuuv/gojsonschema"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Schema is a JSON Schema of draft 4, 6 or 7.
type Schema struct{ compiled *gojsonschema.Schema }

// Compile reads a schema. References to other files or URLs are errors: only the schema's own text is read.
func Compile(text []byte) (*Schema, error) {
	var parsed any
	if err := json.Unmarshal(text, &parsed); err != nil {
		return nil, errors.New("invalid JSON: " + finding.Clean(err.Error()))
	}
	if ref := foreignReference(parsed); ref != "" {
		return nil, fmt.Errorf("unsupported reference %s: expected one within the file (`#/…`)", finding.Quote(ref))
	}
	compiled, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(text))
	if err != nil {
		return nil, errors.New("invalid JSON Schema of draft 4, 6 or 7: " + finding.Clean(err.Error()))
	}
	return &Schema{compiled}, nil
}

// foreignReference returns a reference that leads out of the schema, "" for none.
func foreignReference(v any) string {
	below, _ := v.([]any)
	if object, isObject := v.(map[string]any); isObject {
		if ref, isText := object["$ref"].(string); isText && !strings.HasPrefix(ref, "#") {
			return ref
		}
		below = slices.Collect(maps.Values(object))
	}
	for _, each := range below {
		if ref := foreignReference(each); ref != "" {
			return ref
		}
	}
	return ""
}

// plain converts a value to what encoding/json would return, with aliases of names and stand-ins for numbers.
func plain(v *document.Value) any {
	switch v.Kind() {
	case document.Object:
		members := make(map[string]any, len(v.Members()))
		for _, child := range v.Members() {
			members[alias(child)] = plain(child)
		}
		return members
	case document.Array:
		elements := make([]any, len(v.Elements()))
		for i, child := range v.Elements() {
			elements[i] = plain(child)
		}
		return elements
	case document.Number:
		return standIn(v.Literal())
	case document.String:
		return v.Literal()
	case document.Boolean:
		return strings.EqualFold(v.Literal(), "true")
	}
	return nil
}

// aliasMark starts the name that gojsonschema gets for a member whose own name contains the mark or is long: each violation copies the
// names on its path several times.
const (
	aliasMark   = "\x00"
	aliasedFrom = 64 // bytes
)

func alias(member *document.Value) string {
	if name := member.Name(); len(name) < aliasedFrom && !strings.Contains(name, aliasMark) {
		return name
	}
	return aliasMark + strconv.Itoa(member.Index())
}

// aliased returns the member or element of a step of gojsonschema's context.
func aliased(v *document.Value, step string) *document.Value {
	index, isAlias := strings.CutPrefix(step, aliasMark)
	if v.Kind() == document.Object && !isAlias {
		return v.Get(step)
	}
	i, _ := strconv.Atoi(index) // written by alias, or by gojsonschema for an element
	return v.Children()[i]
}

// Stand-ins for numbers that gojsonschema accepts and strict decoders don't, or that it computes with for seconds (1e999999). It gets
// only these and plain integers of at most 309 digits.
const (
	fraction = "0.5"   // for 8000.0, which is not an integer to strict decoders
	huge     = "1e400" // over every maximum
)

func standIn(literal string) json.Number {
	digits := strings.TrimPrefix(literal, "-")
	isInteger := strings.Trim(digits, "0123456789") == "" && literal != "-0" && digits != ""
	value, err := strconv.ParseFloat(literal, 64)
	sign := ""
	if value < 0 {
		sign = "-"
	}
	switch {
	case err != nil: // out of range, or a number of YAML only
		return json.Number(sign + huge)
	case !isInteger:
		return json.Number(sign + fraction)
	}
	return json.Number(literal)
}

// contextSeparator is in no step: after its mark an alias has a digit, and other steps have no mark.
const contextSeparator = aliasMark + "/"

// at returns the value of a context. The context's own dotted form is ambiguous for names with dots.
func at(root *document.Value, context *gojsonschema.JsonContext) *document.Value {
	v := root
	for _, step := range bytes.Split([]byte(context.String(contextSeparator)), []byte(contextSeparator))[1:] {
		v = aliased(v, string(step))
	}
	return v
}
