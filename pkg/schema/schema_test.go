package schema

import (
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// TestAnUnknownKindOfViolationIsReported uses an error that the schema of today can't give.
func TestAnUnknownKindOfViolationIsReported(t *testing.T) {
	documents, _ := document.Read("x", []byte(`{"a": 1}`), document.Options{})
	e := &gojsonschema.ConstError{}
	e.SetType("const")
	e.SetContext(gojsonschema.NewJsonContext("a", gojsonschema.NewJsonContext("(root)", nil)))
	v := newViolation(documents[0].Root, e)
	if f := Findings(documents[0], []Violation{v}, Violation.Explain)[0]; f.Rule != finding.SchemaInvalid || f.Pointer != "/a" || f.Severity != finding.Error || f.Message == "" {
		t.Errorf("got %v", f)
	}
}
