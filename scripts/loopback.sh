#!/usr/bin/env bash
# loopback.sh is sourced: start_registry FOLDER starts a container registry on loopback, with a base image of this
# machine's certificates for image.sh, and sets registry, KO_DEFAULTBASEIMAGE and KO_DOCKER_REPO; stop_registry ends it.
crane() { "$registry_folder/crane" --insecure "$@"; }

start_registry() {
	registry_folder=$1
	mkdir -p "$registry_folder/base/etc/ssl/certs"
	GOBIN=$registry_folder GOFLAGS='' go install github.com/google/go-containerregistry/cmd/crane@v0.22.1
	"$registry_folder/crane" registry serve --address 127.0.0.1:0 >"$registry_folder/log" 2>&1 &
	registry_process=$!
	local arch port=
	until [ -n "$port" ]; do
		kill -0 "$registry_process"
		sleep 0.1
		port=$(sed -n 's/.*serving on port //p' "$registry_folder/log")
	done
	registry=127.0.0.1:$port
	cp /etc/ssl/certs/ca-certificates.crt "$registry_folder/base/etc/ssl/certs/"
	tar --create --owner 0 --group 0 --mtime @0 --directory "$registry_folder/base" --file "$registry_folder/base.tar" etc
	for arch in amd64 arm64; do
		crane append --platform "linux/$arch" --oci-empty-base --new_layer "$registry_folder/base.tar" --new_tag "$registry/base:$arch"
		crane mutate --set-platform "linux/$arch" --tag "$registry/base:$arch" "$registry/base:$arch"
	done >/dev/null 2>&1
	crane index append --manifest "$registry/base:amd64" --manifest "$registry/base:arm64" --tag "$registry/base:latest" >/dev/null 2>&1
	KO_DEFAULTBASEIMAGE=$registry/base@$(crane digest "$registry/base:latest")
	export KO_DEFAULTBASEIMAGE KO_DOCKER_REPO=$registry/verify-manifests
}

stop_registry() { [ -z "${registry_process:-}" ] || kill "$registry_process" 2>/dev/null || true; }
