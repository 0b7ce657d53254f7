package manifest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// finding says in a sentence of ours what the violation is, what was expected, and what the App makes of it.
func (v violation) finding(path string) finding.Finding {
	at := v.value.at
	if v.rule == finding.SchemaAdditionalProperty {
		at = v.value.nameAt
	}
	message, fix := v.explain()
	return finding.New(v.rule, path, v.value.Pointer(), at, message, fix)
}

func (v violation) explain() (message, fix string) {
	label, known := v.value.label(), members[v.value.field()]
	switch v.rule {
	case finding.SchemaRequired:
		known = members[v.member]
		return finding.Quote(v.member) + " is missing in " + label + ": " + known.missing, known.fix
	case finding.SchemaType:
		want := v.expected()
		return fmt.Sprintf("%s is %s, where %s is expected: %s", label, v.value.describe(), want, v.value.cost()), v.typeFix(want)
	case finding.SchemaEnum:
		allowed := strings.ReplaceAll(fmt.Sprint(v.details["allowed"]), `"`, "`")
		return fmt.Sprintf("%s is %s: %s", label, v.value.describe(), known.wrong), "Write one of " + allowed + "."
	case finding.SchemaPattern:
		return fmt.Sprintf("%s is %s: %s", label, v.value.describe(), known.wrong), known.fix
	case finding.SchemaMinimum:
		return v.outOfRange("below", "min")
	case finding.SchemaMaximum:
		return v.outOfRange("over", "max")
	case finding.SchemaMinLength:
		return label + " is empty: " + known.missing, known.fix
	case finding.SchemaMaxLength:
		return fmt.Sprintf("%s has %d characters, and %v are the most", label, utf8.RuneCountInString(v.value.text), v.details["max"]), "Shorten it."
	case finding.SchemaAdditionalProperty:
		return fmt.Sprintf("the field %s is not known here: if another is meant, such as `checksum`, that one is lost", finding.Quote(v.value.name)),
			"The fields are `url`, `checksum`, `size` and `signature`: correct the name, or remove the field."
	}
	return label + " is not what the schema allows", "Compare it with the schema, which `verify-manifests schema` prints."
}

func (v violation) typeFix(want string) string {
	isBare := v.value.kind == Number || v.value.kind == Boolean
	if isBare && strings.HasPrefix(want, typeNames["string"]) {
		return "Put it between double quotes: " + finding.Quote(`"`+v.value.text+`"`) + "."
	}
	return "Write " + want + "."
}

func (v violation) outOfRange(side, bound string) (message, fix string) {
	cost := v.value.cost()
	if strings.HasSuffix(v.value.name, "Port") {
		cost = "no server can listen there"
	}
	return fmt.Sprintf("%s is %s, %s the limit of %.19g: %s", v.value.label(), v.value.describe(), side, v.details[bound], cost), "Correct the number."
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
func (v *Value) field() string {
	for v.parent != nil && v.parent.kind == Array {
		v = v.parent
	}
	return v.name
}

// label names the value in a sentence.
func (v *Value) label() string {
	switch {
	case v.parent == nil:
		return "the manifest"
	case v.parent.kind == Array:
		return fmt.Sprintf("item %d of %s", v.index+1, v.parent.label())
	}
	return finding.Quote(v.name)
}

// describe says what the value is.
func (v *Value) describe() string {
	switch v.kind {
	case Null:
		return "null"
	case Array:
		return "a list"
	case Object:
		return "an object"
	case String:
		return "the string " + finding.Quote(v.text)
	}
	return "the " + string(v.kind) + " " + finding.Quote(v.text)
}

// typeNames are those of JSON Schema, in words.
var typeNames = map[string]string{
	"null": "null", "boolean": "true or false", "string": "a string", "array": "a list", "object": "an object",
	"number": "a number", "integer": "a plain integer (no fraction, no exponent)",
}

func (v violation) expected() string {
	var names []string
	for name := range strings.SplitSeq(strings.Trim(fmt.Sprint(v.details["expected"]), "[]"), ",") {
		names = append(names, typeNames[name])
	}
	return strings.Join(names, " or ")
}

// cost says what a value of the wrong type, or a number out of its type's range, does.
func (v *Value) cost() string {
	top := v
	for top.parent != nil && top.parent.parent != nil {
		top = top.parent
	}
	switch known, isKnown := members[v.name]; {
	case top.name == "binaries" || top.name == "weights":
		return "what it names can't be checked"
	case isKnown && v.kind == Null && known.missing != "":
		return known.missing
	case top.name == "$schema":
		return "no editor can follow it"
	}
	return "the App decodes all manifests at once, and shows no service of the registry if one fails"
}
