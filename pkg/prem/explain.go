package prem

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/schema"
)

// explain describes a violation of the schema: what is wrong, what was expected, and what the App does with it.
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
		return fmt.Sprintf("%s has %d characters, more than the limit of %v", label, utf8.RuneCountInString(v.Value.Literal()), v.Details["max"]), "Shorten it."
	case finding.SchemaAdditionalProperty:
		return unknownField(v.Value.Name())
	}
	return label + " is not what the schema allows", "Compare it with the schema, which `verify-manifests schema` prints."
}

func unknownField(name string) (message, fix string) {
	if meant := finding.Nearest(name, []string{"url", "checksum", "size", "signature"}); meant != "" {
		return fmt.Sprintf("unknown field %s (did you mean %s?): its value is ignored", finding.Quote(name), finding.Quote(meant)),
			"Write " + finding.Quote(`"`+meant+`"`) + ", or remove the field."
	}
	return fmt.Sprintf("unknown field %s: its value is ignored", finding.Quote(name)),
		"Use the fields `url`, `checksum`, `size` and `signature`, or remove this one."
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
		cost = "it is not a port"
	}
	return fmt.Sprintf("%s is %s, %s the limit of %.19g: %s", v.Value.Label(), v.Value.Describe(), side, v.Details[bound], cost), "Correct the number."
}

// member is what is said about a member of the manifest: the effect of its absence and of a wrong value, and the fix.
type member struct{ missing, wrong, fix string }

var members = map[string]member{
	"id": {"the App stops reading the registry at a service without it", "the App stores the service's files in a folder of that name, and deletes it with the service",
		"Use letters, digits, dots, hyphens and underscores, beginning with a letter or digit."},
	"version":             {"", "the App ignores services of unknown versions", ""},
	"interfaces":          {"the App shows nothing of a registry in which a service lacks it", "the App does not know this kind of service", "Add the list of the service's kinds, such as `[\"chat\"]`."},
	"modelInfo":           {"the App shows nothing of a registry in which a service lacks it", "", "Add it; it may be `{}`."},
	"weightsFiles":        {"the App exits on a service of version 1 without this list", "", "List the files of the model, relative to `weightsDirectoryUrl`."},
	"weightsDirectoryUrl": {"the URLs of `weightsFiles` begin with it", "", "Add the URL of their folder, with a slash at its end."},
	"binaries":            {"version 1.1 lists the executables there", "", "Add it, with the executable or null for each platform."},
	"url":                 {"nothing can be downloaded without it", "", "Add the https URL of the file."},
	"image":               {"nothing can be started without it", "", "Add the image's name and tag."},
	"size":                {"the daemon requires it for every image", "", "Add the size of the image in bytes."},
}

// field returns the name of the member that a value is, or is an element of.
func field(v *document.Value) string {
	for v.Parent().Kind() == document.Array {
		v = v.Parent()
	}
	return v.Name()
}

// cost returns the effect of a value of the wrong type, or of a number out of range.
func cost(v *document.Value) string {
	top := v
	for top.Parent() != nil && top.Parent().Parent() != nil {
		top = top.Parent()
	}
	switch known, isKnown := members[v.Name()]; {
	case top.Name() == "binaries" || top.Name() == "weights":
		return "the file can't be verified"
	case isKnown && v.Kind() == document.Null && known.missing != "":
		return known.missing
	case top.Name() == "$schema":
		return "editors can't use it"
	}
	return "the App decodes all manifests at once and shows no service if one fails"
}
