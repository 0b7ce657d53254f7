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
		Title:   "The manifest is not valid JSON",
		Why:     "The manifest can't be read, so none of its files was verified. Programs that read the registry may fail on it.",
		Example: `{"id": "chat",} (a trailing comma)`,
		Fix:     "Correct the named position, or the text just before it.",
	},
	{
		ID: JSONTruncated, Severity: Error,
		Title:   "The manifest is truncated",
		Why:     "The manifest can't be read, so none of its files was verified. Programs that read the registry may fail on it.",
		Example: `{"id": "chat"`,
		Fix:     "Complete the text: look for a missing bracket or quote.",
	},
	{
		ID: JSONEmpty, Severity: Error,
		Title:   "The manifest is empty",
		Why:     "The manifest can't be read, so none of its files was verified. Programs that read the registry may fail on it.",
		Example: `a manifest.json of 0 bytes`,
		Fix:     "Write a JSON object that describes the service.",
	},
	{
		ID: JSONNotAnObject, Severity: Error,
		Title:   "The manifest is not a JSON object",
		Why:     "The manifest can't be read, so none of its files was verified. Programs that read the registry may fail on it.",
		Example: `[{"id": "chat"}]`,
		Fix:     "Write one JSON object.",
	},
	{
		ID: JSONTrailingData, Severity: Error,
		Title:   "Text follows the manifest's JSON object",
		Why:     "Some parsers refuse it, some ignore it, and some read a second value.",
		Example: `{"id": "chat"} {"id": "other"}`,
		Fix:     "Remove what follows the object.",
	},
	{
		ID: JSONDuplicateKey, Severity: Error,
		Title:   "An object has a duplicate key",
		Why:     "Some parsers refuse the file, some keep the last value, some the first: what was reviewed may not be what is installed.",
		Example: `{"url": "https://example.com/a", "url": "https://example.com/b"}`,
		Fix:     "Keep one of them.",
	},
	{
		ID: JSONLongName, Severity: Error,
		Title:   "A key is longer than 1,024 bytes",
		Why:     "The names of weights are paths, which macOS limits to 1,024 bytes. No other key is that long.",
		Example: "a key of 100,000 letters",
		Fix:     "Shorten the name.",
	},
	{
		ID: JSONInvalidUTF8, Severity: Error,
		Title:   "The manifest is not valid UTF-8",
		Why:     "Parsers replace, drop or refuse such bytes and unpaired surrogates, so they read different texts.",
		Example: `"\ud800"`,
		Fix:     "Save the file as UTF-8.",
	},
	{
		ID: JSONByteOrderMark, Severity: Error,
		Title:   "The manifest begins with a byte order mark",
		Why:     "JSON must not begin with one (RFC 8259, section 8.1), and the registry's generator fails on it.",
		Example: `a file saved by an editor as "UTF-8 with BOM"`,
		Fix:     "Save the file as UTF-8 without a byte order mark.",
	},
	{
		ID: JSONTooLarge, Severity: Error,
		Title:   "The manifest is larger than 1 MiB, or has more than 100,000 values",
		Brief:   "the manifest is too large",
		Why:     "The limits keep a hostile manifest from blocking the check.",
		Example: `a logo pasted into "icon"`,
		Fix:     "Publish large content as a file and name its URL.",
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
		Title:   "A key or text contains a NUL character",
		Why:     "Programs written in C end a text there: they read another key or address than the reviewed one.",
		Example: `{"type": "file", "url\u0000": "https://example.com/a"}`,
		Fix:     "Remove the character.",
	},
}
