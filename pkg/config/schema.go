package config

import (
	"bytes"
	_ "embed" // for the schema
)

//go:embed schema/config.schema.json
var schemaText []byte

// Schema returns the JSON Schema (draft-07) of configuration files, by which editors check them.
func Schema() []byte { return bytes.Clone(schemaText) }
