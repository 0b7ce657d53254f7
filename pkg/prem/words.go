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

// schemaTree is the manifests' JSON Schema, which lists the fields and kinds that the App supports.
var schemaTree = sync.OnceValue(func() *document.Value {
	documents, _ := document.Read("schema", schemaText, document.Options{})
	return documents[0].Root
})

// kinds returns the kinds of services, the longest first, so that none matches inside another.
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

// misspeltKey reports unknown fields that resemble a field of the App (APP.md: "a misspelt key is silently lost").
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
		meant := finding.Nearest(v.Name(), names)
		if meant == "" {
			continue
		}
		message := fmt.Sprintf("Unknown field %s (did you mean %s?): the App ignores its value", finding.Quote(v.Name()), finding.Quote(meant))
		fix := "Write " + finding.Quote(`"`+meant+`"`) + "."
		if there := object.Get(meant); there != nil {
			fix = fmt.Sprintf("Move the value to %s at line %d, and remove this field.", finding.Quote(`"`+meant+`"`), there.NamePosition().Line)
		}
		s.report("manifest/misspelt-key", nameOf(v), message, fix)
	}
}

// definition resolves a schema that is a reference.
func definition(schema *document.Value) *document.Value {
	if ref := schema.At("/allOf/0/$ref").String(); ref != "" {
		return schemaTree().At(strings.TrimPrefix(ref, "#"))
	}
	return schema
}

// blanks matches words for missing content. chat-gorilla-falcon-7b had TODO in numbers.
var blanks = regexp.MustCompile(`\b(TODO|FIXME|TBD|CHANGEME|CHANGE_ME|REPLACE_ME)\b`)

// templates matches placeholders in texts where angle brackets and braces have no other meaning.
var templates = regexp.MustCompile(`<[A-Za-z][A-Za-z0-9 _.-]*>|\{\{[^}]*\}\}|\$\{[^}]*\}|\bYOUR[_-][A-Z_-]+`)

func placeholder(s *service) {
	search := func(at location, text string, patterns ...*regexp.Regexp) {
		for _, pattern := range patterns {
			if found := pattern.FindString(text); found != "" {
				s.report("manifest/placeholder", at, finding.Quote(found)+" is a placeholder", "")
			}
		}
	}
	for _, name := range []string{"id", "name"} {
		search(s.field(name), s.root.Get(name).String(), blanks, templates)
	}
	for _, name := range []string{"description", "documentation", "serveCommand", "petals_id"} {
		search(s.field(name), s.root.Get(name).String(), blanks)
	}
	for _, v := range s.root.Get("modelInfo").Members() {
		search(valueOf(v), v.String(), blanks)
	}
	for _, l := range lint.Links(s.Artifacts, s.server) {
		search(location{l.Pointer, l.Position}, l.Declared, blanks, templates)
	}
	for _, a := range s.weights {
		if a.Base != nil { // otherwise the name is its key or part of its URL
			search(urlOf(a), a.Name, blanks, templates)
		}
	}
}

// interfaces compares the service's kinds with its folder's name (APP.md: they "match the folder's prefix").
func interfaces(s *service) {
	declared, kind := s.root.Get("interfaces"), kindOf(s.folder)
	isKind := func(v *document.Value) bool { return v.String() == kind }
	switch {
	case declared.Kind() != document.Array:
	case len(declared.Elements()) == 0:
		s.report("manifest/interfaces", valueOf(declared), "`interfaces` is empty: the App does not show the service", "")
	case kind != "" && !slices.ContainsFunc(declared.Elements(), isKind):
		s.report("manifest/interfaces", valueOf(declared),
			fmt.Sprintf("The folder %s is for a %s service, which `interfaces` does not contain", finding.Quote(s.folder), finding.Quote(kind)), "")
	}
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
		s.report("manifest/folder", s.whole(), fmt.Sprintf("The folder's name %s contains white space or another character that breaks scripts", finding.Quote(s.folder)),
			"Rename the folder, with letters, digits, dots, hyphens and underscores only.")
	case !slices.ContainsFunc(kinds(), holds):
		s.report("manifest/folder", s.whole(),
			fmt.Sprintf("The folder's name %s contains no kind of service: the registry's generator skips it silently", finding.Quote(s.folder)), "")
	}
}
