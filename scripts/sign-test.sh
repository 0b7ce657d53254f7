#!/usr/bin/env bash
# sign-test.sh: signs sums and an image as a release does, but with a key and without the network, and demands that
# cosign takes them, and nothing that differs in one byte. cosign takes minutes to build, so where it is not installed this
# says so; on GitHub that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
stage=$(mktemp -d)
# shellcheck source=scripts/loopback.sh
. scripts/loopback.sh
trap 'stop_registry; rm -rf "$stage"' EXIT
command -v cosign >/dev/null || {
	printf '\n%s\n' "SIGNATURES WERE NOT TESTED: there is no cosign. go install github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3" >&2
	[ -z "${GITHUB_ACTIONS:-}" ]
	exit
}
export COSIGN_PASSWORD='' HTTPS_PROXY=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:1 NO_PROXY=127.0.0.1 # nothing but loopback answers
fail() {
	echo "$1" >&2
	exit 1
}

(cd "$stage" && cosign generate-key-pair 2>/dev/null)
sign=(--key "$stage/cosign.key" --tlog-upload=false --use-signing-config=false --yes)
verify=(--key "$stage/cosign.pub" --insecure-ignore-tlog=true)
scripts/checksum.sh LICENSE go.mod | sed 's/^sha256://' >"$stage/SHA256SUMS"
cosign sign-blob "${sign[@]}" --bundle "$stage/SHA256SUMS.sigstore.json" "$stage/SHA256SUMS" >/dev/null
cosign verify-blob "${verify[@]}" --bundle "$stage/SHA256SUMS.sigstore.json" "$stage/SHA256SUMS"
sed '1s/^\(.\)./\1x/' "$stage/SHA256SUMS" >"$stage/flipped"
! cosign verify-blob "${verify[@]}" --bundle "$stage/SHA256SUMS.sigstore.json" "$stage/flipped" 2>"$stage/complaint" ||
	fail "the signature is taken for other bytes"
grep -qi 'signature' "$stage/complaint" || fail "refused for another reason: $(cat "$stage/complaint")"

NO_PROXY='*' start_registry "$stage/registry"
cosign sign "${sign[@]}" --allow-http-registry "$KO_DEFAULTBASEIMAGE" >/dev/null
cosign verify "${verify[@]}" --allow-http-registry "$KO_DEFAULTBASEIMAGE" >/dev/null
crane mutate --label changed=yes --tag "$registry/base:other" "$registry/base:amd64" >/dev/null
! cosign verify "${verify[@]}" --allow-http-registry "$registry/base@$(crane digest "$registry/base:other")" >/dev/null 2>&1 ||
	fail "the signature is taken for another image"
echo "the signatures hold for these bytes and no others"
