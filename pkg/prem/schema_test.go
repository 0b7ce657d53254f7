package prem_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/xeipuuv/gojsonschema"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/prem"
)

// offline fails the test on any HTTP request that goes the way gojsonschema's do.
type offline struct{ t testing.TB }

func (o offline) RoundTrip(r *http.Request) (*http.Response, error) {
	o.t.Errorf("a request for %s", r.URL)
	return nil, http.ErrNotSupported
}

func goOffline(t testing.TB) {
	before := http.DefaultTransport
	http.DefaultTransport = offline{t}
	t.Cleanup(func() { http.DefaultTransport = before })
}

func TestReferencesInAManifestAreNotFollowed(t *testing.T) {
	goOffline(t)
	m, findings := prem.Parse("x", []byte(`{
		"$schema": "http://127.0.0.1:1/schema.json", "$id": "http://127.0.0.1:1/id", "$ref": "http://127.0.0.1:1/ref",
		"definitions": {"$ref": "file:///etc/passwd"}, "allOf": [{"$ref": "http://127.0.0.1:1/x"}],
		"id": "a", "interfaces": ["chat"], "modelInfo": {"$ref": "http://127.0.0.1:1/y"}}`))
	if m == nil || len(findings) > 0 {
		t.Errorf("findings: %v", findings)
	}
}

func TestTheSchemaIsDraft7AndCompilesOffline(t *testing.T) {
	goOffline(t)
	loader := gojsonschema.NewSchemaLoader()
	loader.Validate = true // against draft-07's own schema, which the library holds
	if _, err := loader.Compile(gojsonschema.NewBytesLoader(prem.Schema())); err != nil {
		t.Error(err)
	}
	if !bytes.Contains(prem.Schema(), []byte(`"$schema": "http://json-schema.org/draft-07/schema#"`)) {
		t.Error("the schema does not say that it is draft-07")
	}
}

