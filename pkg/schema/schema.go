// Package schema holds documents against a JSON Schema, and says which value of a document breaks which keyword.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xeipuuv/gojsonschema"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Schema is a JSON Schema of draft 4, 6 or 7.
type Schema struct{ compiled *gojsonschema.Schema }

// Compile reads a schema. One that refers to another file or to an address is an error: nothing but its own text is read.
func Compile(text []byte) (*Schema, error) {
	var parsed any
	if err := json.Unmarshal(text, &parsed); err != nil {
		return nil, errors.New("it is no JSON: " + finding.Clean(err.Error()))
	}
	if ref := foreignReference(parsed); ref != "" {
		return nil, fmt.Errorf("it refers to %s, and only references within the file (`#/…`) are followed", finding.Quote(ref))
	}
	compiled, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(text))
	if err != nil {
		return nil, errors.New("it is no JSON Schema of draft 4, 6 or 7: " + finding.Clean(err.Error()))
	}
	return &Schema{compiled}, nil
}

// foreignReference returns the first reference that leads out of the schema, "" where none does.
func foreignReference(v any) string {
	switch v := v.(type) {
	case map[string]any:
		if ref, isText := v["$ref"].(string); isText && !strings.HasPrefix(ref, "#") {
			return ref
		}
		for _, below := range v {
			if ref := foreignReference(below); ref != "" {
				return ref
			}
		}
	case []any:
		for _, below := range v {
			if ref := foreignReference(below); ref != "" {
				return ref
			}
		}
	}
	return ""
}

// tree hands a document to gojsonschema as data: nothing in it is a reference to follow.
type tree struct {
	gojsonschema.JSONLoader // for the methods that validation does not call
	root                    *document.Value
}

// LoadJSON implements gojsonschema.JSONLoader.
func (t tree) LoadJSON() (any, error) { return plain(t.root), nil }

// plain converts a value to what encoding/json would make of it, names and numbers in their harmless forms.
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

// aliasMark starts the name by which gojsonschema knows a member whose own name is long, since each
// violation copies the names on its path several times, or holds the mark.
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

// aliased returns the member or element that a step of gojsonschema's context means.
func aliased(v *document.Value, step string) *document.Value {
	index, isAlias := strings.CutPrefix(step, aliasMark)
	if v.Kind() == document.Object && !isAlias {
		return v.Get(step)
	}
	i, _ := strconv.Atoi(index) // written by alias, or by gojsonschema for an element
	return v.Children()[i]
}

// The numbers that stand for those that gojsonschema would accept though strict decoders do not, or would
// compute with for seconds (1e999999): it sees none but these and plain integers of at most 309 digits.
const (
	fraction = "0.5"   // no integer, though 8000.0 equals one
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
	case err != nil: // out of range, or a number that only YAML has
		return json.Number(sign + huge)
	case !isInteger:
		return json.Number(sign + fraction)
	}
	return json.Number(literal)
}

// contextSeparator stands in no step: an alias goes on with a digit after its mark, and other steps have none.
const contextSeparator = aliasMark + "/"

// at returns the value that a context means. The context's own dotted form can't be told apart from names with dots.
func at(root *document.Value, context *gojsonschema.JsonContext) *document.Value {
	v := root
	for _, step := range bytes.Split([]byte(context.String(contextSeparator)), []byte(contextSeparator))[1:] {
		v = aliased(v, string(step))
	}
	return v
}
