package prem

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/schema"
)

// explain says in a sentence of ours what a violation is, what was expected, and what the App makes of it.
func explain(v schema.Violation) (message, fix string) {
	label, known := v.Value.Label(), members[field(v.Value)]
	switch v.Rule {
	case finding.SchemaRequired:
		known = members[v.Member]
		return finding.Quote(v.Member) + " is missing in " + label + ": " + known.missing, known.fix
	case finding.SchemaType:
		want := v.Expected()
		return fmt.Sprintf("%s is %s, where %s is expected: %s", label, v.Value.Describe(), want, cost(v.Value)), typeFix(v, want)
	case finding.SchemaEnum:
		return fmt.Sprintf("%s is %s: %s", label, v.Value.Describe(), known.wrong), "Write one of " + v.Allowed() + "."
	case finding.SchemaPattern:
		return fmt.Sprintf("%s is %s: %s", label, v.Value.Describe(), known.wrong), known.fix
	case finding.SchemaMinimum:
		return outOfRange(v, "below", "min")
	case finding.SchemaMaximum:
		return outOfRange(v, "over", "max")
	case finding.SchemaMinLength:
		return label + " is empty: " + known.missing, known.fix
	case finding.SchemaMaxLength:
		return fmt.Sprintf("%s has %d characters, and %v are the most", label, utf8.RuneCountInString(v.Value.Literal()), v.Details["max"]), "Shorten it."
	case finding.SchemaAdditionalProperty:
		return unknownField(v.Value.Name())
	}
	return label + " is not what the schema allows", "Compare it with the schema, which `verify-manifests schema` prints."
}

func unknownField(name string) (message, fix string) {
	if meant := finding.Nearest(name, []string{"url", "checksum", "size", "signature"}); meant != "" {
		return fmt.Sprintf("the field %s is not known here: its value is lost if %s is meant", finding.Quote(name), finding.Quote(meant)),
			"Write " + finding.Quote(`"`+meant+`"`) + ", or remove the field."
	}
	return fmt.Sprintf("the field %s is not known here: if another is meant, such as `checksum`, that one is lost", finding.Quote(name)),
		"The fields are `url`, `checksum`, `size` and `signature`: correct the name, or remove the field."
}

func typeFix(v schema.Violation, want string) string {
	isBare := v.Value.Kind() == document.Number || v.Value.Kind() == document.Boolean
	if isBare && strings.HasPrefix(want, "a string") {
		return "Put it between double quotes: " + finding.Quote(`"`+v.Value.Literal()+`"`) + "."
	}
	return "Write " + want + "."
}

func outOfRange(v schema.Violation, side, bound string) (message, fix string) {
	cost := cost(v.Value)
	if strings.HasSuffix(v.Value.Name(), "Port") {
		cost = "no server can listen there"
	}
	return fmt.Sprintf("%s is %s, %s the limit of %.19g: %s", v.Value.Label(), v.Value.Describe(), side, v.Details[bound], cost), "Correct the number."
}

// member is what there is to say about one: what its absence does, what a value that does not exist does, what to do.
type member struct{ missing, wrong, fix string }

var members = map[string]member{
	"id": {"the App reads no further in a registry at a service without one", "the App keeps the service's files in a folder of that name, and removes that folder with the service",
		"Give it an id of letters, digits, dots, hyphens and underscores that starts with a letter or a digit."},
	"version":             {"", "the App ignores a service of any other version than it knows", ""},
	"interfaces":          {"the App shows nothing of a registry in which one service lacks it", "the App knows no such kind of service", "Add the list of the APIs that the service speaks, such as `[\"chat\"]`."},
	"modelInfo":           {"the App shows nothing of a registry in which one service lacks it", "", "Add it, as `{}` where there is nothing to say."},
	"weightsFiles":        {"the App exits over a service of version 1 without this list", "", "List the files of the model, relative to `weightsDirectoryUrl`."},
	"weightsDirectoryUrl": {"it stands before each of `weightsFiles`, which have no URL without it", "", "Add the URL of their folder, with a slash at its end."},
	"binaries":            {"version 1.1 names the executables there", "", "Add it, with the executable for each platform, or null."},
	"url":                 {"there is nothing to download without it", "", "Add the https URL that downloads the file."},
	"image":               {"there is nothing to start without it", "", "Add the name of the image, with its tag."},
	"size":                {"the daemon reads it from every image", "", "Add the size of the image in bytes."},
}

// field names the member that a value is, or is an element of.
func field(v *document.Value) string {
	for v.Parent().Kind() == document.Array {
		v = v.Parent()
	}
	return v.Name()
}

// cost says what a value of the wrong type, or a number out of its type's range, does.
func cost(v *document.Value) string {
	top := v
	for top.Parent() != nil && top.Parent().Parent() != nil {
		top = top.Parent()
	}
	switch known, isKnown := members[v.Name()]; {
	case top.Name() == "binaries" || top.Name() == "weights":
		return "what it names can't be checked"
	case isKnown && v.Kind() == document.Null && known.missing != "":
		return known.missing
	case top.Name() == "$schema":
		return "no editor can follow it"
	}
	return "the App decodes all manifests at once, and shows no service of the registry if one fails"
}
