package finding

// The IDs of the rules about what a registry's description finds in a manifest, and about the configuration file.
const (
	RegistryNoArtifact   = "registry/no-artifact"
	RegistryUnusedDigest = "registry/unused-digest"
	RegistryPairs        = "registry/pairs"
	RegistryType         = "registry/type"
	RegistryKeyCase      = "registry/key-case"
	RegistryPathCase     = "registry/path-case"
	RegistryUnreadFile   = "registry/unread-file"
	RegistryTooMany      = "registry/too-many"
	RegistryNoAddress    = "registry/no-address"
	RegistryOtherScheme  = "registry/other-scheme"
	ConfigChanged        = "config/changed"
	ConfigWaiver         = "config/waiver"
)

var registryRules = []Rule{
	{
		ID: RegistryNoArtifact, Severity: Notice, Informational: true,
		Title:   "The manifest names no file",
		Why:     "Either there is nothing to download, or the registry's description does not cover it. Nothing was verified. It is an error if the manifest has digests: then a pattern or a pointer is probably wrong, and the message says what each matched.",
		Example: "a Scoop manifest without `url`",
		Fix:     "If the manifest names a file, correct the description (docs/registries.md); `verify-manifests registries --test FILE` shows what it matches. If such manifests are usual, set `optional: true`.",
	},
	{
		ID: RegistryUnusedDigest, Severity: Warning,
		Title:   "A digest belongs to no known file",
		Why:     "Nothing is compared with this digest: the description may not cover its entry, or the URL beside it may be missing.",
		Example: "`sha256: …` in an entry whose `url` is misspelt",
		Fix:     "Correct the entry, or add it to the description. If the digest is not of a download, add its pointer to `ignore` (docs/registries.md).",
	},
	{
		ID: RegistryNoAddress, Severity: Notice, Informational: true,
		Title:   "Entries have no download address",
		Why:     "The manifest leaves the address to the program that reads it, so the files were not verified.",
		Example: "a package in `package-lock.json` without `resolved`; a relative address in a Helm index",
		Fix:     "Declare the addresses. For relative ones, set `base` in the configuration file (docs/registries.md).",
	},
	{
		ID: RegistryOtherScheme, Severity: Notice, Informational: true,
		Title:   "Addresses are not downloads",
		Why:     "A program resolves such an address itself (a git repository, an OCI artifact). It serves no file that a checksum could be compared with.",
		Example: "`git+ssh://git@github.com/acme/tool.git#a9ee72e`",
		Fix:     "Nothing has to be done if the registry allows such addresses. Otherwise use the https URL of a file.",
	},
	{
		ID: RegistryPairs, Severity: Error,
		Title:   "The lists of URLs and of checksums differ in length",
		Brief:   "one checksum for each URL is needed",
		Why:     "It is unclear which checksum belongs to which file, so none of them was downloaded.",
		Example: "two items in `url` and three in `hash`",
		Fix:     "Write one checksum for each URL, in the same order.",
	},
	{
		ID: RegistryType, Severity: Error,
		Title:   "A value has the wrong type",
		Brief:   "a value of the wrong type",
		Why:     "It can't be read as a URL, a checksum or a size, so nothing can be compared with it.",
		Example: "`\"url\": 5`",
		Fix:     "Write a value of the type that the message names.",
	},
	{
		ID: RegistryKeyCase, Severity: Error,
		Title:   "A key differs from a described one only in case",
		Brief:   "a key that differs in case",
		Why:     "Go's JSON, PowerShell and .NET ignore the case of keys, by Unicode's simple folding: they read a value there that was not verified here.",
		Example: "`Uri: https://example.com/a` in a krew manifest, or `ſpec:`",
		Fix:     "Write the key as the registry's documentation does, or remove it.",
	},
	{
		ID: RegistryPathCase, Severity: Error,
		Title:   "A file's path differs from a manifest's only in case",
		Brief:   "a path that differs in case",
		Why:     "Windows, macOS and some programs ignore the case of paths: they read a manifest that was not verified here.",
		Example: "`Bucket/tool.json`, or `bucket/tool.JSON`",
		Fix:     "Rename the file.",
	},
	{
		ID: RegistryUnreadFile, Severity: Warning,
		Title:   "The manifest names a file that is not read as a manifest",
		Brief:   "a file that is not read",
		Why:     "The consumer reads that file as a part of the manifest. No glob of the description selects it, so what it names was not verified.",
		Example: "`modules: [deps/modules.txt]` in a Flathub manifest",
		Fix:     "Rename the file so that a glob of `manifests` selects it, or add a glob.",
	},
	{
		ID: RegistryTooMany, Severity: Error,
		Title:   "The manifest names more files than the limit",
		Why:     "The limit keeps a hostile manifest from using all memory. Files over it were not verified.",
		Example: "a manifest of 200,000 URLs",
		Fix:     "Split the manifest.",
	},
	{
		ID: ConfigChanged, Severity: Notice,
		Title:   "The change adds or edits the configuration file",
		Why:     "The edit takes effect once it is merged. This run used the configuration of the base branch, so that a change cannot excuse itself.",
		Example: "a pull request that adds a waiver",
		Fix:     "Review the configuration like code. To try it, run `verify-manifests check --config FILE` in a checkout.",
	},
	{
		ID: ConfigWaiver, Severity: Warning,
		Title:   "A waiver has expired or has no effect",
		Why:     "A stale waiver may later hide a finding that was not reviewed.",
		Example: "`until: 2026-01-31` in February",
		Fix:     "Remove the waiver, or review it and set another date.",
	},
}
