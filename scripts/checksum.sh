#!/usr/bin/env bash
# checksum.sh FILE_OR_URL...: prints "sha256:<hex>  <name>" for each, the form that a manifest declares.
# checksum.sh --check [FILE...]: reads such lines from files, or standard input, computes each again,
# and prints "<name>: OK" or "<name>: FAILED". A line without "sha256:" is one that sha256sum prints.
#
# It is the specification of how a checksum is made, for macOS (bash 3.2) and Linux. It needs one of
# sha256sum, shasum and openssl, and curl for URLs. Where a digest can't be computed or is another, the
# reason is on standard error and the exit code is 1; there is no line for what has no digest. The first
# argument "--" ends the options; whatever else begins with a hyphen is a name.
set -u -o pipefail

say() { printf 'checksum.sh: %s\n' "$1" >&2; }

# digest prints the SHA-256 of standard input: 64 hex digits, a blank, and what the tool calls it.
digest() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum
	elif command -v shasum >/dev/null 2>&1; then
		shasum -a 256
	elif command -v openssl >/dev/null 2>&1; then
		openssl dgst -sha256 -r
	else
		say "none of sha256sum, shasum and openssl is there"
		return 1
	fi
}

# is_framed HEADER VERSION SIZE reports whether an answer itself shows where its body, of SIZE bytes, ended. Else the end of
# the connection did, and curl takes one that broke off for one that was closed. The version is what curl spoke, whatever the
# header claims; curl ignores a Content-Length that is too large for it, so the length has to be what came.
is_framed() (
	chunked=$'\ntransfer-encoding:[ \t]*chunked[ \t]*\r?\n' length=$'\ncontent-length:[ \t]*'$3$'[ \t]*\r?\n'
	shopt -s nocasematch
	[[ $2 == [23]* || $2 == 1.1 && $1 =~ $chunked || $1 =~ $length ]]
)

# download writes what an https URL serves, as it is stored there, to standard output. It fails for a body
# that is not complete, or that nothing shows to be, an answer other than 200, and redirects away from https.
download() {
	local answers status version size
	{
		answers=$(curl --disable --globoff --silent --show-error --location --max-redirs 10 --proto '=https' \
			--connect-timeout 60 --speed-time 60 --dump-header - --output /dev/fd/3 --write-out '%{http_code} %{http_version} %{size_download}' -- "$1")
	} 3>&1 || return 1
	read -r status version size <<<"${answers##*$'\n'}"
	if [ "$status" != 200 ]; then
		say "$1: the server answers $status"
		return 1
	fi
	answers=$'\n'$answers
	if ! is_framed "${answers##*$'\n'HTTP/}" "$version" "$size"; then
		say "$1: the server does not say where the file ends, so nothing shows that all of it came"
		return 1
	fi
}

# content writes a file, or what a URL serves, to standard output.
content() {
	case $1 in
	*[[:cntrl:]]*)
		say "a name can't hold a line break, nor another control character"
		return 1
		;;
	https://*) download "$1" ;;
	*://*)
		say "only https URLs are downloaded"
		return 1
		;;
	*) cat <"$1" ;;
	esac
}

is_checksum() { [[ ${#1} -eq 71 && $1 == sha256:* && ${1#sha256:} != *[!0123456789abcdef]* ]]; }

# checksum prints the checksum of a file or URL. It fails where any part of the work did.
checksum() {
	local sum
	sum=$(content "$1" | digest) && sum=sha256:${sum%% *} && is_checksum "$sum" && printf '%s\n' "$sum"
}

# print_all prints a line for each file or URL.
print_all() {
	local name sum code=0
	for name; do
		if sum=$(checksum "$name"); then
			printf '%s  %s\n' "$sum" "$name" || code=1
		else
			say "$(printf %q "$name"): no checksum"
			code=1
		fi
	done
	return "$code"
}

# check reads lines from file descriptor 4, and calls their source by the name it is given. The files that they name
# can't read on in it.
check() {
	local line hex declared name sum number=0 code=0
	while IFS= read -r line <&4 || [ -n "$line" ]; do
		number=$((number + 1))
		hex=${line%%  *} name=${line#*  }
		declared=sha256:${hex#sha256:}
		if ! is_checksum "$declared" || [ "$line" != "$hex  $name" ] || [ -z "$name" ] || [[ $name == *[[:cntrl:]]* ]]; then
			say "$1, line $number: expected \"sha256:<64 lower-case hex digits>  <name>\", or that without \"sha256:\""
			code=1
		elif sum=$(checksum "$name" </dev/null 4<&-) && [ "$sum" = "$declared" ]; then
			printf '%s: OK\n' "$name" || code=1
		else
			printf '%s: FAILED\n' "$name"
			say "$(printf %q "$name"): expected $declared, got ${sum:-no checksum}"
			code=1
		fi
	done
	if [ "$number" -eq 0 ]; then
		say "$1: there is no line to check"
		code=1
	fi
	return "$code"
}

# check_all checks the lines of each file.
check_all() {
	local list code=0
	for list; do
		# shellcheck disable=SC2094 # the name is for messages
		check "$list" 4<"$list" || code=1
	done
	return "$code"
}

work=print_all
[ "${1-}" != --check ] || { work=check_all && shift; }
[ "${1-}" != -- ] || shift
if [ $# -gt 0 ]; then
	"$work" "$@"
elif [ "$work" = check_all ]; then
	check "standard input" 4<&0
else
	echo "usage: checksum.sh FILE_OR_URL... | checksum.sh --check [FILE...]" >&2
	exit 2
fi
