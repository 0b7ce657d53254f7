package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// workflow is what the recipes have to be careful about
// (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax).
type workflow struct {
	Permissions map[string]string `yaml:"permissions"`
	Concurrency map[string]any    `yaml:"concurrency"`
	Jobs        map[string]struct {
		Permissions map[string]string `yaml:"permissions"`
		Timeout     int               `yaml:"timeout-minutes"`
		Steps       []struct {
			Uses string            `yaml:"uses"`
			Run  string            `yaml:"run"`
			With map[string]string `yaml:"with"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

// TestRecipesAskForLittleAndNameRealInputs reads what actionlint does not: which permissions a recipe asks for,
// and whether an input is one of ours.
func TestRecipesAskForLittleAndNameRealInputs(t *testing.T) {
	var action struct{ Inputs map[string]any }
	read(t, "../../action.yml", &action)
	recipes, _ := filepath.Glob("../../docs/recipes/*.yml")
	if len(recipes) < 10 {
		t.Fatalf("only %d recipes were found", len(recipes))
	}
	page, err := os.ReadFile("../../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range recipes {
		var w workflow
		read(t, name, &w)
		if w.Permissions == nil || len(w.Permissions) > 0 || w.Concurrency["group"] == nil {
			t.Errorf("%s: the workflow has the permissions %v and the concurrency %v", name, w.Permissions, w.Concurrency)
		}
		if !strings.Contains(string(page), "(recipes/"+filepath.Base(name)+")") {
			t.Errorf("%s is not in docs/recipes.md", name)
		}
		for id, job := range w.Jobs {
			if job.Permissions == nil || job.Timeout == 0 {
				t.Errorf("%s: the job %s has the permissions %v and %d minutes", name, id, job.Permissions, job.Timeout)
			}
			for _, step := range job.Steps {
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
		text, err := os.ReadFile("../../docs/recipes/" + name + ".yml")
		if err != nil {
			t.Fatal(err)
		}
		_, after, found := strings.Cut(string(text), "name: report\n")
		for _, file := range files {
			if !found || !strings.Contains(after, file) {
				t.Errorf("%s: no %q beside the artifact `report`", name, file)
			}
		}
	}
}

// TestNothingElseRunsBesideAnIdentityToken: whoever has the token signs in as the workflow.
func TestNothingElseRunsBesideAnIdentityToken(t *testing.T) {
	recipes, _ := filepath.Glob("../../docs/recipes/*.yml")
	for _, name := range recipes {
		var w workflow
		read(t, name, &w)
		for id, job := range w.Jobs {
			for _, step := range job.Steps {
				if strings.Contains(step.Run, "@latest") || job.Permissions["id-token"] != "" && step.Run != "" {
					t.Errorf("%s: the job %s runs %q", name, id, step.Run)
				}
			}
		}
	}
}

func read(t *testing.T, name string, to any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err == nil {
		err = yaml.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal(name, err)
	}
}
