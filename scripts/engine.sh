#!/usr/bin/env bash
# engine.sh up FOLDER: starts a Docker engine of its own, with all its files in FOLDER, on the socket FOLDER/docker.sock,
# for a machine that has none. It needs root, and Debian's docker.io, which it installs. engine.sh down FOLDER ends it.
# engine.sh go IMAGE: makes a stand-in for the Go image out of this machine's Go, for an engine that reaches no registry.
set -euo pipefail

up() {
	local folder
	folder=$(mkdir -p "$1" && cd "$1" && pwd)
	if ! command -v dockerd >/dev/null; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io >/dev/null
	fi
	setsid dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/dockerd.pid" \
		--host "unix://$folder/docker.sock" >"$folder/log" 2>&1 </dev/null &
	for _ in $(seq 120); do
		DOCKER_HOST=unix://$folder/docker.sock docker info >/dev/null 2>&1 && return
		sleep 0.25
	done
	tail -n 5 "$folder/log" >&2
	return 1
}

down() {
	local folder
	folder=$(cd "$1" && pwd)
	if [ -s "$folder/dockerd.pid" ]; then
		kill "$(cat "$folder/dockerd.pid")" || true
	fi
	for _ in $(seq 100); do
		[ -e "$folder/dockerd.pid" ] || break
		sleep 0.2
	done
	awk -v below="$folder/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount
	ip link delete docker0 2>/dev/null || true
	rm -rf "$folder"
}

# stand_in needs a shell without libraries: Debian's busybox-static.
stand_in() {
	local root
	command -v busybox >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends busybox-static >/dev/null
	root=$(mktemp -d)
	mkdir -p "$root"/{bin,tmp,etc/ssl/certs,usr/local}
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in sh sed awk cat; do ln -s busybox "$root/bin/$applet"; done
	cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
	ln -s "$(go env GOROOT)" "$root/usr/local/go"
	tar --create --dereference --hard-dereference --exclude-vcs --directory "$root" bin tmp etc usr |
		docker import --change 'ENV PATH=/usr/local/go/bin:/bin GOTOOLCHAIN=local' - "$1" >/dev/null
	rm -rf "$root"
}

case ${1:-} in
up) up "$2" ;;
down) down "$2" ;;
go) stand_in "$2" ;;
*)
	sed -n '2,4s/^# //p' "$0" >&2
	exit 2
	;;
esac
