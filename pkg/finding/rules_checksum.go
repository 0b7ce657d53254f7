package finding

// The IDs of the rules about declared checksums and signatures.
const (
	ChecksumWeak        = "checksum/weak"
	ChecksumInvalid     = "checksum/invalid"
	ChecksumDropped     = "checksum/dropped"
	ChecksumChanged     = "checksum/changed"
	SignatureInvalid    = "signature/invalid"
	SignatureUnverified = "signature/unverified"
	SignatureLegacy     = "signature/legacy"
	SignatureMissing    = "signature/missing"
)

var checksumRules = []Rule{
	{
		ID: ChecksumWeak, Severity: Warning,
		Title:   "The checksum algorithm is weak",
		Why:     "Two different files with the same MD5 or SHA-1 can be made, so it proves little about a file from a stranger.",
		Example: `"checksum": "sha1:…"`,
		Fix:     "Declare a sha256 checksum, as `shasum -a 256 FILE` or, on Windows, `Get-FileHash FILE` prints it.",
	},
	{
		ID: ChecksumInvalid, Severity: Error,
		Title:   "The checksum is invalid",
		Why:     "Nothing can be compared with an invalid checksum, so the file was not downloaded.",
		Example: `"checksum": "md5:d41d8cd98f00b204e9800998ecf8427e"`,
		Fix:     "Write `sha256:` and 64 hex digits, or the digits alone if the registry does so. `shasum -a 256 FILE` or, on Windows, `Get-FileHash FILE` prints them.",
	},
	{
		ID: SignatureInvalid, Severity: Error,
		Title:   "The signature is invalid",
		Why:     "It is for another file, by a key that is not configured, or not a minisign signature.",
		Example: `a "signature" that was copied from another version`,
		Fix:     "Sign the file that the URL serves with `minisign -S -m FILE`, and paste the text of the .minisig file.",
	},
	{
		ID: SignatureUnverified, Severity: Notice,
		Title:   "The signature was not verified",
		Why:     "No public key is configured.",
		Example: `a "signature" with an empty input public-keys`,
		Fix:     "Add the developer's minisign public key to the input `public-keys`.",
	},
	{
		ID: SignatureLegacy, Severity: Notice,
		Title:   "The signature has the legacy format",
		Why:     "It is valid, but signs the file itself instead of its hash. The format is not part of what is signed: a signature of a hash could be presented as one of a file whose content is that hash.",
		Example: `a "signature" that was made with` + " `minisign -S -l`",
		Fix:     "Sign again with `minisign -S -H -m FILE`.",
	},
	{
		ID: SignatureMissing, Severity: Warning,
		Title:   "A signature was removed",
		Why:     "The file had a signature before this change.",
		Example: `a pull request that removes "signature"`,
		Fix:     "Keep the signature, or have the developer sign the new file.",
	},
	{
		ID: ChecksumDropped, Severity: Warning,
		Title:   "A checksum was removed",
		Why:     "Without it, a replaced file goes unnoticed.",
		Example: `a change that removes "checksum"`,
		Fix:     "Keep the checksum. For a new file, declare the new one.",
	},
	{
		ID: ChecksumChanged, Severity: Warning,
		Title:   "The checksum changed and the URL did not",
		Why:     "Either the file behind the URL was replaced, or the declared checksum was wrong. The publisher has to explain which.",
		Example: `a change of "checksum" beside an unchanged "url"`,
		Fix:     "Ask the publisher why. Prefer the URL of a full version, whose content never changes.",
	},
}
