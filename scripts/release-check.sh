#!/usr/bin/env bash
# release-check.sh TAG: refuses a tag that is not of a commit that pin-action.sh makes of one on origin's main. Prints
# the image that its action.yml names.
set -euo pipefail
cd "$(dirname "$0")/.."
tag=${1:?usage: release-check.sh TAG}

refuse() {
	echo "$tag is refused: $1" >&2
	exit 1
}
[[ $tag =~ ^v1\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$ ]] || refuse "a release is called v1.MINOR.PATCH"
commit=$(git rev-parse --verify --quiet "refs/tags/$tag^{commit}") || refuse "there is no such tag"
parent=$(git rev-parse --verify --quiet "$commit^1") || refuse "its commit has no parent"
git merge-base --is-ancestor "$parent" refs/remotes/origin/main || refuse "its parent, $parent, is not on main"
[ "$(git diff --name-only "$parent" "$commit")" = action.yml ] || refuse "its commit changes other files than action.yml: see scripts/pin-action.sh"
lines=$(git diff --unified=0 "$parent" "$commit" -- action.yml | grep -v -e '^---' -e '^+++' | grep '^[-+]')
pinned='^-  image: Dockerfile'$'\n''\+  image: docker://(ghcr\.io/premai-io/verify-manifests@sha256:[0-9a-f]{64})$'
[[ $lines =~ $pinned ]] || refuse "its action.yml differs in more than the image: see scripts/pin-action.sh"
echo "${BASH_REMATCH[1]}"
