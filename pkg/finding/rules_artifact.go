package finding

// The IDs of the rules about what a URL serves.
const (
	ArtifactMismatch        = "artifact/mismatch"
	ArtifactMissingChecksum = "artifact/missing-checksum"
	ArtifactUnavailable     = "artifact/unavailable"
	ArtifactUnreachable     = "artifact/unreachable"
	ArtifactRefused         = "artifact/refused"
	ArtifactHTMLPage        = "artifact/html-page"
	ArtifactLFSPointer      = "artifact/lfs-pointer"
	ArtifactEmpty           = "artifact/empty"
	ArtifactWrongPlatform   = "artifact/wrong-platform"
	ArtifactWrongFormat     = "artifact/wrong-format"
	ArtifactUnsafeFormat    = "artifact/unsafe-format"
	ArtifactSize            = "artifact/size"
	ArtifactDigestConflict  = "artifact/digest-conflict"
	ArtifactHostDigest      = "artifact/host-digest"
	ArtifactChanged         = "artifact/changed"
	ArtifactLeftOver        = "artifact/left-over"
)

var artifactRules = []Rule{
	{
		ID: ArtifactMismatch, Severity: Error,
		Title:   "The file is not the one that was declared",
		Brief:   "not the file that was declared",
		Why:     "The complete file was read and its digest differs from the declared checksum: whoever installs the service gets other bytes than those that were reviewed.",
		Example: `"checksum": "sha256:…" of version 1.2 beside the "url" of version 1.3`,
		Fix:     "Find out from the file's publisher which bytes are meant. If the URL was moved to a new version, declare the checksum that the publisher gives for it; if not, the file was replaced: do not install it.",
	},
	{
		ID: ArtifactMissingChecksum, Severity: Warning,
		Title:   "No checksum is declared for an external file",
		Why:     "Nothing tells whether the file is still the one that was reviewed. Files that the registry's owner publishes under a versioned URL, and weights in a safe format, need none.",
		Example: `"aarch64-apple-darwin": {"url": "https://example.com/server"}`,
		Fix:     "The service's developer declares the checksum of the file that they built or reviewed: `verify-manifests sum --write` fills in that of what the URL serves, to compare with `shasum -a 256 FILE`.",
	},
	{
		ID: ArtifactUnavailable, Severity: Error,
		Title:   "The server refuses to give the file",
		Why:     "A final answer such as 404 or 403: nobody can download the file.",
		Example: `"url" of a release asset that was deleted`,
		Fix:     "Open the URL in a private browser window; correct it, or publish the file.",
	},
	{
		ID: ArtifactUnreachable, Severity: Error,
		Title:   "The file could not be read to its end",
		Brief:   "could not be read to its end",
		Why:     "The server could not be reached, failed, or stopped in the middle, on every try. Nothing is known about the file.",
		Example: `"url" on a host whose DNS name does not exist`,
		Fix:     "Run it again later; if it stays, see whether the host is up elsewhere.",
	},
	{
		ID: ArtifactRefused, Severity: Error,
		Title:   "Policy forbids downloading the file",
		Why:     "Only https URLs to public addresses, with at most ten redirects and below the size limit, are downloaded.",
		Example: `"url": "http://example.com/server"`,
		Fix:     "Use a public https URL. An operator may widen the policy with `allow-networks` or `max-file-size`.",
	},
	{
		ID: ArtifactHTMLPage, Severity: Error,
		Title:   "The URL serves a web page instead of the file",
		Brief:   "a web page instead of the file",
		Why:     "A log-in, consent or error page with status 200: whoever downloads the file gets the page under its name.",
		Example: `"url": "https://huggingface.co/acme/model/blob/main/model.gguf"`,
		Fix:     "Use the URL that downloads the file without a browser.",
	},
	{
		ID: ArtifactLFSPointer, Severity: Error,
		Title:   "The URL serves a Git LFS pointer instead of the file",
		Brief:   "a Git LFS pointer instead of the file",
		Why:     "Whoever downloads the file gets 130 bytes of text under its name.",
		Example: `"url": "https://raw.githubusercontent.com/acme/models/main/model.gguf"`,
		Fix:     "Use the host's download URL (Hugging Face: /resolve/; GitHub: media.githubusercontent.com/media/…, or a release asset).",
	},
	{
		ID: ArtifactEmpty, Severity: Error,
		Title:   "The URL serves an empty file",
		Why:     "The download looks complete, and there is nothing in it.",
		Example: `a release asset whose upload failed`,
		Fix:     "Publish the file again, or correct the URL.",
	},
	{
		ID: ArtifactWrongPlatform, Severity: Error,
		Title:   "The binary is for another platform",
		Why:     "Who picks the binary by its platform gets one that can't start there.",
		Example: `an x86_64 executable under "aarch64-apple-darwin"`,
		Fix:     "Name the binary built for this platform, or move the entry to the platform that it is for.",
	},
	{
		ID: ArtifactWrongFormat, Severity: Error,
		Title:   "The file is not of the format that its name or role claims",
		Brief:   "not the format that it claims",
		Why:     "An archive can't be executed, and a text can't be loaded as a model.",
		Example: `a gzip archive under "binaries"`,
		Fix:     "Name the file itself rather than an archive or description of it.",
	},
	{
		ID: ArtifactUnsafeFormat, Severity: Warning,
		Title:   "The weights are in a format that can execute code when loaded",
		Brief:   "a format that can execute code",
		Why:     "Pickle files and scripts run whatever their author put in them. A checksum only says that they are unchanged.",
		Example: `"pytorch_model.bin" in "weightsFiles"`,
		Fix:     "Publish the weights as safetensors or gguf.",
	},
	{
		ID: ArtifactSize, Severity: Error,
		Title:   "The file's size is not the declared one",
		Why:     "Programs take a file for complete when its size is right.",
		Example: `"size": 1024 for a file of 2,048 bytes`,
		Fix:     "Find out from the publisher which file is meant, and declare its size.",
	},
	{
		ID: ArtifactDigestConflict, Severity: Error,
		Title:   "One URL has two declared digests",
		Why:     "At most one of them can be right, so nothing was downloaded.",
		Example: `two services that name one URL with different "checksum" values`,
		Fix:     "Find out which digest the publisher gives, and declare it in both places.",
	},
	{
		ID: ArtifactHostDigest, Severity: Warning,
		Title:   "The host publishes another digest than the declared one",
		Brief:   "the host publishes another digest",
		Why:     "The host (Hugging Face, GitHub releases) says itself which bytes it stores, and those are not the declared ones.",
		Example: `"checksum" of an earlier upload of a release asset`,
		Fix:     "Find out from the file's publisher why the file was replaced.",
	},
	{
		ID: ArtifactChanged, Severity: Error,
		Title:   "A file without a checksum has other bytes than at the last scan",
		Brief:   "other bytes than at the last scan",
		Why:     "Nothing is declared that could say which bytes are right; they changed since the baseline was taken.",
		Example: `an asset uploaded again to a rolling tag such as "v1"`,
		Fix:     "Find out from the publisher whether the change was meant; name a URL with a version, and declare a checksum.",
	},
	{
		ID: ArtifactLeftOver, Severity: Notice,
		Title:   "A file on disk is none that the manifest names",
		Brief:   "a file that the manifest does not name",
		Why:     "It is of an earlier version, of a download that did not end, or somebody else's. Nothing verifies it, and it takes room.",
		Example: "`models/x/model-v1.gguf` where the manifest names `model-v2.gguf`, with `check --local models`",
		Fix:     "Delete it, unless you know what it is for.",
	},
}
