#!/usr/bin/env bash
# container-test.sh: builds both images, the Dockerfile's and the release's, and runs each on a pull request as
# GitHub's runner does. Where there is no Docker engine it starts one of its own, and where it can't, says so; on GitHub that fails.
set -euo pipefail
cd "$(dirname "$0")/.."
stage=$(mktemp -d)
# shellcheck source=scripts/loopback.sh
. scripts/loopback.sh
cleanup() {
	stop_registry
	[ -z "${DOCKER_HOST_IS_OURS:-}" ] || scripts/engine.sh down "$stage/engine" || true
	rm -rf "$stage"
}
trap cleanup EXIT

if ! docker info >/dev/null 2>&1; then
	DOCKER_HOST_IS_OURS=yes
	if ! scripts/engine.sh up "$stage/engine"; then
		printf '\n%s\n' "THE CONTAINER WAS NOT TESTED: this machine has no Docker engine, and none could be started on it." >&2
		[ -z "${GITHUB_ACTIONS:-}" ]
		exit
	fi
	export DOCKER_HOST="unix://$stage/engine/docker.sock"
fi

# The Dockerfile, on its base by digest, or where no registry can be reached on a stand-in for it.
base=$(sed -n 's/^ARG GO_IMAGE=//p' Dockerfile)
pinned=$base@$(cat scripts/go-image.digest)
if docker pull --quiet "$pinned" 2>/dev/null; then
	base=$pinned
elif ! docker image inspect "$base" >/dev/null 2>&1; then
	echo "no registry can be reached: $base is a stand-in, made of this machine's Go"
	scripts/engine.sh go "$base"
fi
image=verify-manifests:test version=v1.0.0
scripts/stage.sh "$stage/tree" "$version"
commit=$(git -C "$stage/tree" rev-parse HEAD)

# A checkout, which is what a workflow of ours builds, and an archive, which is what a runner gets of an Action.
says() {
	local said
	said=$(docker run --rm "$1" version)
	[ "$said" = "verify-manifests $2 (commit $commit)" ] || { echo "$1 says: $said" >&2 && exit 1; }
}
took() { awk -v what="$1" -v from="$began" -v to="$EPOCHREALTIME" 'BEGIN { printf "%s: %.1f s to its first line\n", what, to - from }'; }
git -C "$stage/tree" archive --format tar "$version" >"$stage/archive.tar"
began=$EPOCHREALTIME
docker build --quiet --tag "$image-archive" --build-arg "GO_IMAGE=$base" - <"$stage/archive.tar"
says "$image-archive" "$version"
took "the Dockerfile's image, built and run"
# The checkout is built on what that build left behind, so that the modules are compiled once.
docker build --quiet --target build --tag "$image-warm" --build-arg "GO_IMAGE=$base" - <"$stage/archive.tar"
docker build --quiet --tag "$image-checkout" --build-arg "GO_IMAGE=$image-warm" "$stage/tree"
says "$image-checkout" "devel+${commit:0:12}"
# More than a third of it is sigstore-go and what that brings.
[ "$(docker image inspect --format '{{.Size}}' "$image-archive")" -lt 32000000 ] || { echo "the image is larger than 32 MB" >&2 && exit 1; }
scripts/container-demo.sh "$image-archive"

# The release's image, from a registry on loopback, by digest.
start_registry "$stage/registry"
released=$("$stage/tree/scripts/image.sh" "$version" 2>"$stage/log") || { cat "$stage/log" >&2 && exit 1; }
began=$EPOCHREALTIME
docker pull --quiet "$released"
says "$released" "$version"
took "the release's image, pulled and run"
scripts/container-demo.sh "$released"
