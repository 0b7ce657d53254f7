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
		Title:   "A merge key merges something that is no mapping",
		Brief:   "a merge key merges no mapping",
		Why:     "`<<` takes the members of another mapping. What parsers make of anything else differs.",
		Example: "`<<: text`",
		Fix:     "Name the anchor of a mapping: `<<: *name`.",
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
		Title:   "A value has a tag that gives it a meaning of its own",
		Brief:   "a tag of unknown meaning",
		Why:     "What `!!python/object` and the like stand for is up to the program that reads them: what is verified here need not be what that program makes of it.",
		Example: "`url: !!python/object/apply:os.system [x]`",
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
}
