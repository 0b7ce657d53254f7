#!/usr/bin/env bash
# pictures.sh: takes the pictures in docs/pictures of the comment, the issue and the status page of the demo. Needs Go, and Debian's
# chromium and fonts, which it installs as root.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(fonts-noto-color-emoji fonts-liberation fonts-dejavu-core)
command -v chromium >/dev/null || command -v google-chrome >/dev/null || packages+=(chromium)
if ! dpkg-query -s "${packages[@]}" >/dev/null 2>&1; then
	apt-get update -qq
	env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

stage=$(mktemp -d)
trap 'rm -r "$stage"' EXIT
mkdir -p docs/pictures
go run ./testdata/demo -nights "$stage" >/dev/null
go run ./testdata/pictures "$stage" docs/pictures
ls -l docs/pictures
