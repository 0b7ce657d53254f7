#!/usr/bin/env bash
# checksum.sh FILE_OR_URL...: prints "sha256:<hex>  <name>" for each, the form that a manifest declares.
# It is the specification of how a checksum is made, for macOS (bash 3.2) and Linux. It needs one of
# sha256sum, shasum and openssl, and curl for URLs. Where one digest can't be computed, its line is
# missing, the reason is on standard error, and the exit code is 1.
set -u -o pipefail

# digest prints the SHA-256 of standard input as 64 hex digits.
digest() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum
	elif command -v shasum >/dev/null 2>&1; then
		shasum -a 256
	elif command -v openssl >/dev/null 2>&1; then
		openssl dgst -sha256 -r
	else
		echo "checksum.sh: none of sha256sum, shasum and openssl is there" >&2
		return 1
	fi | LC_ALL=C cut -c 1-64
}

# content writes a file, or what an https URL serves, to standard output.
content() {
	case $1 in
	https://*) curl --fail --silent --show-error --location --proto '=https' -- "$1" ;;
	*://*)
		echo "checksum.sh: $1: only https URLs are downloaded" >&2
		return 1
		;;
	*) cat <"$1" ;;
	esac
}

if [ $# -eq 0 ]; then
	echo "usage: checksum.sh FILE_OR_URL..." >&2
	exit 2
fi
failed=0
for name; do
	if [ -d "$name" ]; then
		echo "checksum.sh: $name: it is a folder" >&2
		failed=1
	elif sum=$(content "$name" | digest) && [ ${#sum} -eq 64 ]; then
		printf 'sha256:%s  %s\n' "$sum" "$name"
	else
		echo "checksum.sh: $name: no checksum" >&2
		failed=1
	fi
done
exit "$failed"
