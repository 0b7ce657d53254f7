package finding_test

import (
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

func TestTextsAreMeasuredInColumns(t *testing.T) {
	for text, want := range map[string]int{"": 0, "model.gguf": 10, "模型.gguf": 9, "ｍ": 2, "e\u0301": 1, "🦙": 2, "é": 1, "ﾓ": 1} {
		if got := finding.Width(text); got != want {
			t.Errorf("%q takes %d columns, want %d", text, got, want)
		}
	}
	for columns, want := range map[int]string{0: "", 1: "", 2: "模", 3: "模", 4: "模型", 5: "模型a", 9: "模型a"} {
		if got := finding.Fit("模型a", columns); got != want {
			t.Errorf("%d columns take %q, want %q", columns, got, want)
		}
	}
}
