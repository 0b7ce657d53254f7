#!/usr/bin/env bash
# container-demo.sh IMAGE: runs the image on a pull request against the demo registry as GitHub's runner does, with its
# paths, mounts, file owners and variables, and looks at what it did. Needs a Docker engine on this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
image=${1:?usage: container-demo.sh IMAGE}
stage=$(mktemp -d)
trap 'exec 3>&- || true; [ -z "${demo:-}" ] || wait "$demo" || true; rm -rf "$stage"' EXIT

# A fake of GitHub's API and a file host on loopback, until descriptor 3 is closed.
mkfifo "$stage/hold"
go build -o "$stage/demo" ./testdata/demo
"$stage/demo" -serve "$stage" <"$stage/hold" >"$stage/comment" &
demo=$!
exec 3>"$stage/hold"
until [ -s "$stage/api-url" ]; do
	kill -0 "$demo"
	sleep 0.1
done

runner=$stage/runner workspace=$stage/workspace
mkdir -p "$workspace" "$runner"/{temp,home,workflow,file_commands}
cp "$stage/ca.pem" "$workspace/"
cp "$stage/event.json" "$runner/workflow/"
touch "$runner"/file_commands/{output,summary,env,state,path}
chmod 0644 "$runner"/file_commands/*
[ "$(id -u)" != 0 ] || chown -R 1001:1001 "$runner" # the hosted runner's user, who is not the container's

code=0
docker run --rm --network host --workdir /github/workspace \
	--env HOME=/github/home --env CI=true --env GITHUB_ACTIONS=true --env RUNNER_OS=Linux --env RUNNER_TEMP=/github/runner_temp \
	--env INPUT_ALLOW-NETWORKS=127.0.0.0/8 --env INPUT_REPORT-FILE=report.json --env INPUT_GITHUB-TOKEN=dummy \
	--env SSL_CERT_FILE=/github/workspace/ca.pem --env GITHUB_API_URL="$(cat "$stage/api-url")" --env GITHUB_SERVER_URL=https://github.com \
	--env GITHUB_WORKSPACE=/github/workspace --env GITHUB_EVENT_NAME=pull_request --env GITHUB_EVENT_PATH=/github/workflow/event.json \
	--env GITHUB_REPOSITORY=acme/registry --env GITHUB_REF=refs/pull/7/merge --env GITHUB_BASE_REF=main --env GITHUB_HEAD_REF=feature \
	--env GITHUB_SHA=3333333333333333333333333333333333333333 --env GITHUB_RUN_ID=1 --env GITHUB_RUN_ATTEMPT=1 \
	--env GITHUB_OUTPUT=/github/file_commands/output --env GITHUB_STEP_SUMMARY=/github/file_commands/summary \
	--env GITHUB_ENV=/github/file_commands/env --env GITHUB_STATE=/github/file_commands/state --env GITHUB_PATH=/github/file_commands/path \
	--volume "$runner/temp:/github/runner_temp" --volume "$runner/home:/github/home" --volume "$runner/workflow:/github/workflow" \
	--volume "$runner/file_commands:/github/file_commands" --volume "$workspace:/github/workspace" \
	"$image" >"$stage/log" 2>&1 || code=$?

demand() { grep -q "$1" "$2" || { cat "$stage/log" && echo "there is no $1 in $2" >&2 && exit 1; }; }
[ "$code" = 1 ] || { cat "$stage/log" && echo "the container exited with $code, and the demo has findings: want 1" >&2 && exit 1; }
demand '^::error .*title=artifact/mismatch' "$stage/log"
demand '^outcome' "$runner/file_commands/output"
demand 'are not what was declared' "$runner/file_commands/summary"
demand '"mismatch": 2' "$workspace/report.json"
exec 3>&-
wait "$demo"
demo=
demand 'Sign in to Acme Drive' "$stage/comment"
echo "the container answered the pull request"
