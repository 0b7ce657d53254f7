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
		Why:     "Without interfaces or modelInfo in one service the App shows nothing of the whole registry; without an id the services after it are lost; a version 1 service without weightsFiles makes the App exit.",
		Example: `a manifest without "modelInfo"`,
		Fix:     "Add the field.",
	},
	{
		ID: SchemaType, Severity: Error,
		Title:   "A value has the wrong type",
		Why:     "The App decodes all manifests of a registry at once: one wrong type anywhere, and it shows no service at all. A number written with a fraction or an exponent is no integer to it.",
		Example: `"version": 1.1, or "defaultPort": 8000.0`,
		Fix:     "Write a value of the type that the message names.",
	},
	{
		ID: SchemaEnum, Severity: Error,
		Title:   "A value is none of those that the App knows",
		Why:     "A service of another version, or of a kind that does not exist, can't be used.",
		Example: `"interfaces": ["chatbot"]`,
		Fix:     "Write one of the values that the message lists.",
	},
	{
		ID: SchemaPattern, Severity: Error,
		Title:   "The id is not safe as the name of a folder",
		Why:     "The App keeps the service's files in a folder of that name and removes that folder with the service: an id such as .. makes it remove others' files.",
		Example: `"id": "../../Documents"`,
		Fix:     "Use letters, digits, dots, hyphens and underscores, and start with a letter or a digit.",
	},
	{
		ID: SchemaMinimum, Severity: Error,
		Title:   "A number is too small",
		Why:     "Ports and sizes are unsigned in the App's decoder, and one that fails empties the whole registry.",
		Example: `"defaultPort": -1`,
		Fix:     "Correct the number.",
	},
	{
		ID: SchemaMaximum, Severity: Error,
		Title:   "A number is too large",
		Why:     "Ports end at 65,535, and what the App reads as 32 bits at 4,294,967,295; one number that does not fit empties the whole registry.",
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
