package prem_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
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

func TestWhatIsDeclaredIsReplacedOnlyOnDemand(t *testing.T) {
	before := []byte("{\"weights\": {\"w\": {\"url\": \"u\",\n \"checksum\" : \"md5:x\", \"size\": 5}}}")
	for _, size := range []int64{0, 7} {
		if got, err := setChecksum(before, "/weights/w", declared, size, false); !errors.Is(err, registry.ErrDeclared) || got != nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("got %s, %v", got, err)
		}
	}
	got, err := setChecksum(before, "/weights/w", declared, 7, true)
	if want := spell("{\"weights\": {\"w\": {\"url\": \"u\",\n \"checksum\" : \"SUM\", \"size\": 7}}}"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("replaced: %s, %v", got, err)
	}
	upper := []byte(`{"weights": {"w": {"url": "u", "checksum": "` + strings.ToUpper(declared.Sum) + `"}}}`)
	if got, err := setChecksum(upper, "/weights/w", declared, 0, true); err != nil || !bytes.Equal(got, upper) {
		t.Errorf("the same digest in another form is rewritten: %s, %v", got, err)
	}
	other := []byte(`{"weights": {"w": {"url": "u", "size": 5}}}`)
	if got, err := setChecksum(other, "/weights/w", declared, 7, false); !errors.Is(err, registry.ErrDeclared) {
		t.Errorf("another size: %s, %v", got, err)
	}
}

func TestWhatCannotBeEdited(t *testing.T) {
	old := `{"binariesUrl": {"x": "u"}, "weightsDirectoryUrl": "d/", "weightsFiles": ["w"], "binaries": {"y": "u"}}`
	for _, pointer := range []string{"/binariesUrl/x", "/weightsFiles/0", "/binaries/y"} {
		if got, err := setChecksum([]byte(old), pointer, declared, 0, true); !errors.Is(err, document.ErrNoPlace) || got != nil {
			t.Errorf("%s: %s, %v", pointer, got, err)
		}
	}
	for _, pointer := range []string{"", "/binaries", "/binaries/y/url", "/weightsFiles/1", "binaries/y"} {
		if got, err := setChecksum([]byte(old), pointer, declared, 0, true); !errors.Is(err, errNoArtifact) || got != nil {
			t.Errorf("%s: %s, %v", pointer, got, err)
		}
	}
	if _, err := setChecksum([]byte(old), "/binaries/y", digest.Digest{}, 0, true); err == nil {
		t.Error("no digest is declared")
	}
}

func TestEditsRefuseWhatCannotBeReadStrictly(t *testing.T) {
	full := string(spell(`{"weights": {"w": {"url": "u"}}}`))
	for name, text := range map[string]string{
		"a comment":                  `{"weights": {"w": {"url": "u"}} /* w */}`,
		"a comment in an entry":      "{\"weights\": {\"w\": {\"url\": // u\n\"u\"}}}",
		"a duplicate key":            `{"weights": {"w": {"url": "u", "url": "v"}}}`,
		"nothing":                    ``,
		"no room left for the edits": full + strings.Repeat(" ", document.DefaultMaxSize-len(full)),
	} {
		for edit, do := range edits {
			var invalid *registry.InvalidError
			if got, err := do([]byte(text)); !errors.As(err, &invalid) || got != nil || len(invalid.Findings) == 0 || !strings.Contains(err.Error(), invalid.Findings[0].Message) {
				t.Errorf("%s in %s: %v", edit, name, err)
			}
		}
	}
}

var edits = map[string]func([]byte) ([]byte, error){
	"SetChecksum": func(b []byte) ([]byte, error) { return setChecksum(b, "/weights/w", declared, 0, false) },
	"SetURL":      func(b []byte) ([]byte, error) { return setURL(b, "/weights/w", "https://example.com/") },
	"Upgrade":     func(b []byte) ([]byte, error) { return upgrade(b, false) },
}

