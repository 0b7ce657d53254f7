package finding

// The IDs of the rules about container images.
const (
	ImageInvalid  = "image/invalid"
	ImageUnpinned = "image/unpinned"
	ImageTagMoved = "image/tag-moved"
)

var imageRules = []Rule{
	{
		ID: ImageInvalid, Severity: Error,
		Title:   "The image reference is invalid",
		Why:     "It can't be pulled.",
		Example: `"image": "ghcr.io/acme/Server:1.2:latest"`,
		Fix:     "Write the reference as `docker pull` accepts it, preferably with a digest: `ghcr.io/acme/server:1.2@sha256:…`.",
	},
	{
		ID: ImageUnpinned, Severity: Warning, Varies: true,
		Title:   "The image has a tag and no digest",
		Brief:   "an image without a digest",
		Why:     "The publisher can move a tag to another image at any time, unnoticed.",
		Example: `"image": "ghcr.io/acme/server:1.2"`,
		Fix:     "Append the digest: `ghcr.io/acme/server:1.2@sha256:…`. `docker buildx imagetools inspect` prints it.",
	},
	{
		ID: ImageTagMoved, Severity: Notice,
		Title:   "The tag beside the digest now names another image",
		Brief:   "the tag names another image now",
		Why:     "The digest decides what is pulled, so installations are unaffected. Readers of the manifest may rely on the tag.",
		Example: `"image": "ghcr.io/acme/server:1.2@sha256:…" after 1.2 was built again`,
		Fix:     "Nothing has to be done. To update, review the image that the tag names now and write its digest.",
	},
}
