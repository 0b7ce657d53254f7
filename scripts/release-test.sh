#!/usr/bin/env bash
# release-test.sh: builds a release for all platforms, runs this machine's binary, and builds that one again
# from nothing in another folder: it has to be the same.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v0.0.0-test
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

scripts/release.sh "$version"
(cd dist && sha256sum --check --strict SHA256SUMS)
[ "$(wc -l <dist/SHA256SUMS)" -eq 6 ]
target=$(go env GOOS)/$(go env GOARCH)
binary=dist/verify-manifests_${version}_${target/\//_}
said=$("$binary" version)
[ "$said" = "verify-manifests $version" ] || { echo "the release of $version calls itself $said" >&2 && exit 1; }

git ls-files -z | tar --create --null --files-from - | tar --extract --directory "$copy"
GOCACHE=$copy/cache "$copy/scripts/release.sh" "$version" "$target"
cmp "$binary" "$copy/$binary"
echo "two builds for $target are the same"
