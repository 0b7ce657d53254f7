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
		Title:   "The manifest is not valid YAML",
		Why:     "The manifest can't be read, so none of its files was verified.",
		Example: "a line that is indented with a tab",
		Fix:     "Correct the named position, or the text just before it.",
	},
	{
		ID: YAMLDuplicateKey, Severity: Error,
		Title:   "A mapping has a duplicate key",
		Why:     "YAML forbids it, and parsers that accept it differ in which value they keep: what was reviewed may not be what is installed.",
		Example: "two lines `url:` in one entry",
		Fix:     "Keep one of them.",
	},
	{
		ID: YAMLAlias, Severity: Error,
		Title:   "An alias is invalid",
		Why:     "An alias stands for the value of an earlier anchor. This one names no anchor, or a value that contains the alias itself.",
		Example: "`a: &x [*x]`",
		Fix:     "Write the value itself, or use an anchor that is defined before the alias.",
	},
	{
		ID: YAMLMerge, Severity: Error,
		Title:   "Parsers differ in the meaning of a merge key",
		Brief:   "parsers merge this differently",
		Why:     "`<<` takes the members of another mapping. In some parsers a merged member replaces one that is written before the merge key, in others not. Parsers also differ in which mapping of a list wins, and for values that are not mappings.",
		Example: "`{url: https://example.com/a, <<: {url: https://example.com/b}}`",
		Fix:     "Move the merge key to the beginning of its mapping, and name the anchor of a mapping: `<<: *name`.",
	},
	{
		ID: YAMLKey, Severity: Error,
		Title:   "A key is not a text, or is too long",
		Brief:   "an invalid key",
		Why:     "Most programs can't read lists and mappings as keys, and a report can't name them.",
		Example: "`? [a, b]`",
		Fix:     "Use a plain text of at most 1,024 bytes as the key.",
	},
	{
		ID: YAMLTag, Severity: Error,
		Title:   "A key or value has a tag",
		Brief:   "a tag that parsers read differently",
		Why:     "A tag changes what a parser makes of a key or value: `!!binary dXJs` is the key `url` for some, `!!null` empties an address for others, and `!!python/object` runs code. Only `!!str` changes nothing.",
		Example: "`!!binary dXJs: https://example.com/a`",
		Fix:     "Remove the tag and write the value itself.",
	},
	{
		ID: YAMLInvalidUTF8, Severity: Error,
		Title:   "The manifest is not valid UTF-8",
		Why:     "Parsers replace, drop or refuse such bytes, so they read different texts.",
		Example: "a file saved as Latin-1 or UTF-16",
		Fix:     "Save the file as UTF-8.",
	},
	{
		ID: YAMLTooLarge, Severity: Error,
		Title:   "The manifest is larger than its registry allows, or its aliases multiply it",
		Brief:   "the manifest is too large",
		Why:     "The limits (`max-size`; 64 values for each KiB, and 100,000) keep a hostile manifest from blocking the check.",
		Example: "ten anchors, each a list of ten aliases of the previous one",
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
		Why:     "In flow collections, parsers of YAML 1.1 and 1.2 read some characters differently: `{?url: a}` has the key `url` for one and `?url` for the other. The same holds for line breaks that only YAML 1.1 knows, and for the names of anchors.",
		Example: "`{filename: a, url:}`, `{?url: a}`, `{url: !,b}`",
		Fix:     "Quote the text, or add a space after the character.",
	},
	{
		ID: YAMLControl, Severity: Error,
		Title:   "A key or text contains a NUL character",
		Why:     "Programs written in C end a text there: they read another key or address than the reviewed one.",
		Example: "`\"url\\0\": https://example.com/a`",
		Fix:     "Remove the character.",
	},
}
