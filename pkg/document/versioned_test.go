package document_test

import (
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/document"
)

func TestVersionedFilesAreReadAsTheyAreWritten(t *testing.T) {
	type plan struct {
		Version int    `json:"version"`
		Name    string `json:"name"`
	}
	const text = `{"version":2,"name":"x"}` + "\n"
	var b strings.Builder
	if err := document.WriteVersioned(&b, "plan", len(text), plan{2, "x"}); err != nil || b.String() != text {
		t.Errorf("wrote %q, %v", b.String(), err)
	}
	if err := document.WriteVersioned(&b, "plan", len(text)-1, plan{2, "x"}); err == nil || b.String() != text || !strings.Contains(err.Error(), "the plan has 24 bytes") {
		t.Errorf("over the limit: wrote %q, %v", b.String(), err)
	}
	var read plan
	if err := document.ReadVersioned(strings.NewReader(text), "plan", int64(len(text)), &read, 1, 2); err != nil || read != (plan{2, "x"}) {
		t.Errorf("read %+v, %v", read, err)
	}
	for _, c := range []struct {
		text, want string
		limit      int64
	}{
		{text, "larger than", int64(len(text)) - 1},
		{`{"version":3}`, "unsupported version 3", 100},
		{`{"version":1,"nam":"x"}`, "invalid plan", 100},
		{`{"version":1,"version":1}`, "invalid plan", 100},
	} {
		if err := document.ReadVersioned(strings.NewReader(c.text), "plan", c.limit, new(plan), 1, 2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
}
