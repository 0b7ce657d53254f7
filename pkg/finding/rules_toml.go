package finding

// The IDs of the rules about reading TOML. Like those of JSON and YAML they can't be lowered.
const (
	TOMLSyntax       = "toml/syntax"
	TOMLDuplicateKey = "toml/duplicate-key"
	TOMLControl      = "toml/control"
	TOMLInvalidUTF8  = "toml/invalid-utf8"
	TOMLTooLarge     = "toml/too-large"
	TOMLTooDeep      = "toml/too-deep"
)

var tomlRules = []Rule{
	{
		ID: TOMLSyntax, Severity: Error,
		Title:   "The manifest is not valid TOML",
		Why:     "The manifest can't be read, so none of its files was verified.",
		Example: "a string without its closing quote",
		Fix:     "Correct the named position, or the text just before it.",
	},
	{
		ID: TOMLDuplicateKey, Severity: Error,
		Title:   "A key or table is defined twice",
		Why:     "TOML forbids it, and parsers that accept it differ in which value they keep: what was reviewed may not be what is installed.",
		Example: "two lines `url = …` in one table",
		Fix:     "Keep one of the definitions.",
	},
	{
		ID: TOMLControl, Severity: Error,
		Title:   "A key or text contains a NUL character",
		Why:     "Programs written in C end a text there: they read another value than the one that was reviewed.",
		Example: "`url = \"https://example.com/a\\u0000b\"`",
		Fix:     "Remove the character.",
	},
	{
		ID: TOMLInvalidUTF8, Severity: Error,
		Title:   "The manifest is not valid UTF-8",
		Why:     "Parsers replace, drop or refuse such bytes, so they read different texts.",
		Example: "a file saved as Latin-1 or UTF-16",
		Fix:     "Save the file as UTF-8.",
	},
	{
		ID: TOMLTooLarge, Severity: Error,
		Title:   "The manifest is larger than its registry allows",
		Brief:   "the manifest is too large",
		Why:     "The limits (`max-size`; 64 values for each KiB, and 100,000) keep a hostile manifest from blocking the check.",
		Example: "an array of a million numbers",
		Fix:     "Split the manifest.",
	},
	{
		ID: TOMLTooDeep, Severity: Error,
		Title:   "The manifest is nested deeper than 64 levels",
		Why:     "Parsers give up at different depths, and some crash.",
		Example: "`a = [[[[` and so on",
		Fix:     "Flatten the manifest.",
	},
}
