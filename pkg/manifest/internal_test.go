package manifest

import (
	"encoding/json"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// TestAnUnknownKindOfViolationIsReported uses an error that the schema of today can't give.
func TestAnUnknownKindOfViolationIsReported(t *testing.T) {
	root, _ := read("x", []byte(`{"a": 1}`))
	e := &gojsonschema.ConstError{}
	e.SetType("const")
	e.SetContext(gojsonschema.NewJsonContext("a", gojsonschema.NewJsonContext("(root)", nil)))
	v, ok := newViolation(root, e)
	if !ok {
		t.Fatal("the violation is dropped")
	}
	if f := v.finding("x"); f.Rule != finding.SchemaInvalid || f.Pointer != "/a" || f.Severity != finding.Error || f.Message == "" {
		t.Errorf("got %v", f)
	}
}

// TestEveryKeywordOfTheSchemaHasARule fails when a keyword comes into the schema that explain has no words for.
func TestEveryKeywordOfTheSchemaHasARule(t *testing.T) {
	known := map[string]bool{
		"type": true, "required": true, "enum": true, "pattern": true, "minimum": true, "maximum": true, "minLength": true, "maxLength": true,
		"additionalProperties": true, "properties": true, "items": true, "allOf": true, "if": true, "then": true, "definitions": true,
		"$ref": true, "$schema": true, "$id": true, "title": true, "description": true, "examples": true,
		"const": true, "minItems": true, // inside "if", where they decide and are not reported
	}
	var schema any
	if err := json.Unmarshal(schemaText, &schema); err != nil {
		t.Fatal(err)
	}
	var check func(v any, names bool)
	check = func(v any, names bool) {
		object, _ := v.(map[string]any)
		for key, sub := range object {
			if !names && !known[key] {
				t.Errorf("no rule is known for %s", key)
			}
			if key != "examples" && key != "enum" || names {
				check(sub, !names && (key == "properties" || key == "definitions"))
			}
		}
		list, _ := v.([]any)
		for _, sub := range list {
			check(sub, false)
		}
	}
	check(schema, false)
}
