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
		Title:   "The file does not have the declared checksum",
		Brief:   "not the declared file",
		Why:     "The whole file was read, and its digest differs from the declared checksum: users get other bytes than the reviewed ones.",
		Example: `"checksum": "sha256:…" of version 1.2 beside the "url" of version 1.3`,
		Fix:     "Ask the publisher which bytes are right. If the URL moved to a new version, declare the checksum that the publisher gives for it. If not, the file was replaced: do not install it.",
	},
	{
		ID: ArtifactMissingChecksum, Severity: Warning, Varies: true,
		Title:   "An external file has no declared checksum",
		Brief:   "no checksum is declared",
		Why:     "Without a checksum, a replaced file goes unnoticed. Files that the registry's owner publishes under a versioned URL, and weights in a safe format, need none.",
		Example: `"aarch64-apple-darwin": {"url": "https://example.com/server"}`,
		Fix:     "Declare the checksum of the file that you built or reviewed. `verify-manifests sum --write` fills in the checksum of what the URL serves: compare it with `shasum -a 256 FILE`, or `Get-FileHash FILE` on Windows.",
	},
	{
		ID: ArtifactUnavailable, Severity: Error,
		Title:   "The server does not provide the file",
		Why:     "The server gave a final answer such as 404 or 403, so the file can't be downloaded.",
		Example: `the "url" of a deleted release asset`,
		Fix:     "Open the URL in a private browser window. Correct it, or publish the file.",
	},
	{
		ID: ArtifactUnreachable, Severity: Error,
		Title:   "The file could not be downloaded completely",
		Brief:   "could not be downloaded",
		Why:     "On every try, the server could not be reached, failed, or closed the connection early. The file was not verified.",
		Example: `"url" on a host whose DNS name does not exist`,
		Fix:     "Run the check again later. If it fails again, check whether the host is up.",
	},
	{
		ID: ArtifactRefused, Severity: Error,
		Title:   "The policy forbids the download",
		Why:     "Only https URLs of public addresses are downloaded, with at most ten redirects and below the size limit.",
		Example: `"url": "http://example.com/server"`,
		Fix:     "Use a public https URL. An operator can widen the policy with `allow-networks` or `max-file-size`.",
	},
	{
		ID: ArtifactHTMLPage, Severity: Error,
		Title:   "The URL serves a web page instead of the file",
		Brief:   "a web page instead of the file",
		Why:     "The URL serves a login, consent or error page with status 200: users get that page under the file's name.",
		Example: `"url": "https://huggingface.co/acme/model/blob/main/model.gguf"`,
		Fix:     "Use a URL that downloads the file without a browser.",
	},
	{
		ID: ArtifactLFSPointer, Severity: Error,
		Title:   "The URL serves a Git LFS pointer instead of the file",
		Brief:   "a Git LFS pointer instead of the file",
		Why:     "Users get 130 bytes of text instead.",
		Example: `"url": "https://raw.githubusercontent.com/acme/models/main/model.gguf"`,
		Fix:     "Use the host's download URL: `/resolve/` at Hugging Face; `media.githubusercontent.com/media/…` or a release asset at GitHub.",
	},
	{
		ID: ArtifactEmpty, Severity: Error,
		Title:   "The URL serves an empty file",
		Why:     "The download succeeds and has no content.",
		Example: "a release asset whose upload failed",
		Fix:     "Publish the file again, or correct the URL.",
	},
	{
		ID: ArtifactWrongPlatform, Severity: Error,
		Title:   "The binary is for another platform",
		Why:     "The binary can't start on the platform that it is declared for.",
		Example: `an x86_64 executable under "aarch64-apple-darwin"`,
		Fix:     "Use the binary of this platform, or move the entry to the right platform.",
	},
	{
		ID: ArtifactWrongFormat, Severity: Error,
		Title:   "The file does not have the format of its name or role",
		Brief:   "not the expected format",
		Why:     "An archive can't be executed, and a text file can't be loaded as a model.",
		Example: `a gzip archive under "binaries"`,
		Fix:     "Use the URL of the file itself, not of an archive or a description.",
	},
	{
		ID: ArtifactUnsafeFormat, Severity: Warning,
		Title:   "The weights are in a format that can execute code when loaded",
		Brief:   "a format that can execute code",
		Why:     "Loading a pickle file or a script runs the code in it. A checksum only shows that it is unchanged.",
		Example: `"pytorch_model.bin" in "weightsFiles"`,
		Fix:     "Publish the weights as safetensors or gguf.",
	},
	{
		ID: ArtifactSize, Severity: Error,
		Title:   "The file does not have the declared size",
		Why:     "Programs consider a file complete when its size is right.",
		Example: `"size": 1024 for a file of 2,048 bytes`,
		Fix:     "Ask the publisher which file is right, and declare its size.",
	},
	{
		ID: ArtifactDigestConflict, Severity: Error,
		Title:   "One URL has two declared checksums",
		Why:     "At most one of them can be right, so the file was not downloaded.",
		Example: `two services with one URL and different "checksum" values`,
		Fix:     "Declare the checksum that the publisher gives in both places.",
	},
	{
		ID: ArtifactHostDigest, Severity: Warning,
		Title:   "The host publishes another digest than the declared one",
		Brief:   "the host publishes another digest",
		Why:     "Hugging Face and GitHub releases publish the digest of the stored file, and it differs from the declared one.",
		Example: `"checksum" of an earlier upload of a release asset`,
		Fix:     "Ask the publisher why the file was replaced.",
	},
	{
		ID: ArtifactChanged, Severity: Error,
		Title:   "A file without a checksum has changed since the last scan",
		Brief:   "changed since the last scan",
		Why:     "The baseline has other bytes for this file, and no checksum tells which are right.",
		Example: `an asset uploaded again to a rolling tag such as "v1"`,
		Fix:     "Ask the publisher whether the change was intended. Use a URL with a version and declare a checksum.",
	},
	{
		ID: ArtifactLeftOver, Severity: Notice,
		Title:   "A file on disk is not named by the manifest",
		Brief:   "a file that the manifest does not name",
		Why:     "It may be left from an earlier version or an interrupted download. Nothing verifies it, and it uses disk space.",
		Example: "`models/x/model-v1.gguf` where the manifest names `model-v2.gguf`, with `check --local models`",
		Fix:     "Delete it, unless you know its purpose.",
	},
}
