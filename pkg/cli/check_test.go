package cli

import (
	"strings"
	"testing"
)

func TestAPathWithALineBreakForgesNoLine(t *testing.T) {
	_, _, err := splitPath("x\n::error::y")
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %q, want an error of one line", err)
	}
}
