package image_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/image"
	"github.com/premAI-io/verify-manifests/pkg/image/imagetest"
)

func serve(t testing.TB) *imagetest.Server {
	t.Helper()
	s := imagetest.New()
	t.Cleanup(s.Close)
	return s
}

// client trusts the servers, may reach loopback as far as it is allowed, and waits for nothing.
func client(t testing.TB, allow string, servers ...*imagetest.Server) *image.Client {
	t.Helper()
	roots := x509.NewCertPool()
	for _, s := range servers {
		roots.AddCert(s.Certificate())
	}
	network, err := fetch.New(fetch.Config{
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix(allow)}, MaxSize: 1, StallTimeout: 10 * time.Second, Connections: 1,
		RootCAs: roots, UserAgent: "test", Sleep: func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) },
		Tokens: map[string]string{"127.0.0.1": "hf_secret"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return image.New(network)
}

const loopback = "127.0.0.0/8"

func parse(t testing.TB, text string) image.Reference {
	t.Helper()
	r, err := image.Parse(text)
	if err != nil {
		t.Fatal(text, err)
	}
	return r
}

// ended is what a test compares: the kind of an error and its text.
func ended(err error) string {
	var failure *fetch.Error
	var other *image.OtherError
	var invalid *image.InvalidError
	switch {
	case err == nil:
		return "all there"
	case errors.As(err, &failure):
		return [...]string{fetch.Unreachable: "unreachable", fetch.Unavailable: "unavailable", fetch.Refused: "refused"}[failure.Kind] + ": " + failure.Message
	case errors.As(err, &other):
		return "other: " + other.Part
	case errors.As(err, &invalid):
		return "invalid: " + invalid.Message
	}
	return err.Error()
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// withAttestation is an index of two images, and what attests one of them, as BuildKit makes it.
func withAttestation(t *testing.T, mediaType types.MediaType) v1.ImageIndex {
	t.Helper()
	index := mutate.IndexMediaType(empty.Index, mediaType)
	for _, arch := range []string{"amd64", "arm64"} {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: must(random.Image(256, 3)), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}})
	}
	return mutate.AppendManifests(index, mutate.IndexAddendum{Add: must(random.Image(64, 1)), Descriptor: v1.Descriptor{
		Platform:    &v1.Platform{OS: "unknown", Architecture: "unknown"},
		Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest"},
	}})
}

func TestADigestIsReadDownToItsLayers(t *testing.T) {
	s := serve(t)
	s.WantsToken = true
	nested := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: withAttestation(t, types.OCIImageIndex)})
	const token = 2 // requests
	for repository, c := range map[string]struct {
		digest, format string
		requests       int
	}{
		"docker": {s.Push("docker", "1", must(random.Image(256, 3))), "Docker manifest", token + 1 + 1 + 3},
		"oci":    {s.Push("oci", "1", mutate.MediaType(must(random.Image(256, 2)), types.OCIManifestSchema1)), "OCI manifest", token + 1 + 1 + 2},
		"index":  {s.PushIndex("index", "1", withAttestation(t, types.OCIImageIndex)), "OCI index", token + 1 + 3*2 + 7},
		"list":   {s.PushIndex("list", "1", withAttestation(t, types.DockerManifestList)), "Docker manifest list", token + 1 + 3*2 + 7},
		"nested": {s.PushIndex("nested", "1", nested), "OCI index", token + 1 + 1 + 3*2 + 7},
	} {
		s.Requests()
		img, err := client(t, loopback, s).Read(t.Context(), parse(t, s.Host()+"/"+repository+"@"+c.digest), true)
		requests := s.Requests()
		if err != nil || img.Digest.String() != c.digest || img.Format != c.format || !img.Read || len(requests) != c.requests {
			t.Errorf("%s: got %+v, %s after %d requests, want %s, %s after %d:\n%s", repository, img, ended(err), len(requests), c.digest, c.format, c.requests, strings.Join(requests, "\n"))
		}
		for _, request := range requests {
			if strings.HasPrefix(request, "GET") && slices.Contains(requests, "HEAD"+request[3:]) {
				t.Errorf("%s: a layer was read: %s", repository, request)
			}
		}
	}
}

