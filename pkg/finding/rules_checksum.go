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
		Title:   "The checksum is a SHA-1",
		Why:     "Two different files with one SHA-1 can be made, so it proves little about a file from a stranger.",
		Example: `"checksum": "sha1:…"`,
		Fix:     "Declare a sha256 checksum: `shasum -a 256 FILE` prints its digits.",
	},
	{
		ID: ChecksumInvalid, Severity: Error,
		Title:   "The checksum can't be read",
		Why:     "An unreadable checksum protects nobody, so the file was not downloaded.",
		Example: `"checksum": "md5:d41d8cd98f00b204e9800998ecf8427e"`,
		Fix:     "Write its SHA-256, `sha256:` and 64 hex digits, or the digits alone where the registry's other checksums are: `shasum -a 256 FILE` prints them.",
	},
	{
		ID: SignatureInvalid, Severity: Error,
		Title:   "The signature does not verify",
		Why:     "The signature is not of this file, not by a configured key, or not a minisign signature at all.",
		Example: `a "signature" copied from another version`,
		Fix:     "Sign the file that the URL serves: `minisign -S -m FILE`, and paste the .minisig text.",
	},
	{
		ID: SignatureUnverified, Severity: Notice,
		Title:   "The signature was not checked",
		Why:     "No public key is configured, so the signature says nothing yet.",
		Example: `a "signature" while the input public-keys is empty`,
		Fix:     "Give the developer's minisign public key in the input `public-keys`.",
	},
	{
		ID: SignatureLegacy, Severity: Notice,
		Title:   "The signature is a legacy one",
		Why:     "It verifies, and is of the file itself and not of its hash. Which of the two a signature is, is not signed: one of a hash could be shown as one of a file that is that hash.",
		Example: `a "signature" that was made with` + " `minisign -S -l`",
		Fix:     "Sign anew: `minisign -S -H -m FILE`.",
	},
	{
		ID: SignatureMissing, Severity: Warning,
		Title:   "A signature that was there is gone",
		Why:     "The version before this pull request had a signature for this file.",
		Example: `a pull request that removes "signature"`,
		Fix:     "Keep the signature, or have the developer sign the new file.",
	},
	{
		ID: ChecksumDropped, Severity: Warning,
		Title:   "A checksum that was there is gone",
		Why:     "With it goes what told whether the file is still the one that was reviewed.",
		Example: `a change that removes "checksum"`,
		Fix:     "Keep the checksum. For a new file, the service's developer declares the new one.",
	},
	{
		ID: ChecksumChanged, Severity: Warning,
		Title:   "The checksum changed and the URL did not",
		Why:     "Either the file behind the URL was replaced, or the declared checksum was wrong: both want an explanation by whoever publishes the file.",
		Example: `a change of "checksum" beside an unchanged "url"`,
		Fix:     "Ask the publisher why. Better name the URL of a full version, whose bytes never change.",
	},
}
