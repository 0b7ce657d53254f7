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
		Title:   "The reference names no container image",
		Why:     "No program can pull from it.",
		Example: `"image": "ghcr.io/acme/Server:1.2:latest"`,
		Fix:     "Write the reference as `docker pull` takes it: `ghcr.io/acme/server:1.2`, best with the image's digest, `ghcr.io/acme/server:1.2@sha256:…`.",
	},
	{
		ID: ImageUnpinned, Severity: Warning,
		Title:   "The container image is named by a tag alone",
		Brief:   "an image without a digest",
		Why:     "Whoever publishes the image can move a tag to another image at any time, and nothing tells whether it is still the one that was reviewed.",
		Example: `"image": "ghcr.io/acme/server:1.2"`,
		Fix:     "Write the digest behind the tag, `ghcr.io/acme/server:1.2@sha256:…`: docker then pulls exactly that image, and `docker buildx imagetools inspect` shows which digest the tag has.",
	},
	{
		ID: ImageTagMoved, Severity: Notice,
		Title:   "The tag beside the digest is at another image now",
		Brief:   "the tag is elsewhere now",
		Why:     "The digest decides what is pulled, so nothing has changed for whoever installs the service. A reader of the manifest may take it for what the tag says.",
		Example: `"image": "ghcr.io/acme/server:1.2@sha256:…" after 1.2 was built again`,
		Fix:     "Nothing has to be done. To move on, review what the tag is at now and write its digest.",
	},
}
