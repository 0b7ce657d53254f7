package finding

// The IDs of the rules about reading a manifest's text strictly. Another program will read the same bytes:
// where parsers differ, one of them sees a manifest that nobody reviewed.
const (
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
)

// The IDs of the rules about reading YAML. Another program will read the same bytes: where parsers differ, one of them sees a
// manifest that nobody reviewed.
const (
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
)

// The IDs of the rules about reading TOML. Like those of JSON and YAML they can't be lowered.
const (
	TOMLSyntax       = "toml/syntax"
	TOMLDuplicateKey = "toml/duplicate-key"
	TOMLControl      = "toml/control"
	TOMLInvalidUTF8  = "toml/invalid-utf8"
	TOMLTooLarge     = "toml/too-large"
	TOMLTooDeep      = "toml/too-deep"
)

// The IDs of the rules about the manifest's JSON Schema, one for each keyword that it uses.
const (
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
)

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

// The IDs of the rules about who built a file.
const (
	ProvenanceInvalid      = "provenance/invalid"
	ProvenanceOtherBuilder = "provenance/other-builder"
	ProvenanceLost         = "provenance/lost"
	ProvenanceChanged      = "provenance/changed"
	ProvenanceMissing      = "provenance/missing"
	ProvenanceUnchecked    = "provenance/unchecked"
)

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

// The IDs of the rules about container images.
const (
	ImageInvalid  = "image/invalid"
	ImageUnpinned = "image/unpinned"
	ImageTagMoved = "image/tag-moved"
)

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

// ManifestUnreadable is the rule about manifests that can't be opened at all.
const ManifestUnreadable = "manifest/unreadable"
