package document

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// scanFlow searches a YAML text from a bracket to the one that closes it for text that YAML 1.1 and 1.2 parsers read differently
// (https://yaml.org/spec/1.2.2/#74-flow-collection-styles): `?` and `:` right before text, `:` right before a comma or closing
// bracket, and a tag right before a comma or bracket. end is the offset behind what it read, or of the problem.
func scanFlow(text []byte) (end int, problem string) {
	depth := 0
	inPlain := false   // between the characters of a text without quotes
	isClosed := false  // behind a quoted text or a closing bracket, where `:` may be right before text
	afterBlank := true // where a # begins a comment
	for i := 0; i < len(text); {
		c, next := text[i], byte(' ')
		if i+1 < len(text) {
			next = text[i+1]
		}
		if r, _ := utf8.DecodeRune(text[i:]); strings.ContainsRune(oldBreaks, r) {
			return i, oldBreakProblem
		}
		isBlank := strings.IndexByte(" \t\r\n", c) >= 0
		beforeText := strings.IndexByte(" \t\r\n", next) < 0
		isSign := !inPlain && (c == '?' || c == ':' && !isClosed) || c == ':' && strings.IndexByte(",]}", next) >= 0
		length := 1
		switch {
		case isBlank:
		case c == '#' && afterBlank:
			inPlain = false
			length = lengthUpTo(text[i:], lineBreaks)
		case isSign && beforeText:
			return i, "`" + string(c) + "` without a space behind it: parsers differ in whether it is a part of the text"
		case strings.IndexByte("[{", c) >= 0:
			depth, inPlain, isClosed = depth+1, false, false
		case strings.IndexByte("]}", c) >= 0:
			if depth, inPlain, isClosed = depth-1, false, true; depth == 0 {
				return i + 1, ""
			}
		case c == ',', c == ':' && !beforeText:
			inPlain, isClosed = false, false
		case inPlain:
		case c == '"', c == '\'':
			length, isClosed = quotedLength(text[i:]), true
		case c == '?':
		case c == ':':
			isClosed = false
		case c == '!':
			if length = len(property.Find(text[i:])); strings.ContainsAny(string(text[i+length:min(i+length+1, len(text))]), ",[]{}") {
				return i, "Tag right before a comma or bracket: parsers differ in where it ends"
			}
		case c == '&', c == '*':
			length = lengthUpTo(text[i:], " \t,[]{}:"+lineBreaks)
		default:
			inPlain, isClosed = true, false
		}
		afterBlank = isBlank
		i += length
	}
	return len(text), ""
}

var quotedText = regexp.MustCompile(`(?s)^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')`)

// quotedLength returns the length of the quoted text that text begins with.
func quotedLength(text []byte) int {
	if quoted := quotedText.Find(text); quoted != nil {
		return len(quoted)
	}
	return len(text)
}
