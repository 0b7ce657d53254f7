#!/usr/bin/env bash
# release.sh VERSION [OS/ARCH...]: builds a release into dist/: archives with the licences, an SBOM for each, and
# SHA256SUMS over them. HEAD has to be tagged VERSION, and nothing to be changed in the tree: Go writes the tag and
# the commit into each binary. The same commit gives the same bytes on every machine.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?usage: release.sh VERSION [OS/ARCH...]}
shift
[ $# -gt 0 ] || set -- {linux,darwin,windows}/{amd64,arm64}

# shellcheck source=scripts/goenv.sh
. scripts/goenv.sh
binaries=$(mktemp -d)
trap 'rm -rf "$binaries"' EXIT
for target; do
	GOOS=${target%/*} GOARCH=${target#*/} go build -buildvcs=true -ldflags '-s -w' -o "$binaries/${target/\//-}" .
done
rm -rf dist
mkdir dist
go run ./scripts/pack "$version" dist "$binaries"/*
cd dist
sums=$(../scripts/checksum.sh -- *)
printf '%s\n' "${sums//sha256:/}" >SHA256SUMS
