package prem

import (
	"cmp"
	"strings"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/schema"
)

// explain adds the effect on the App to the description of a violation.
func explain(v schema.Violation) (message, fix string) {
	message, fix = v.Explain()
	at := v.Value
	for at.Parent().Kind() == document.Array {
		at = at.Parent()
	}
	known := members[cmp.Or(v.Member, at.Name())]
	effect := known.wrong
	switch v.Rule {
	case finding.SchemaRequired, finding.SchemaMinLength:
		effect, fix = known.missing, known.fix
	case finding.SchemaPattern:
		fix = known.fix
	case finding.SchemaType, finding.SchemaMinimum, finding.SchemaMaximum:
		effect = cost(v)
	case finding.SchemaAdditionalProperty:
		effect = "its value is ignored"
		fix = "Use the fields `url`, `checksum`, `size` and `signature`, or remove this one."
		if meant := finding.Nearest(at.Name(), []string{"url", "checksum", "size", "signature"}); meant != "" {
			message += " (did you mean " + finding.Quote(meant) + "?)"
		}
	}
	isBare := v.Value.Kind() == document.Number || v.Value.Kind() == document.Boolean
	if v.Rule == finding.SchemaType && isBare && strings.HasPrefix(v.Expected(), "a string") {
		fix = "Put it between double quotes: " + finding.Quote(`"`+v.Value.Literal()+`"`) + "."
	}
	if effect != "" {
		message += ": " + effect
	}
	return message, fix
}

// member is the effect of a missing member of the manifest and of a wrong value, and the fix.
type member struct{ missing, wrong, fix string }

var members = map[string]member{
	"id": {"the App stops reading the registry at a service without it", "the App stores the service's files in a folder of that name, and deletes it with the service",
		"Use letters, digits, dots, hyphens and underscores, beginning with a letter or digit."},
	"version":             {"", "the App ignores services of unknown versions", ""},
	"interfaces":          {"the App shows no services if one lacks it", "the App does not know this kind of service", "Add the list of the service's kinds, such as `[\"chat\"]`."},
	"modelInfo":           {"the App shows no services if one lacks it", "", "Add it; it may be `{}`."},
	"weightsFiles":        {"the App exits on a service of version 1 without this list", "", "List the files of the model, relative to `weightsDirectoryUrl`."},
	"weightsDirectoryUrl": {"the URLs of `weightsFiles` begin with it", "", "Add the URL of their folder, with a slash at its end."},
	"binaries":            {"version 1.1 lists the executables there", "", "Add it, with the executable or null for each platform."},
	"url":                 {"nothing can be downloaded without it", "", "Add the https URL of the file."},
	"image":               {"nothing can be started without it", "", "Add the image's name and tag."},
	"size":                {"the daemon requires it for every image", "", "Add the size of the image in bytes."},
}

// cost returns the effect of a value of the wrong type, or of a number out of range.
func cost(v schema.Violation) string {
	top := v.Value
	for top.Parent() != nil && top.Parent().Parent() != nil {
		top = top.Parent()
	}
	known := members[v.Value.Name()]
	switch {
	case top.Name() == "binaries" || top.Name() == "weights":
		return "the file can't be verified"
	case v.Rule != finding.SchemaType && strings.HasSuffix(top.Name(), "Port"):
		return "it is not a port"
	case v.Value.Kind() == document.Null && known.missing != "":
		return known.missing
	case top.Name() == "$schema":
		return "editors can't use it"
	}
	return "the App decodes all manifests at once and shows no service if one fails"
}
