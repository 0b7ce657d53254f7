package finding

// The IDs of the rules of every registry; docs/rules.md documents each.
const (
	// Reading JSON.
	JSONSyntax        = "json/syntax"
	JSONTruncated     = "json/truncated"
	JSONEmpty         = "json/empty"
	JSONNotAnObject   = "json/not-an-object"
	JSONTrailingData  = "json/trailing-data"
	JSONDuplicateKey  = "json/duplicate-key"
	JSONLongName      = "json/long-name"
	JSONInvalidUTF8   = "json/invalid-utf8"
	JSONByteOrderMark = "json/byte-order-mark"
	JSONTooLarge      = "json/too-large"
	JSONTooDeep       = "json/too-deep"
	JSONControl       = "json/control"

	// Reading YAML.
	YAMLSyntax       = "yaml/syntax"
	YAMLDuplicateKey = "yaml/duplicate-key"
	YAMLAlias        = "yaml/alias"
	YAMLMerge        = "yaml/merge"
	YAMLKey          = "yaml/key"
	YAMLTag          = "yaml/tag"
	YAMLInvalidUTF8  = "yaml/invalid-utf8"
	YAMLTooLarge     = "yaml/too-large"
	YAMLTooDeep      = "yaml/too-deep"
	YAMLAmbiguous    = "yaml/ambiguous"
	YAMLControl      = "yaml/control"

	// Reading TOML.
	TOMLSyntax       = "toml/syntax"
	TOMLDuplicateKey = "toml/duplicate-key"
	TOMLControl      = "toml/control"
	TOMLInvalidUTF8  = "toml/invalid-utf8"
	TOMLTooLarge     = "toml/too-large"
	TOMLTooDeep      = "toml/too-deep"

	// JSON Schemas, by keyword.
	SchemaRequired           = "schema/required"
	SchemaType               = "schema/type"
	SchemaEnum               = "schema/enum"
	SchemaPattern            = "schema/pattern"
	SchemaMinimum            = "schema/minimum"
	SchemaMaximum            = "schema/maximum"
	SchemaMinLength          = "schema/min-length"
	SchemaMaxLength          = "schema/max-length"
	SchemaAdditionalProperty = "schema/additional-property"
	SchemaInvalid            = "schema/invalid"

	// What a URL serves.
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

	// Declared checksums and signatures.
	ChecksumWeak        = "checksum/weak"
	ChecksumInvalid     = "checksum/invalid"
	ChecksumDropped     = "checksum/dropped"
	ChecksumChanged     = "checksum/changed"
	SignatureInvalid    = "signature/invalid"
	SignatureUnverified = "signature/unverified"
	SignatureLegacy     = "signature/legacy"
	SignatureMissing    = "signature/missing"

	// Who built a file.
	ProvenanceInvalid      = "provenance/invalid"
	ProvenanceOtherBuilder = "provenance/other-builder"
	ProvenanceLost         = "provenance/lost"
	ProvenanceChanged      = "provenance/changed"
	ProvenanceMissing      = "provenance/missing"
	ProvenanceUnchecked    = "provenance/unchecked"

	// Declared URLs.
	URLConflict          = "url/conflict"
	URLInvalid           = "url/invalid"
	URLInsecure          = "url/insecure"
	URLMutable           = "url/mutable"
	URLNotAFile          = "url/not-a-file"
	URLUserinfo          = "url/userinfo"
	URLInternationalHost = "url/international-host"
	URLExpires           = "url/expires"
	URLOwnerChanged      = "url/owner-changed"

	// Container images.
	ImageInvalid  = "image/invalid"
	ImageUnpinned = "image/unpinned"
	ImageTagMoved = "image/tag-moved"

	// A registry's description, and the configuration file.
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

	// Manifests that can't be opened.
	ManifestUnreadable = "manifest/unreadable"
)
