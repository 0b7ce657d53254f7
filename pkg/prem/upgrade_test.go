package prem_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/prem"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// sum is a short stand-in in the tables below for the digest that the tests declare.
const sum = "SUM"

var declared = digest.Digest{Algorithm: digest.SHA256, Sum: strings.Repeat("ab", 32)}

func spell(text string) []byte { return []byte(strings.ReplaceAll(text, sum, declared.String())) }

func TestSetChecksumWritesInTheMannerOfTheText(t *testing.T) {
	for name, c := range map[string]struct {
		before, after string
		size          int64
	}{
		"one line":         {`{"weights": {"w": {"url": "u"}}}`, `{"weights": {"w": {"url": "u", "checksum": "SUM"}}}`, 0},
		"no blanks":        {`{"weights":{"w":{"url":"u"}}}`, `{"weights":{"w":{"url":"u","checksum":"SUM","size":7}}}`, 7},
		"padded":           {`{ "weights" : { "w" : { "url" : "u" } } }`, `{ "weights" : { "w" : { "url" : "u", "checksum" : "SUM" } } }`, 0},
		"spaces":           {"{\"weights\": {\n  \"w\": {\n    \"url\": \"u\"\n  }\n}}", "{\"weights\": {\n  \"w\": {\n    \"url\": \"u\",\n    \"checksum\": \"SUM\",\n    \"size\": 7\n  }\n}}", 7},
		"tabs":             {"{\"weights\": {\"w\": {\n\t\t\"url\": \"u\"\n\t}}}", "{\"weights\": {\"w\": {\n\t\t\"url\": \"u\",\n\t\t\"checksum\": \"SUM\"\n\t}}}", 0},
		"CRLF":             {"{\"weights\": {\"w\": {\r\n\t\"url\": \"u\"\r\n}}}\r\n", "{\"weights\": {\"w\": {\r\n\t\"url\": \"u\",\r\n\t\"checksum\": \"SUM\"\r\n}}}\r\n", 0},
		"before others":    {`{"weights": {"w": {"url": "u",  "signature": "s"}}}`, `{"weights": {"w": {"url": "u",  "checksum": "SUM",  "size": 7,  "signature": "s"}}}`, 7},
		"after others":     {`{"weights": {"w": {"signature": "s" ,"url": "u"}}}`, `{"weights": {"w": {"signature": "s" ,"url": "u" ,"checksum": "SUM"}}}`, 0},
		"only the size":    {`{"weights": {"w": {"url": "u", "checksum": "SUM"}}}`, `{"weights": {"w": {"url": "u", "size": 7, "checksum": "SUM"}}}`, 7},
		"both are there":   {`{"weights": {"w": {"url": "u", "checksum": "SUM", "size": 7}}}`, `{"weights": {"w": {"url": "u", "checksum": "SUM", "size": 7}}}`, 7},
		"quotes in a name": {`{"weights": {"w": {"\u0075rl": "a\"b\\"}}}`, `{"weights": {"w": {"\u0075rl": "a\"b\\", "checksum": "SUM"}}}`, 0},
	} {
		got, err := setChecksum(spell(c.before), "/weights/w", declared, c.size, false)
		if err != nil || string(got) != string(spell(c.after)) {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, c.after)
		}
	}
}

func TestVersion1HasNoPlaceForAChecksum(t *testing.T) {
	old := `{"binariesUrl": {"x": "u"}, "weightsDirectoryUrl": "d/", "weightsFiles": ["w"], "binaries": {"y": "u"}}`
	for _, pointer := range []string{"/binariesUrl/x", "/weightsFiles/0", "/binaries/y"} {
		if got, err := setChecksum([]byte(old), pointer, declared, 0, true); !errors.Is(err, document.ErrNotEditable) || got != nil {
			t.Errorf("%s: %s, %v", pointer, got, err)
		}
	}
}

func TestUpgradeGivesWhatTheGoldenFilesSay(t *testing.T) {
	for _, file := range matching(t, "testdata/upgrade/*.json") {
		text := readFile(t, file)
		for suffix, transition := range map[string]bool{".upgraded": false, ".transition": true} {
			got, err := upgrade(text, transition)
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
			golden(t, strings.TrimSuffix(file, ".json")+suffix, got)
			checkUpgrade(t, text, got, transition)
		}
	}
}

