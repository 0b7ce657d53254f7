package prem

import (
	"encoding/json"
	"testing"
)

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
