package cli_test

import (
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestRecipesNameRealInputs reads what neither actionlint nor the rules for workflows do: whether an input is one of ours, and what runs
// beside an identity token, with which whoever has it signs in as the workflow.
func TestRecipesNameRealInputs(t *testing.T) {
	var action struct{ Inputs map[string]any }
	if err := yaml.Unmarshal([]byte(readText(t, "../../action.yml")), &action); err != nil {
		t.Fatal(err)
	}
	recipes, _ := filepath.Glob("../../docs/recipes/*.yml")
	page := readText(t, "../../docs/recipes.md")
	for _, name := range recipes {
		var w struct {
			Jobs map[string]struct {
				Permissions map[string]string
				Steps       []struct {
					Uses, Run string
					With      map[string]string
				}
			}
		}
		if err := yaml.Unmarshal([]byte(readText(t, name)), &w); err != nil {
			t.Fatal(name, err)
		}
		if !strings.Contains(page, "(recipes/"+filepath.Base(name)+")") {
			t.Errorf("%s is not in docs/recipes.md", name)
		}
		for id, job := range w.Jobs {
			for _, step := range job.Steps {
				if strings.Contains(step.Run, "@latest") || job.Permissions["id-token"] != "" && step.Run != "" {
					t.Errorf("%s: the job %s runs %q", name, id, step.Run)
				}
				if !strings.HasPrefix(step.Uses, "premAI-io/verify-manifests@") {
					continue
				}
				for input := range step.With {
					if _, found := action.Inputs[input]; !found {
						t.Errorf("%s: the Action has no input %s", name, input)
					}
				}
			}
		}
	}
}

// TestRecipesReadEachOthersReports: what a scan uploads is what the recipes after it read.
func TestRecipesReadEachOthersReports(t *testing.T) {
	for name, files := range map[string][]string{
		"nightly": {"report.json", "state.json", "manifests.sarif"}, "shards": {"report.json", "state.json", "manifests.sarif"},
		"status-page": {" report.json", "--state-file state.json"}, "code-scanning": {" report.json", "sarif_file: manifests.sarif"},
	} {
		_, after, found := strings.Cut(readText(t, "../../docs/recipes/"+name+".yml"), "name: report\n")
		for _, file := range files {
			if !found || !strings.Contains(after, file) {
				t.Errorf("%s: no %q beside the artifact `report`", name, file)
			}
		}
	}
}
