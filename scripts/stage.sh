#!/usr/bin/env bash
# stage.sh FOLDER VERSION: makes FOLDER a clone of this repository with the tree as it is here, committed on main and
# tagged VERSION, so that a release can be rehearsed.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1 version=$2
export GIT_CONFIG_COUNT=3 GIT_CONFIG_KEY_0=user.name GIT_CONFIG_VALUE_0=rehearsal \
	GIT_CONFIG_KEY_1=user.email GIT_CONFIG_VALUE_1=rehearsal@example.com GIT_CONFIG_KEY_2=commit.gpgsign GIT_CONFIG_VALUE_2=false
git clone -q --no-local --depth 1 "file://$PWD" "$folder"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
	[ ! -e "$file" ] || printf '%s\0' "$file"
done | tar --create --null --files-from - | tar --extract --directory "$folder"
cd "$folder"
git checkout -q -B main
git add --all
git diff --cached --quiet || git commit -qm "The tree as it is"
git tag "$version"
