package finding

// ManifestUnreadable is the rule about manifests that can't be opened at all.
const ManifestUnreadable = "manifest/unreadable"

var readingRules = []Rule{
	{
		ID: ManifestUnreadable, Severity: Error,
		Title:   "The manifest can't be read",
		Why:     "A manifest that is not read is not verified.",
		Example: "a manifest.json that is a symbolic link to a file outside the repository",
		Fix:     "Commit the manifest as a regular file.",
	},
}
