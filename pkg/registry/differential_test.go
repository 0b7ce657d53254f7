package registry_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	goccy "github.com/goccy/go-yaml"
	yamlv3 "gopkg.in/yaml.v3"
	sigs "sigs.k8s.io/yaml"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
)

var (
	mutants = flag.Int("mutants", 1000, "how many mutants of manifests the differential test reads")
	seed    = flag.Uint64("seed", 1, "where the differential test begins")
)

// krewPlugin and localAIModel have the fields that krew and LocalAI read.
type krewPlugin struct {
	Spec struct {
		Platforms []struct {
			URI    string `json:"uri,omitempty" yaml:"uri"`
			Sha256 string `json:"sha256,omitempty" yaml:"sha256"`
		} `json:"platforms,omitempty" yaml:"platforms"`
	} `json:"spec,omitempty" yaml:"spec"`
}

type localAIModel struct {
	Files []struct {
		URI string `json:"uri" yaml:"uri"`
	} `json:"files" yaml:"files"`
}

// parsers read a manifest as consumers do: as a tree, and into structs. One that refuses it reads nothing.
var parsers = map[string]func(text []byte, into any) error{
	"sigs.k8s.io/yaml":  func(text []byte, into any) error { return sigs.Unmarshal(text, into) },
	"yaml.v3":           yamlv3.Unmarshal,
	"goccy/go-yaml":     goccy.Unmarshal,
	"encoding/json":     json.Unmarshal,
	"C, until each NUL": func(text []byte, into any) error { return json.Unmarshal(untilNUL(text), into) },
}

// untilNUL ends each JSON text at its first NUL, as programs in C do.
func untilNUL(text []byte) []byte {
	var tree any
	if json.Unmarshal(text, &tree) != nil {
		return text
	}
	cutText := func(text string) string {
		before, _, _ := strings.Cut(text, "\x00")
		return before
	}
	cut, _ := json.Marshal(changed(tree, cutText, cutText))
	return cut
}

// changed returns a tree with changed names and texts.
func changed(tree any, name, text func(string) string) any {
	switch x := tree.(type) {
	case string:
		return text(x)
	case []any:
		for i := range x {
			x[i] = changed(x[i], name, text)
		}
	case map[string]any:
		out := map[string]any{}
		for _, each := range slices.Sorted(maps.Keys(x)) {
			out[name(each)] = changed(x[each], name, text)
		}
		return out
	}
	return tree
}

// consumer reads the addresses at the places that a preset describes.
type consumer struct {
	preset, path string
	addresses    func(tree any) []string
	typed        func() any // a struct; nil for none
	ignoresCase  bool       // PowerShell
}

var consumers = []consumer{
	{preset: "krew", path: "plugins/a.yaml", addresses: krewAddresses, typed: func() any { return &krewPlugin{} }},
	{preset: "localai", path: "gallery/a.yaml", addresses: localAIAddresses, typed: func() any { return &[]localAIModel{} }},
	{preset: "conan", path: "recipes/a/all/conandata.yml", addresses: conanAddresses},
	{preset: "flathub", path: "a.yaml", addresses: flathubAddresses},
	{preset: "flathub", path: "a.json", addresses: flathubAddresses},
	{preset: "scoop", path: "bucket/a.json", addresses: scoopAddresses, ignoresCase: true},
}

// get returns the member of a name, and those of a list when it is "*".
func get(v any, names ...string) []any {
	if len(names) == 0 {
		return []any{v}
	}
	var found []any
	switch x := v.(type) {
	case []any:
		for _, each := range x {
			if names[0] == "*" {
				found = append(found, get(each, names[1:]...)...)
			}
		}
	case map[string]any:
		for name, each := range x {
			if names[0] == "*" || names[0] == name {
				found = append(found, get(each, names[1:]...)...)
			}
		}
	case map[any]any:
		out := map[string]any{}
		for name, each := range x {
			out[fmt.Sprint(name)] = each
		}
		return get(out, names...)
	}
	return found
}

