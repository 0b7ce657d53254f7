#!/usr/bin/env bash
# fuzz.sh EFFORT: runs every fuzz target for EFFORT, a number of inputs (1000x) or a time (10m). A failure leaves its input in the package's testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
effort=${1:?usage: fuzz.sh EFFORT}

git grep -l '^func Fuzz' -- '*_test.go' | while IFS= read -r file; do
	grep -o '^func Fuzz[A-Za-z0-9]*' "$file" | while read -r _ target; do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$effort" -fuzzminimizetime 1x "./$(dirname "$file")"
	done
done
