package finding

// The IDs of the rules about who built a file.
const (
	ProvenanceInvalid      = "provenance/invalid"
	ProvenanceOtherBuilder = "provenance/other-builder"
	ProvenanceLost         = "provenance/lost"
	ProvenanceChanged      = "provenance/changed"
	ProvenanceMissing      = "provenance/missing"
	ProvenanceUnchecked    = "provenance/unchecked"
)

var provenanceRules = []Rule{
	{
		ID: ProvenanceInvalid, Severity: Error,
		Title:   "The declared attestation does not verify",
		Why:     "The manifest names a Sigstore bundle that is not for these bytes, is not authentic, is from an authority that no trusted root knows, or is gone. Whoever relies on it is deceived.",
		Example: `an "attestation" of another version's file`,
		Fix:     "Name the bundle that the release workflow made for exactly this file. docs/provenance.md shows how to look into one.",
	},
	{
		ID: ProvenanceOtherBuilder, Severity: Error,
		Title:   "Somebody else than expected built the file",
		Brief:   "built by somebody else than expected",
		Why:     "Authentic attestations exist, and all of them are by another repository, workflow, ref or kind of runner than the registry's policy and the URL allow.",
		Example: "a release asset of `acme/tool` that was built in a fork",
		Fix:     "Do not install it until its publisher explains who built it. If the builder is right, allow it in `provenance:` of the configuration file.",
	},
	{
		ID: ProvenanceLost, Severity: Warning,
		Title:   "Earlier versions were attested and this one is not",
		Brief:   "attested before, and not any more",
		Why:     "A file without provenance in place of one that had it may have been built by somebody who took over an account or a token.",
		Example: `a change to version 1.3, which lacks the attestation that 1.2 had`,
		Fix:     "Ask the publisher why the build was not attested. Keep the earlier version until they explain it.",
	},
	{
		ID: ProvenanceChanged, Severity: Warning,
		Title:   "Another repository or workflow than before built the file",
		Brief:   "built by another workflow than before",
		Why:     "The attestation is authentic and allowed, and names another builder than that of the earlier version.",
		Example: "version 1.3 was built by `nightly.yml` and version 1.2 by `release.yml`",
		Fix:     "Ask the publisher whether the change was meant. To allow exactly one workflow, name it in `signers` of the configuration file.",
	},
	{
		ID: ProvenanceMissing, Severity: Warning,
		Title:   "The release asset has no attestation",
		Why:     "Nothing tells which repository and workflow built the file. The level is `missing` of `provenance:` in the configuration file.",
		Example: "a release that was uploaded by hand",
		Fix:     "Have the publisher attest the file in its release workflow with `actions/attest`.",
	},
	{
		ID: ProvenanceUnchecked, Severity: Notice,
		Title:   "The attestation could not be checked",
		Why:     "GitHub or the bundle's host did not answer, or no trusted root knows the log or the instance that the bundle names. Nothing is known about who built the file.",
		Example: "an attestation in a private repository, whose instance of Sigstore the built-in trusted root does not list",
		Fix:     "Run it again later. For other instances, give the input `trusted-root` the output of `gh attestation trusted-root`.",
	},
}