func TestEditorsAcceptTheRealRegistry(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/registry/*/manifest.json")
	if len(files) == 0 {
		t.Skip("the registry's manifests are not at hand")
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(prem.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	entry := snippet[association](t, "SchemaStore")
	for _, file := range files {
		result, err := schema.Validate(gojsonschema.NewBytesLoader(readFile(t, file)))
		if err != nil || !result.Valid() {
			t.Errorf("%s: %v %v", file, err, result)
		}
		if !slices.ContainsFunc(entry.FileMatch, func(glob string) bool { return doublestar.MatchUnvalidated(glob, filepath.ToSlash(file)) }) {
			t.Errorf("%s is not matched by SchemaStore's entry", file)
		}
	}
}

// schemaID returns the URL under which editors find the schema.
func schemaID(t *testing.T) string {
	t.Helper()
	var schema struct {
		ID string `json:"$id"`
	}
	if err := json.Unmarshal(prem.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	return schema.ID
}

func TestTheSchemasIDIsWhereTheRepositoryPublishesItPerMajorVersion(t *testing.T) {
	file, found := strings.CutPrefix(schemaID(t), "https://raw.githubusercontent.com/premAI-io/verify-manifests/v1/")
	text, err := os.ReadFile("../../" + file)
	if !found || err != nil || !bytes.Equal(text, prem.Schema()) {
		t.Errorf("%s: %v", file, err)
	}
}

func TestAnEditorShowsAHoverTextAndAnExampleForEveryField(t *testing.T) {
	documents, _ := document.Read("schema", prem.Schema(), document.Options{})
	fields := 0
	var check func(schema *document.Value)
	check = func(schema *document.Value) {
		fields++
		if schema.Get("description").String() == "" {
			t.Errorf("%s has no description", schema.Pointer())
		}
		isScalar := schema.Get("type") != nil && schema.Get("allOf") == nil && schema.Pointer() != ""
		if isScalar && len(schema.Get("examples").Elements()) == 0 {
			t.Errorf("%s has no examples", schema.Pointer())
		}
		below := slices.Concat(schema.Get("properties").Members(), schema.Get("definitions").Members(), []*document.Value{schema.Get("items"), schema.Get("additionalProperties")})
		for _, sub := range below {
			if sub.Kind() == document.Object {
				check(sub)
			}
		}
	}
	check(documents[0].Root)
	if fields < 40 {
		t.Errorf("only %d fields were checked", fields)
	}
}

func TestTheSchemasExamplesAreValid(t *testing.T) {
	var schema struct {
		Properties map[string]struct {
			Examples []json.RawMessage `json:"examples"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(prem.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	for name, property := range schema.Properties {
		for _, example := range property.Examples {
			fields := map[string]json.RawMessage{
				"id": []byte(`"a"`), "interfaces": []byte("[]"), "modelInfo": []byte("{}"), "binaries": []byte("{}"),
				"weightsFiles": []byte("[]"), "weightsDirectoryUrl": []byte(`"https://example.com/"`),
			}
			fields[name] = example
			text, _ := json.Marshal(fields)
			if _, findings := prem.Parse("x", text); len(findings) > 0 {
				t.Errorf("%s: %s: %v", name, example, findings)
			}
		}
	}
}

// TestEditorsAcceptEveryChecksumThatTheProgramReads compares the schema's pattern, which Parse leaves to digest.Parse, with it.
func TestEditorsAcceptEveryChecksumThatTheProgramReads(t *testing.T) {
	schema, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(prem.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	hex := func(n int) string { return strings.Repeat("aB", n/2) }
	for _, checksum := range []string{
		"sha1:" + hex(40), "sha256:" + hex(64), "sha384:" + hex(96), "sha512:" + hex(128), hex(40), hex(64), hex(96), hex(128),
		"sha256-" + strings.Repeat("A", 43) + "=", "sha384-" + strings.Repeat("/", 64), "sha512-" + strings.Repeat("A", 86) + "==",
		"md5:" + hex(32), hex(32), "sha256:" + hex(62), "sha1-" + strings.Repeat("A", 27) + "=", "sha256:" + hex(64) + "\n", "",
	} {
		text := fmt.Sprintf(`{"id":"a","interfaces":[],"modelInfo":{},"weights":{"w":{"url":"x","checksum":%q}}}`, checksum)
		result, err := schema.Validate(gojsonschema.NewStringLoader(text))
		if err != nil {
			t.Fatal(err)
		}
		_, findings := prem.Parse("x", []byte(text))
		isRead := !slices.ContainsFunc(findings, func(f finding.Finding) bool { return f.Rule == finding.ChecksumInvalid })
		if result.Valid() != isRead {
			t.Errorf("%q: the schema says %t, the program %t", checksum, result.Valid(), isRead)
		}
	}
}

func TestNumbersCannotOccupyTheCheck(t *testing.T) {
	items := strings.TrimSuffix(strings.Repeat("1e999999,", 20_000), ",")
	_, findings := prem.Parse("x", []byte(`{"id":"a","interfaces":[],"modelInfo":{"maxLength":1e999999},"weightsDirectoryUrl":"x","weightsFiles":[`+items+`]}`))
	if len(findings) != 102 { // of two rules
		t.Errorf("%d findings", len(findings))
	}
}

// allocated returns the bytes that Parse allocates for 10,000 violations below a name.
func allocated(name string) uint64 {
	text := many(1, `"`+name+`":{"url":"","%d":0,`+strings.Join(numbered(10_000), ",")+`}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	prem.Parse("x", text)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func numbered(n int) []string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"x%d":0`, i)
	}
	return members
}

func TestLongNamesAreNotCopiedForEveryViolation(t *testing.T) {
	if short, long := allocated("w"), allocated(strings.Repeat("w", document.MaxName)); long > 2*short {
		t.Errorf("%d bytes are allocated below a long name, %d below a short one", long, short)
	}
}
