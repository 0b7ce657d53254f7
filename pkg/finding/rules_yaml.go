package finding

// The IDs of the rules about reading YAML. Another program will read the same bytes: where parsers differ, one of them sees a
// manifest that nobody reviewed.
const (
	YAMLSyntax       = "yaml/syntax"
	YAMLDuplicateKey = "yaml/duplicate-key"
	YAMLAlias        = "yaml/alias"
	YAMLMerge        = "yaml/merge"
	YAMLKey          = "yaml/key"
	YAMLTag          = "yaml/tag"
	YAMLInvalidUTF8  = "yaml/invalid-utf8"
	YAMLTooLarge     = "yaml/too-large"
	YAMLTooDeep      = "yaml/too-deep"
	YAMLAmbiguous    = "yaml/ambiguous"
	YAMLControl      = "yaml/control"
)

var yamlRules = []Rule{
	{
		ID: YAMLSyntax, Severity: Error,
		Title:   "The manifest is not YAML",
		Why:     "Nobody can tell which files it names, so none of them was verified.",
		Example: "a line that is indented with a tab",
		Fix:     "Correct the place named, or the one just before it.",
	},
	{
		ID: YAMLDuplicateKey, Severity: Error,
		Title:   "A key stands twice in one mapping",
		Why:     "YAML forbids it, some parsers keep the last value and others the first: what was reviewed need not be what is installed.",
		Example: "two lines `url:` in one entry",
		Fix:     "Keep the one that is meant.",
	},
	{
		ID: YAMLAlias, Severity: Error,
		Title:   "An alias names nothing that can be read",
		Why:     "An alias stands for the value of an anchor before it. One that names none, or a value that it is itself a part of, has no meaning.",
		Example: "`a: &x [*x]`",
		Fix:     "Write the value itself, or name an anchor that stands before the alias.",
	},
	{
		ID: YAMLMerge, Severity: Error,
		Title:   "Parsers differ in what a merge key does",
		Brief:   "parsers merge this differently",
		Why:     "`<<` takes the members of another mapping. A parser that merges in the order of the text lets a merged member replace one that stands before the merge key, and another parser does not. What parsers make of something that is not a mapping differs too.",
		Example: "`{url: https://example.com/a, <<: {url: https://example.com/b}}`",
		Fix:     "Move the merge key to the beginning of its mapping, and name the anchor of a mapping: `<<: *name`.",
	},
	{
		ID: YAMLKey, Severity: Error,
		Title:   "A key is no text, or is too long",
		Brief:   "a key is no text",
		Why:     "Lists and mappings as keys can't be named in a report, and most programs can't read them.",
		Example: "`? [a, b]`",
		Fix:     "Write a plain text of at most 1,024 bytes as the key.",
	},
	{
		ID: YAMLTag, Severity: Error,
		Title:   "A key or a value that is read has a tag",
		Brief:   "a tag whose meaning differs",
		Why:     "A tag changes what a parser makes of a key or value: `!!binary dXJs` is a key `url` for some, `!!null` empties an address for others, and `!!python/object` runs code. Only `!!str` changes nothing.",
		Example: "`!!binary dXJs: https://example.com/a`",
		Fix:     "Remove the tag, and write the value itself.",
	},
	{
		ID: YAMLInvalidUTF8, Severity: Error,
		Title:   "The manifest is not valid UTF-8",
		Why:     "Parsers replace, drop or refuse such bytes: they don't see one text.",
		Example: "a file saved as Latin-1 or UTF-16",
		Fix:     "Save the file as UTF-8.",
	},
	{
		ID: YAMLTooLarge, Severity: Error,
		Title:   "The manifest is larger than its registry allows, or its aliases multiply it",
		Brief:   "the manifest is too large",
		Why:     "The limits (`max-size`; 64 values for each KiB, and 100,000) keep a hostile manifest from occupying the check.",
		Example: "ten anchors, each a list of ten aliases of the one before",
		Fix:     "Split the manifest, or use fewer aliases.",
	},
	{
		ID: YAMLTooDeep, Severity: Error,
		Title:   "The manifest is nested deeper than 64 levels",
		Why:     "Parsers give up at different depths, and some crash.",
		Example: "`[[[[` and so on",
		Fix:     "Flatten the manifest.",
	},
	{
		ID: YAMLAmbiguous, Severity: Error,
		Title:   "Parsers differ in where a key, text or tag ends",
		Brief:   "parsers read this text differently",
		Why:     "Between brackets, parsers of YAML 1.1 and 1.2 read some characters differently: `{?url: a}` has the key `url` for one and `?url` for the other. So do they where only YAML 1.1 sees a line break, and in the names of anchors.",
		Example: "`{filename: a, url:}`, `{?url: a}`, `{url: !,b}`",
		Fix:     "Put the text between quotes, or a blank behind the character.",
	},
	{
		ID: YAMLControl, Severity: Error,
		Title:   "A key or a text holds a NUL",
		Why:     "Programs in C end a text at a NUL: they read another key or address than the one that was reviewed.",
		Example: "`\"url\\0\": https://example.com/a`",
		Fix:     "Remove the NUL.",
	},
}
