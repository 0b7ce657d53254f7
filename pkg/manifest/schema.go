package manifest

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"strconv"
	"strings"
	"sync"

	"github.com/xeipuuv/gojsonschema"
)

//go:embed schema/manifest.schema.json
var schemaText []byte

// Schema returns the JSON Schema (draft-07) of manifests of both versions, as it is published under its "$id".
func Schema() []byte { return bytes.Clone(schemaText) }

// compiledSchema panics on a schema that does not compile, which is a mistake in this program.
var compiledSchema = sync.OnceValue(func() *gojsonschema.Schema {
	schema, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(schemaText))
	if err != nil {
		panic("manifest: the embedded schema: " + err.Error())
	}
	return schema
})

// document hands a tree to gojsonschema as data: nothing in it is a reference to follow.
type document struct {
	gojsonschema.JSONLoader // for the methods that validation does not call
	root                    *Value
}

// LoadJSON implements gojsonschema.JSONLoader.
func (d document) LoadJSON() (any, error) { return plain(d.root), nil }

// plain converts a value to what encoding/json would make of it, names and numbers in their harmless forms.
func plain(v *Value) any {
	switch v.kind {
	case Object:
		members := make(map[string]any, len(v.children))
		for _, child := range v.children {
			members[alias(child)] = plain(child)
		}
		return members
	case Array:
		elements := make([]any, len(v.children))
		for i, child := range v.children {
			elements[i] = plain(child)
		}
		return elements
	case Number:
		return standIn(v.text)
	case String:
		return v.text
	case Boolean:
		return v.text == "true"
	}
	return nil
}

// aliasMark starts the name by which gojsonschema knows a member whose own name is long, since each
// violation copies the names on its path several times, or holds the mark.
const (
	aliasMark   = "\x00"
	aliasedFrom = 64 // bytes
)

func alias(member *Value) string {
	if len(member.name) < aliasedFrom && !strings.Contains(member.name, aliasMark) {
		return member.name
	}
	return aliasMark + strconv.Itoa(member.index)
}

// aliased returns the member or element that a step of gojsonschema's context means.
func (v *Value) aliased(step string) *Value {
	index, isAlias := strings.CutPrefix(step, aliasMark)
	if v.Kind() == Object && !isAlias {
		return v.Get(step)
	}
	i, _ := strconv.Atoi(index) // written by alias, or by gojsonschema for an element
	return v.children[i]
}

// The numbers that stand for those that gojsonschema would accept though the App's decoder does not, or would
// compute with for seconds (1e999999): it sees none but these and plain integers of at most 309 digits.
const (
	fraction = "0.5"   // no integer, though 8000.0 equals one
	huge     = "1e400" // over every maximum
)

func standIn(literal string) json.Number {
	digits := strings.TrimPrefix(literal, "-")
	isInteger := strings.Trim(digits, "0123456789") == "" && literal != "-0"
	value, err := strconv.ParseFloat(literal, 64)
	sign := ""
	if value < 0 {
		sign = "-"
	}
	switch {
	case err != nil: // out of range
		return json.Number(sign + huge)
	case !isInteger:
		return json.Number(sign + fraction)
	}
	return json.Number(literal)
}
