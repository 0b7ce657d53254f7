package finding

// The IDs of the rules about what a registry's description finds in a manifest, and about the configuration file.
const (
	RegistryNoArtifact   = "registry/no-artifact"
	RegistryUnusedDigest = "registry/unused-digest"
	RegistryPairs        = "registry/pairs"
	RegistryType         = "registry/type"
	RegistryTooMany      = "registry/too-many"
	ConfigChanged        = "config/changed"
	ConfigWaiver         = "config/waiver"
)

var registryRules = []Rule{
	{
		ID: RegistryNoArtifact, Severity: Notice,
		Title:   "The manifest names no file",
		Why:     "Either there is nothing to download, or the registry's description does not know where this manifest names it. Nothing was verified.",
		Example: "a Scoop manifest without `url`",
		Fix:     "If the manifest names a file, describe where (docs/registries.md). If such manifests are usual, write `optional: true` in the description.",
	},
	{
		ID: RegistryUnusedDigest, Severity: Warning,
		Title:   "A digest belongs to no file that was found",
		Brief:   "a digest that no file uses",
		Why:     "Somebody declared what some bytes should be, and nobody compares it: the description may not know the place, or the URL beside it is missing.",
		Example: "`sha256: …` in an entry whose `url` is misspelt",
		Fix:     "Correct the entry; or describe where its URL stands, or name the place in `ignore` if it is of no download (docs/registries.md).",
	},
	{
		ID: RegistryPairs, Severity: Error,
		Title:   "The lists of URLs and of checksums differ in length",
		Brief:   "as many checksums as URLs are needed",
		Why:     "Nobody can tell which checksum belongs to which file, so none of them was downloaded.",
		Example: "two items in `url`, and three in `hash`",
		Fix:     "Write one checksum for each URL, in the same order.",
	},
	{
		ID: RegistryType, Severity: Error,
		Title:   "A value is not of the type that it should be",
		Brief:   "a value of the wrong type",
		Why:     "What is written there can't be read as a URL, a checksum or a size, so nothing can be compared with it.",
		Example: "`\"url\": 5`",
		Fix:     "Write a value of the type that the message names.",
	},
	{
		ID: RegistryTooMany, Severity: Error,
		Title:   "One manifest names more files than one run can tell of",
		Brief:   "too many files in one manifest",
		Why:     "The limit keeps a hostile manifest from taking all memory. Files over it were not verified.",
		Example: "a manifest of 200,000 URLs",
		Fix:     "Split the manifest.",
	},
	{
		ID: ConfigChanged, Severity: Notice,
		Title:   "The configuration file is changed here",
		Why:     "What a change writes into it counts once it is merged: this run was judged by the file of the base branch, so that nobody excuses their own files.",
		Example: "a pull request that adds a waiver",
		Fix:     "Review the change of the configuration like one of code.",
	},
	{
		ID: ConfigWaiver, Severity: Warning,
		Title:   "A waiver is over, or waives nothing",
		Why:     "A waiver that is left behind may let pass what nobody has looked at.",
		Example: "`until: 2026-01-31` in February",
		Fix:     "Remove the waiver; or find out anew whether it is right, and give it another day.",
	},
}