// anywhere returns a value and all below it.
func anywhere(v any) []any {
	all := []any{v}
	for _, each := range get(v, "*") {
		all = append(all, anywhere(each)...)
	}
	return all
}

// texts returns the texts that values are, or list.
func texts(values []any) (all []string) {
	for _, v := range values {
		for _, each := range append(get(v, "*"), v) {
			if text, isText := each.(string); isText && text != "" {
				all = append(all, text)
			}
		}
	}
	return all
}

func krewAddresses(tree any) []string { return texts(get(tree, "spec", "platforms", "*", "uri")) }

func localAIAddresses(tree any) []string {
	all := slices.Concat(get(tree, "*", "files", "*", "uri"), get(tree, "files", "*", "uri"))
	for _, v := range anywhere(tree) {
		all = append(all, get(v, "download_files", "*", "uri")...)
	}
	return texts(all)
}

func conanAddresses(tree any) []string {
	var all []any
	for _, v := range slices.Concat(get(tree, "sources"), get(tree, "patches")) {
		for _, each := range anywhere(v) {
			if _, isList := each.([]any); !isList {
				all = append(all, get(each, "url")...)
			}
		}
	}
	return texts(all)
}

func flathubAddresses(tree any) []string {
	entries := append(get(tree, "*"), tree)
	for _, v := range anywhere(tree) {
		entries = append(entries, get(v, "sources", "*")...)
	}
	var all []any
	for _, e := range entries {
		isRead := func(v any) bool { return v == "archive" || v == "file" || v == "extra-data" }
		if _, isList := e.([]any); !isList && slices.ContainsFunc(get(e, "type"), isRead) {
			all = slices.Concat(all, get(e, "url"), get(e, "mirror-urls"), get(e, "mirror_urls"))
		}
	}
	return texts(all)
}

func scoopAddresses(tree any) []string {
	return texts(slices.Concat(get(tree, "url"), get(tree, "architecture", "*", "url"), get(tree, "architecture", "*", "*", "url")))
}

// read returns the addresses that any consumer's parser reads, each with the parser.
func (c consumer) read(text []byte) map[string]string {
	found := map[string]string{}
	note := func(parser string, all []string) {
		for _, each := range all {
			if each != "" {
				found[each] = parser
			}
		}
	}
	for name, parse := range parsers {
		if strings.HasSuffix(c.path, ".json") != (name == "encoding/json" || name[0] == 'C') {
			continue
		}
		var tree any
		if safely(parse, text, &tree) == nil {
			note(name, c.addresses(tree))
			if c.ignoresCase {
				note(name+", ignoring case", c.addresses(changed(tree, strings.ToLower, strings.Clone)))
			}
		}
		if c.typed != nil {
			into := c.typed()
			if safely(parse, text, into) == nil {
				asJSON, _ := json.Marshal(into)
				_ = json.Unmarshal(asJSON, &tree)
				note(name+", into a struct", c.addresses(tree))
			}
		}
	}
	return found
}

// safely makes an error of a parser's panic.
func safely(parse func([]byte, any) error, text []byte, into any) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("%v", problem)
		}
	}()
	return parse(text, into)
}

