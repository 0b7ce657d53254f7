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
		r.stop("empty", 0, nil, "The manifest is empty", "Write a JSON object that describes the service.")
	}
	r.decoder = jsontext.NewDecoder(bytes.NewBuffer(r.text), jsontext.AllowDuplicateNames(true)) // members reports them all
	root := r.newRoot()
	token, start := r.next(root)
	r.value(root, token, start)
	if rest := bytes.TrimLeft(r.text[r.end:], jsonSpace); len(rest) > 0 {
		r.stop("trailing-data", len(r.text)-len(rest), nil, "Unexpected "+finding.Quote(firstWord(rest))+" after the end of the JSON value",
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
func (r *jsonReader) value(v *Value, token jsontext.Token, start int) {
	v.kind, v.start, v.end, v.at = jsonKinds[token.Kind()], start, r.end, r.cursor.position(start)
	if v.kind != Object && v.kind != Array {
		v.text = token.String()
	}
	r.admit(v)
	switch v.kind {
	case Object:
		for token, start := r.next(v); token.Kind() != '}'; token, start = r.next(v) {
			member := r.newMember(v, token.String(), start)
			if first := v.adopt(member); first != nil {
				r.duplicate(member, first)
			}
			token, start := r.next(member)
			r.value(member, token, start)
		}
	case Array:
		for token, start := r.next(v); token.Kind() != ']'; token, start = r.next(v) {
			r.value(r.newElement(v), token, start)
		}
	}
	v.end = r.end
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
		r.stop("truncated", len(r.text), parent, "Unexpected end of the manifest", "Complete it: look for a missing `}`, `]` or `\"`.")
	case half != nil:
		r.stop("invalid-utf8", offset, parent, "Unpaired surrogate "+finding.Quote(string(half)), "Write the character itself, or both halves of the pair.")
	}
	if offset < len(r.text) && strings.IndexByte(wordBytes, r.text[offset]) >= 0 { // the decoder objects to the second letter of nan
		offset = len(bytes.TrimRight(r.text[:offset], wordBytes))
	}
	r.stop("syntax", offset, parent, "Invalid JSON: unexpected "+finding.Quote(firstWord(r.text[offset:])),
		"Look here and just before for a missing quote, colon or bracket, a missing or extra comma, or a comment.")
}

// wordBytes are those of literals and numbers, valid or not.
const wordBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._"

// firstWord returns the word that a text starts with, else its first character.
func firstWord(text []byte) string {
	_, size := utf8.DecodeRune(text)
	return string(text[:max(size, len(text)-len(bytes.TrimLeft(text, wordBytes)))])
}
