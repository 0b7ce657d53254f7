package document

import (
	"strings"
	"unicode/utf8"
)

const (
	flowFix         = "Quote the text, or add a space after the character."
	oldBreakProblem = "Line break of YAML 1.1 (U+0085, U+2028 or U+2029): parsers differ in what it separates"
	oldBreakFix     = "Use an ordinary line break."
)

// scanFlow searches a YAML text from a bracket to the one that closes it for what parsers of YAML 1.1 and 1.2 read differently
// (https://yaml.org/spec/1.2.2/#74-flow-collection-styles): `?` and `:` right before text, `:` right before a comma or closing
// bracket, and a tag right before a comma or bracket. end is the offset behind what it read, or of the problem.
func scanFlow(text []byte) (end int, problem, fix string) {
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
			return i, oldBreakProblem, oldBreakFix
		}
		isBlank := strings.IndexByte(" \t\r\n", c) >= 0
		beforeText := strings.IndexByte(" \t\r\n", next) < 0
		length := 1
		switch {
		case isBlank:
			afterBlank = true
			i++
			continue
		case c == '#' && afterBlank:
			inPlain = false
			length = lengthUpTo(text[i:], lineBreaks)
		case c == ':' && strings.IndexByte(",]}", next) >= 0:
			return i, "`:` right before `" + string(next) + "`: some parsers read it as a part of the text, others as the end of a key", flowFix
		case strings.IndexByte("[{", c) >= 0:
			depth, inPlain, isClosed = depth+1, false, false
		case strings.IndexByte("]}", c) >= 0:
			if depth, inPlain, isClosed = depth-1, false, true; depth == 0 {
				return i + 1, "", ""
			}
		case c == ',', c == ':' && !beforeText:
			inPlain, isClosed = false, false
		case inPlain:
		case c == '"', c == '\'':
			length, isClosed = quotedLength(text[i:]), true
		case c == '?' && beforeText, c == ':' && !isClosed:
			return i, "`" + string(c) + "` right before text between brackets: some parsers read it as a part of the text, others as an indicator", flowFix
		case c == '?':
		case c == ':':
			isClosed = false
		case c == '!':
			if length = propertyLength(text[i:]); strings.ContainsAny(string(text[i+length:min(i+length+1, len(text))]), ",[]{}") {
				return i, "Tag right before a comma or bracket: parsers differ in where it ends", "Add a space after the tag, or remove it."
			}
		case c == '&', c == '*':
			length = lengthUpTo(text[i:], " \t,[]{}:"+lineBreaks)
		default:
			inPlain, isClosed = true, false
		}
		afterBlank = false
		i += length
	}
	return len(text), "", ""
}

// quotedLength returns the length of the quoted text that text begins with.
func quotedLength(text []byte) int {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quote == '"', text[i] == quote && quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return len(text)
}
