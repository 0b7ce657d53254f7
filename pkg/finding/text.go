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

// Quote returns outside text for a message: cleaned, without backticks of its own,
// cut in the middle at quoteLimit runes, between backticks. The empty string becomes "(empty)".
func Quote(s string) string {
	if s == "" {
		return "(empty)"
	}
	return "`" + strings.ReplaceAll(Clean(Shorten(s, quoteLimit)), "`", "'") + "`"
}

// Clean returns s as one line with everything invisible or harmful to a terminal or a log made visible: what Escape
// escapes becomes \n, \u202e, \xff and the like. It also breaks what a workflow runner takes as a command: "::" at the
// start, and "##[" anywhere (https://docs.github.com/actions/reference/workflow-commands-for-github-actions).
func Clean(s string) string {
	return breakCommands(Escape(s, func(hidden string) string {
		r, size := utf8.DecodeRuneInString(hidden)
		switch {
		case r == utf8.RuneError && size == 1:
			return fmt.Sprintf(`\x%02x`, hidden[0])
		case r == '\n':
			return `\n`
		case r == '\r':
			return `\r`
		case r == '\t':
			return `\t`
		case r > 0xffff:
			return fmt.Sprintf(`\U%08x`, r)
		}
		return fmt.Sprintf(`\u%04x`, r)
	}))
}

// maxMarks is how many combining marks one letter may carry.
const maxMarks = 4

// Escape returns s with each rune that a reader can't see replaced by what escape makes of it: invalid UTF-8, control and
// format characters, unusual white space, Unicode's Default_Ignorable code points, and the combining marks of a letter
// after the fourth.
func Escape(s string, escape func(hidden string) string) string {
	var b strings.Builder
	marks := 0
	for len(s) > 0 {
		plain := 0
		for plain < len(s) && s[plain] >= ' ' && s[plain] <= '~' {
			plain++
		}
		if plain > 0 { // nearly all text is printable ASCII
			b.WriteString(s[:plain])
			s, marks = s[plain:], 0
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		if r == utf8.RuneError && size == 1 || marks > maxMarks || !visible(r) {
			b.WriteString(escape(s[:size]))
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

func visible(r rune) bool {
	isIgnorable := unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) // with Cf: Default_Ignorable
	return r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r) && !isIgnorable && r != '\u2800'
}

func breakCommands(s string) string {
	s = strings.ReplaceAll(s, "##[", `##\[`)
	if strings.HasPrefix(strings.TrimLeft(s, " "), "::") {
		s = strings.Replace(s, "::", `:\:`, 1)
	}
	return s
}

// Shorten cuts s in the middle so that at most limit runes remain, and shows the cut as "…". Of a URL or an image's
// reference it never cuts the end of the host, which identifies its owner.
func Shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	head := (limit - 1) * 2 / 3
	tail := limit - 1 - head
	start, host := hostOf(s)
	if host <= head {
		return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
	}
	part := (limit - start - 2) / 2 // of the host, and of what follows it
	rest := runes[host:]
	if len(rest) > part {
		rest = append([]rune{'…'}, rest[len(rest)-part:]...)
	}
	return s[:start] + "…" + string(runes[host-part:host]) + string(rest)
}

// WithoutPath returns an error of a file without the file's path, which the sentence around it names already; any other as it is.
func WithoutPath(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
