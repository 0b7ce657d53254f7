package finding

// The IDs of the rules about the URLs that a manifest declares.
const (
	URLConflict = "url/conflict"
)

var urlRules = []Rule{
	{
		ID: URLConflict, Severity: Error,
		Title:   "The old and the new fields name different URLs for one file",
		Why:     "Old and new versions of the App would install different files, and a checksum covers just one of them.",
		Example: `"binariesUrl" with version 1.2 and "binaries" with version 1.3 of one platform`,
		Fix:     "Write the same URL in both places.",
	},
}
