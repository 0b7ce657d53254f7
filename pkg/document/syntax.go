package document

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// wordBytes are those of literals and numbers, well written or not.
const wordBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._"

// wordStart moves an offset inside a word to where the word starts: the decoder objects to the second
// letter of nan, and a person to the whole of it.
func (r *reader) wordStart(offset int) int {
	if offset == len(r.text) || strings.IndexByte(wordBytes, r.text[offset]) < 0 {
		return offset
	}
	return len(bytes.TrimRight(r.text[:offset], wordBytes))
}

// firstWord returns the word that the text starts with, else its first character.
func firstWord(text []byte) string {
	if word := len(text) - len(bytes.TrimLeft(text, wordBytes)); word > 0 {
		return string(text[:word])
	}
	_, size := utf8.DecodeRune(text)
	return string(text[:size])
}

// mistakes are what people write where JSON does not allow it, by how it begins.
var mistakes = []struct{ prefix, what, fix string }{
	{"//", "a comment", "Remove it: JSON has no comments."},
	{"/*", "a comment", "Remove it: JSON has no comments."},
	{"#", "a comment", "Remove it: JSON has no comments."},
	{"'", "a single quote", "Put the text between double quotes."},
	{"\n", "a line break inside a string", "Close the string with a `\"`, or write the line break as `\\n`."},
	{"\r", "a line break inside a string", "Close the string with a `\"`, or write the line break as `\\r\\n`."},
	{"\t", "a tab inside a string", "Write it as `\\t`."},
	{"\\", "a backslash that starts no escape of JSON's", "Write a backslash as `\\\\`."},
	{",", "a comma with no value after or before it", "Remove the comma."},
	{"\"", "a string", "Look for a missing comma or colon before it, or for a `\"` that closes the text before it too early."},
}

// explainSyntax says what is wrong at the border between what was read and what could not be.
func explainSyntax(read, rest []byte) (message, fix string) {
	for _, m := range mistakes {
		if bytes.HasPrefix(rest, []byte(m.prefix)) {
			return "this is not JSON: " + m.what + " can't stand here", m.fix
		}
	}
	word := firstWord(rest)
	message = "this is not JSON: " + finding.Quote(word) + " can't stand here"
	switch literal := strings.ToLower(word); {
	case literal == "true" || literal == "false" || literal == "null":
		return message, "Write it in lower case: `" + literal + "`."
	case bytes.HasSuffix(bytes.TrimRight(read, jsonSpace), []byte(",")):
		return message, "Write the value that the comma before it announces, or remove the comma."
	}
	return message, "Look here and just before for a missing quote, comma, colon or bracket, or a number that JSON doesn't know."
}