// TestWhateverAConsumerReadsIsListedOrAnError reads mutants of real manifests, and manifests of a grammar that knows what parsers
// differ in, with the parsers of consumers and with ours. An address that one of them reads at a described place is an artifact, or
// there is an error. A longer run: go test ./pkg/registry -run Consumer -timeout 0 -mutants 1000000 -seed 2 -python /usr/bin/python3
func TestWhateverAConsumerReadsIsListedOrAnError(t *testing.T) {
	startPython(t)
	g := &grammar{Rand: rand.New(rand.NewPCG(*seed, 0)), real: map[string][]string{}}
	read, listed, problems := 0, 0, 0
	for n := 0; n < *mutants && problems < 10; n++ {
		c := consumers[n%len(consumers)]
		text := g.mutant(t, c)
		addresses := c.read([]byte(text))
		if len(addresses) == 0 {
			continue
		}
		read++
		r := registryOf(t, c.preset)
		m, findings := r.Read(c.path, []byte(text), r)
		if m != nil {
			findings = append(findings, lint.Manifest(m, "https://github.com")...)
		}
		if slices.ContainsFunc(findings, func(f finding.Finding) bool { return f.Severity == finding.Error }) {
			continue
		}
		listed++
		for address, parser := range addresses {
			isListed := slices.ContainsFunc(m.Artifacts, func(a artifact.Artifact) bool { return a.Declared == address })
			if !isListed && !strings.HasPrefix(address, "oci:") {
				problems++
				t.Errorf("mutant %d of seed %d, preset %s: %s reads %q, which is no artifact, without an error:\n%s\n%q", n, *seed, c.preset, parser, address, text, text)
			}
		}
	}
	t.Logf("%d mutants: consumers read addresses in %d; we list those of %d, and refuse the others", *mutants, read, listed)
}

// grammar makes manifests.
type grammar struct {
	*rand.Rand
	isJSON, isFlow bool
	url            string // the described names
	n              int    // of addresses
	real           map[string][]string
}

// mutant returns a text of the grammar or a real manifest, changed at some places.
func (g *grammar) mutant(t *testing.T, c consumer) string {
	g.isJSON, g.url = strings.HasSuffix(c.path, ".json"), "url"
	if c.preset == "krew" || c.preset == "localai" {
		g.url = "uri"
	}
	text, changes := "", g.IntN(3)
	if all := g.samples(t, c); len(all) > 0 && g.IntN(4) == 0 {
		text, changes = all[g.IntN(len(all))], 1+g.IntN(3)
	} else {
		text = g.manifest(c.preset)
	}
	for range changes {
		text = g.change(text)
	}
	return text
}

// samples returns small real manifests.
func (g *grammar) samples(t *testing.T, c consumer) []string {
	all, isRead := g.real[c.preset+c.path]
	if isRead {
		return all
	}
	for _, root := range []string{fixtures, samples} {
		dir := filepath.Join(root, c.preset)
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		files := treeBelow(t, dir)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if len(files[name]) < 8<<10 && filepath.Ext(name) == filepath.Ext(c.path) {
				all = append(all, files[name])
			}
		}
	}
	g.real[c.preset+c.path] = all
	return all
}

func (g *grammar) one(of ...string) string { return of[g.IntN(len(of))] }

func (g *grammar) chance(percent int) bool { return g.IntN(100) < percent }

func (g *grammar) address() string {
	g.n++
	return fmt.Sprintf("https://evil.example/%d", g.n)
}

// manifest writes entries where a preset describes them, and anchors before them.
func (g *grammar) manifest(preset string) string {
	g.isFlow = g.isJSON || g.chance(50)
	var entries []string
	for range 1 + g.IntN(3) {
		entries = append(entries, g.entry())
	}
	list := "[" + strings.Join(entries, ",") + "]"
	if !g.isFlow {
		list = "\n"
		for _, e := range entries {
			list += "    - " + e + "\n"
		}
	}
	name := func(name string) string {
		if g.chance(90) {
			return g.quote(name)
		}
		return g.key(name)
	}
	anchors := "[&m {" + g.url + ": '" + g.address() + "'}, &n {a: b, sha256: c}, &k " + g.url + ", &g <<, &b !!binary " + base64.StdEncoding.EncodeToString([]byte(g.url)) + ", &v " + g.address() + ", &f [{" + g.url + ": '" + g.address() + "', type: file}]]"
	switch {
	case preset == "scoop":
		return "{" + name("architecture") + ": {" + name("64bit") + ": " + g.one(entries[0], list) + "}}"
	case g.isJSON:
		return "{" + name("modules") + ": [{" + name("sources") + ": " + list + "}]}"
	case preset == "krew":
		return "anchors: " + anchors + "\n" + name("spec") + ":\n  " + name("platforms") + ": " + list + "\n"
	case preset == "localai":
		return "- anchors: " + anchors + "\n- name: a\n  " + name(g.one("files", "download_files")) + ": " + list + "\n"
	case preset == "conan":
		return "anchors: " + anchors + "\n" + name("sources") + ":\n  '1.0': " + list + "\n"
	}
	return "anchors: " + anchors + "\nmodules:\n- name: a\n  " + name("sources") + ": " + list + "\n"
}

