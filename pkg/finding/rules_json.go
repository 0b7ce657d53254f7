package finding

// The IDs of the rules about reading a manifest's text strictly. Another program will read the same bytes:
// where parsers differ, one of them sees a manifest that nobody reviewed.
const (
	JSONSyntax        = "json/syntax"
	JSONTruncated     = "json/truncated"
	JSONEmpty         = "json/empty"
	JSONNotAnObject   = "json/not-an-object"
	JSONTrailingData  = "json/trailing-data"
	JSONDuplicateKey  = "json/duplicate-key"
	JSONLongName      = "json/long-name"
	JSONInvalidUTF8   = "json/invalid-utf8"
	JSONByteOrderMark = "json/byte-order-mark"
	JSONTooLarge      = "json/too-large"
	JSONTooDeep       = "json/too-deep"
	JSONControl       = "json/control"
)

var jsonRules = []Rule{
	{
		ID: JSONSyntax, Severity: Error,
		Title:   "The manifest is not JSON",
		Why:     "Nobody can tell which files it names, so none of them was verified; and what reads the registry may fail altogether over it.",
		Example: `{"id": "chat",} (a comma too many)`,
		Fix:     "Correct the place named, or the one just before it.",
	},
	{
		ID: JSONTruncated, Severity: Error,
		Title:   "The manifest ends in the middle",
		Why:     "Nobody can tell which files it names, so none of them was verified; and what reads the registry may fail altogether over it.",
		Example: `{"id": "chat"`,
		Fix:     "Complete the text: look for a missing bracket or quote.",
	},
	{
		ID: JSONEmpty, Severity: Error,
		Title:   "The manifest is empty",
		Why:     "Nobody can tell which files it names, so none of them was verified; and what reads the registry may fail altogether over it.",
		Example: `a manifest.json of 0 bytes`,
		Fix:     "Write a JSON object that describes the service.",
	},
	{
		ID: JSONNotAnObject, Severity: Error,
		Title:   "The manifest is no JSON object",
		Why:     "Nobody can tell which files it names, so none of them was verified; and what reads the registry may fail altogether over it.",
		Example: `[{"id": "chat"}]`,
		Fix:     "Write one JSON object for the one service.",
	},
	{
		ID: JSONTrailingData, Severity: Error,
		Title:   "Text follows the manifest's JSON object",
		Why:     "Some parsers refuse it, others ignore it, and others read a second value: they don't see one manifest.",
		Example: `{"id": "chat"} {"id": "other"}`,
		Fix:     "Remove what follows the object.",
	},
	{
		ID: JSONDuplicateKey, Severity: Error,
		Title:   "A key stands twice in one object",
		Why:     "Some parsers refuse the file, some keep the last value, some the first: what was reviewed need not be what is installed.",
		Example: `{"url": "https://example.com/a", "url": "https://example.com/b"}`,
		Fix:     "Keep the one that is meant.",
	},
	{
		ID: JSONLongName, Severity: Error,
		Title:   "A member's name is longer than 1,024 bytes",
		Why:     "Names of weights are paths, and no path is that long on macOS; no other name comes near it.",
		Example: `a name of 100,000 letters`,
		Fix:     "Shorten the name.",
	},
	{
		ID: JSONInvalidUTF8, Severity: Error,
		Title:   "The manifest is not valid UTF-8",
		Why:     "Parsers replace, drop or refuse such bytes, and half a surrogate pair alike: they don't see one text.",
		Example: `"\ud800"`,
		Fix:     "Save the file as UTF-8.",
	},
	{
		ID: JSONByteOrderMark, Severity: Error,
		Title:   "The manifest starts with a byte-order mark",
		Why:     "JSON must not start with one (RFC 8259, section 8.1), and the registry's generator fails altogether over it.",
		Example: `a file saved by an editor as "UTF-8 with BOM"`,
		Fix:     "Save the file as UTF-8 without a byte-order mark.",
	},
	{
		ID: JSONTooLarge, Severity: Error,
		Title:   "The manifest is larger than 1 MiB, or has more than 100,000 values",
		Brief:   "the manifest is too large",
		Why:     "A manifest describes a service in a page or two; the limit keeps a hostile one from occupying the check.",
		Example: `a logo pasted into "icon"`,
		Fix:     "Publish what is large as a file, and name it.",
	},
	{
		ID: JSONTooDeep, Severity: Error,
		Title:   "The manifest is nested deeper than 64 levels",
		Why:     "Parsers give up at different depths, and some crash.",
		Example: `[[[[ and so on`,
		Fix:     "Flatten the manifest.",
	},
	{
		ID: JSONControl, Severity: Error,
		Title:   "A key or a text holds a NUL",
		Why:     "Programs in C end a text at a NUL: they read another key or address than the one that was reviewed.",
		Example: `{"type": "file", "url\u0000": "https://example.com/a"}`,
		Fix:     "Remove the NUL.",
	},
}
