package manifest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Why an edit leaves a manifest as it is.
var (
	// ErrNoPlace is given for an artifact of version 1, whose URL is a plain string.
	ErrNoPlace = errors.New("a URL of version 1 has no place for a checksum: rewrite the manifest with `sum --upgrade`, or add the new fields beside the old with `sum --upgrade --transition`")
	// ErrDeclared is given for a checksum or size that is there already and is another.
	ErrDeclared = errors.New("another value is declared already, and is replaced only on demand: find out first which file is meant")
	// ErrNoArtifact is given for a pointer at which no artifact stands.
	ErrNoArtifact = errors.New("no artifact stands there")
)

// InvalidError is why a manifest can't be edited: its text can't be read strictly, or has errors that
// have to be mended first, or would have them afterwards.
type InvalidError struct {
	Findings []finding.Finding // at least one; their Manifest is ""
}

func (e *InvalidError) Error() string {
	first := e.Findings[0]
	return fmt.Sprintf("the manifest can't be edited: line %d, column %d: %s", first.Line, first.Column, first.Message)
}

// SetChecksum declares the checksum, and the size in bytes unless it is 0, of the artifact at a pointer (as Artifact has it).
// Every other byte stays as it is; what is added follows the URL in the manner of the text around it.
//
// What is declared already is left alone when it says the same, so that a second call changes nothing; when it says
// something else, it is ErrDeclared, or is replaced on demand. Other errors are ErrNoPlace, ErrNoArtifact and *InvalidError.
func SetChecksum(text []byte, pointer string, checksum digest.Digest, size int64, replace bool) ([]byte, error) {
	if checksum.IsZero() || size < 0 {
		return nil, errors.New("there is no checksum to declare")
	}
	a, value, err := locateArtifact(text, pointer)
	if err != nil {
		return nil, err
	}
	if value.Kind() != Object {
		return nil, ErrNoPlace
	}
	e := editor{text: text}
	e.declare(value, "checksum", strconv.Quote(checksum.String()), a.Checksum != nil && a.Checksum.Value == checksum, replace)
	if size > 0 {
		e.declare(value, "size", strconv.FormatInt(size, 10), a.Size != nil && a.Size.Value == size, replace)
	}
	return e.readable()
}

// SetURL replaces the URL of the artifact at a pointer, such as one of a branch by that of its commit. Every other byte stays
// as it is. The error is ErrNoPlace for an item of weightsFiles, whose URL is not its own; ErrNoArtifact; or an *InvalidError.
func SetURL(text []byte, pointer, url string) ([]byte, error) {
	_, value, err := locateArtifact(text, pointer)
	if err != nil {
		return nil, err
	}
	if value.parent.kind == Array {
		return nil, ErrNoPlace
	}
	if value.kind == Object {
		value = value.Get("url")
	}
	if value.text == url {
		return text, nil
	}
	quoted, err := jsontext.AppendQuote(nil, url)
	if err != nil {
		return nil, fmt.Errorf("the URL: %w", err)
	}
	e := editor{text: text}
	e.replace(value.start, value.end, string(quoted))
	return e.readable()
}

// locateArtifact returns the artifact at a pointer and the value that stands there.
func locateArtifact(text []byte, pointer string) (artifact.Artifact, *Value, error) {
	m, findings := Parse("", text)
	if m == nil {
		return artifact.Artifact{}, nil, &InvalidError{findings}
	}
	a := m.Artifact(pointer)
	if a == nil {
		return artifact.Artifact{}, nil, ErrNoArtifact
	}
	value, _ := m.Locate(pointer)
	return *a, value, nil
}

// editor collects replacements of byte ranges in one text.
type editor struct {
	text  []byte
	edits []edit
	err   error // the first
}

// edit replaces the bytes from start up to end.
type edit struct {
	start, end int
	with       string
}

func (e *editor) replace(start, end int, with string) {
	e.edits = append(e.edits, edit{start, end, with})
}

// apply returns the text with all edits made. They don't overlap; several at one offset stand in the order of their making.
func (e *editor) apply() []byte {
	slices.SortStableFunc(e.edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	var out bytes.Buffer
	at := 0
	for _, each := range e.edits {
		out.Write(e.text[at:each.start])
		out.WriteString(each.with)
		at = each.end
	}
	out.Write(e.text[at:])
	return out.Bytes()
}

// readable returns the text with all edits made, unless one failed or it can't be read any more, such as for its size.
func (e *editor) readable() ([]byte, error) {
	if e.err != nil {
		return nil, e.err
	}
	out := e.apply()
	if root, findings := read("", out); root == nil {
		return nil, &InvalidError{findings}
	}
	return out, nil
}

// declare gives an entry a member whose value is the JSON text, unless it is there and isSame.
func (e *editor) declare(entry *Value, name, value string, isSame, replace bool) {
	switch declared := entry.Get(name); {
	case isSame:
	case declared == nil:
		e.insertAfter(entry.Get("url"), strconv.Quote(name)+e.colon(entry.Get("url"))+value)
	case replace:
		e.replace(declared.start, declared.end, value)
	default:
		e.err = cmp.Or(e.err, fmt.Errorf("line %d: %w", declared.at.Line, ErrDeclared))
	}
}

// insertAfter adds a member, given as JSON text, behind another one.
func (e *editor) insertAfter(sibling *Value, member string) {
	e.replace(sibling.end, sibling.end, e.gap(sibling)+member)
}

// gap returns a comma and the white space that the text around a member suggests between it and another one.
func (e *editor) gap(member *Value) string {
	siblings := member.parent.children
	switch i := member.index; {
	case i+1 < len(siblings):
		return string(e.text[member.end:siblings[i+1].nameStart])
	case i > 0:
		return string(e.text[siblings[i-1].end:member.nameStart])
	}
	before := string(e.text[member.parent.start+1 : member.nameStart])
	if strings.Contains(before, "\n") {
		return "," + before
	}
	_, space, _ := strings.Cut(e.colon(member), ":")
	return "," + space
}

// colon returns the colon between a member's name and value, with the white space around it; for a list's
// item, that of the list.
func (e *editor) colon(v *Value) string {
	if v.parent.kind == Array {
		v = v.parent
	}
	return string(e.text[e.nameEnd(v):v.start])
}

// nameEnd returns the offset behind a member's name.
func (e *editor) nameEnd(member *Value) int {
	return member.nameStart + bytes.LastIndexByte(e.text[member.nameStart:member.start], '"') + 1
}

// startOf returns the offset at which a member or an item starts.
func startOf(v *Value) int {
	if v.parent != nil && v.parent.kind == Object {
		return v.nameStart
	}
	return v.start
}

// line returns the line break and indentation before a member or an item, "" when it does not start a line.
func (e *editor) line(v *Value) string {
	before := e.text[:startOf(v)]
	space := before[len(bytes.TrimRight(before, jsonSpace)):]
	i := bytes.LastIndexByte(space, '\n')
	if i < 0 {
		return ""
	}
	if i > 0 && space[i-1] == '\r' {
		i--
	}
	return string(space[i:])
}

// remove takes members out of their object, of which others stay, each with one comma.
func (e *editor) remove(members []*Value) {
	slices.SortFunc(members, func(a, b *Value) int { return cmp.Compare(a.index, b.index) })
	for i, m := range members {
		siblings := m.parent.children
		if m.index == i { // nothing stays before it
			e.replace(m.nameStart, siblings[i+1].nameStart, "")
		} else {
			e.replace(siblings[m.index-1].end, m.end, "")
		}
	}
}

// raw returns the value as it is written.
func (e *editor) raw(v *Value) string { return string(e.text[v.start:v.end]) }
