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
	var e escaper
	err := json.MarshalWrite(&e, value, json.Deterministic(true), jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true))
	if err == nil {
		_, err = e.Write([]byte("\n"))
	}
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	_, err = w.Write(e.escaped)
	return err
}

// escaper keeps the JSON that is written to it, escaped line by line: a large report has no second copy.
type escaper struct{ line, escaped []byte }

func (e *escaper) Write(p []byte) (int, error) {
	e.line = append(e.line, p...)
	end := bytes.LastIndexByte(e.line, '\n') + 1 // no string holds a line break
	e.escaped = append(e.escaped, escapeJSON(string(e.line[:end]))...)
	e.line = append(e.line[:0], e.line[end:]...)
	if len(e.escaped) >= maxSize {
		return 0, fmt.Errorf("it has more than the %d MiB that are read: divide the work among shards", maxSize>>20)
	}
	return len(p), nil
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
