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
		Title:   "The declared attestation is invalid",
		Why:     "The Sigstore bundle is for other bytes, is not authentic, is from an authority that no trusted root lists, or does not exist.",
		Example: `an "attestation" of another version's file`,
		Fix:     "Use the bundle that the release workflow made for exactly this file. docs/provenance.md shows how to inspect one.",
	},
	{
		ID: ProvenanceOtherBuilder, Severity: Error,
		Title:   "An unexpected builder built the file",
		Brief:   "built by an unexpected builder",
		Why:     "All authentic attestations name another repository, workflow, ref or kind of runner than the registry's policy and the URL allow.",
		Example: "a release asset of `acme/tool` that was built in a fork",
		Fix:     "Do not install it until the publisher explains who built it. If the builder is right, allow it in `provenance:` of the configuration file.",
	},
	{
		ID: ProvenanceLost, Severity: Warning, Varies: true,
		Title:   "Earlier versions were attested and this one is not",
		Brief:   "attested before and not now",
		Why:     "Somebody with a stolen account or token may have built it.",
		Example: `a change to version 1.3, which lacks the attestation that 1.2 had`,
		Fix:     "Ask the publisher why the build was not attested. Keep the earlier version until they explain it.",
	},
	{
		ID: ProvenanceChanged, Severity: Warning,
		Title:   "Another repository or workflow built the file than before",
		Brief:   "built by another workflow than before",
		Why:     "The attestation is authentic and allowed, but names another builder than the earlier version's.",
		Example: "version 1.3 was built by `nightly.yml` and version 1.2 by `release.yml`",
		Fix:     "Ask the publisher whether the change was intended. To allow exactly one workflow, name it in `signers` of the configuration file.",
	},
	{
		ID: ProvenanceMissing, Severity: Warning, Varies: true,
		Title:   "The release asset has no attestation",
		Why:     "Nothing shows which repository and workflow built the file. Set the level with `missing` in `provenance:` of the configuration file.",
		Example: "a release that was uploaded by hand",
		Fix:     "Have the publisher attest the file in its release workflow with `actions/attest`.",
	},
	{
		ID: ProvenanceUnchecked, Severity: Notice, Varies: true,
		Title:   "The attestation could not be checked",
		Why:     "GitHub or the bundle's host did not answer, or no trusted root lists the log or instance that the bundle names. Who built the file is unknown.",
		Example: "an attestation in a private repository, whose instance of Sigstore the built-in trusted root does not list",
		Fix:     "Run the check again later. For other instances, set the input `trusted-root` to the output of `gh attestation trusted-root`.",
	},
}
