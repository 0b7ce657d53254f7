package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xeipuuv/gojsonschema"

	"github.com/premAI-io/verify-manifests/pkg/document"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// Violation is one keyword of a schema that one value violates.
type Violation struct {
	Rule    string          // schema/*
	Value   *document.Value // that violates it
	Member  string          // the missing one, for schema/required
	Details map[string]any  // gojsonschema's
}

// Violations returns all violations in a document, in the order of the text.
func (s *Schema) Violations(root *document.Value) []Violation {
	result, err := s.compiled.Validate(gojsonschema.NewRawLoader(plain(root)))
	if err != nil { // the loader never fails; otherwise nothing was checked
		return []Violation{{Rule: finding.SchemaInvalid, Value: root}}
	}
	var found []Violation
	for _, e := range result.Errors() {
		if v := newViolation(root, e); v.Rule != "" {
			found = append(found, v)
		}
	}
	slices.SortStableFunc(found, Violation.compare) // of two equal ones, the condition's comes first
	return slices.CompactFunc(found, func(a, b Violation) bool { return a.compare(b) == 0 })
}

func (v Violation) compare(w Violation) int {
	return cmp.Or(v.Value.Position().Compare(w.Value.Position()), cmp.Compare(v.Value.Start(), w.Value.Start()),
		cmp.Compare(v.Rule, w.Rule), cmp.Compare(v.Member, w.Member))
}

// keywordRules maps gojsonschema's types of errors to rules, and errors that only report another one to "".
var keywordRules = map[string]string{
	"additional_property_not_allowed": finding.SchemaAdditionalProperty,
	"enum":                            finding.SchemaEnum,
	"invalid_type":                    finding.SchemaType,
	"number_gte":                      finding.SchemaMinimum,
	"number_lte":                      finding.SchemaMaximum,
	"pattern":                         finding.SchemaPattern,
	"required":                        finding.SchemaRequired,
	"string_gte":                      finding.SchemaMinLength,
	"string_lte":                      finding.SchemaMaxLength,

	"condition_then": "",
	"condition_else": "",
	"number_all_of":  "",
}

// newViolation finds the value of one of gojsonschema's errors. Its Rule is "" where another finding covers it.
func newViolation(root *document.Value, e gojsonschema.ResultError) Violation {
	rule, known := keywordRules[e.Type()]
	if !known {
		rule = finding.SchemaInvalid
	}
	v := Violation{Rule: rule, Value: at(root, e.Context()), Details: e.Details()}
	property, _ := v.Details["property"].(string)
	switch rule {
	case finding.SchemaRequired:
		v.Member = property
	case finding.SchemaAdditionalProperty:
		v.Value = aliased(v.Value, property)
	}
	return v
}

// Findings converts violations to findings, with the texts of explain.
func Findings(d *document.Document, found []Violation, explain func(Violation) (message, fix string)) []finding.Finding {
	var findings finding.List
	for _, v := range found {
		findings.Report(v.Rule, func() finding.Finding {
			message, fix := explain(v)
			f := d.Finding(v.Rule, v.Value, message, fix)
			if v.Rule == finding.SchemaAdditionalProperty {
				f.Position = v.Value.NamePosition()
			}
			return f
		})
	}
	return findings.Findings()
}

// Explain describes a violation of any schema.
func (v Violation) Explain() (message, fix string) {
	label, value := v.Value.Label(), v.Value.Describe()
	switch v.Rule {
	case finding.SchemaRequired:
		return finding.Quote(v.Member) + " is missing in " + label, "Add it."
	case finding.SchemaType:
		return fmt.Sprintf("%s is %s; expected %s", label, value, v.Expected()), "Write " + v.Expected() + "."
	case finding.SchemaEnum:
		return fmt.Sprintf("%s is %s, which the schema does not allow", label, value), "Write one of " + v.Allowed() + "."
	case finding.SchemaMinimum:
		return fmt.Sprintf("%s is %s; the minimum is %.19g", label, value, v.Details["min"]), "Correct the number."
	case finding.SchemaMaximum:
		return fmt.Sprintf("%s is %s; the maximum is %.19g", label, value, v.Details["max"]), "Correct the number."
	case finding.SchemaMaxLength:
		return fmt.Sprintf("%s has %d characters; the limit is %v", label, utf8.RuneCountInString(v.Value.Literal()), v.Details["max"]), "Shorten it."
	case finding.SchemaAdditionalProperty:
		return "Unknown field " + finding.Quote(v.Value.Name()), "Correct the name, or remove the field."
	}
	return fmt.Sprintf("%s is %s, which the schema does not allow", label, value), "Compare it with the registry's JSON Schema."
}

// typeNames are those of JSON Schema, in words.
var typeNames = map[string]string{
	"null": "null", "boolean": "true or false", "string": "a string", "array": "a list", "object": "an object",
	"number": "a number", "integer": "a plain integer (no fraction, no exponent)",
}

// Expected names the types that the schema allows, in words.
func (v Violation) Expected() string {
	var names []string
	for name := range strings.SplitSeq(strings.Trim(fmt.Sprint(v.Details["expected"]), "[]"), ",") {
		names = append(names, typeNames[strings.TrimSpace(name)])
	}
	return strings.Join(names, " or ")
}

// Allowed lists the values that the schema allows, as code.
func (v Violation) Allowed() string {
	return strings.ReplaceAll(finding.Clean(strings.ReplaceAll(fmt.Sprint(v.Details["allowed"]), "`", "'")), `"`, "`")
}
