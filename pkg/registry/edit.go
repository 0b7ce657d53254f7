package registry

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// ErrDeclared means that another checksum or size is already declared.
var ErrDeclared = errors.New("another value is already declared: find out which file is meant before you replace it")

// InvalidError means that a manifest can't be edited: its text can't be read strictly before or after the edit, or has errors
// to fix first.
type InvalidError struct {
	Findings []finding.Finding // at least one
}

func (e *InvalidError) Error() string {
	first := e.Findings[0]
	return fmt.Sprintf("the manifest can't be edited: line %d, column %d: %s", first.Line, first.Column, first.Message)
}

// Edit is a manifest being edited. All bytes that no edit touches are kept.
type Edit struct {
	manifest *Manifest
	text     []byte
	editor   *document.Editor
	added    map[finding.Location]any // members, with their values
}

// Edit begins to edit the text that the manifest was read from.
func (m *Manifest) Edit(text []byte) *Edit {
	return &Edit{m, text, document.NewEditor(text), map[finding.Location]any{}}
}

// Text returns the edited text. The error is an *InvalidError where that can't be read, such as for its size.
func (e *Edit) Text() ([]byte, error) {
	out := e.editor.Apply()
	if _, findings := document.Read(e.manifest.Path, out, e.manifest.Registry.options()); len(findings) > 0 {
		return nil, &InvalidError{findings}
	}
	return out, nil
}

// SetChecksum declares an artifact's checksum, spelled like those around it, and its size in bytes, unless that is 0 or the
// registry declares none.
//
// It keeps an equal value. It replaces another value if replace is true, and returns ErrDeclared otherwise. The error is
// document.ErrNotEditable where the text can't take the member.
func (e *Edit) SetChecksum(a artifact.Artifact, checksum digest.Digest, size int64, replace bool) error {
	if checksum.IsZero() || size < 0 {
		return errors.New("missing checksum, or negative size")
	}
	isSame := a.Checksum != nil && a.Checksum.Value == checksum
	if err := e.declare(a, a.Slot.Checksum, e.spelling(a).Write(checksum), isSame, replace); err != nil {
		return err
	}
	if a.Slot.Size == "" || size == 0 {
		return nil
	}
	return e.declare(a, a.Slot.Size, size, a.Size != nil && a.Size.Value == size, replace)
}

// SetURL replaces an artifact's URL, such as one of a branch by that of its commit, or an image's reference. The error is
// document.ErrNotEditable for a URL that is not the artifact's own.
func (e *Edit) SetURL(a artifact.Artifact, url string) error {
	v := e.value(a, a.Slot.URL)
	switch {
	case a.Slot.URL == "" || v == nil:
		return document.ErrNotEditable
	case !utf8.ValidString(url):
		return errors.New("the URL is not valid UTF-8")
	case v.Literal() == url:
		return nil
	}
	return e.editor.SetText(v, url)
}

func (e *Edit) value(a artifact.Artifact, pointer string) *document.Value {
	for _, d := range e.manifest.Documents {
		if d.Index == a.Document {
			return d.Root.At(pointer)
		}
	}
	return nil
}

// declare writes a value at a pointer, unless it is there and isSame. A text is written as text, a number as number.
func (e *Edit) declare(a artifact.Artifact, pointer string, value any, isSame, replace bool) error {
	at := e.value(a, pointer)
	text, isText := value.(string)
	switch {
	case pointer == "":
		return document.ErrNotEditable
	case isSame:
		return nil
	case at == nil:
		return e.add(a, pointer, value)
	case !isEmpty(at) && !replace:
		return fmt.Errorf("line %d: %w", at.Position().Line, ErrDeclared)
	case at.IsInherited() && !e.value(a, a.Slot.URL).IsInherited(): // which others inherit too, for URLs of their own
		return e.add(a, pointer, value)
	case isText:
		return e.editor.SetText(at, text)
	}
	e.editor.Replace(at.Start(), at.End(), fmt.Sprint(value))
	return nil
}

// add adds a member, once for all addresses of a file: behind the one that holds the artifact's URL, else behind the last possible one.
func (e *Edit) add(a artifact.Artifact, pointer string, value any) error {
	at := finding.Location{Document: a.Document, Pointer: pointer}
	if was, isAdded := e.added[at]; isAdded && was != value {
		return ErrDeclared
	} else if isAdded {
		return nil
	}
	above, name := splitPointer(pointer)
	parent := e.value(a, above)
	siblings := slices.Clone(parent.Members())
	for v := e.value(a, a.Slot.URL); v != nil && a.Slot.URL != ""; v = v.Parent() {
		if v.Parent() == parent {
			siblings = []*document.Value{v}
		}
	}
	err := document.ErrNotEditable
	for _, sibling := range slices.Backward(siblings) {
		if text, isText := value.(string); isText {
			err = e.editor.AddText(sibling, name, text)
		} else {
			e.editor.InsertAfter(sibling, strconv.Quote(name)+e.editor.Colon(sibling)+fmt.Sprint(value))
			err = nil
		}
		if !errors.Is(err, document.ErrNotEditable) {
			break
		}
	}
	if err == nil {
		e.added[at] = value
	}
	return err
}

// splitPointer cuts off a pointer's last token, and returns it unescaped.
func splitPointer(pointer string) (above, name string) {
	last := max(strings.LastIndex(pointer, "/"), 0)
	return pointer[:last], unescape(strings.TrimPrefix(pointer[last:], "/"))
}

var unescapes = strings.NewReplacer("~1", "/", "~0", "~")

func unescape(token string) string { return unescapes.Replace(token) }

// spelling is that of the artifact's checksum, of the first other one in a member of the same name, or what that name suggests.
func (e *Edit) spelling(a artifact.Artifact) digest.Spelling {
	for _, other := range append([]artifact.Artifact{a}, e.manifest.Artifacts...) {
		if c := other.Checksum; c != nil && !c.Value.IsZero() && other.Role != artifact.Image && lastName(other.Slot.Checksum) == lastName(a.Slot.Checksum) {
			return other.Spelling
		}
	}
	switch lastName(a.Slot.Checksum) {
	case "checksum", "digest":
		return ""
	case "integrity":
		return digest.SRI
	}
	return "hex"
}
