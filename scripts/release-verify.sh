#!/usr/bin/env bash
# release-verify.sh VERSION COMMIT FOLDER IMAGE [COSIGN-FLAG...]: looks at a release as its users get it: the files in
# FOLDER, and IMAGE by digest, which was built from COMMIT. The flags say to cosign whose signature is wanted. Needs
# cosign, gh's or this machine's own files, and a Docker engine.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1 commit=$2 folder=$3 image=$4
shift 4

cosign verify-blob --bundle "$folder/SHA256SUMS.sigstore.json" "$@" "$folder/SHA256SUMS"
(cd "$folder" && sha256sum --check --strict SHA256SUMS)
(cd "$folder" && "$OLDPWD/scripts/checksum.sh" --check SHA256SUMS)
DIST=$(cd "$folder" && pwd) DIST_VERSION=$version go test -count 1 -run TestDist ./scripts

cosign verify "$@" "$image" >/dev/null
docker pull --quiet "$image"
said=$(docker run --rm "$image" version)
[ "$said" = "verify-manifests $version (commit $commit)" ] || { echo "the image says: $said" >&2 && exit 1; }
for label in "version=$version" "revision=$commit"; do
	value=$(docker image inspect --format "{{index .Config.Labels \"org.opencontainers.image.${label%%=*}\"}}" "$image")
	[ "$value" = "${label#*=}" ] || { echo "the image's label ${label%%=*} is $value" >&2 && exit 1; }
done
scripts/container-demo.sh "$image"
echo "$version is what it says"
