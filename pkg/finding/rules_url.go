package finding

// The IDs of the rules about the URLs that a manifest declares.
const (
	URLConflict          = "url/conflict"
	URLInvalid           = "url/invalid"
	URLInsecure          = "url/insecure"
	URLMutable           = "url/mutable"
	URLNotAFile          = "url/not-a-file"
	URLUserinfo          = "url/userinfo"
	URLInternationalHost = "url/international-host"
	URLExpires           = "url/expires"
	URLOwnerChanged      = "url/owner-changed"
)

var urlRules = []Rule{
	{
		ID: URLConflict, Severity: Error,
		Title:   "Old and new fields have different URLs for one file",
		Brief:   "two different URLs for one file",
		Why:     "Old and new programs install different files, and a checksum covers only one of them.",
		Example: "an old field with the URL of version 1.2, and the new one with that of version 1.3",
		Fix:     "Write the same URL in both places.",
	},
	{
		ID: URLInvalid, Severity: Error,
		Title:   "The URL is invalid",
		Why:     "Nothing can be downloaded from it. Programs use the text as it is, with a space at its end.",
		Example: `"url": "github.com/acme/server/releases/download/v1.2.0/server"`,
		Fix:     "Write the whole URL as the browser shows it, beginning with `https://` and without spaces.",
	},
	{
		ID: URLInsecure, Severity: Error, Varies: true,
		Title:   "The URL does not use https",
		Why:     "Anyone on the network path, such as the operator of a public network, can replace the file.",
		Example: `"url": "http://example.com/server"`,
		Fix:     "Use an https URL.",
	},
	{
		ID: URLMutable, Severity: Warning,
		Title:   "The content of the URL can change",
		Why:     "A branch or a rolling tag such as `v1` moves: what was reviewed may not be what is installed, and a declared checksum breaks with the next upload.",
		Example: `"url": "https://huggingface.co/acme/model/resolve/main/model.gguf"`,
		Fix:     "Use a commit or a full version: `https://huggingface.co/acme/model/resolve/0123…cdef/`, `…/releases/download/v1.2.0/…`.",
	},
	{
		ID: URLNotAFile, Severity: Error,
		Title:   "The URL serves a page instead of the file",
		Brief:   "the URL serves a page",
		Why:     "Users get the page under the file's name. A URL that ends in a slash is reported only if no checksum is declared.",
		Example: `"url": "https://huggingface.co/acme/model/blob/main/model.gguf"`,
		Fix:     "Use the URL of the download: `/resolve/` instead of `/blob/` at Hugging Face, `/raw/` instead of `/blob/` at GitHub.",
	},
	{
		ID: URLUserinfo, Severity: Error,
		Title:   "The URL contains a user name or password",
		Brief:   "a user name or password in the URL",
		Why:     "A registry is public. The part before the `@` can also look like a host.",
		Example: `"url": "https://github.com@example.com/acme/server"`,
		Fix:     "Remove the part before the `@`. If it was a password, revoke it.",
	},
	{
		ID: URLInternationalHost, Severity: Warning,
		Title:   "The host contains letters that can look like others",
		Brief:   "the host looks like another one",
		Why:     "Readers don't notice a Cyrillic letter, which makes it another host.",
		Example: `"url": "https://g\u0456thub.com/acme/server"`,
		Fix:     "Check that the host is the publisher's, and write its ASCII form.",
	},
	{
		ID: URLExpires, Severity: Warning,
		Title:   "The URL is signed and expires",
		Brief:   "the URL expires",
		Why:     "Hosts redirect browsers to signed URLs that expire after minutes or hours. The file can't be downloaded afterwards.",
		Example: `"url": "https://cdn.example.com/server?X-Amz-Expires=300&X-Amz-Signature=…"`,
		Fix:     "Use the URL that redirects there: the link on the page, not the address that the browser ends at.",
	},
	{
		ID: URLOwnerChanged, Severity: Notice,
		Title:   "The file has moved to another owner",
		Why:     "From now on, another owner decides what is installed.",
		Example: "`acme/server` becomes `someone/server` in a pull request",
		Fix:     "Check that the new owner can be trusted. If so, nothing has to be done.",
	},
}
