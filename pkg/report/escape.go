package report

import (
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Limits of outside text in Markdown, in runes. What is longer is cut in the middle.
const (
	valueLimit   = 120
	messageLimit = 1000
)

// code returns outside text as Markdown that shows it and can do nothing else, also inside a table: a code
// span where every character is plain, else <code> with all ASCII punctuation as numeric entities, which
// neither the block, the inline nor the table syntax reads (CommonMark 0.31 section 6.1; GFM 4.10).
func code(s string) string {
	s = finding.Clean(s)
	switch {
	case s == "":
		return ""
	case strings.ContainsAny(s, "`|\\<>&") || strings.Trim(s, " ") != s:
		return "<code>" + entities(s, "") + "</code>"
	}
	return "`" + s + "`"
}

// entities writes ASCII punctuation, but for what is to be kept, as entities. An @ stands in an element of its own:
// GitHub looks for e-mail addresses in the decoded text.
func entities(s, keep string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '@':
			b.WriteString("<span>&#64;</span>")
		case r > ' ' && r < 0x7f && !isWord(r) && !strings.ContainsRune(keep, r):
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isWord(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// value is outside text of its own, cut to valueLimit.
func value(s string) string { return code(finding.Shorten(s, valueLimit)) }

// codeHTML is value for a line of HTML, in which Markdown reads nothing.
func codeHTML(s string) string {
	if s == "" {
		return ""
	}
	return "<code>" + entities(finding.Clean(finding.Shorten(s, valueLimit)), "-./:_") + "</code>"
}

// proseHTML is prose for such a line.
func proseHTML(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, "`") {
		if i%2 == 1 || strings.ContainsAny(part, "@<>&#") {
			part = codeHTML(part)
		}
		b.WriteString(part)
	}
	return b.String()
}

// prose returns a message as one line of Markdown. What stands between backticks is outside text; the rest
// should be ours, and is not trusted to be, since a merged report brings its own messages.
func prose(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(finding.Shorten(strings.TrimSpace(s), messageLimit), "`") {
		if i%2 == 0 {
			part = words(part)
		} else {
			part = code(part)
		}
		if strings.HasSuffix(b.String(), "`") && strings.HasPrefix(part, "`") {
			b.WriteByte(' ') // two spans, not one fence
		}
		b.WriteString(part)
	}
	return listMarker.ReplaceAllString(strings.TrimSpace(b.String()), `$1\$2`)
}

// listMarker begins an item of an ordered list.
var listMarker = regexp.MustCompile(`^([0-9]+)([.)])`)

// words returns text with every run of words that are not plain ones as code. GitHub links mentions,
// references and commits in the decoded text of a page, so entities don't keep it from that; <code> does.
func words(s string) string {
	var out, odd []string
	flush := func() {
		if len(odd) > 0 {
			run := strings.Join(odd, " ")
			text := strings.TrimRight(run, ",;:.!?")
			out = append(out, code(text)+run[len(text):])
			odd = nil
		}
	}
	for word := range strings.SplitSeq(s, " ") {
		if word == "" || isPlain(word) {
			flush()
			out = append(out, word)
		} else {
			odd = append(odd, word)
		}
	}
	flush()
	return strings.Join(out, " ")
}

// plainWord is a word of a sentence, with the punctuation around it, or punctuation beside a code span.
// Markdown reads nothing in it, wherever it stands: no bullet, no rule ("--"), no autolink ("www.x"), no
// emoji (":x:").
var plainWord = regexp.MustCompile(`^(["'(]*[A-Za-z0-9]+(['’,-][A-Za-z0-9]+)*%?["')]*[,;:.!?]?["')]*|["'(]+|["')]*[,;:.!?]?["')]*|[–—…]|\(?e\.g\.)$`)

// reference is a word that looks plain, and that GitHub links: an issue ("GH-12"), a host, a commit.
var reference = regexp.MustCompile(`(?i)\bgh-[0-9]|\bwww\b|\b[0-9a-f]{7,}\b`)

func isPlain(word string) bool { return plainWord.MatchString(word) && !reference.MatchString(word) }

// link returns a Markdown link. The text is Markdown already; an empty target gives the text alone.
func link(text, target string) string {
	if target == "" {
		return text
	}
	return "[" + text + "](" + target + ")"
}

// percentEncode encodes everything but RFC 3986's unreserved characters and slashes, so that the result can
// neither leave a URL's path nor a Markdown link.
func percentEncode(path string) string {
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(path))
}

// service is how people call a manifest: by its folder, where the file's name is always the same.
func service(manifest string) string { return strings.TrimSuffix(manifest, "/manifest.json") }

// repositoryURL returns a URL below the repository on its server, "" where there is none.
func (r *Report) repositoryURL(path string) string {
	if r.Run.ServerURL == "" || r.Run.Repository == "" {
		return ""
	}
	return strings.TrimRight(r.Run.ServerURL, "/") + "/" + percentEncode(r.Run.Repository) + "/" + path
}

// sourceURL leads to a line of a manifest at the report's commit. A path that git can't hold has no URL: dot
// segments would lead elsewhere.
func (r *Report) sourceURL(manifest string, line int) string {
	if r.Run.HeadSHA == "" || !fs.ValidPath(manifest) {
		return ""
	}
	target := "blob/" + percentEncode(r.Run.HeadSHA) + "/" + percentEncode(manifest)
	if line > 0 {
		target += fmt.Sprintf("#L%d", line)
	}
	return r.repositoryURL(target)
}

func (r *Report) commitURL() string {
	if r.Run.HeadSHA == "" {
		return ""
	}
	return r.repositoryURL("commit/" + percentEncode(r.Run.HeadSHA))
}

func (r *Report) runURL() string {
	if r.Run.RunID == 0 {
		return ""
	}
	return r.repositoryURL(fmt.Sprintf("actions/runs/%d", r.Run.RunID))
}

const (
	projectURL = "https://github.com/premAI-io/verify-manifests"
	rulesURL   = projectURL + "/blob/main/docs/rules.md"
)

// ruleURL leads to the rule's section, "" for a rule that this program does not know. The anchor is the one
// that GitHub gives the heading: the ID without its slash.
func ruleURL(id string) string {
	if _, known := finding.Lookup(id); !known {
		return ""
	}
	return rulesURL + "#" + strings.ReplaceAll(id, "/", "")
}
