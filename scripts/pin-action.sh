#!/usr/bin/env bash
# pin-action.sh DIGEST: makes the commit of a release out of HEAD, a commit of main: its only difference is that
# action.yml names the image by DIGEST instead of the Dockerfile. HEAD is that commit then, on no branch. Its second
# parent is the v1 of origin, where there is one: so v1 moves forward to it, and is never forced.
set -euo pipefail
cd "$(dirname "$0")/.."
digest=${1:-}
if ! [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]]; then
	echo "usage: pin-action.sh sha256:<64 hex digits>" >&2
	exit 2
fi
if [ -n "$(git status --porcelain)" ] || [ "$(git show HEAD:action.yml | grep -c '^  image: Dockerfile$')" != 1 ]; then
	echo "a release is made of a clean tree, in which action.yml says \"image: Dockerfile\" once" >&2
	exit 1
fi

blob=$(git show HEAD:action.yml |
	sed "s|^  image: Dockerfile\$|  image: docker://ghcr.io/premai-io/verify-manifests@$digest|" | git hash-object -w --stdin)
tree=$({ git ls-tree HEAD | grep -v $'\taction.yml$' && printf '100644 blob %s\taction.yml\n' "$blob"; } | git mktree)
parents=(-p HEAD)
if previous=$(git rev-parse --quiet --verify refs/remotes/origin/v1); then
	parents+=(-p "$previous")
fi
commit=$(git commit-tree "${parents[@]}" -m "Run the released image" -m "It was built from the commit before this one: $(git rev-parse HEAD)" "$tree")
git checkout --quiet --detach "$commit"
echo "$commit"
