#!/usr/bin/env bash
# release-test.sh: makes a clone of this tree, as it is, tags it, builds a release there for each system, and looks
# at every file; then builds one of them again from nothing in another clone: it has to be the same.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v1.0.0-test
stage=$(mktemp -d)
trap 'chmod -R u+w "$stage"; rm -rf "$stage"' EXIT

scripts/stage.sh "$stage/one" "$version"
"$stage/one/scripts/release.sh" "$version" linux/amd64 linux/arm64 darwin/arm64 windows/amd64
cp "$stage/one/dist/SHA256SUMS" "$stage/sums"
DIST=$stage/one/dist DIST_VERSION=$version go test -count 1 -run TestDist ./scripts

echo change >>"$stage/one/LICENSE"
if "$stage/one/scripts/release.sh" "$version" linux/amd64 2>"$stage/refused"; then
	echo "a release was made of a tree with changes" >&2
	exit 1
fi
grep -q 'commit every change' "$stage/refused"

target=linux/$(go env GOARCH)
git clone -q "$stage/one" "$stage/two"
GOCACHE=$stage/cache "$stage/two/scripts/release.sh" "$version" "$target"
for file in "$stage"/two/dist/*"${target/\//_}"*; do
	grep -F "$(cd "$stage/two/dist" && sha256sum "${file##*/}")" "$stage/sums" >/dev/null
done
echo "two builds for $target are the same"
