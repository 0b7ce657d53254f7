#!/usr/bin/env bash
# container-test.sh: builds the image and runs it on a pull request against the demo registry, as GitHub's
# runner does: its paths, file owners and variables. Where there is no Docker engine it starts one from
# ../shared/container, and skips where that folder is absent too.
set -euo pipefail
cd "$(dirname "$0")/.."
support=../shared/container
image=verify-manifests:test
stage=$(mktemp -d)

cleanup() {
	exec 3>&- || true
	[ -z "${demo:-}" ] || wait "$demo" 2>/dev/null || true
	[ -z "${engine:-}" ] || "$support/engine-down" "$engine" || true
	rm -rf "$stage"
}
trap cleanup EXIT

if [ ! -x "$support/run-as-runner" ]; then
	echo "skipped: there is no $support to run a container with"
	exit 0
fi
if ! docker info >/dev/null 2>&1; then
	engine=$(mktemp -d)
	"$support/engine-up" "$engine"
	export DOCKER_HOST="unix://$engine/docker.sock"
fi

docker build -q -t "$image" --build-arg VERSION=test .
size=$(docker image inspect -f '{{.Size}}' "$image")
echo "image: $size bytes"
[ "$size" -lt 20000000 ] || { echo "the image is larger than 20 MB" >&2 && exit 1; }
docker run --rm "$image" version

# The stage: a fake of GitHub's API and a file host on loopback, until descriptor 3 is closed.
mkfifo "$stage/hold"
go run ./testdata/demo -serve "$stage" <"$stage/hold" >"$stage/comment" &
demo=$!
exec 3>"$stage/hold"
until [ -s "$stage/api-url" ]; do sleep 0.2; done

workspace=$stage/workspace
mkdir "$workspace"
cp "$stage/ca.pem" "$workspace/"
code=0
env 'INPUT_ALLOW-NETWORKS=127.0.0.0/8' 'INPUT_REPORT-FILE=report.json' 'INPUT_GITHUB-TOKEN=dummy' \
	NET=host API_URL="$(cat "$stage/api-url")" SSL_CERT_FILE_IN=/github/workspace/ca.pem \
	"$support/run-as-runner" "$image" "$workspace" "$stage/event.json" >"$stage/log" 2>&1 || code=$?
cat "$stage/log"

[ "$code" = 1 ] || { echo "the container exited with $code, and the demo has findings: want 1" >&2 && exit 1; }
grep -q '^::error .*title=artifact/mismatch' "$stage/log"
grep -q 'outcome' "$stage/log"
grep -q '"mismatch": 2' "$workspace/report.json"
exec 3>&-
wait "$demo"
demo=
grep -q 'Sign in to Acme Drive' "$stage/comment"
echo "the container answered the pull request"
