package finding

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quoteLimit bounds outside text inside a sentence, in runes.
const quoteLimit = 200

// Quote returns outside text as it may stand in a message: cleaned, without backticks of its own,
// cut in the middle at quoteLimit runes, between backticks. Nothing at all is said to be empty.
func Quote(s string) string {
	if s == "" {
		return "(empty)"
	}
	return "`" + strings.ReplaceAll(Clean(Shorten(s, quoteLimit)), "`", "'") + "`"
}

// Clean returns s with everything invisible or harmful to a terminal or a log made visible: control and
// format characters (escape sequences, line breaks, bidirectional overrides), invalid UTF-8, and unusual
// white space become \n, \u202e, \xff and the like. It also breaks what a workflow runner takes as a
// command: "::" at the start, and "##[" anywhere
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
// The result is one line.
func Clean(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case visible(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		s = s[size:]
	}
	return breakCommands(b.String())
}

func visible(r rune) bool {
	return r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != '\u2800' && r != '\u3164'
}

func breakCommands(s string) string {
	s = strings.ReplaceAll(s, "##[", `##\[`)
	if strings.HasPrefix(strings.TrimLeft(s, " "), "::") {
		s = strings.Replace(s, "::", `:\:`, 1)
	}
	return s
}

// Shorten cuts s in the middle so that at most limit runes remain, and shows the cut as "…".
func Shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	head := (limit - 1) * 2 / 3
	tail := limit - 1 - head
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}

// WithoutPath returns an error of a file without the file's path, which the sentence around it names already; any other as it is.
func WithoutPath(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
