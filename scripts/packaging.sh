#!/usr/bin/env bash
# packaging.sh VERSION FOLDER: writes the Homebrew formula and the Scoop manifest of the release in FOLDER beside its
# archives, with the checksums of FOLDER/SHA256SUMS. A tap and a bucket take them as they are.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1 folder=$2
site=https://github.com/premAI-io/verify-manifests
about="Checks that every binary and model a registry's manifests name is still exactly what was reviewed"

asset() { printf 'verify-manifests_%s_%s' "$version" "$1"; }
sum() {
	awk -v name="$(asset "$1")" '$2 == name { print $1; found = 1 } END { exit !found }' "$folder/SHA256SUMS" ||
		{ echo "SHA256SUMS has no $(asset "$1")" >&2 && exit 1; }
}
# source_of SYSTEM_PROCESSOR: where a formula gets the archive.
source_of() {
	local checksum
	checksum=$(sum "$1.tar.gz")
	printf '      url "%s/releases/download/%s/%s"\n      sha256 "%s"\n' "$site" "$version" "$(asset "$1.tar.gz")" "$checksum"
}

darwin_arm64=$(source_of darwin_arm64) darwin_amd64=$(source_of darwin_amd64)
linux_arm64=$(source_of linux_arm64) linux_amd64=$(source_of linux_amd64)
cat >"$folder/verify-manifests.rb" <<FORMULA
class VerifyManifests < Formula
  desc "$about"
  homepage "$site"
  version "${version#v}"
  license "MIT"

  on_macos do
    on_arm do
$darwin_arm64
    end
    on_intel do
$darwin_amd64
    end
  end
  on_linux do
    on_arm do
$linux_arm64
    end
    on_intel do
$linux_amd64
    end
  end

  def install
    bin.install "verify-manifests"
    generate_completions_from_executable(bin/"verify-manifests", "completion")
  end

  test do
    assert_match "verify-manifests v#{version}", shell_output("#{bin}/verify-manifests version")
  end
end
FORMULA

windows_amd64=$(sum windows_amd64.zip) windows_arm64=$(sum windows_arm64.zip)
cat >"$folder/verify-manifests.json" <<MANIFEST
{
    "version": "${version#v}",
    "description": "$about",
    "homepage": "$site",
    "license": "MIT",
    "architecture": {
        "64bit": {
            "url": "$site/releases/download/$version/$(asset windows_amd64.zip)",
            "hash": "$windows_amd64"
        },
        "arm64": {
            "url": "$site/releases/download/$version/$(asset windows_arm64.zip)",
            "hash": "$windows_arm64"
        }
    },
    "bin": "verify-manifests.exe",
    "checkver": "github",
    "autoupdate": {
        "architecture": {
            "64bit": {
                "url": "$site/releases/download/v\$version/verify-manifests_v\$version_windows_amd64.zip"
            },
            "arm64": {
                "url": "$site/releases/download/v\$version/verify-manifests_v\$version_windows_arm64.zip"
            }
        },
        "hash": {
            "url": "\$baseurl/SHA256SUMS"
        }
    }
}
MANIFEST
