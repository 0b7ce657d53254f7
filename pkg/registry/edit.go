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

// ErrDeclared is given for a checksum or size that is there already and is another.
var ErrDeclared = errors.New("another value is declared already, and is replaced only on demand: find out first which file is meant")

// InvalidError is why a manifest can't be edited: its text can't be read strictly, or has errors that have to be mended first,
// or would have them afterwards.
type InvalidError struct {
	Findings []finding.Finding // at least one
}

func (e *InvalidError) Error() string {
	first := e.Findings[0]
	return fmt.Sprintf("the manifest can't be edited: line %d, column %d: %s", first.Line, first.Column, first.Message)
}

// Edit is a manifest that is being edited. Every byte that no edit touches stays as it is.
type Edit struct {
	manifest *Manifest
	text     []byte
	editor   *document.Editor
	added    map[place]any // members, with their values
}

// place is that of a value in a manifest.
type place struct {
	document int
	pointer  string
}

// Edit begins to edit the text that the manifest was read from.
func (m *Manifest) Edit(text []byte) *Edit {
	return &Edit{m, text, document.NewEditor(text), map[place]any{}}
}

// Text returns the text with all edits made. The error is an *InvalidError where it can't be read any more, such as for its size.
func (e *Edit) Text() ([]byte, error) {
	out := e.editor.Apply()
	if _, findings := document.Read(e.manifest.Path, out, e.manifest.Registry.options()); len(findings) > 0 {
		return nil, &InvalidError{findings}
	}
	return out, nil
}

// SetChecksum declares an artifact's checksum, and its size in bytes unless that is 0 or the registry writes none, as the texts
// around it are written.
//
// What is declared already is left alone when it says the same, so that a second call changes nothing; when it says something
// else, it is ErrDeclared, or is replaced on demand. Another error is document.ErrNoPlace.
func (e *Edit) SetChecksum(a artifact.Artifact, checksum digest.Digest, size int64, replace bool) error {
	if checksum.IsZero() || size < 0 {
		return errors.New("there is no checksum to declare")
	}
	isSame := a.Checksum != nil && a.Checksum.Value == checksum
	if err := e.declare(a, a.Slot.Checksum, e.spelling(a).write(checksum), isSame, replace); err != nil {
		return err
	}
	if a.Slot.Size == "" || size == 0 {
		return nil
	}
	return e.declare(a, a.Slot.Size, size, a.Size != nil && a.Size.Value == size, replace)
}

// SetURL replaces an artifact's URL, such as one of a branch by that of its commit, or an image's reference. The error is
// document.ErrNoPlace for a URL that is not the artifact's own.
func (e *Edit) SetURL(a artifact.Artifact, url string) error {
	v := e.value(a, a.Slot.URL)
	switch {
	case a.Slot.URL == "" || v == nil:
		return document.ErrNoPlace
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
	isBlank := at.Kind() == document.Null || at.Kind() == document.String && at.Literal() == ""
	switch {
	case pointer == "":
		return document.ErrNoPlace
	case isSame:
		return nil
	case at == nil:
		return e.add(a, pointer, value)
	case !isBlank && !replace:
		return fmt.Errorf("line %d: %w", at.Position().Line, ErrDeclared)
	case at.IsInherited() && !e.value(a, a.Slot.URL).IsInherited(): // which others inherit too, for URLs of their own
		return e.add(a, pointer, value)
	}
	if text, isText := value.(string); isText {
		return e.editor.SetText(at, text)
	}
	e.editor.Replace(at.Start(), at.End(), fmt.Sprint(value))
	return nil
}

// add adds a member, once for all addresses of a file.
func (e *Edit) add(a artifact.Artifact, pointer string, value any) error {
	at := place{a.Document, pointer}
	if was, isAdded := e.added[at]; isAdded && was != value {
		return ErrDeclared
	} else if isAdded {
		return nil
	}
	err := e.addMember(a, pointer, value)
	if err == nil {
		e.added[at] = value
	}
	return err
}

// addMember adds a member behind the one that holds the artifact's URL, else behind the last one that it can stand behind.
func (e *Edit) addMember(a artifact.Artifact, pointer string, value any) error {
	above, name := splitPointer(pointer)
	parent := e.value(a, above)
	sibling := e.value(a, a.Slot.URL)
	for sibling != nil && sibling.Parent() != parent {
		sibling = sibling.Parent()
	}
	if sibling != nil && a.Slot.URL != "" {
		return e.addBehind(sibling, name, value)
	}
	for _, sibling := range slices.Backward(parent.Members()) {
		if err := e.addBehind(sibling, name, value); !errors.Is(err, document.ErrNoPlace) {
			return err
		}
	}
	return document.ErrNoPlace
}

func (e *Edit) addBehind(sibling *document.Value, name string, value any) error {
	if text, isText := value.(string); isText {
		return e.editor.AddText(sibling, name, text)
	}
	e.editor.InsertAfter(sibling, strconv.Quote(name)+e.editor.Colon(sibling)+fmt.Sprint(value))
	return nil
}

// splitPointer cuts off a pointer's last token, and returns it as the name that it stands for.
func splitPointer(pointer string) (above, name string) {
	last := max(strings.LastIndex(pointer, "/"), 0)
	return pointer[:last], unescape(strings.TrimPrefix(pointer[last:], "/"))
}

var unescapes = strings.NewReplacer("~1", "/", "~0", "~")

func unescape(token string) string { return unescapes.Replace(token) }

// spelling is how checksums are written.
type spelling struct {
	isPrefixed, isSRI, isUpper bool
}

// spelling is that of the checksum that stands there, of the first other one in the manifest, or what the member's name suggests.
func (e *Edit) spelling(a artifact.Artifact) spelling {
	if a.Checksum != nil {
		if s, known := spellingOf(e.value(a, a.Checksum.Pointer)); known {
			return s
		}
	}
	for _, other := range e.manifest.Artifacts {
		if other.Checksum != nil && other.Role != artifact.Image {
			if s, known := spellingOf(e.value(other, other.Checksum.Pointer)); known {
				return s
			}
		}
	}
	switch pointer := a.Slot.Checksum; {
	case strings.HasSuffix(pointer, "/checksum"), strings.HasSuffix(pointer, "/digest"):
		return spelling{isPrefixed: true}
	case strings.HasSuffix(pointer, "/integrity"):
		return spelling{isSRI: true}
	}
	return spelling{}
}

func spellingOf(v *document.Value) (s spelling, known bool) {
	text, _ := v.Text()
	d, err := parseChecksum(text, memberName(v))
	if err != nil {
		return s, false
	}
	_, sum, isPrefixed := strings.Cut(text, ":")
	isSRI := !isPrefixed && strings.Contains(text, "-")
	if !isPrefixed {
		sum = text
	}
	return spelling{isPrefixed: isPrefixed, isSRI: isSRI, isUpper: !isSRI && sum == strings.ToUpper(d.Sum) && sum != d.Sum}, true
}

// write writes a digest. A bare one that is no SHA-256 is told by its length.
func (s spelling) write(d digest.Digest) string {
	sum := d.Sum
	if s.isUpper {
		sum = strings.ToUpper(sum)
	}
	switch {
	case s.isSRI:
		return d.SRI()
	case s.isPrefixed:
		return string(d.Algorithm) + ":" + sum
	}
	return sum
}
