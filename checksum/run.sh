#!/usr/bin/env bash
# run.sh is what action.yml runs, for macOS (bash 3.2) and Linux: FILES, SUMS_FILE and URL are its inputs. How a
# checksum is made is scripts/checksum.sh's.
set -u -o pipefail
checksum=${BASH_SOURCE[0]%/*}/../scripts/checksum.sh
newline=$'\n'
platforms="aarch64-apple-darwin x86_64-apple-darwin universal-apple-darwin x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu
	x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-pc-windows-msvc aarch64-pc-windows-msvc x86_64-pc-windows-gnu"

fail() {
	printf '::error title=checksum::%s\n' "$1"
	exit 1
}

# find_files puts into the array chosen what the globs, one a line, match.
find_files() {
	local IFS='' glob file found
	chosen=()
	while read -r glob || [ -n "$glob" ]; do
		[ -n "$glob" ] || continue
		found=no
		for file in $glob; do
			if [ -f "$file" ] && ! [ "$file" -ef "$SUMS_FILE" ]; then
				found=yes
				add "$file"
			fi
		done
		[ "$found" = yes ] || fail "input files: no file matches $(printf %q "$glob")"
	done <<<"$1"
	[ ${#chosen[@]} -gt 0 ] || fail "input files: there is no glob"
}

# add adds a file that is not there yet. A release has one asset of a name.
add() {
	local other
	for other in ${chosen[@]+"${chosen[@]}"}; do
		[ "$other" != "$1" ] || return 0
		[ "${other##*/}" != "${1##*/}" ] || fail "two files are called $(printf %q "${1##*/}"): a release has one asset of a name"
	done
	chosen+=("$1")
}

# as_json prints a text as JSON has it; checksum.sh has refused control characters.
as_json() {
	local text=${1//\\/\\\\} quote='"' escaped='\"'
	text=${text//$quote/"$escaped"} # bash 3.2 takes no other form of it
	printf '"%s"' "$text"
}

# in_url prints a text as a segment of a URL has it.
in_url() {
	local LC_ALL=C text=$1 i character
	for ((i = 0; i < ${#text}; i++)); do
		character=${text:i:1}
		case $character in
		[abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-]) printf %s "$character" ;;
		*) printf '%%%02X' $(($(printf %d "'$character") & 255)) ;;
		esac
	done
}

# platform_of prints the platform that a file's name holds, if any.
platform_of() {
	local platform
	for platform in $platforms; do
		case $1 in *"$platform"*) printf %s "$platform" ;; esac
	done
}

# entry prints a manifest's entry for a file: its key, its name, its checksum and its size.
entry() {
	printf '%s: {"url": %s, "checksum": "%s", "size": %d}' \
		"$(as_json "$1")" "$(as_json "${URL%%\{name\}*}$(in_url "$2")${URL#*\{name\}}")" "$3" "$4"
}

# describe makes the sums, and the entries for binaries and weights, of all files.
describe() {
	local file name sum size platform
	sums='' binaries='' weights=''
	for file in "${chosen[@]}"; do
		name=${file##*/}
		if ! sum=$("$BASH" "$checksum" -- "$file") || ! size=$(wc -c <"$file"); then
			fail "$(printf %q "$name"): no checksum"
		fi
		sum=${sum%%  *}
		sums=$sums${sum#sha256:}"  $name$newline"
		platform=$(platform_of "$name")
		if [ -n "$platform" ]; then
			case $binaries in *"\"$platform\": "*) fail "two files are for $platform: a manifest names one" ;; esac
			binaries=$binaries${binaries:+,$newline  }$(entry "$platform" "$name" "$sum" "$size")
		else
			weights=$weights${weights:+,$newline  }$(entry "$name" "$name" "$sum" "$size")
		fi
	done
}

# summary prints what a developer pastes into a manifest.
summary() {
	printf '### Checksums\n\nEntries for the manifest:\n\n```json\n'
	[ -z "$binaries" ] || printf '"binaries": {\n  %s\n}%s\n' "$binaries" "${weights:+,}"
	[ -z "$weights" ] || printf '"weights": {\n  %s\n}\n' "$weights"
	printf '```\n'
}

if [ -z "$URL" ]; then
	[ "${GITHUB_REF_TYPE-}" = tag ] || fail "input url: the workflow does not run for a tag, so there is no release to name: give the URL of the files, with {name}"
	URL=$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/releases/download/$(in_url "$GITHUB_REF_NAME")/'{name}'
fi
case $URL in *'{name}'*) ;; *) fail "input url: it has no {name}, so all files would be at one URL" ;; esac
case $URL$SUMS_FILE in *[[:cntrl:]]*) fail "inputs url and sums-file: each is one line" ;; esac
find_files "$FILES"
describe
printf %s "$sums" >"$SUMS_FILE" || fail "input sums-file: $(printf %q "$SUMS_FILE") can't be written"
printf 'sums-file=%s\nbinaries={%s}\nweights={%s}\n' "$SUMS_FILE" "${binaries//$newline/}" "${weights//$newline/}" >>"$GITHUB_OUTPUT" || exit 1
summary >>"$GITHUB_STEP_SUMMARY"
