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
// With transition it keeps version 1 and gets the new fields beside the old, for old and new Apps. Existing new fields are kept and
// extended by files that only the old ones name, also in version 1.1.
//
// All other bytes are unchanged. Upgrade is idempotent, and returns manifests of other versions unchanged. The error is a
// *registry.InvalidError if the manifest has errors before or after.
func (Registry) Upgrade(text []byte, transition bool) ([]byte, error) {
	top, err := valid(text)
	if err != nil {
		return nil, err
	}
	version := top.Get("version").String()
	if version != "1" && version != "1.1" {
		return text, nil
	}
	u := upgrade{Editor: document.NewEditor(text), text: text, root: top, keepsOld: transition || version == "1.1"}
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

// valid reads a manifest without errors.
func valid(text []byte) (*document.Value, error) {
	m, findings := Parse("", text)
	findings = slices.DeleteFunc(findings, func(f finding.Finding) bool { return f.Severity != finding.Error })
	if len(findings) > 0 {
		return nil, &registry.InvalidError{Findings: findings}
	}
	return root(m), nil
}

type upgrade struct {
	*document.Editor
	text     []byte
	root     *document.Value
	keepsOld bool
	dropped  []*document.Value // members of the root
}

// file is a file of an old field.
type file struct {
	key       string // the platform of a binary, the path of a weight
	name, url string // JSON strings as written; url is "" for a platform without a binary
}

// binaries returns the files of binariesUrl.
func (u *upgrade) binaries() (files []file) {
	for _, v := range u.root.Get("binariesUrl").Members() {
		f := file{key: v.Name(), name: string(u.text[v.NameStart():u.NameEnd(v)])}
		if v.Kind() == document.String {
			f.url = u.Raw(v)
		}
		files = append(files, f)
	}
	return files
}

// weights returns the files of weightsFiles without duplicates. A URL is the concatenation with weightsDirectoryUrl, keeping escapes.
func (u *upgrade) weights() (files []file) {
	for _, v := range u.root.Get("weightsFiles").Elements() {
		directory := strings.TrimSuffix(u.Raw(u.root.Get("weightsDirectoryUrl")), `"`)
		if !slices.ContainsFunc(files, func(f file) bool { return f.key == v.String() }) {
			files = append(files, file{v.String(), u.Raw(v), directory + u.Raw(v)[1:]})
		}
	}
	return files
}

// move turns an old field into a new one, or extends the existing new one.
func (u *upgrade) move(oldName, newName string, files []file) {
	old, newer := u.root.Get(oldName), u.root.Get(newName)
	hasFiles := slices.ContainsFunc(files, func(f file) bool { return f.url != "" })
	if old == nil || u.keepsOld && !hasFiles {
		return
	}
	member := strconv.Quote(newName) + u.Colon(old) + u.object(old, files)
	switch {
	case len(newer.Members()) > 0:
		u.add(newer, files)
	case newer != nil: // null or empty
		u.Replace(newer.Start(), newer.End(), u.object(old, files))
	case u.keepsOld:
		u.InsertAfter(old, member)
	default:
		u.Replace(old.NameStart(), old.End(), member)
		return
	}
	u.dropped = append(u.dropped, old)
}

// add adds the files that an object of entries lacks or has as null.
func (u *upgrade) add(object *document.Value, files []file) {
	last := object.Children()[len(object.Children())-1]
	for _, f := range files {
		switch entry := object.Get(f.key); {
		case f.url == "":
		case entry == nil:
			u.InsertAfter(last, f.name+u.Colon(last)+u.entry(last, f.url))
		case entry.Kind() == document.Null:
			u.Replace(entry.Start(), entry.End(), u.entry(entry, f.url))
		}
	}
}

// object formats files as an object of entries, with the white space of the old field.
func (u *upgrade) object(old *document.Value, files []file) string {
	children := old.Children()
	if len(children) == 0 {
		return "{}"
	}
	var members []string
	for _, f := range files {
		entry := "null"
		if f.url != "" {
			entry = u.entry(children[0], f.url)
		}
		members = append(members, f.name+u.Colon(children[0])+entry)
	}
	comma := ""
	if len(children) > 1 {
		comma = string(u.text[children[0].End():start(children[1])])
	}
	first, last := children[0], children[len(children)-1]
	return "{" + string(u.text[old.Start()+1:start(first)]) + strings.Join(members, comma) + string(u.text[last.End():old.End()-1]) + "}"
}

// start returns the offset of a member or an element.
func start(v *document.Value) int {
	if v.Parent().Kind() == document.Object {
		return v.NameStart()
	}
	return v.Start()
}

// entry returns an object with a URL, on several lines if the value beside it has a line of its own.
func (u *upgrade) entry(beside *document.Value, url string) string {
	line := u.Line(beside)
	if line == "" {
		return `{"url"` + u.Colon(beside) + url + "}"
	}
	unit, _ := strings.CutPrefix(line, u.Line(beside.Parent()))
	return "{" + line + strings.Trim(unit, "\r\n") + `"url"` + u.Colon(beside) + url + line + "}"
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
