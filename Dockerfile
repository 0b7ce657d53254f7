# The legacy builder must be able to build this: no RUN --mount, no syntax line. Releases pin the digest with --build-arg.
ARG GO_IMAGE=golang:1.26-bookworm
FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY main.go ./
COPY pkg ./pkg
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/premAI-io/verify-manifests/pkg/cli.version=${VERSION}" -o /verify-manifests .

# Root, because the runner's files belong to another user; without a shell, because some shells drop variables with hyphens.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /verify-manifests /verify-manifests
ENTRYPOINT ["/verify-manifests"]
