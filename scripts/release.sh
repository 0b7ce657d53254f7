#!/usr/bin/env bash
# release.sh VERSION [OS/ARCH...]: builds a release's binaries, and SHA256SUMS over them, into dist/. The
# same sources, VERSION and Go give the same bytes on every machine: `go version -m` of a binary tells its Go.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:?usage: release.sh VERSION [OS/ARCH...]}
shift
[ $# -gt 0 ] || set -- {linux,darwin,windows}/{amd64,arm64}

export CGO_ENABLED=0 GOENV=off GOWORK=off GOFLAGS='' GOEXPERIMENT='' GOFIPS140=off GOAMD64=v1 GOARM64=v8.0
rm -rf dist
mkdir dist
for target; do
	export GOOS=${target%/*} GOARCH=${target#*/}
	suffix=
	[ "$GOOS" != windows ] || suffix=.exe
	go build -trimpath -buildvcs=false -ldflags "-s -w -X github.com/premAI-io/verify-manifests/pkg/cli.version=$version" \
		-o "dist/verify-manifests_${version}_${GOOS}_$GOARCH$suffix" .
done
cd dist
sha256sum -- * >SHA256SUMS
