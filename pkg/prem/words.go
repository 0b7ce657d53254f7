package prem

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/lint"
)

// schemaTree is the manifests' JSON Schema, which lists the fields and kinds that the App knows.
var schemaTree = sync.OnceValue(func() *document.Value {
	documents, _ := document.Read("schema", schemaText, document.Options{})
	return documents[0].Root
})

// kinds returns the kinds of services, the longest first, so that no kind is found inside another.
var kinds = sync.OnceValue(func() []string {
	var all []string
	for _, kind := range schemaTree().At("/properties/interfaces/items/enum").Elements() {
		all = append(all, kind.String())
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
})

// suspects bounds the unknown keys of one object that are compared with known ones.
const suspects = 50

// misspeltKey reports fields that the App ignores and that look like one it knows (APP.md: "a misspelt key is silently lost").
func misspeltKey(s *service) { s.misspelt(s.root, schemaTree()) }

func (s *service) misspelt(object, schema *document.Value) {
	var names []string
	for _, known := range schema.Get("properties").Members() {
		names = append(names, known.Name())
	}
	slices.Sort(names)
	unknown := 0
	for _, v := range object.Members() {
		if below := schema.Get("properties").Get(v.Name()); below != nil {
			s.misspelt(v, definition(below))
			continue
		}
		if unknown++; unknown > suspects {
			continue
		}
		if meant := finding.Nearest(v.Name(), names); meant != "" {
			s.misspeltAs(v, meant, object.Get(meant))
		}
	}
}

// definition follows the reference of a schema that consists of one.
func definition(schema *document.Value) *document.Value {
	if ref := schema.At("/allOf/0/$ref").String(); ref != "" {
		return schemaTree().At(strings.TrimPrefix(ref, "#"))
	}
	return schema
}

// misspeltAs reports a key that is close to a known one, which may be present too.
func (s *service) misspeltAs(v *document.Value, meant string, there *document.Value) {
	message := fmt.Sprintf("Unknown field %s (did you mean %s?): the App ignores its value", finding.Quote(v.Name()), finding.Quote(meant))
	fix := "Write " + finding.Quote(`"`+meant+`"`) + "."
	if there != nil {
		message += fmt.Sprintf("; %s is at line %d", finding.Quote(meant), there.NamePosition().Line)
		fix = "Move the value to " + finding.Quote(`"`+meant+`"`) + " and remove this field."
	}
	s.report(ManifestMisspeltKey, nameOf(v), message, fix)
}

// blanks are words for something still to be written. chat-gorilla-falcon-7b had TODO in numbers.
var blanks = regexp.MustCompile(`\b(TODO|FIXME|TBD|CHANGEME|CHANGE_ME|REPLACE_ME)\b`)

// templates stand for a value, in texts where angle brackets and braces have no other meaning.
var templates = regexp.MustCompile(`<[A-Za-z][A-Za-z0-9 _.-]*>|\{\{[^}]*\}\}|\$\{[^}]*\}|\bYOUR[_-][A-Z_-]+`)

func placeholder(s *service) {
	for _, name := range []string{"id", "name", "description", "documentation", "serveCommand", "petals_id"} {
		v := s.root.Get(name)
		s.blank(valueOf(v), blanks.FindString(v.String()))
	}
	for _, v := range s.root.Get("modelInfo").Members() {
		s.blank(valueOf(v), blanks.FindString(v.String()))
	}
	for _, name := range []string{"id", "name"} {
		v := s.root.Get(name)
		s.blank(valueOf(v), templates.FindString(v.String()))
	}
	for _, l := range lint.Links(s.Artifacts, s.server) {
		s.unwritten(place{l.Pointer, l.Position}, l.Declared)
	}
	for _, a := range s.weights {
		if a.Base != nil { // otherwise the name is its key or part of its URL
			s.unwritten(urlOf(a), a.Name)
		}
	}
}

func (s *service) unwritten(at place, text string) {
	s.blank(at, blanks.FindString(text))
	s.blank(at, templates.FindString(text))
}

func (s *service) blank(at place, found string) {
	if found != "" {
		s.report(ManifestPlaceholder, at, finding.Quote(found)+" is a placeholder", "")
	}
}

// interfaces compares the service's kinds with its folder's name (APP.md: they "match the folder's prefix").
func interfaces(s *service) {
	declared := s.root.Get("interfaces")
	if declared.Kind() != document.Array {
		return
	}
	kind := kindOf(s.folder)
	if len(declared.Elements()) == 0 {
		s.report(ManifestInterfaces, valueOf(declared), "`interfaces` is empty: the App does not show the service", "")
		return
	}
	for _, v := range declared.Elements() {
		if kind == "" || v.String() == kind {
			return
		}
	}
	s.report(ManifestInterfaces, valueOf(declared),
		fmt.Sprintf("The folder %s is for a %s service, which `interfaces` does not contain", finding.Quote(s.folder), finding.Quote(kind)),
		fmt.Sprintf("Write %s, or rename the folder.", finding.Quote(`"interfaces": ["`+kind+`"]`)))
}

// kindOf returns the kind that a folder's name begins with, else "".
func kindOf(folder string) string {
	i := slices.IndexFunc(kinds(), func(kind string) bool { return folder == kind || strings.HasPrefix(folder, kind+"-") })
	if i < 0 {
		return ""
	}
	return kinds()[i]
}

var plainFolder = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// folder reports folders that the registry's generator does not read (APP.md: "a folder of another name is silently skipped").
func folder(s *service) {
	holds := func(kind string) bool { return strings.Contains(s.folder, kind) }
	switch {
	case s.folder == "":
	case !plainFolder.MatchString(s.folder):
		s.report(ManifestFolder, s.whole(), fmt.Sprintf("The folder's name %s contains white space or another character that breaks scripts", finding.Quote(s.folder)),
			"Rename the folder, with letters, digits, dots, hyphens and underscores only.")
	case !slices.ContainsFunc(kinds(), holds):
		s.report(ManifestFolder, s.whole(),
			fmt.Sprintf("The folder's name %s contains no kind of service: the registry's generator skips it silently", finding.Quote(s.folder)),
			"Begin the folder's name with one of "+strings.Join(quoted(kinds()), ", ")+".")
	}
}

func quoted(words []string) []string {
	var all []string
	for _, word := range words {
		all = append(all, finding.Quote(word))
	}
	return all
}
