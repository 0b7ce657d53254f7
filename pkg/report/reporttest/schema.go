// Package reporttest holds reports that tests make against the published JSON Schema.
package reporttest

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/xeipuuv/gojsonschema"

	"github.com/premAI-io/verify-manifests/pkg/report"
)

// strict is the schema without room for members that it does not name.
var strict = sync.OnceValues(func() (*gojsonschema.Schema, error) {
	var schema map[string]any
	if err := json.Unmarshal(report.Schema(), &schema); err != nil {
		return nil, err
	}
	closeObjects(schema)
	return gojsonschema.NewSchema(gojsonschema.NewGoLoader(schema))
})

func closeObjects(value any) {
	switch value := value.(type) {
	case map[string]any:
		if _, isObject := value["required"]; isObject {
			value["additionalProperties"] = false
		}
		for _, below := range value {
			closeObjects(below)
		}
	case []any:
		for _, below := range value {
			closeObjects(below)
		}
	}
}

// Check reports how the JSON of a report differs from the schema, members that the schema does not name included; nil
// where it does not.
func Check(text []byte) error {
	schema, err := strict()
	if err != nil {
		return fmt.Errorf("the report's schema: %w", err)
	}
	result, err := schema.Validate(gojsonschema.NewBytesLoader(text))
	if err != nil {
		return fmt.Errorf("the report is not JSON: %w", err)
	}
	if !result.Valid() {
		return fmt.Errorf("the report does not fit its schema: %v", result.Errors())
	}
	return nil
}
