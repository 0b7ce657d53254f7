package image_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/image"
)

// FuzzManifest holds whatever a registry serves to be a manifest within the bounds, or an error that says what it is.
func FuzzManifest(f *testing.F) {
	for _, seed := range []string{
		`{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"digest":"sha256:` + hex64 + `","size":1}]}`,
		`{"config":{"digest":"x","size":-1},"layers":[{"urls":["https://example.com/"]}]}`,
		`{"Config":{},"layers":[],"manifests":null}`, `{"schemaVersion":2,"config":null,"layers":null,"urls":[1]}`, `[]`, `<html>`, `{"layers":{}}`, `{"config":{"size":1e400}}`,
	} {
		f.Add([]byte(seed), string(types.OCIManifestSchema1))
		f.Add([]byte(seed), "text/html; charset=")
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		parts, err := image.ParseManifest(body, contentType)
		var invalid *image.InvalidError
		var refused *fetch.Error
		switch {
		case err == nil && parts > image.MaxParts:
			t.Errorf("%d parts", parts)
		case err != nil && !errors.As(err, &invalid) && !errors.As(err, &refused):
			t.Errorf("an error of another kind: %v", err)
		case err != nil && strings.ContainsAny(err.Error(), "\n\x1b"):
			t.Errorf("outside text in an error: %q", err)
		}
	})
}

func FuzzChallenge(f *testing.F) {
	for _, seed := range []string{`Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/redis:pull"`, `bearer realm=x`, `Basic realm="x"`, `Bearer `} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if realm, service, ok := image.Bearer(value); ok && (realm == "" || !strings.Contains(value, realm) || !strings.Contains(value, service)) {
			t.Errorf("%q: realm %q, service %q", value, realm, service)
		}
	})
}

// TestMemoryOfAHostileManifestIsBounded has as much in one manifest as its bytes have room for.
func TestMemoryOfAHostileManifestIsBounded(t *testing.T) {
	var names strings.Builder
	for i := 0; names.Len() < 1<<20-100; i++ {
		fmt.Fprintf(&names, `"%x":0,`, i)
	}
	for name, c := range map[string]struct {
		body  string
		limit uint64 // bytes
	}{
		"descriptors": {`{"manifests":[` + strings.Repeat(`{},`, 300_000) + `{}]}`, 1 << 20},
		"URLs":        {`{"layers":[{"urls":[` + strings.Repeat(`"",`, 300_000) + `""]}]}`, 1 << 20},
		"names":       {`{` + names.String() + `"x":0}`, 25 << 20},
		"depth":       {`{"x":` + strings.Repeat(`[`, 1<<20), 2 << 20},
		"deep names":  {`{"x":` + strings.Repeat(`{"a":`, 9_000) + `{` + strings.Repeat(`"Size":0,`, 20_000) + `"x":0}`, 2 << 20},
	} {
		body := []byte(c.body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = image.ParseManifest(body, string(types.OCIImageIndex))
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > c.limit {
			t.Errorf("%s: %d bytes were allocated, want at most %d", name, got, c.limit)
		} else {
			t.Logf("%s: %d bytes", name, got)
		}
	}
}
