#!/usr/bin/env bash
# image.sh VERSION: builds the image of a release for amd64 and arm64, pushes it and its SBOM to $KO_DOCKER_REPO, and
# prints its name by digest. HEAD has to be tagged VERSION, and nothing to be changed in the tree. The same commit on
# the same base gives the same digest on every machine.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?usage: image.sh VERSION}
# shellcheck source=scripts/goenv.sh
. scripts/goenv.sh

if ! git tag --points-at HEAD | grep -Fxq "$version" || [ -n "$(git status --porcelain)" ]; then
	echo "this tree is not $version: commit every change, and tag the commit $version" >&2
	exit 1
fi
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
mkdir -p kodata # goes into the image
cp LICENSE THIRD_PARTY_NOTICES kodata/
ko=(go run github.com/google/ko@v0.19.1)
[ -z "${KO:-}" ] || ko=("$KO") # that version, built already
label=org.opencontainers.image
"${ko[@]}" build --bare --tags "$version" --sbom spdx \
	--image-label "$label.version=$version,$label.revision=$(git rev-parse HEAD),$label.licenses=MIT" \
	--image-label "$label.source=https://github.com/premAI-io/verify-manifests,$label.title=verify-manifests" .
