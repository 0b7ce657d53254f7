package prem

import (
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/registry"
)

// Upgrade rewrites a manifest of version 1 as 1.1: binariesUrl becomes binaries, weightsDirectoryUrl and weightsFiles become weights.
// With transition it stays a "1" and gets the new fields beside the old, for old and new Apps. Existing new fields are kept, and
// extended by what only the old ones name, also in a 1.1 with old fields.
//
// All other bytes stay as they are. Upgrade is idempotent, and returns manifests of other versions unchanged. The error is a
// *registry.InvalidError if the manifest has errors, or would have them afterwards.
func (Registry) Upgrade(text []byte, transition bool) ([]byte, error) {
	top, err := valid(text)
	if err != nil {
		return nil, err
	}
	version := top.Get("version").String()
	if version != "1" && version != "1.1" {
		return text, nil
	}
	u := upgrade{editor: editor{document.NewEditor(text)}, text: text, root: top, keepsOld: transition || version == "1.1"}
	u.move("binariesUrl", "binaries", u.binaries())
	u.move("weightsFiles", "weights", u.weights())
	if !u.keepsOld {
		u.finish()
	}
	out := u.Apply()
	if _, err := valid(out); err != nil {
		return nil, err
	}
	return out, nil
}

// valid reads a manifest, and fails on any error in it.
func valid(text []byte) (*document.Value, error) {
	m, findings := Parse("", text)
	findings = slices.DeleteFunc(findings, func(f finding.Finding) bool { return f.Severity != finding.Error })
	if len(findings) > 0 {
		return nil, &registry.InvalidError{Findings: findings}
	}
	return root(m), nil
}

type upgrade struct {
	editor
	text     []byte
	root     *document.Value
	keepsOld bool
	dropped  []*document.Value // members of the root
}

// editor lays out entries.
type editor struct{ *document.Editor }

// file is a file of an old field, as JSON text.
type file struct {
	value     *document.Value // the URL of a binary, the path of a weight
	key       string          // decoded: the platform, the path
	name, url string          // JSON strings, as they are written
}

// binaries returns what binariesUrl names.
func (u *upgrade) binaries() []file {
	var files []file
	for _, v := range u.root.Get("binariesUrl").Members() {
		if v.Kind() == document.String {
			files = append(files, file{v, v.Name(), string(u.text[v.NameStart():u.NameEnd(v)]), u.Raw(v)})
		}
	}
	return files
}

// weights returns what weightsFiles names. A URL is the concatenation with weightsDirectoryUrl, with their escapes.
func (u *upgrade) weights() []file {
	var files []file
	for _, v := range u.root.Get("weightsFiles").Elements() {
		directory := strings.TrimSuffix(u.Raw(u.root.Get("weightsDirectoryUrl")), `"`)
		files = append(files, file{v, v.String(), u.Raw(v), directory + u.Raw(v)[1:]})
	}
	return files
}

// move turns an old field into a new one, or extends the existing new one.
func (u *upgrade) move(oldName, newName string, files []file) {
	old, newer := u.root.Get(oldName), u.root.Get(newName)
	if old == nil || u.keepsOld && len(files) == 0 {
		return
	}
	switch {
	case len(newer.Members()) > 0:
		u.add(newer, files)
	case newer != nil: // null or empty
		u.Replace(newer.Start(), newer.End(), u.converted(old, files))
	case u.keepsOld:
		u.InsertAfter(old, strconv.Quote(newName)+u.Colon(old)+u.converted(old, files))
	default:
		u.Replace(old.NameStart(), old.End(), strconv.Quote(newName)+u.Colon(old)+u.converted(old, files))
		return
	}
	u.dropped = append(u.dropped, old)
}

// add adds the files that an object of entries lacks or has as null.
func (u *upgrade) add(object *document.Value, files []file) {
	last := object.Children()[len(object.Children())-1]
	added := map[string]bool{}
	for _, f := range files {
		switch entry := object.Get(f.key); {
		case entry == nil && !added[f.key]:
			u.InsertAfter(last, f.name+u.Colon(last)+u.entry(last, f.url))
			added[f.key] = true
		case entry.Kind() == document.Null:
			u.Replace(entry.Start(), entry.End(), u.entry(entry, f.url))
		}
	}
}

// converted returns an old field's value as an object of entries in the layout of the old one.
func (u *upgrade) converted(old *document.Value, files []file) string {
	e := editor{document.NewEditor(u.text)}
	switch old.Kind() {
	case document.Null:
		e.Replace(old.Start(), old.End(), "{}")
	case document.Object:
		for _, f := range files {
			e.Replace(f.value.Start(), f.value.End(), e.entry(f.value, f.url))
		}
	case document.Array:
		e.Replace(old.Start(), old.Start()+1, "{")
		e.keyed(old, files)
		e.Replace(old.End()-1, old.End(), "}")
	}
	out := e.Apply()
	return string(out[old.Start() : len(out)-(len(u.text)-old.End())])
}

// keyed turns a list's items into members, without duplicates.
func (e editor) keyed(list *document.Value, files []file) {
	seen := map[string]bool{}
	for i, f := range files {
		if seen[f.key] {
			e.Replace(list.Children()[i-1].End(), f.value.End(), "")
		} else {
			e.Replace(f.value.Start(), f.value.End(), f.name+e.Colon(f.value)+e.entry(f.value, f.url))
		}
		seen[f.key] = true
	}
}

// entry returns an object with a URL, on several lines if the value beside it has a line of its own.
func (e editor) entry(beside *document.Value, url string) string {
	line := e.Line(beside)
	if line == "" {
		return `{"url"` + e.Colon(beside) + url + "}"
	}
	unit, _ := strings.CutPrefix(line, e.Line(beside.Parent()))
	return "{" + line + strings.Trim(unit, "\r\n") + `"url"` + e.Colon(beside) + url + line + "}"
}

// finish sets version 1.1, adds "binaries" if missing, and removes the old fields.
func (u *upgrade) finish() {
	version, binaries := u.root.Get("version"), u.root.Get("binaries")
	u.Replace(version.Start(), version.End(), `"1.1"`)
	switch {
	case u.root.Get("binariesUrl") != nil: // became "binaries"
	case binaries == nil:
		u.InsertAfter(version, `"binaries"`+u.Colon(version)+"{}")
	case binaries.Kind() == document.Null:
		u.Replace(binaries.Start(), binaries.End(), "{}")
	}
	if directory := u.root.Get("weightsDirectoryUrl"); directory != nil {
		u.dropped = append(u.dropped, directory)
	}
	u.Remove(u.dropped)
}