// entry writes a mapping: members, some of them twice under other names, and merges.
func (g *grammar) entry() string {
	members := []string{g.member("type", g.one("file", "archive")), g.member(g.url, g.address())}
	for range g.IntN(4) {
		switch g.IntN(4) {
		case 0:
			members = append(members, g.member(g.url, g.address()))
		case 1:
			members = append(members, g.member("filename", g.one("e", g.url, "a:b")))
		case 2:
			members = append(members, g.member("mirror_urls", g.address()))
		default:
			if !g.isJSON {
				members = append(members, g.merge())
			}
		}
	}
	g.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	if !g.isFlow {
		return strings.Join(members, "\n      ")
	}
	separator := ", "
	if g.chance(20) {
		separator = g.one(",", " ,", ",\n      ", " # c\n      , ")
	}
	if g.isJSON {
		separator = ","
	}
	return "{" + strings.Join(members, separator) + g.one("", "", "", " ", ",") + "}"
}

func (g *grammar) quote(text string) string {
	if g.isJSON {
		quoted, _ := json.Marshal(text)
		return string(quoted)
	}
	return text
}

// member writes a name and a value: most of them plainly.
func (g *grammar) member(name, value string) string {
	if g.isJSON {
		if g.chance(85) {
			return g.quote(name) + ":" + g.quote(value)
		}
		return g.key(name) + ":" + g.one(g.quote(value), "["+g.quote(value)+"]", "null", `""`, strings.Replace(g.quote(value), `"`, `"\u0000`, 1), strings.TrimSuffix(g.quote(value), `"`)+`\u0000x"`)
	}
	separator := ": "
	if g.chance(12) {
		separator = g.one(" : ", ":", " :", ":\t", ":\n        ", ":\u2028        ", " :\n        ", ": # c\n        ")
	}
	if g.chance(70) {
		return name + separator + value
	}
	if g.chance(60) {
		return g.key(name) + separator + value
	}
	return name + separator + g.value(value)
}

// key writes a name in ways that parsers differ in.
func (g *grammar) key(name string) string {
	switch escaped := fmt.Sprintf(`"\u%04x%s"`, name[0], name[1:]); {
	case g.isJSON:
		return g.one(escaped, g.quote(strings.ToUpper(name)), g.quote(strings.ToUpper(name[:1])+name[1:]), g.quote(strings.ReplaceAll(name, "s", "ſ")), g.quote(name+"\x00"), g.quote(name+"\x00x"), g.quote(strings.ReplaceAll(name, "_", "-")))
	default:
		return g.one(escaped, `"`+name+`"`, "'"+name+"'", "? "+name+"\n      ", "? "+name+" ", "!!str "+name, "! "+name, "!!null "+name, "!!int "+name, "!a "+name, "!!binary "+base64.StdEncoding.EncodeToString([]byte(name)),
			"!!merge "+name, "&a "+name, "*k ", "*b ", "*g ", strings.ToUpper(name), strings.ToUpper(name[:1])+name[1:], strings.ReplaceAll(name, "s", "ſ"), `"`+name+`\0"`, `"`+name+`\x00x"`, "?"+name, "? "+name+" ", "&a:"+name, "!<tag:yaml.org,2002:str> "+name,
			"!<tag:yaml.org,2002:binary> "+base64.StdEncoding.EncodeToString([]byte(name)), "!,"+name, name+"\u2028", "a\u2028      "+name, "# c\u0085      "+name, "e:,"+name, name+":, "+name, "<<", "''"+name, ","+name)
	}
}

