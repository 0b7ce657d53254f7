# What `uses: ./` and forks build; releases have an image by ko (.ko.yaml). The legacy builder must be able to build this:
# no RUN --mount, no syntax line. CI builds it on the base by digest: scripts/container-test.sh.
ARG GO_IMAGE=golang:1.26.8-bookworm
FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
# A checkout says of which commit it is; an archive, which has no .git, does so in pkg/cli/archive.txt.
RUN ref=$(sed -n 's/^ref: //p' .git/HEAD 2>/dev/null); \
	commit=$(cat ".git/${ref:-HEAD}" 2>/dev/null || awk -v ref="$ref" '$2 == ref { print $1 }' .git/packed-refs 2>/dev/null); \
	cli=github.com/premAI-io/verify-manifests/pkg/cli; \
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X $cli.version=$VERSION -X $cli.revision=$commit" -o /verify-manifests .

# Root, because the runner's files belong to another user; without a shell, because some shells drop variables with hyphens.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /verify-manifests /verify-manifests
ENTRYPOINT ["/verify-manifests"]
