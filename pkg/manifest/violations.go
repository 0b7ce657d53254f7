package manifest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/xeipuuv/gojsonschema"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// violation is one keyword of the schema that one value breaks.
type violation struct {
	rule    string
	value   *Value         // that breaks it
	member  string         // of the value: the one that is missing, "" for all but schema/required
	details map[string]any // gojsonschema's
}

// violations returns a finding for everything that the schema forbids.
func violations(path string, root *Value) []finding.Finding {
	result, err := compiledSchema().Validate(document{root: root})
	if err != nil { // document never fails; if it did, nothing would have been checked
		return []finding.Finding{finding.New(finding.SchemaInvalid, path, "", root.at, "the schema could not be applied", "")}
	}
	var found []violation
	for _, e := range result.Errors() {
		if v, ok := newViolation(root, e); ok {
			found = append(found, v)
		}
	}
	slices.SortStableFunc(found, violation.compare) // of two about one thing, the condition's comes first
	found = slices.CompactFunc(found, func(a, b violation) bool { return a.compare(b) == 0 })
	return listed(path, found)
}

// listed turns violations into findings: the first maxFindings of them, and one that counts the others.
func listed(path string, found []violation) []finding.Finding {
	var findings []finding.Finding
	for _, v := range found[:min(len(found), maxFindings+1)] {
		findings = append(findings, v.finding(path))
	}
	bound(findings, len(found))
	return findings
}

func (v violation) compare(w violation) int {
	return cmp.Or(cmp.Compare(v.value.start, w.value.start), cmp.Compare(v.rule, w.rule), cmp.Compare(v.member, w.member))
}

// keywordRules maps gojsonschema's names of errors to rules; those that only say that another one was found map to "".
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
	"number_all_of":  "",
}

// newViolation places one of gojsonschema's errors in the tree. It reports false for those that another finding covers.
func newViolation(root *Value, e gojsonschema.ResultError) (violation, bool) {
	rule, known := keywordRules[e.Type()]
	if !known {
		rule = finding.SchemaInvalid
	}
	v := violation{rule: rule, value: at(root, e.Context()), details: e.Details()}
	property, _ := v.details["property"].(string)
	switch rule {
	case "":
		return v, false
	case finding.SchemaRequired:
		v.member = property
	case finding.SchemaAdditionalProperty:
		v.value = v.value.aliased(property)
	case finding.SchemaPattern:
		return v, v.value.name != "checksum" // checksum/invalid says it better
	}
	return v, true
}

// contextSeparator stands in no step: an alias goes on with a digit after its mark, and other steps have none.
const contextSeparator = aliasMark + "/"

// at returns the value that a context means. The context's own dotted form can't be told apart from names with dots.
func at(root *Value, context *gojsonschema.JsonContext) *Value {
	v := root
	for _, step := range strings.Split(context.String(contextSeparator), contextSeparator)[1:] {
		v = v.aliased(step)
	}
	return v
}