// targets lists what a manifest's artifacts name, each once, without their places.
func targets(t *testing.T, text []byte) []string {
	t.Helper()
	m, findings := prem.Parse("x", text)
	if m == nil || slices.ContainsFunc(findings, func(f finding.Finding) bool { return f.Severity == finding.Error }) {
		t.Fatalf("%s\n%v", text, findings)
	}
	var all []string
	for _, a := range m.Artifacts {
		all = append(all, fmt.Sprintf("%s %q %q %s", a.Role, a.Platform, a.Name, a.URL))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// checkUpgrade holds an upgrade to what has to be true of any.
func checkUpgrade(t *testing.T, before, after []byte, transition bool) {
	t.Helper()
	if diff := cmp.Diff(targets(t, before), targets(t, after)); diff != "" {
		t.Fatalf("other artifacts:\n%s\n%s", diff, after)
	}
	again, err := upgrade(after, transition)
	if err != nil || !bytes.Equal(again, after) {
		t.Fatalf("a second time: %v\n%s", err, again)
	}
	m, _ := prem.Parse("x", after)
	was, _ := prem.Parse("x", before)
	if root(was).Get("version").String() == "1" && (root(m).Get("version").String() == "1") != transition {
		t.Fatalf("the version is %s", root(m).Get("version"))
	}
	changing := []string{"version", "binariesUrl", "weightsFiles", "weightsDirectoryUrl", "binaries", "weights"}
	for _, member := range root(was).Members() {
		if !slices.Contains(changing, member.Name()) && !bytes.Contains(after, source(before, member)) {
			t.Fatalf("%s has changed:\n%s", member.Name(), after)
		}
	}
}

func TestUpgradeLeavesOtherVersionsAlone(t *testing.T) {
	for _, file := range []string{"docker", "version-1.1", "one-line", "unicode"} {
		text := readFile(t, "testdata/ok/"+file+".json")
		if got, err := upgrade(text, false); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: %v\n%s", file, err, got)
		}
	}
}

func TestUpgradeRefusesErrors(t *testing.T) {
	valid := `{"id": "a", "interfaces": [], "modelInfo": {}}`
	for name, text := range map[string]string{
		"two URLs":        string(readFile(t, "testdata/err/url-conflict.json")),
		"a missing field": string(readFile(t, "testdata/err/schema-required-1.json")),
		"no folder":       string(readFile(t, "testdata/err/weights-without-directory.json")),
		"a comment":       strings.Replace(valid, ",", "/* a */,", 1),
		"a duplicate key": strings.Replace(valid, "{", `{"id": "b", `, 1),
		"nothing":         "",
		"over the limit":  valid + strings.Repeat(" ", document.DefaultMaxSize),
	} {
		var invalid *registry.InvalidError
		if got, err := upgrade([]byte(text), false); !errors.As(err, &invalid) || got != nil || !strings.Contains(err.Error(), invalid.Findings[0].Message) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUpgradeRefusesWhatItWouldBreak(t *testing.T) {
	format := `{"id": "a", "interfaces": [], "modelInfo": {}, "version": "1", "binariesUrl": {}, "weightsDirectoryUrl": "d/", "weightsFiles": [%q]}`
	for _, length := range []int{document.MaxName, document.MaxName + 1} {
		text := fmt.Appendf(nil, format, strings.Repeat("w", length))
		got, err := upgrade(text, false)
		if isTooLong := length > document.MaxName; (err != nil) != isTooLong || (got == nil) != isTooLong {
			t.Errorf("a path of %d bytes: %v", length, err)
		}
	}
}

func TestTheRegistryUpgrades(t *testing.T) {
	upgraded := 0
	for _, file := range realFiles(t) {
		text := readFile(t, file)
		for _, transition := range []bool{false, true} {
			got, err := upgrade(text, transition)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			checkUpgrade(t, text, got, transition)
			if !bytes.Equal(text, got) {
				upgraded++
			}
		}
	}
	if upgraded != 2*8 {
		t.Errorf("%d upgrades, want those of 8 manifests in 2 ways", upgraded)
	}
}

var (
	token = regexp.MustCompile(`"(?:\\.|[^"\\])*"|[{}\[\]:,]|[^\s{}\[\]:,"]+`)

	// spaces are what may stand between two tokens, by style.
	spaces = [][]string{{""}, {"", " "}, {"\n  "}, {"\n\t\t"}, {"\r\n    "}, {"", "", " ", "\n", "\r\n", "\n  ", "\r\n\t\t", "\n\n    ", "  ", "\t"}}
)

func TestUpgradeKeepsEveryLayout(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, file := range matching(t, "testdata/upgrade/*.json") {
		tokens := token.FindAll(readFile(t, file), -1)
		for i := range 20 {
			style := spaces[i%len(spaces)]
			var text []byte
			for _, each := range tokens {
				text = append(append(text, style[r.IntN(len(style))]...), each...)
			}
			between, err := upgrade(text, true)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			checkUpgrade(t, text, between, true)
			for _, before := range [][]byte{text, between} {
				after, err := upgrade(before, false)
				if err != nil {
					t.Fatalf("%v\n%s", err, before)
				}
				checkUpgrade(t, before, after, false)
			}
		}
	}
}
