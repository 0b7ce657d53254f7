package report

import (
	"bytes"
	_ "embed" // for the schema
)

//go:embed schema/report.schema.json
var schemaText []byte

// Schema returns the JSON Schema (draft-07) of a report's JSON form. For one Version it changes in no way that makes a
// valid report invalid.
func Schema() []byte { return bytes.Clone(schemaText) }
