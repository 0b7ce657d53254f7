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
		Title:   "A field is missing",
		Why:     "Whatever reads the manifests relies on the field: it may refuse this one, or all of the registry's.",
		Example: `a manifest without "modelInfo"`,
		Fix:     "Add the field.",
	},
	{
		ID: SchemaType, Severity: Error,
		Title:   "A value has the wrong type",
		Why:     "Programs that decode manifests into types refuse the whole file, some of them all files of the registry. A number written with a fraction or an exponent is no integer to most.",
		Example: `"version": 1.1, or "defaultPort": 8000.0`,
		Fix:     "Write a value of the type that the message names.",
	},
	{
		ID: SchemaEnum, Severity: Error,
		Title:   "A value is none of those that are known",
		Brief:   "a value that is not known",
		Why:     "A service of another version, or of a kind that does not exist, can't be used.",
		Example: `"interfaces": ["chatbot"]`,
		Fix:     "Write one of the values that the message lists.",
	},
	{
		ID: SchemaPattern, Severity: Error,
		Title:   "A text does not have the form that is asked for",
		Brief:   "a text without the form asked for",
		Why:     "A text that does not have the form that is asked for may lead elsewhere: of an id that names a folder, `..` is another folder.",
		Example: `"id": "../../Documents"`,
		Fix:     "Write it in the form that the message names.",
	},
	{
		ID: SchemaMinimum, Severity: Error,
		Title:   "A number is too small",
		Why:     "What reads the manifests takes no number below the limit, and may refuse all of the registry's over one.",
		Example: `"defaultPort": -1`,
		Fix:     "Correct the number.",
	},
	{
		ID: SchemaMaximum, Severity: Error,
		Title:   "A number is too large",
		Why:     "Ports end at 65,535, and numbers of 32 bits at 4,294,967,295: what reads the manifests may refuse all of the registry's over one that does not fit.",
		Example: `"defaultPort": 80000`,
		Fix:     "Correct the number.",
	},
	{
		ID: SchemaMinLength, Severity: Error,
		Title:   "A text is empty",
		Why:     "An empty URL or image names nothing to download.",
		Example: `"url": ""`,
		Fix:     "Fill it in, or remove the whole entry.",
	},
	{
		ID: SchemaMaxLength, Severity: Error,
		Title:   "A text is too long",
		Why:     "The id is the name of a folder, and file systems take 255 characters.",
		Example: `an "id" of 300 letters`,
		Fix:     "Shorten it.",
	},
	{
		ID: SchemaAdditionalProperty, Severity: Error,
		Title:   "An entry has a field that does not exist",
		Brief:   "an entry has an unknown field",
		Why:     "Unknown fields are ignored: a misspelt checksum protects nobody.",
		Example: `{"url": "https://example.com/server", "cheksum": "sha256:…"}`,
		Fix:     "Use the fields url, checksum, size and signature.",
	},
	{
		ID: SchemaInvalid, Severity: Error,
		Title:   "A value is not what the schema allows",
		Why:     "Stands for whatever the other schema rules don't name, so that nothing passes unseen.",
		Example: `a keyword of the schema for which this program has no words yet`,
		Fix:     "Compare the value with the schema: `verify-manifests schema` prints it.",
	},
}
