package finding

// The IDs of the rules about the manifest's JSON Schema, one for each keyword that it uses.
const (
	SchemaRequired           = "schema/required"
	SchemaType               = "schema/type"
	SchemaEnum               = "schema/enum"
	SchemaPattern            = "schema/pattern"
	SchemaMinimum            = "schema/minimum"
	SchemaMaximum            = "schema/maximum"
	SchemaMinLength          = "schema/min-length"
	SchemaMaxLength          = "schema/max-length"
	SchemaAdditionalProperty = "schema/additional-property"
	SchemaInvalid            = "schema/invalid"
)

var schemaRules = []Rule{
	{
		ID: SchemaRequired, Severity: Error,
		Title:   "A required field is missing",
		Why:     "Programs that read the manifests may refuse this one, or the whole registry.",
		Example: `a manifest without "modelInfo"`,
		Fix:     "Add the field.",
	},
	{
		ID: SchemaType, Severity: Error,
		Title:   "A value has the wrong type",
		Why:     "Programs that decode manifests into types refuse the file, and some the whole registry. A number with a fraction or an exponent is not an integer for most.",
		Example: `"version": 1.1, or "defaultPort": 8000.0`,
		Fix:     "Write a value of the type that the message names.",
	},
	{
		ID: SchemaEnum, Severity: Error,
		Title:   "A value is not one of the allowed ones",
		Brief:   "an unknown value",
		Why:     "A service of an unknown version or kind can't be used.",
		Example: `"interfaces": ["chatbot"]`,
		Fix:     "Use one of the values that the message lists.",
	},
	{
		ID: SchemaPattern, Severity: Error,
		Title:   "A text does not match the required pattern",
		Brief:   "a text of the wrong form",
		Why:     "Such a text may be used as a path: `..` in an id names another folder.",
		Example: `"id": "../../Documents"`,
		Fix:     "Write it in the form that the message describes.",
	},
	{
		ID: SchemaMinimum, Severity: Error,
		Title:   "A number is too small",
		Why:     "Programs that read the manifests may refuse this one, or the whole registry.",
		Example: `"defaultPort": -1`,
		Fix:     "Correct the number.",
	},
	{
		ID: SchemaMaximum, Severity: Error,
		Title:   "A number is too large",
		Why:     "Ports end at 65,535 and 32-bit numbers at 4,294,967,295. Programs that read the manifests may refuse this one, or the whole registry.",
		Example: `"defaultPort": 80000`,
		Fix:     "Correct the number.",
	},
	{
		ID: SchemaMinLength, Severity: Error,
		Title:   "A text is empty",
		Why:     "An empty URL or image names nothing to download.",
		Example: `"url": ""`,
		Fix:     "Fill it in, or remove the entry.",
	},
	{
		ID: SchemaMaxLength, Severity: Error,
		Title:   "A text is too long",
		Why:     "The id is a folder's name, which file systems limit to 255 characters.",
		Example: `an "id" of 300 letters`,
		Fix:     "Shorten it.",
	},
	{
		ID: SchemaAdditionalProperty, Severity: Error,
		Title:   "An entry has an unknown field",
		Brief:   "an unknown field",
		Why:     "Unknown fields are ignored: a misspelt checksum has no effect.",
		Example: `{"url": "https://example.com/server", "cheksum": "sha256:…"}`,
		Fix:     "Use the fields `url`, `checksum`, `size` and `signature`.",
	},
	{
		ID: SchemaInvalid, Severity: Error,
		Title:   "A value is not what the schema allows",
		Why:     "This rule covers the keywords of the schema that have no rule of their own.",
		Example: "a keyword without a rule of its own",
		Fix:     "Compare the value with the schema, which `verify-manifests schema` prints.",
	},
}
