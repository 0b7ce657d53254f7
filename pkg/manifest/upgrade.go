package manifest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Upgrade rewrites a manifest of version 1 as 1.1: binariesUrl becomes binaries, and weightsDirectoryUrl and weightsFiles
// become weights. With transition it stays a "1" and gets the new fields beside the old, for Apps of both kinds.
// New fields that are there already are kept, and get what only the old ones name; so do those of a 1.1 with old fields.
//
// Every byte that has no part in this stays as it is. A manifest of any other version comes back unchanged, and so
// does what Upgrade has made. The error is an *InvalidError for a manifest that has errors, or would have them afterwards.
func Upgrade(text []byte, transition bool) ([]byte, error) {
	root, err := valid(text)
	if err != nil {
		return nil, err
	}
	version := root.Get("version").String()
	if version != "1" && version != "1.1" {
		return text, nil
	}
	u := upgrade{editor: editor{text: text}, root: root, keepsOld: transition || version == "1.1"}
	u.move("binariesUrl", "binaries", u.binaries())
	u.move("weightsFiles", "weights", u.weights())
	if !u.keepsOld {
		u.finish()
	}
	out := u.apply()
	if _, err := valid(out); err != nil {
		return nil, err
	}
	return out, nil
}

// valid reads a manifest, and objects to any error in it.
func valid(text []byte) (*Value, error) {
	m, findings := Parse("", text)
	findings = slices.DeleteFunc(findings, func(f finding.Finding) bool { return f.Severity != finding.Error })
	if len(findings) > 0 {
		return nil, &InvalidError{findings}
	}
	return m.Root, nil
}

type upgrade struct {
	editor
	root     *Value
	keepsOld bool
	dropped  []*Value // members of the root
}

// file is what an old field says of one file, as JSON text.
type file struct {
	value     *Value // the URL of a binary, the path of a weight
	key       string // decoded: the platform, the path
	name, url string // JSON strings, as they are written
}

// binaries returns what binariesUrl names.
func (u *upgrade) binaries() []file {
	var files []file
	for _, v := range u.root.Get("binariesUrl").Members() {
		if v.kind == String {
			files = append(files, file{v, v.name, string(u.text[v.nameStart:u.nameEnd(v)]), u.raw(v)})
		}
	}
	return files
}

// weights returns what weightsFiles names. A URL is the plain concatenation with weightsDirectoryUrl, escapes and all.
func (u *upgrade) weights() []file {
	var files []file
	for _, v := range u.root.Get("weightsFiles").Elements() {
		directory := strings.TrimSuffix(u.raw(u.root.Get("weightsDirectoryUrl")), `"`)
		files = append(files, file{v, v.text, u.raw(v), directory + u.raw(v)[1:]})
	}
	return files
}

// move makes a new field of an old one, or adds to the new one that is there.
func (u *upgrade) move(oldName, newName string, files []file) {
	old, newer := u.root.Get(oldName), u.root.Get(newName)
	if old == nil || u.keepsOld && len(files) == 0 {
		return
	}
	switch {
	case len(newer.Members()) > 0:
		u.add(newer, files)
	case newer != nil: // null or empty
		u.replace(newer.start, newer.end, u.converted(old, files))
	case u.keepsOld:
		u.insertAfter(old, strconv.Quote(newName)+u.colon(old)+u.converted(old, files))
	default:
		u.replace(old.nameStart, old.end, strconv.Quote(newName)+u.colon(old)+u.converted(old, files))
		return
	}
	u.dropped = append(u.dropped, old)
}

// add gives an object of entries those files that it lacks, or says are not there.
func (u *upgrade) add(object *Value, files []file) {
	last := object.children[len(object.children)-1]
	added := map[string]bool{}
	for _, f := range files {
		switch entry := object.Get(f.key); {
		case entry == nil && !added[f.key]:
			u.insertAfter(last, f.name+u.colon(last)+u.entry(last, f.url))
			added[f.key] = true
		case entry.Kind() == Null:
			u.replace(entry.start, entry.end, u.entry(entry, f.url))
		}
	}
}

// converted returns an old field's value as the new one's: an object of entries, laid out as the old one is.
func (u *upgrade) converted(old *Value, files []file) string {
	e := editor{text: u.text}
	switch old.kind {
	case Null:
		e.replace(old.start, old.end, "{}")
	case Object:
		for _, f := range files {
			e.replace(f.value.start, f.value.end, e.entry(f.value, f.url))
		}
	case Array:
		e.replace(old.start, old.start+1, "{")
		e.keyed(old, files)
		e.replace(old.end-1, old.end, "}")
	}
	out := e.apply()
	return string(out[old.start : len(out)-(len(u.text)-old.end)])
}

// keyed turns a list's items into members. A file that is listed twice becomes one.
func (e *editor) keyed(list *Value, files []file) {
	seen := map[string]bool{}
	for i, f := range files {
		if seen[f.key] {
			e.replace(list.children[i-1].end, f.value.end, "")
		} else {
			e.replace(f.value.start, f.value.end, f.name+e.colon(f.value)+e.entry(f.value, f.url))
		}
		seen[f.key] = true
	}
}

// entry returns an object that holds a URL, over several lines where the value beside it has one of its own.
func (e *editor) entry(beside *Value, url string) string {
	line := e.line(beside)
	if line == "" {
		return `{"url"` + e.colon(beside) + url + "}"
	}
	unit, _ := strings.CutPrefix(line, e.line(beside.parent))
	return "{" + line + strings.Trim(unit, "\r\n") + `"url"` + e.colon(beside) + url + line + "}"
}

// finish makes it a 1.1: the version, "binaries" in any case, and no old fields.
func (u *upgrade) finish() {
	version, binaries := u.root.Get("version"), u.root.Get("binaries")
	u.replace(version.start, version.end, `"1.1"`)
	switch {
	case u.root.Get("binariesUrl") != nil: // became "binaries"
	case binaries == nil:
		u.insertAfter(version, `"binaries"`+u.colon(version)+"{}")
	case binaries.kind == Null:
		u.replace(binaries.start, binaries.end, "{}")
	}
	if directory := u.root.Get("weightsDirectoryUrl"); directory != nil {
		u.dropped = append(u.dropped, directory)
	}
	u.remove(u.dropped)
}
