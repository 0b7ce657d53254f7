package prem

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// serveCommand compares the first word of the command with the name of every binary (APP.md: "its first word is joined to
// models/<id>/").
func serveCommand(s *service) {
	if len(s.binaries) == 0 || s.comingSoon() {
		return
	}
	at, fix := s.field("serveCommand"), "Begin with the name of the downloaded file, "+finding.Quote(s.binaries[0].Name)+"."
	if len(s.command) == 0 {
		if at.pointer == "" {
			at = s.whole()
		}
		s.report("manifest/no-binary", at, "The field `serveCommand` is missing: the App can't start the binary that it downloads", fix)
		return
	}
	word := s.command[0]
	var names, others []string // the binaries with another name, and their platforms
	for _, b := range s.binaries {
		if b.Name != word {
			names, others = append(names, b.Name), append(others, b.Platform)
		}
	}
	begins := "The command begins with " + finding.Quote(word)
	switch {
	case len(names) == 0:
	case len(names) < len(s.binaries):
		s.report("manifest/serve-command-platform", at, fmt.Sprintf("The command starts %s, and the binary for %s has another name: the service can't start there", finding.Quote(word), list(others)), "")
	case path.IsAbs(word) || strings.Contains(word, ".."):
		s.report("manifest/serve-command", at, begins+", which is outside the service's folder: the App starts a program that it did not download", fix)
	default:
		slices.Sort(names)
		s.report("manifest/serve-command", at, begins+", and the downloaded file is "+list(slices.Compact(names))+": the App can't start it", fix)
	}
}

// notLiteral matches words that need a shell (operators, redirections, variables, command substitution, quotes and the home folder) and
// placeholders.
var notLiteral = regexp.MustCompile(`^(\|\|?|&&?|;|[0-9]?>>?(&[0-9])?|<)$|;$|\$\(|\$\{?[A-Za-z_]|` + "`" + `|(^|=)["'~]` +
	`|(^|=)(\{\{?[A-Za-z_. -]+\}\}?|<[A-Za-z_. -]+>|%[A-Za-z_]+%)$`)

// shellSyntax checks the arguments (APP.md: "split at white space, with no shell"); serveCommand checks the first word.
func shellSyntax(s *service) {
	arguments := s.command[min(1, len(s.command)):]
	if words := slices.DeleteFunc(slices.Clone(arguments), func(word string) bool { return !notLiteral.MatchString(word) }); len(words) > 0 {
		s.report("manifest/shell-syntax", s.field("serveCommand"),
			fmt.Sprintf("The App starts the command without a shell and fills in no templates: the program gets %s as written", list(words)), "")
	}
}

// option is an argument of the command with its value.
type option struct{ name, value string }

// maxOptions bounds the options that are checked.
const maxOptions = 10

// options returns the values of the named options ("--name value" or "--name=value"), without those that shellSyntax reports.
func (s *service) options(names ...string) []option {
	var found []option
	for i, word := range s.command {
		name, value, isJoined := strings.Cut(word, "=")
		if !slices.Contains(names, name) || len(found) == maxOptions {
			continue
		}
		if !isJoined && i+1 < len(s.command) && !strings.HasPrefix(s.command[i+1], "-") {
			value = s.command[i+1]
		}
		if !notLiteral.MatchString(value) {
			found = append(found, option{name, value})
		}
	}
	return found
}

// modelPath compares the model's path with the downloaded files (APP.md: "must name a file in weightsFiles (or .)").
func modelPath(s *service) {
	if len(s.weights) == 0 {
		return
	}
	var names []string
	for _, w := range s.weights {
		names = append(names, w.Name)
	}
	for _, o := range s.options("--model-path", "--model", "-m") {
		isDownloaded := func(name string) bool {
			clean := path.Clean(o.value)
			return clean == path.Clean(name) || strings.HasPrefix(name, clean+"/") || clean == "." && o.value != ""
		}
		if !slices.ContainsFunc(names, isDownloaded) {
			s.report("manifest/model-path", s.field("serveCommand"),
				fmt.Sprintf("%s is %s, which is not downloaded: the server finds no model", finding.Quote(o.name), finding.Quote(o.value)),
				fmt.Sprintf("Use a downloaded file, such as %s, or `.` for their folder.", finding.Quote(cmp.Or(finding.Nearest(o.value, names), names[0]))))
		}
	}
}

// port compares the server's port with the one that the App polls (APP.md: "polls localhost:<defaultExternalPort>").
func port(s *service) {
	external := s.root.Get("defaultExternalPort")
	want, known := external.Integer()
	if len(s.binaries) == 0 || len(s.command) == 0 || !known || s.root.Get("skipHealthCheck").True() {
		return
	}
	digits, isSet := strconv.FormatInt(want, 10), false
	for _, o := range s.options("--port", "-p") {
		n, err := strconv.ParseInt(o.value, 10, 64)
		if o.name == "-p" && err != nil { // a prompt or a path
			continue
		}
		isSet = true
		if err != nil || n != want {
			s.report("manifest/port", s.field("serveCommand"),
				fmt.Sprintf("The server listens on %s, and the App polls %s, the `defaultExternalPort` at line %d", finding.Quote(o.value), digits, external.Position().Line),
				fmt.Sprintf("Set %s to %s, or correct `defaultExternalPort`.", finding.Quote(o.name), digits))
		}
	}
	if !isSet && !slices.ContainsFunc(s.command[1:], func(word string) bool { return namesPort(word, digits) }) {
		s.report("manifest/no-port", s.field("serveCommand"),
			fmt.Sprintf("The command sets no port: the App polls %s and hangs if the server's default differs", digits), "")
	}
}

// namesPort reports whether an argument ends in a port in a usual form: 8447, --listen=8447, 127.0.0.1:8447, -p8447.
func namesPort(word, digits string) bool {
	before, found := strings.CutSuffix(word, digits)
	return found && (before == "" || before == "-p" || strings.HasSuffix(before, "=") || strings.HasSuffix(before, ":"))
}
