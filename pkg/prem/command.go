package prem

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// serveCommand compares the first word of the command with the name of every binary (APP.md: "its first word is joined to
// models/<id>/").
func serveCommand(s *service) {
	if len(s.binaries) == 0 || s.comingSoon() {
		return
	}
	at := s.field("serveCommand")
	if len(s.command) == 0 {
		if at.pointer == "" {
			at = s.whole()
		}
		s.report(ManifestNoBinary, at, "The field `serveCommand` is missing: the App can't start the binary that it downloads", s.commandFix(nil))
		return
	}
	var names, others []string // of the binaries that are not the first word, and of their platforms
	for _, b := range s.binaries {
		if b.Name != s.command[0] {
			names, others = append(names, b.Name), append(others, b.Platform)
		}
	}
	switch len(names) {
	case 0:
	case len(s.binaries):
		s.report(ManifestServeCommand, at, notABinary(s.command[0], names), s.commandFix(s.arguments()))
	default:
		s.report(ManifestServeCommandPlatform, at,
			fmt.Sprintf("The command starts %s, and the binary for %s has another name: the service can't start there", finding.Quote(s.command[0]), list(others)), "")
	}
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// notABinary returns why the App can't start the first word.
func notABinary(word string, names []string) string {
	begins := "The command begins with " + finding.Quote(word)
	switch {
	case assignment.MatchString(word):
		return begins + ", an assignment that only a shell understands: the App takes it for the program"
	case path.IsAbs(word) || strings.Contains(word, ".."):
		return begins + ", which leads out of the service's folder: the App starts a program that it did not download"
	case strings.Contains(word, "/"):
		return begins + ": the App expects the bare name of the downloaded file"
	}
	slices.Sort(names)
	return begins + ", and the downloaded file is " + list(slices.Compact(names)) + ": the App can't start it"
}

// arguments returns the words after the program's name, which may follow assignments.
func (s *service) arguments() []string {
	isProgram := func(word string) bool { return !assignment.MatchString(word) }
	return s.command[min(slices.IndexFunc(s.command, isProgram)+1, len(s.command)):]
}

// commandFix returns the corrected command, as far as it is known.
func (s *service) commandFix(arguments []string) string {
	command, _ := jsontext.AppendQuote(nil, strings.Join(append([]string{s.binaries[0].Name}, arguments...), " ")) // fails on invalid UTF-8 only
	return "Begin with the name of the downloaded file: " + finding.Quote(`"serveCommand": `+string(command)) + "."
}

// shellWords need a shell: operators, redirections, variables, command substitution, quotes and the home folder.
var shellWords = regexp.MustCompile(`^(\|\|?|&&?|;|[0-9]?>>?(&[0-9])?|<)$|;$|\$\(|\$\{?[A-Za-z_]|` + "`" + `|(^|=)["'~]`)

// templateWords are placeholders for a value.
var templateWords = regexp.MustCompile(`(^|=)(\{\{?[A-Za-z_. -]+\}\}?|<[A-Za-z_. -]+>|%[A-Za-z_]+%)$`)

// shellSyntax checks the arguments; serveCommand checks the first word.
func shellSyntax(s *service) {
	if len(s.command) == 0 {
		return
	}
	if words := matching(shellWords, s.command[1:]); len(words) > 0 {
		s.report(ManifestShellSyntax, s.field("serveCommand"),
			fmt.Sprintf("The App starts the command without a shell: the program gets %s as written", list(words)),
			"Write only the program and its arguments.")
	}
	if words := matching(templateWords, s.command[1:]); len(words) > 0 {
		s.report(ManifestShellSyntax, s.field("serveCommand"),
			fmt.Sprintf("The App fills in no templates: the program gets %s as written", list(words)), "Write the value itself.")
	}
}

func matching(pattern *regexp.Regexp, words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !pattern.MatchString(word) })
}

// option is an argument of the command with its value.
type option struct{ name, separator, value string }

func (o option) with(value string) string { return o.name + o.separator + value }

// maxOptions bounds the options that are checked.
const maxOptions = 10

