#!/usr/bin/env bash
# goenv.sh is sourced by what builds a release: the Go of the toolchain line, and nothing of the machine's own settings.
export CGO_ENABLED=0 GOENV=off GOWORK=off GOFLAGS=-trimpath GOEXPERIMENT='' GOFIPS140=off GOAMD64=v1 GOARM64=v8.0
GOTOOLCHAIN=$(sed -n 's/^toolchain //p' go.mod)
export GOTOOLCHAIN