func text(s string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s) }
}

// code answers with a status and the fields of a header, by name and value in turn.
func code(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

func TestWhatARegistryDoesWrong(t *testing.T) {
	const repository = "acme/server"
	const big = "refused: The server `127.0.0.1` answers with more than 4.0 MiB: expected a short text"
	page := text("<!doctype html><title>Sign in</title>")
	for name, c := range map[string]struct {
		part   string // of the path that is answered otherwise
		answer http.HandlerFunc
		want   string
	}{
		"nothing":                 {"none", nil, "all there"},
		"the manifest is gone":    {"/manifests/", code(404), "unavailable: The image does not exist: the server `127.0.0.1` answered 404"},
		"the config is gone":      {"/blobs/CONFIG", code(404), "unavailable: The image's configuration `CONFIG` does not exist: the server `127.0.0.1` answered 404"},
		"a layer is gone":         {"/blobs/LAYER", code(404), "unavailable: The layer `LAYER` does not exist: the server `127.0.0.1` answered 404"},
		"a layer is cut short":    {"/blobs/LAYER", code(200, "Content-Length", "3"), "unreachable: The layer `LAYER` has 3 bytes at `127.0.0.1`: the manifest says 13"},
		"a layer is empty":        {"/blobs/LAYER", code(200, "Content-Length", "0"), "unreachable: The layer `LAYER` has 0 bytes at `127.0.0.1`: the manifest says 13"},
		"a layer without content": {"/blobs/LAYER", code(204), "unreachable: The server `127.0.0.1` answered 204 instead of serving the layer `LAYER`"},
		"a layer of an unknown size": {"/blobs/LAYER", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() },
			"unreachable: The server `127.0.0.1` does not announce the size of the layer `LAYER`"},
		"a manifest without content": {"/manifests/", code(204), "unreachable: The server `127.0.0.1` answered 204 instead of serving the image"},
		"HEAD is not allowed, and the range is ignored": {"/blobs/LAYER", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			fmt.Fprint(w, "thirteen byte")
		}, "all there"},
		"a page for the manifest":    {"/manifests/", page, "other: The image"},
		"a page for the config":      {"/blobs/CONFIG", page, "unreachable: The image's configuration `CONFIG` is incomplete: 37 bytes came from `127.0.0.1`"},
		"other bytes for the config": {"/blobs/CONFIG", text(strings.Repeat("x", 200)), "other: The image's configuration `CONFIG`"},
		"the digest's header lies about other bytes": {"/manifests/", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Docker-Content-Digest", r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
			fmt.Fprint(w, `{"schemaVersion":2}`)
		}, "other: The image"},
		"an index that names itself": {"/manifests/", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", string(types.OCIImageIndex))
			fmt.Fprintf(w, `{"manifests":[{"mediaType":%q,"size":1,"digest":%q}]}`, types.OCIImageIndex, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
		}, "other: The image"},
		"a manifest of 100 MB": {"/manifests/", code(200, "Content-Length", "100000000"), big},
		"an endless manifest": {"/manifests/", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}, big},
		"a limit of requests": {"/manifests/", code(429), "unreachable: The server `127.0.0.1` answered 429 (Too Many Requests) (tries: 4)"},
		"a body that ends with the connection": {"/manifests/", func(w http.ResponseWriter, r *http.Request) {
			conn, buffered, _ := w.(http.Hijacker).Hijack()
			fmt.Fprint(buffered, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{")
			buffered.Flush()
			conn.Close()
		}, "unreachable: The image is incomplete: 1 bytes came from `127.0.0.1`"},
		"no token":              {"/token", code(403), "unavailable: The image requires authentication: the server `127.0.0.1` answered 403"},
		"a page for the token":  {"/token", text("<html>"), "unreachable: The token service `127.0.0.1` returned no valid token"},
		"a header in the token": {"/token", text(`{"token":"a\r\nX-Evil: 1"}`), "unreachable: The token service `127.0.0.1` returned no valid token"},
		"a huge token": {"/token", text(`{"token":"` + strings.Repeat("a", 1<<20) + `"}`),
			"refused: The registry `HOST` names a token service that failed. The server `127.0.0.1` answers with more than 64 KiB: expected a short text"},
		"a token that is not taken": {"/token", text(`{"access_token":"other"}`), "unavailable: The image requires authentication: the server `127.0.0.1` answered 401"},
		"a log-in":                  {"/manifests/", code(401, "WWW-Authenticate", `Basic realm="x"`), "unavailable: The image requires authentication: the server `127.0.0.1` answered 401"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t)
			digest := s.Small(repository, "1", "word")
			config, layer := imagetest.Digest([]byte(`{"architecture":"amd64","os":"linux","config":{"Labels":{"word":"word"}}}`)), imagetest.Digest([]byte("layer of word"))
			part := strings.NewReplacer("CONFIG", config, "LAYER", layer).Replace(c.part)
			s.WantsToken = true
			s.Fault = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, part) {
					return false
				}
				c.answer(w, r)
				return true
			}
			_, err := client(t, loopback, s).Read(t.Context(), parse(t, s.Host()+"/"+repository+":1@"+digest), true)
			got := strings.NewReplacer(config, "CONFIG", layer, "LAYER", s.URL+"/v2/"+repository+"/manifests/"+digest, "URL", s.Host(), "HOST").Replace(ended(err))
			if requests := s.Requests(); got != c.want || len(requests) > 8 {
				t.Errorf("got  %s\nwant %s, after %q", got, c.want, requests)
			}
		})
	}
}