// options returns the values of the named options ("--name value" or "--name=value"), without those that shellSyntax reports.
func (s *service) options(names ...string) []option {
	var found []option
	for i, word := range s.command {
		name, value, joined := strings.Cut(word, "=")
		if !slices.Contains(names, name) || len(found) == maxOptions {
			continue
		}
		separator := "="
		if !joined {
			separator = " "
		}
		if !joined && i+1 < len(s.command) && !strings.HasPrefix(s.command[i+1], "-") {
			value = s.command[i+1]
		}
		if !shellWords.MatchString(value) && !templateWords.MatchString(value) {
			found = append(found, option{name, separator, value})
		}
	}
	return found
}

// modelPath compares the model's path with the downloaded files (APP.md: "must name a file in weightsFiles (or .)").
func modelPath(s *service) {
	if len(s.weights) == 0 {
		return
	}
	for _, o := range s.options("--model-path", "--model", "-m") {
		if s.holds(o.value) {
			continue
		}
		message := fmt.Sprintf("%s is %s, which is not downloaded: the server finds no model", finding.Quote(o.name), finding.Quote(o.value))
		if o.value == "" {
			message = finding.Quote(o.name) + " has no value: the server finds no model"
		}
		s.report(ManifestModelPath, s.field("serveCommand"), message, s.modelFix(o))
	}
}

// holds reports whether a path, relative to the service's folder, names a downloaded file or its folder.
func (s *service) holds(name string) bool {
	clean := path.Clean(name)
	for _, w := range s.weights {
		if clean == path.Clean(w.Name) || strings.HasPrefix(w.Name, clean+"/") {
			return true
		}
	}
	return name != "" && clean == "."
}

func (s *service) modelFix(o option) string {
	var names []string
	for _, w := range s.weights {
		names = append(names, w.Name)
	}
	name := cmp.Or(finding.Nearest(o.value, names), names[0])
	return fmt.Sprintf("Use a downloaded file, such as %s, or `.` for their folder.", finding.Quote(o.with(name)))
}

// port compares the server's port with the one that the App polls (APP.md: "polls localhost:<defaultExternalPort>").
func port(s *service) {
	external := s.root.Get("defaultExternalPort")
	want, known := external.Integer()
	if len(s.binaries) == 0 || len(s.command) == 0 || !known || s.root.Get("skipHealthCheck").True() {
		return
	}
	digits := strconv.FormatInt(want, 10)
	given := s.ports()
	for _, o := range given {
		n, err := strconv.ParseInt(o.value, 10, 64)
		if err == nil && n == want {
			continue
		}
		fix := "Write " + finding.Quote(o.with(digits)) + "."
		if err == nil {
			fix = fmt.Sprintf("Write %s, or `\"defaultExternalPort\": %d`.", finding.Quote(o.with(digits)), n)
		}
		s.report(ManifestPort, s.field("serveCommand"),
			fmt.Sprintf("The server listens on %s, and the App polls %s, the `defaultExternalPort` at line %d", finding.Quote(o.value), digits, external.Position().Line), fix)
	}
	if len(given) == 0 && !slices.ContainsFunc(s.command[1:], func(word string) bool { return namesPort(word, digits) }) {
		s.report(ManifestNoPort, s.field("serveCommand"),
			fmt.Sprintf("The command sets no port: the App polls %s and hangs if the server's default differs", digits), "")
	}
}

// namesPort reports whether an argument ends in a port in a usual form: 8447, --listen=8447, 127.0.0.1:8447, -p8447.
func namesPort(word, digits string) bool {
	before, found := strings.CutSuffix(word, digits)
	return found && (before == "" || before == "-p" || strings.HasSuffix(before, "=") || strings.HasSuffix(before, ":"))
}

// ports returns the options that set the server's port; -p may also be a prompt or a path.
func (s *service) ports() []option {
	return slices.DeleteFunc(s.options("--port", "-p"), func(o option) bool {
		_, err := strconv.Atoi(o.value)
		return o.name == "-p" && err != nil
	})
}
