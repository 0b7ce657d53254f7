package document

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const jsonSpace = " \t\r\n"

// jsonReader reads strict JSON (I-JSON, RFC 7493).
type jsonReader struct {
	*reader
	decoder *jsontext.Decoder
	end     int // of the last token
}

func (r *jsonReader) root() *Value {
	if len(bytes.TrimLeft(r.text, jsonSpace)) == 0 {
		r.stopAt("empty", 0, "", "The manifest is empty", "Write a JSON object that describes the service.")
	}
	r.decoder = jsontext.NewDecoder(bytes.NewBuffer(r.text), jsontext.AllowDuplicateNames(true)) // members reports them all
	root := &Value{syntax: JSON}
	token, start := r.next(root)
	r.value(root, token, start, 1)
	if rest := bytes.TrimLeft(r.text[r.end:], jsonSpace); len(rest) > 0 {
		r.stopAt("trailing-data", len(r.text)-len(rest), "", "Unexpected "+finding.Quote(firstWord(rest))+" after the end of the JSON value",
			"Remove what follows, or the `}` that closes the object too early.")
	}
	return root
}

// next reads one token and returns it with its offset.
func (r *jsonReader) next(parent *Value) (token jsontext.Token, start int) {
	token, err := r.decoder.ReadToken()
	if err != nil {
		r.invalid(parent, err)
	}
	rest := r.text[r.end:]
	start = r.end + len(rest) - len(bytes.TrimLeft(rest, jsonSpace+",:"))
	r.end = int(r.decoder.InputOffset())
	return token, start
}

var jsonKinds = map[jsontext.Kind]Kind{'n': Null, 't': Boolean, 'f': Boolean, '"': String, '0': Number, '{': Object, '[': Array}

// value reads a value, whose first token is given, into v.
func (r *jsonReader) value(v *Value, token jsontext.Token, start, depth int) {
	v.kind, v.start, v.end, v.at = jsonKinds[token.Kind()], start, r.end, r.cursor.position(start)
	if v.kind != Object && v.kind != Array {
		v.text = token.String()
	}
	r.admit(v, depth)
	switch v.kind {
	case Object:
		r.members(v, depth)
	case Array:
		for token, start := r.next(v); token.Kind() != ']'; token, start = r.next(v) {
			r.value(r.newElement(v), token, start, depth+1)
		}
	}
	v.end = r.end
}

func (r *jsonReader) members(v *Value, depth int) {
	for token, start := r.next(v); token.Kind() != '}'; token, start = r.next(v) {
		member := r.newMember(v, token.String(), start)
		if first := v.adopt(member); first != nil {
			r.duplicate(member, first)
		}
		token, start := r.next(member)
		r.value(member, token, start, depth+1)
	}
}

// surrogate is the escape of a code point from U+D800 to U+DFFF.
var surrogate = regexp.MustCompile(`^\\u[dD][89a-fA-F][0-9a-fA-F]{2}`)

// invalid reports the decoder's error.
func (r *jsonReader) invalid(parent *Value, err error) {
	var syntactic *jsontext.SyntacticError
	offset := len(r.text)
	if errors.As(err, &syntactic) {
		offset = int(syntactic.ByteOffset)
	}
	half := surrogate.Find(r.text[offset:])
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		r.stopAt("truncated", len(r.text), parent.Pointer(), "Unexpected end of the manifest", "Complete it: look for a missing `}`, `]` or `\"`.")
	case half != nil:
		r.stopAt("invalid-utf8", offset, parent.Pointer(), "Unpaired surrogate "+finding.Quote(string(half)), "Write the character itself, or both halves of the pair.")
	}
	if offset < len(r.text) && strings.IndexByte(wordBytes, r.text[offset]) >= 0 { // the decoder objects to the second letter of nan
		offset = len(bytes.TrimRight(r.text[:offset], wordBytes))
	}
	what, fix := explainJSON(r.text[:offset], r.text[offset:])
	r.stopAt("syntax", offset, parent.Pointer(), "Invalid JSON: unexpected "+what, fix)
}

// wordBytes are those of literals and numbers, valid or not.
const wordBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._"

// firstWord returns the word that a text starts with, else its first character.
func firstWord(text []byte) string {
	if word := len(text) - len(bytes.TrimLeft(text, wordBytes)); word > 0 {
		return string(text[:word])
	}
	_, size := utf8.DecodeRune(text)
	return string(text[:size])
}

// jsonMistakes are common mistakes, by the text at which JSON ends.
var jsonMistakes = []struct{ prefix, what, fix string }{
	{"//", "comment", "Remove it: JSON has no comments."},
	{"/*", "comment", "Remove it: JSON has no comments."},
	{"#", "comment", "Remove it: JSON has no comments."},
	{"'", "single quote", "Put the text between double quotes."},
	{"\n", "line break in a string", "Close the string with a `\"`, or write the line break as `\\n`."},
	{"\r", "line break in a string", "Close the string with a `\"`, or write the line break as `\\r\\n`."},
	{"\t", "tab in a string", "Write it as `\\t`."},
	{"\\", "backslash, which starts no escape of JSON", "Write a backslash as `\\\\`."},
	{",", "comma", "Remove the comma."},
	{"\"", "string", "Look for a missing comma or colon before it, or for a `\"` that closes the text before it too early."},
}

// explainJSON says what is wrong between what was read and the rest.
func explainJSON(read, rest []byte) (what, fix string) {
	for _, m := range jsonMistakes {
		if bytes.HasPrefix(rest, []byte(m.prefix)) {
			return m.what, m.fix
		}
	}
	word := firstWord(rest)
	switch literal := strings.ToLower(word); {
	case literal == "true", literal == "false", literal == "null":
		return finding.Quote(word), "Write it in lower case: `" + literal + "`."
	case bytes.HasSuffix(bytes.TrimRight(read, jsonSpace), []byte(",")):
		return finding.Quote(word), "Add the value after the comma, or remove the comma."
	}
	return finding.Quote(word), "Look here and just before for a missing quote, comma, colon or bracket, or an invalid number."
}