func TestSetURL(t *testing.T) {
	text := []byte(`{"binariesUrl": {"x" : "u"}, "weightsDirectoryUrl": "d/", "weightsFiles": ["w"], "weights": { "v":{ "size":1,"url" : "u" } }}`)
	for pointer, want := range map[string]string{
		"/binariesUrl/x": strings.Replace(string(text), `"x" : "u"`, `"x" : "a\"\\"`, 1),
		"/weights/v":     strings.Replace(string(text), `"url" : "u"`, `"url" : "a\"\\"`, 1),
	} {
		got, err := setURL(text, pointer, `a"\`)
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", pointer, got, err)
		}
		if again, err := setURL(got, pointer, `a"\`); err != nil || !bytes.Equal(again, got) {
			t.Errorf("%s: a second time %s, %v", pointer, again, err)
		}
	}
	if _, err := setURL(text, "/weightsFiles/0", "v"); !errors.Is(err, document.ErrNoPlace) {
		t.Error(err)
	}
	if _, err := setURL(text, "/weights/none", "v"); !errors.Is(err, errNoArtifact) {
		t.Error(err)
	}
	if _, err := setURL(text, "/weights/v", "\xff"); err == nil {
		t.Error("invalid UTF-8 is written")
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
	for _, file := range []string{"url-conflict", "schema-required-1", "weights-without-directory"} {
		var invalid *registry.InvalidError
		if got, err := upgrade(readFile(t, "testdata/err/"+file+".json"), false); !errors.As(err, &invalid) || got != nil {
			t.Errorf("%s: %v", file, err)
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
			checkLines(t, filepath.Base(filepath.Dir(file)), text, got, transition)
			if !bytes.Equal(text, got) {
				upgraded++
			}
		}
	}
	if upgraded != 2*8 {
		t.Errorf("%d upgrades, want those of 8 manifests in 2 ways", upgraded)
	}
}

// checkLines makes sure that no line disappears that had nothing to do with the upgrade.
func checkLines(t *testing.T, name string, before, after []byte, transition bool) {
	t.Helper()
	kept := map[string]int{}
	for line := range strings.SplitSeq(string(after), "\n") {
		kept[line]++
	}
	isOld := false
	for line := range strings.SplitSeq(string(before), "\n") {
		isOld = isOld || strings.Contains(line, `"weights`) || strings.Contains(line, `"binariesUrl"`)
		mayGo := !transition && (isOld || strings.Contains(line, `"version"`))
		if kept[line]--; kept[line] < 0 && !mayGo {
			t.Errorf("%s: the line %q is gone", name, line)
		}
		isOld = isOld && !strings.HasPrefix(line, "    },") && !strings.HasPrefix(line, "    ],") && !strings.Contains(line, "weightsDirectoryUrl")
	}
}

func TestUpgradeKeepsEveryLayout(t *testing.T) {
	for seed := range uint64(125) {
		l := newLayout(seed)
		text := l.manifest(l.pick("1", "1", "1.1"))
		for _, transition := range []bool{false, true} {
			got, err := upgrade(text, transition)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, text)
			}
			checkUpgrade(t, text, got, transition)
			if !transition {
				continue
			}
			whole, err := upgrade(got, false)
			if err != nil {
				t.Fatalf("seed %d: after the transition: %v\n%s", seed, err, got)
			}
			checkUpgrade(t, got, whole, false)
		}
	}
}

// layout writes manifests as nobody would: with their members in any order, and white space of one style or of all anywhere.
type layout struct {
	r      *rand.Rand
	spaces []string
}

// styles are what may stand between two tokens.
var styles = [][]string{
	{""},
	{"", " "},
	{"\n  "},
	{"\n\t\t"},
	{"\r\n    "},
	{"", "", " ", "\n", "\r\n", "\n  ", "\r\n\t\t", "\n\n    ", "  ", "\t"},
}

func newLayout(seed uint64) layout {
	return layout{rand.New(rand.NewPCG(seed, 1)), styles[seed%uint64(len(styles))]}
}

func (l layout) pick(texts ...string) string { return texts[l.r.IntN(len(texts))] }

func (l layout) space() string {
	return l.pick(l.spaces...)
}

func (l layout) list(open string, items []string, end string) string {
	var b strings.Builder
	b.WriteString(open)
	for i, item := range items {
		if i > 0 {
			b.WriteString(l.space() + ",")
		}
		b.WriteString(l.space() + item)
	}
	return b.String() + l.space() + end
}

func (l layout) object(members ...string) string {
	l.r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return l.list("{", members, "}")
}

func (l layout) member(name, value string) string {
	return l.text(name) + l.space() + ":" + l.space() + value
}

// text writes a JSON string, some of its letters escaped.
func (l layout) text(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c < 0x80 && l.r.IntN(8) == 0 {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.WriteRune(c)
		}
	}
	return `"` + b.String() + `"`
}

func (l layout) manifest(version string) []byte {
	members := []string{
		l.member("id", l.text("acme")), l.member("interfaces", l.list("[", nil, "]")), l.member("modelInfo", l.object()), l.member("version", l.text(version)),
		l.member("vendor", l.object(l.member("checksum", "1e3"), l.member("binaries", l.list("[", []string{"1", "{}"}, "]")))),
		l.member("naïve 模型", l.text("😀 weightsFiles \u007f")),
	}
	if version == "1" || l.r.IntN(3) == 0 {
		members = append(members, l.oldFields()...)
	}
	if version == "1.1" || l.r.IntN(3) == 0 {
		members = append(members, l.newFields()...)
	}
	return []byte(l.space() + l.object(members...) + l.space())
}

func (l layout) oldFields() []string {
	files := []string{l.text("a/b~c.gguf"), l.text("é.bin")}
	if l.r.IntN(2) == 0 {
		files = append(files, l.text("a/b~c.gguf"))
	}
	return []string{
		l.member("weightsDirectoryUrl", l.text("https://example.com/")), l.member("weightsFiles", l.list("[", files, "]")),
		l.member("binariesUrl", l.object(l.member("x86_64", l.text("https://example.com/x")), l.member("none", "null"), l.member("arm", l.text("https://example.com/a")))),
	}
}

func (l layout) newFields() []string {
	return []string{
		l.member("binaries", l.object(l.member("x86_64", l.entry("x")), l.member("arm", l.pick("null", l.entry("a"))))),
		l.member("weights", l.object(l.member("a/b~c.gguf", l.entry("a/b~c.gguf")))),
	}
}

func (l layout) entry(file string) string {
	members := []string{l.member("url", l.text("https://example.com/"+file))}
	if l.r.IntN(3) == 0 {
		members = append(members, l.member("checksum", l.text("sha256:"+strings.Repeat("0", 64))))
	}
	if l.r.IntN(3) == 0 {
		members = append(members, l.member("size", "12"))
	}
	return l.object(members...)
}
