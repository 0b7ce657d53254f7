#!/usr/bin/env bash
# release-test.sh: rehearses a release on loopback, with this tree as it is: archives for each system, the image in a
# registry, the same again from nothing in another clone, which has to give the same bytes, the commit that is tagged, and what
# is refused. Signatures and the container: sign-test.sh, container-test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
version=v1.0.0
stage=$(mktemp -d)
# shellcheck source=scripts/loopback.sh
. scripts/loopback.sh
trap 'stop_registry; chmod -R u+w "$stage"; rm -rf "$stage"' EXIT

fail() {
	echo "$1" >&2
	exit 1
}
# refused REASON COMMAND...: demands that a command fails, and says why.
refused() {
	local reason=$1
	shift
	! "$@" >/dev/null 2>"$stage/refusal" || fail "was not refused: $*"
	grep -q "$reason" "$stage/refusal" || fail "$* was refused for another reason: $(cat "$stage/refusal")"
}

scripts/stage.sh "$stage/one" "$version"
cd "$stage/one"
scripts/release.sh "$version" linux/amd64 linux/arm64 darwin/arm64 windows/amd64
(cd "$OLDPWD" && DIST=$stage/one/dist DIST_VERSION=$version go test -count 1 -run TestDist ./scripts)
start_registry "$stage/registry"
GOBIN=$stage/bin go install github.com/google/ko@v0.19.1
export KO=$stage/bin/ko # built once, whatever the cache
image=$(scripts/image.sh "$version" 2>"$stage/log") || fail "$(cat "$stage/log")"
digest=${image##*@}
crane manifest "$KO_DOCKER_REPO:${digest/:/-}.sbom" | grep -q 'text/spdx+json' || fail "the image has no SBOM"

# The same once more in another folder, the archive with nothing from the cache.
git clone -q "$stage/one" "$stage/two"
(
	cd "$stage/two"
	export KO_DOCKER_REPO=$registry/again
	GOCACHE=$stage/cache scripts/release.sh "$version" "linux/$(go env GOARCH)"
	again=$(scripts/image.sh "$version" 2>"$stage/log") || fail "$(cat "$stage/log")"
	[ "${again##*@}" = "$digest" ] || fail "the image is $digest, and $again when it is built again"
	(cd dist && grep -v SHA256SUMS SHA256SUMS) | while IFS= read -r line; do
		grep -Fxq "$line" "$stage/one/dist/SHA256SUMS" || fail "a file differs when it is built again: $line"
	done
)
echo "two builds of the image are $digest"

# What is no release.
cp LICENSE "$stage/LICENSE"
echo change >>LICENSE
refused 'commit every change' scripts/release.sh "$version" linux/amd64
refused 'commit every change' scripts/image.sh "$version"
refused 'clean tree' scripts/pin-action.sh "$digest"
cp "$stage/LICENSE" LICENSE
refused 'usage' scripts/pin-action.sh v1.0.0
refused 'commit every change' scripts/image.sh v1.0.1

# The release's commit, in a repository whose origin has main.
export GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=rehearsal \
	GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=rehearsal@example.com GIT_CONFIG_KEY_2=commit.gpgsign GIT_CONFIG_VALUE_2=false
cd "$stage/two"
git fetch -q origin main:refs/remotes/origin/main
git tag -d "$version" >/dev/null
refused 'no such tag' scripts/release-check.sh "$version"
refused 'v1.MINOR.PATCH' scripts/release-check.sh v2.0.0
git tag "$version"
refused 'other files than action.yml\|not on main\|no parent' scripts/release-check.sh "$version"
commit=$(scripts/pin-action.sh "$digest")
git tag --force "$version" "$commit" >/dev/null
[ "$(scripts/release-check.sh "$version")" = "ghcr.io/premai-io/verify-manifests@$digest" ]
git push -q origin "$commit:refs/heads/v1"

# The next one: v1 moves forward to it, without force.
git fetch -q origin v1:refs/remotes/origin/v1
git checkout -q main
git commit -q --allow-empty -m "More work"
commit=$(scripts/pin-action.sh "$digest")
git tag v1.0.1 "$commit"
refused 'not on main' scripts/release-check.sh v1.0.1
git push -q origin main:refs/heads/next
git update-ref refs/remotes/origin/main main
scripts/release-check.sh v1.0.1 >/dev/null
git push -q origin "$commit:refs/heads/v1"
echo change >>LICENSE
git commit -q --all -m "More than the image"
git tag v1.0.2
refused 'not on main' scripts/release-check.sh v1.0.2
git update-ref refs/remotes/origin/main "$commit"
refused 'other files than action.yml' scripts/release-check.sh v1.0.2
echo "the release's commit is pinned, checked and pushed"