// value writes a text in ways that parsers differ in.
func (g *grammar) value(text string) string {
	return g.one(`"`+text+`"`, "'"+text+"'", "!!str "+text, "! "+text, "!!null "+text, "!!int "+text, "!a "+text, "!!binary "+base64.StdEncoding.EncodeToString([]byte(text)), "&c "+text, "*v", "*k", ">-\n        "+text, "|-\n        "+text,
		text+"\n        x", text+" # c", text+"#c", `"`+text+`\0x"`, "", "~", "null", "''", "!", "!,", "!, "+text, "!!str", "!!null ''", "["+text+"]", "["+text+", "+text+"]", "[!, "+text+"]", "{a: "+text+"}", "*f", "?"+text, ":"+text, "- "+text, text+"\u2028x", "\u2028"+text, `"`+text[:1]+"\n        "+text[1:]+`"`,
		`"`+text[:1]+"\\\n        "+text[1:]+`"`, "%"+text, "@"+text)
}

// merge writes a merge key and what it merges.
func (g *grammar) merge() string {
	key := g.one("<<", "<<", "<<", "!!merge <<", "!!str <<", `"<<"`, `!!merge "<<"`, "*g ", "? <<\n      ", "! <<", "&h <<", "!!merge "+g.url, `"\x3c<"`, "!<tag:yaml.org,2002:merge> <<")
	own := "{" + g.member(g.url, g.address())
	if strings.Contains(own, "\n") {
		own = "{" + g.url + ": " + g.address()
	}
	return key + ": " + g.one("*m", "*n", "*v", "*f", "[*m, *n]", "[*n, *m]", "[{a: b}, *m]", own+"}", own+", <<: *m}", "[*m, "+own+"}]", "{<<: *m}", "!!map *m", "!a "+own+"}", "~", "{}")
}

// change changes a text at one place.
func (g *grammar) change(text string) string {
	if text == "" {
		return text
	}
	at := g.IntN(len(text))
	lines := strings.SplitAfter(text, "\n")
	i := g.IntN(len(lines))
	switch g.IntN(9) {
	case 0: // a sign
		return text[:at] + g.one("?", ":", "!", ",", "#", "&x ", "*x", "\"", "'", "\u2028", "\r", "\x00", `\u0000`, "\t", " ", "\n", "{", "}", "[", "]", "-", "- ", "|", ">", "%", "<<: ", "!!str ", "!!null ", "---\n", "\ufeff", "@", "`") + text[at:]
	case 1: // another case
		return text[:at] + strings.ToUpper(text[at:at+1]) + text[at+1:]
	case 2: // one byte less
		return text[:at] + text[at+1:]
	case 3: // a line twice
		return strings.Join(slices.Insert(lines, i, lines[i]), "")
	case 4: // a line less
		return strings.Join(slices.Delete(lines, i, i+1), "")
	case 5: // two lines exchanged
		j := g.IntN(len(lines))
		lines[i], lines[j] = lines[j], lines[i]
		return strings.Join(lines, "")
	case 6: // another line break
		return strings.Replace(text, "\n", g.one("\r", "\r\n", "\u0085", "\u2028", "\u2029", " "), 1+g.IntN(3))
	case 7: // another name
		name := g.one(g.url, "type", "sources", "files", "spec", "platforms")
		return strings.Replace(text, name, g.key(name), 1+g.IntN(2))
	}
	return strings.Replace(text, ": ", g.one(":", " :", " : ", ": !!str ", ": &x ", ": ! ", ": !!null ", ": >-\n          "), 1+g.IntN(3))
}
