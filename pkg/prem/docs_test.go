package prem_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/prem"
)

const page = "../../docs/manifest.md"

var (
	fieldTable = regexp.MustCompile(`(?s)(<!-- fields: (\w*) -->\n).*?(<!-- end -->)`)
	example    = regexp.MustCompile("(?s)<!-- example: version [0-9.]+ -->\n```json\n(.*?)```\n")
)

func TestThePageAboutManifestsFollowsTheSchemaAndTheProgram(t *testing.T) {
	text := readFile(t, page)
	schema, _ := prem.Parse("schema", prem.Schema()) // it is JSON, if no manifest: the tree keeps the order
	text = fieldTable.ReplaceAllFunc(text, func(section []byte) []byte {
		parts := fieldTable.FindSubmatch(section)
		return slices.Concat(parts[1], []byte(table(describing(root(schema), string(parts[2])))), parts[3])
	})
	examples := example.FindAllSubmatchIndex(text, -1)
	if len(examples) != 2 {
		t.Fatalf("%d examples", len(examples))
	}
	v1 := text[examples[0][2]:examples[0][3]]
	text = slices.Concat(text[:examples[1][2]], upgradedExample(t, v1), text[examples[1][3]:])
	golden(t, page, text)
}

// snippet returns a JSON text of the page, by the name before it.
func snippet[T any](t *testing.T, name string) (value T) {
	t.Helper()
	_, text, _ := strings.Cut(string(readFile(t, page)), "<!-- "+name+" -->\n```json\n")
	text, _, found := strings.Cut(text, "```\n")
	if err := json.Unmarshal([]byte(text), &value); err != nil || !found {
		t.Fatalf("%s: %v", name, err)
	}
	return value
}

// association is how an editor knows what a schema is for: an entry of VS Code's json.schemas, or of SchemaStore's
// catalogue (https://github.com/SchemaStore/schemastore/blob/master/CONTRIBUTING.md).
type association struct {
	Name, Description, URL string
	FileMatch              []string
}

func TestThePageNamesTheSchemaByItsID(t *testing.T) {
	id := schemaID(t)
	if !strings.Contains(string(readFile(t, page)), fmt.Sprintf("\n\"$schema\": %q,\n", id)) {
		t.Error("the first member that the page recommends names another schema")
	}
	settings := snippet[map[string][]association](t, "VS Code")["json.schemas"]
	if len(settings) != 1 || settings[0].URL != id || !slices.Equal(settings[0].FileMatch, []string{"*/manifest.json"}) {
		t.Errorf("VS Code: %+v", settings)
	}
	schema, _ := prem.Parse("schema", prem.Schema())
	var folders []string
	for _, kind := range root(schema).At("/properties/interfaces/items/enum").Elements() {
		folders = append(folders, "**/"+kind.String()+"-*/manifest.json")
	}
	entry := snippet[association](t, "SchemaStore")
	if entry.URL != id || entry.Name == "" || entry.Description == "" || !slices.Equal(entry.FileMatch, folders) {
		t.Errorf("SchemaStore: %+v, want files %q", entry, folders)
	}
}

// upgradedExample makes the example of version 1.1 of the other one, as the page tells its reader to.
func upgradedExample(t *testing.T, v1 []byte) []byte {
	t.Helper()
	text, err := upgrade(v1, false)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := prem.Parse("x", text)
	for i, a := range m.Artifacts {
		h := digest.NewHasher(digest.SHA256)
		fmt.Fprint(h, a.URL) // any bytes will do
		if text, err = setChecksum(text, a.Pointer, h.Digest(digest.SHA256), int64(1024+i), false); err != nil {
			t.Fatal(err)
		}
	}
	if _, findings := prem.Parse("x", text); len(findings) > 0 {
		t.Fatal(findings)
	}
	return text
}

// describing returns the part of the schema that describes a field, a definition, or ("") the manifest.
func describing(schema *document.Value, name string) *document.Value {
	if name == "" {
		return schema
	}
	if field := schema.Get("properties").Get(name); field != nil {
		return field
	}
	return schema.Get("definitions").Get(name)
}

// table writes the members that an object may have.
func table(object *document.Value) string {
	var b strings.Builder
	b.WriteString("\n| field | type | |\n|---|---|---|\n")
	for _, field := range object.Get("properties").Members() {
		isRequired := slices.ContainsFunc(object.Get("required").Elements(), func(v *document.Value) bool { return v.String() == field.Name() })
		kind := typeOf(field)
		if isRequired {
			kind += ", required"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", field.Name(), kind, strings.ReplaceAll(field.Get("description").String(), "|", `\|`))
	}
	return b.String() + "\n"
}

func typeOf(field *document.Value) string {
	names := []string{field.Get("type").String()}
	if names[0] == "" {
		names = nil
		for _, v := range field.Get("type").Elements() {
			names = append(names, v.String())
		}
	}
	text := strings.Join(names, " or ")
	if items := field.Get("items"); items != nil {
		text = strings.Replace(text, "array", "list of "+typeOf(items)+"s", 1)
	}
	if least, most := field.Get("minimum").Literal(), field.Get("maximum").Literal(); least != "" && len(most) < 12 && !strings.Contains(most, "e") {
		text += ", " + least + " to " + most
	}
	return text
}
