package report

import (
	"bytes"
	_ "embed" // for the schema
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const toolName = "verify-manifests"

// maxSize bounds a report, in bytes: some 250,000 artifacts that all failed.
const maxSize = 256 << 20

// WriteJSON writes the report's JSON form, indented. What is invisible or could be taken for a command by
// a workflow runner's log is escaped, so the output may be printed anywhere.
func (r *Report) WriteJSON(w io.Writer) error {
	written := *r
	if r.Shard == nil {
		written.Artifacts = slices.Clone(r.Artifacts)
		for i := range written.Artifacts {
			written.Artifacts[i].Observation = nil
		}
	}
	return writeJSON(w, written)
}

func writeJSON(w io.Writer, value any) error {
	text, err := json.Marshal(value, json.Deterministic(true), jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	var escaped bytes.Buffer
	for line := range bytes.Lines(text) { // no string holds a line break
		escaped.WriteString(escapeJSON(string(line)))
	}
	escaped.WriteByte('\n')
	if escaped.Len() > maxSize {
		return fmt.Errorf("writing JSON: it has more than the %d MiB that are read: divide the work among shards", maxSize>>20)
	}
	_, err = w.Write(escaped.Bytes())
	return err
}

// escapeJSON escapes what finding.Clean would change. All of it stands in strings, where \u means the same, but for the
// line breaks of the indentation.
func escapeJSON(line string) string {
	escaped := finding.Escape(line, func(hidden string) string {
		if hidden == "\n" {
			return hidden
		}
		var b strings.Builder
		for _, unit := range utf16.Encode([]rune(hidden)) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
		return b.String()
	})
	return strings.ReplaceAll(escaped, "##[", `##\u005b`)
}

//go:embed schema/report.schema.json
var schemaText []byte

// Schema returns the JSON Schema (draft-07) of a report's JSON form. For one Version it changes in no way that makes a
// valid report invalid.
func Schema() []byte { return bytes.Clone(schemaText) }