// TestManifestsThatContradictThemselves has a digest that is right, and a manifest that two programs could read in two ways or
// that no program can pull.
func TestManifestsThatContradictThemselves(t *testing.T) {
	const v2 = `"schemaVersion":2,`
	oci := string(types.OCIManifestSchema1)
	index := string(types.OCIImageIndex)
	child := func(size int, mediaType string) string {
		return fmt.Sprintf(`{"mediaType":%q,"digest":"sha256:%s","size":%d}`, mediaType, hex64, size)
	}
	const notAManifest = "invalid: The registry does not serve an image manifest: "
	s := serve(t)
	for name, c := range map[string]struct{ body, contentType, want string }{
		"another media type inside": {`{"mediaType":"` + index + `","manifests":[]}`, oci,
			"invalid: The manifest's media type is `" + index + "`, but it is served as `" + oci + "`"},
		"a page's media type": {`{` + v2 + `"mediaType":"` + oci + `","config":{},"layers":[]}`, "text/html",
			"invalid: The manifest's media type is `" + oci + "`, but it is served as `text/html`"},
		"an index and an image":               {`{` + v2 + `"mediaType":"` + oci + `","config":{},"layers":[],"manifests":[]}`, oci, "invalid: The manifest is both an index and an image"},
		"an image under the name of an index": {`{` + v2 + `"config":{},"layers":[]}`, index, "invalid: The manifest is both an index and an image"},
		"two lists of layers":                 {`{"config":{},"layers":[],"layers":[]}`, oci, notAManifest + "`jsontext: duplicate object member name \"layers\"`"},
		"two lists of layers in two cases":    {`{"config":{},"layers":[],"Layers":[]}`, oci, notAManifest + "`/Layers: unknown member \"Layers\": expected \"layers\"`"},
		"a Kelvin sign":                       {`{"config":{},"layers":[{"digeſt":"x"}]}`, oci, notAManifest + "`/layers/0/digeſt: unknown member \"digeſt\": expected \"digest\"`"},
		"names with underscores":              {`{` + v2 + `"con_fig":{},"lay-ers":[]}`, oci, "invalid: The manifest names no configuration"},
		"an index with underscores":           {`{` + v2 + `"mani_fests":[{}]}`, index, "invalid: The index names no manifest"},
		"a digest with a hyphen":              {`{` + v2 + `"config":{"dig-est":"sha256:` + hex64 + `","size":1}}`, oci, "invalid: The manifest has an invalid descriptor: digest (empty), size 1"},
		"schema 1": {`{"schemaVersion":1}`, "application/vnd.docker.distribution.manifest.v1+prettyjws",
			"invalid: The manifest has the unsupported media type `application/vnd.docker.distribution.manifest.v1+prettyjws`: expected Docker's schema 2 or OCI"},
		"schema 1 under OCI's name": {`{"schemaVersion":1,"config":{},"layers":[]}`, oci, "invalid: The manifest has the schemaVersion 1: expected 2"},
		"no schema version":         {`{"config":{},"layers":[]}`, oci, "invalid: The manifest has the schemaVersion 0: expected 2"},
		"no parts":                  {`{"schemaVersion":2}`, oci, "invalid: The manifest names no configuration"},
		"an empty index":            {`{` + v2 + `"manifests":[]}`, index, "invalid: The index names no manifest"},
		"a page":                    {`<html>`, oci, notAManifest + "`jsontext: invalid character '<' at start of value`"},
		"a list":                    {`[]`, oci, notAManifest + "`/: unexpected [`"},
		"layers that are an object": {`{"layers":{}}`, oci, notAManifest + "`/layers: unexpected {`"},
		"10,000 children":           {`{` + v2 + `"manifests":[` + strings.Repeat(`{},`, 9_999) + `{}]}`, index, "refused: The manifest names more than 512 parts"},
		"a digest of the wrong length": {`{` + v2 + `"config":{"digest":"sha256:12"},"layers":[]}`, oci,
			"invalid: The manifest has an invalid descriptor: digest `sha256:12`, size 0"},
		"a negative size": {`{` + v2 + `"config":` + child(-1, "x") + `,"layers":[]}`, oci,
			"invalid: The manifest has an invalid descriptor: digest `sha256:" + hex64 + "`, size -1"},
	} {
		t.Run(name, func(t *testing.T) {
			s.Fault = func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Content-Type", c.contentType)
				fmt.Fprint(w, c.body)
				return true
			}
			_, err := client(t, loopback, s).Read(t.Context(), parse(t, s.Host()+"/x@"+imagetest.Digest([]byte(c.body))), true)
			if got := ended(err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// putOCI stores a manifest or an index of parts.
func putOCI(s *imagetest.Server, mediaType types.MediaType, parts map[string]any) map[string]any {
	parts["schemaVersion"], parts["mediaType"] = 2, mediaType
	body := must(json.Marshal(parts))
	return imagetest.Descriptor(mediaType, s.PutManifest("x", "", string(mediaType), body), len(body))
}

func readWhole(t *testing.T, s *imagetest.Server, d map[string]any) error {
	t.Helper()
	_, err := client(t, loopback, s).Read(t.Context(), parse(t, s.Host()+"/x@"+d["digest"].(string)), true)
	return err
}

// TestAPartIsCheckedOnceForWhatItIs has an index of two images with one layer, which is also the configuration of one.
func TestAPartIsCheckedOnceForWhatItIs(t *testing.T) {
	s := serve(t)
	shared := s.PutBlob("x", []byte("{}"))
	config := imagetest.Descriptor(types.OCIConfigJSON, shared, 2)
	oci := putOCI(s, types.OCIManifestSchema1, map[string]any{"config": config, "layers": []any{imagetest.Descriptor(types.OCILayer, shared, 2)}})
	docker := putOCI(s, types.DockerManifestSchema2, map[string]any{"config": config, "layers": []any{imagetest.Descriptor(types.DockerLayer, shared, 2)}})
	err := readWhole(t, s, putOCI(s, types.OCIImageIndex, map[string]any{"manifests": []any{oci, docker, oci}}))
	if got := s.Requests(); ended(err) != "all there" || len(got) != 3+1+1 { // manifests, a configuration, a layer
		t.Errorf("got %s after %q", ended(err), got)
	}
}

func TestADigestThatIsNamedTwiceIsOnePart(t *testing.T) {
	s := serve(t)
	blob := s.PutBlob("x", []byte("{}"))
	config, layer := imagetest.Descriptor(types.OCIConfigJSON, blob, 2), imagetest.Descriptor(types.OCILayer, blob, 2)
	good := map[string]any{"config": config, "layers": []any{layer}}
	child := putOCI(s, types.OCIManifestSchema1, good)
	larger := imagetest.Descriptor(types.OCIManifestSchema1, child["digest"].(string), child["size"].(int)+1)
	asIndex := imagetest.Descriptor(types.OCIImageIndex, child["digest"].(string), child["size"].(int))
	for name, d := range map[string]map[string]any{
		"a layer of another size":       putOCI(s, types.OCIManifestSchema1, map[string]any{"config": config, "layers": []any{layer, imagetest.Descriptor(types.OCILayer, blob, 3)}}),
		"a layer of another media type": putOCI(s, types.OCIManifestSchema1, map[string]any{"config": config, "layers": []any{layer, imagetest.Descriptor(types.OCIUncompressedLayer, blob, 2)}}),
		"a manifest of another size":    putOCI(s, types.OCIImageIndex, map[string]any{"manifests": []any{child, larger}}),
		"a manifest as an index":        putOCI(s, types.OCIImageIndex, map[string]any{"manifests": []any{child, asIndex}}),
	} {
		if got := ended(readWhole(t, s, d)); !strings.HasPrefix(got, "invalid: The manifest describes `sha256:") {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestIndexesAreNotFollowedForEver(t *testing.T) {
	s := serve(t)
	child := s.Small("x", "", "word")
	mediaType, size := types.OCIManifestSchema1, 0
	for range 5 {
		if size == 0 {
			size = manifestSize(t, s, child)
		}
		body := must(json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []any{imagetest.Descriptor(mediaType, child, size)}}))
		child, mediaType, size = s.PutManifest("x", "", string(types.OCIImageIndex), body), types.OCIImageIndex, len(body)
	}
	_, err := client(t, loopback, s).Read(t.Context(), parse(t, s.Host()+"/x@"+child), true)
	if want := "refused: The image's indexes are nested deeper than 3 levels"; ended(err) != want {
		t.Errorf("got %s, want %s", ended(err), want)
	}
}

func manifestSize(t *testing.T, s *imagetest.Server, digest string) int {
	t.Helper()
	img, err := client(t, loopback, s).Read(t.Context(), parse(t, s.Host()+"/x@"+digest), false)
	if err != nil {
		t.Fatal(err)
	}
	return int(img.Size)
}

// TestATokenGoesToItsRegistryOnly has blobs on another host, as many registries do, and a token service on a third.
func TestATokenGoesToItsRegistryOnly(t *testing.T) {
	s, blobs, tokens := serve(t), serve(t), serve(t)
	digest := s.Small("acme/server", "1", "word")
	var leaks []string
	watch := func(w http.ResponseWriter, r *http.Request) bool {
		if a := r.Header.Get("Authorization"); a != "" {
			leaks = append(leaks, r.Method+" "+r.URL.Path+" "+a)
		}
		return false
	}
	blobs.Small("acme/server", "1", "word")
	blobs.Fault, tokens.Fault = watch, watch
	s.WantsToken, s.Realm = true, tokens.URL+"/token"
	s.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "/blobs/") && r.Header.Get("Authorization") != "" {
			http.Redirect(w, r, blobs.URL+r.URL.Path, http.StatusTemporaryRedirect)
			return true
		}
		return false
	}
	_, err := client(t, loopback, s).Read(t.Context(), parse(t, s.Host()+"/acme/server@"+digest), true)
	if ended(err) != "all there" || len(leaks) > 0 {
		t.Errorf("got %s; tokens that went elsewhere: %q", ended(err), leaks)
	}
	if got := len(blobs.Requests()); got != 2 {
		t.Errorf("the blob host got %d requests, want those of a config and a layer", got)
	}
	if got := tokens.Requests(); len(got) != 1 {
		t.Errorf("the token service was asked %d times: %q", len(got), got)
	}
}

func TestARealmIsAURLFromOutside(t *testing.T) {
	for realm, want := range map[string]string{
		"http://127.0.0.1/token":        "refused: The registry `HOST` names a token service that failed. The URL `http://127.0.0.1/token?…` is not https",
		"https://169.254.169.254/token": "refused: The registry `HOST` names a token service that failed. The host `169.254.169.254` is at the address `169.254.169.254`, which is private or reserved",
		"https://10.0.0.1/token?secret": "refused: The registry `HOST` names a token service that failed. The host `10.0.0.1` is at the address `10.0.0.1`, which is private or reserved",
		"https://u:p@example.com/token": "refused: The registry `HOST` names a token service that failed. The URL `https://example.com/token?…` contains a user name or password",
		"file:///etc/passwd":            "refused: The registry `HOST` names a token service that failed. The URL `file:///etc/passwd?…` is not https",
		"https://%zz":                   "refused: The registry `HOST` names an invalid URL as its token service",
	} {
		s := serve(t)
		s.WantsToken, s.Realm = true, realm
		_, err := client(t, loopback, s).Read(t.Context(), parse(t, s.Host()+"/x:1"), false)
		if got := strings.ReplaceAll(ended(err), s.Host(), "HOST"); got != want {
			t.Errorf("%s: got %s, want %s", realm, got, want)
		}
	}
}

func TestARegistryAtAPrivateAddressIsRefused(t *testing.T) {
	s := serve(t)
	_, err := client(t, "192.0.2.0/24", s).Read(t.Context(), parse(t, s.Host()+"/x:1"), false)
	if got := ended(err); !strings.HasPrefix(got, "refused: The host `127.0.0.1` is at the address") || len(s.Requests()) > 0 {
		t.Error(got)
	}
}

func TestForeignLayersAreLookedForWhereTheManifestSays(t *testing.T) {
	s, elsewhere := serve(t), serve(t)
	there := elsewhere.URL + "/v2/x/blobs/" + elsewhere.PutBlob("x", []byte("foreign"))
	elsewhere.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		isPage := r.URL.Path == "/page"
		if isPage {
			fmt.Fprint(w, "<html>Sign in")
		}
		return isPage
	}
	missing := "unavailable: The layer `" + imagetest.Digest([]byte("foreign")) + "` does not exist: the server `127.0.0.1` answered 404"
	config := imagetest.Descriptor(types.DockerConfigJSON, s.PutBlob("x", []byte("{}")), 2)
	for url, want := range map[string]string{
		there:                   "all there",
		elsewhere.URL + "/no":   missing,
		elsewhere.URL + "/page": missing,
		"https://10.0.0.1/":     "refused: The host `10.0.0.1` is at the address `10.0.0.1`, which is private or reserved",
	} {
		layer := imagetest.Descriptor(types.DockerForeignLayer, imagetest.Digest([]byte("foreign")), len("foreign"))
		layer["urls"] = []string{url}
		err := readWhole(t, s, putOCI(s, types.DockerManifestSchema2, map[string]any{"config": config, "layers": []any{layer}}))
		if got := ended(err); got != want {
			t.Errorf("%s: got %s, want %s", url, got, want)
		}
	}
}

func TestAskTakesTheRegistrysWord(t *testing.T) {
	s := serve(t)
	s.WantsToken = true
	digest := s.Small("x", "1", "word")
	c := client(t, loopback, s)
	for _, identifier := range []string{":1", "@" + digest, ":1@" + digest} {
		img, err := c.Ask(t.Context(), parse(t, s.Host()+"/x"+identifier))
		if err != nil || img.Digest.String() != digest || img.Read {
			t.Errorf("%s: got %+v, %v", identifier, img, err)
		}
	}
	want := []string{"HEAD /v2/x/manifests/1", "GET /token", "HEAD /v2/x/manifests/1", "HEAD /v2/x/manifests/" + digest, "HEAD /v2/x/manifests/" + digest}
	if got := s.Requests(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s.Fault = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Docker-Content-Digest", digest)
		w.Header().Set("Content-Type", "text/html")
		return true
	}
	if img, err := c.Ask(t.Context(), parse(t, s.Host()+"/x:1")); err != nil || !img.Digest.IsZero() {
		t.Errorf("a page that names a digest: got %+v, %v", img, err)
	}
	s.Fault = nil
	if img, err := c.Ask(t.Context(), parse(t, s.Host()+"/x:none")); err != nil || !img.Digest.IsZero() {
		t.Errorf("a tag that is not there: got %+v, %v", img, err)
	}
}
