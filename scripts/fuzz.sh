#!/usr/bin/env bash
# fuzz.sh TIME: runs every fuzz target for TIME (5s, 10m). A failure leaves its input in the package's testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:?usage: fuzz.sh TIME}

git grep -l '^func Fuzz' -- '*_test.go' | while IFS= read -r file; do
	grep -o '^func Fuzz[A-Za-z0-9]*' "$file" | while read -r _ target; do
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1x "./$(dirname "$file")"
	done
done
