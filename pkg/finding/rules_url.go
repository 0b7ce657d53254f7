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
		Title:   "The old and the new fields name different URLs for one file",
		Brief:   "two different URLs for one file",
		Why:     "Old and new programs would install different files, and a checksum covers just one of them.",
		Example: "an old field with the URL of version 1.2, and the new one with that of version 1.3",
		Fix:     "Write the same URL in both places.",
	},
	{
		ID: URLInvalid, Severity: Error,
		Title:   "The URL can't be read",
		Why:     "Nothing can be downloaded from it. Programs use the text as it stands, a blank at its end included.",
		Example: `"url": "github.com/acme/server/releases/download/v1.2.0/server"`,
		Fix:     "Write the whole URL as the browser shows it, from `https://` on, without blanks.",
	},
	{
		ID: URLInsecure, Severity: Error,
		Title:   "The URL is not https",
		Why:     "Whoever sits on the way (a café's network, a provider) can hand out another file.",
		Example: `"url": "http://example.com/server"`,
		Fix:     "Name an https URL.",
	},
	{
		ID: URLMutable, Severity: Warning,
		Title:   "What the URL serves can change without a change here",
		Brief:   "the URL can change what it serves",
		Why:     "A branch or a rolling tag such as `v1` moves. What was reviewed need not be what is installed, and a declared checksum breaks with the next upload.",
		Example: `"url": "https://huggingface.co/acme/model/resolve/main/model.gguf"`,
		Fix:     "Name a commit or a full version: `https://huggingface.co/acme/model/resolve/0123…cdef/`, `…/releases/download/v1.2.0/…`.",
	},
	{
		ID: URLNotAFile, Severity: Error,
		Title:   "The URL shows a page instead of serving the file",
		Brief:   "the URL shows a page",
		Why:     "Whoever downloads it gets the page under the file's name.",
		Example: `"url": "https://huggingface.co/acme/model/blob/main/model.gguf"`,
		Fix:     "Copy the URL of the download: Hugging Face `/resolve/` in place of `/blob/`, GitHub `/raw/` in place of `/blob/`.",
	},
	{
		ID: URLUserinfo, Severity: Error,
		Title:   "The URL holds a user name or a password",
		Brief:   "the URL holds a user or a password",
		Why:     "Everybody can read a registry. And what stands before the `@` can look like a host that it is not.",
		Example: `"url": "https://github.com@example.com/acme/server"`,
		Fix:     "Remove what stands before the `@`. If it was a password, revoke it.",
	},
	{
		ID: URLInternationalHost, Severity: Warning,
		Title:   "The host's name is written with letters that can look like others",
		Brief:   "the host looks like another one",
		Why:     "A Cyrillic letter passes a reader's eye, and leads to another host.",
		Example: `"url": "https://g\u0456thub.com/acme/server"`,
		Fix:     "Make sure that the host is the publisher's. Write the ASCII form, so that readers see it.",
	},
	{
		ID: URLExpires, Severity: Warning,
		Title:   "The URL works for some minutes or hours only",
		Brief:   "the URL works for some hours only",
		Why:     "Hosts lead browsers to signed URLs that expire. The service can't be installed once this one has.",
		Example: `"url": "https://cdn.example.com/server?X-Amz-Expires=300&X-Amz-Signature=…"`,
		Fix:     "Name the URL that leads there: the link on the page, not the address that the browser ends at.",
	},
	{
		ID: URLOwnerChanged, Severity: Notice,
		Title:   "The file comes from another owner than before",
		Why:     "From here on, somebody else decides what is installed.",
		Example: "`acme/server` becomes `someone/server` in a pull request",
		Fix:     "Make sure that the new owner is to be relied on; nothing needs to be done if so.",
	},
}
