package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/inspect"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/source"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// rootsOf reads the text of trusted roots; without one, they are the built-in one.
func rootsOf(text []byte) (*provenance.Roots, error) {
	if text == nil {
		return provenance.PublicGood(), nil
	}
	roots, err := provenance.ParseRoots(text)
	if err != nil {
		return nil, usageError{Err: fmt.Errorf("input trusted-root: %w", err)}
	}
	return roots, nil
}

// attester returns what finds out who built the files of a job.
func (p *program) attester(c *Config, j *job, v *verify.Verifier, before *baseline.State) (*verify.Attester, error) {
	api, err := p.publicAPI(c)
	if err != nil {
		return nil, err
	}
	client, _ := v.Fetcher.(*fetch.Client)
	t := &verify.Attester{
		Roots: j.roots, Server: p.server(), Concurrency: c.Concurrency, Offline: c.Mode == modeOffline,
		GitHub: func(ctx context.Context, repository, sum string, yield func([]byte, error) bool) error {
			return asked(api.Attestations(ctx, repository, sum, stored(client), func(bundle []byte, err error) bool {
				if errors.Is(err, github.ErrNoBundle) {
					err = fmt.Errorf("%w: %w", verify.ErrUnanswered, err)
				}
				return yield(bundle, err)
			}))
		},
		Bundle: declaredBundle(client), Known: before.Attested, Baseline: before.Builder, Beside: j.beside,
	}
	if j.rules.file != nil {
		t.Rules = j.rules.file.Provenance
	}
	return t, nil
}

// asked marks an error after which asking on is no use.
func asked(err error) error {
	if errors.Is(err, github.ErrTooMany) {
		return fmt.Errorf("%w%w", hidden{verify.ErrNotAsked}, err)
	}
	return err
}

// hidden is an error without a text.
type hidden struct{ error }

func (hidden) Error() string { return "" }

func (h hidden) Unwrap() error { return h.error }

// stored reads a bundle from GitHub's storage: without a token, and from the URL itself.
func stored(client *fetch.Client) func(context.Context, string) ([]byte, error) {
	return func(ctx context.Context, url string) ([]byte, error) {
		return readBundle(ctx, client, fetch.Call{URL: url, Direct: true})
	}
}

// declaredBundle reads a bundle from the URL that a manifest declares.
func declaredBundle(client *fetch.Client) func(context.Context, string) ([]byte, error) {
	return func(ctx context.Context, url string) ([]byte, error) {
		return readBundle(ctx, client, fetch.Call{URL: url})
	}
}

func readBundle(ctx context.Context, client *fetch.Client, call fetch.Call) ([]byte, error) {
	call.Method, call.MaxBody = http.MethodGet, provenance.MaxBundle
	reply, err := client.Do(ctx, call)
	switch {
	case err != nil:
		return nil, err
	case reply.Refusal != nil:
		return nil, reply.Refusal
	}
	return reply.Body, nil
}

// besideOf returns the files that bundles attest beside manifests, by path. A file in the registry counts before an artifact of its
// name.
func besideOf(s source.Selection, registries *inspect.Registries, artifacts []artifact.Artifact) map[string]verify.Beside {
	artifacts = slices.Clone(artifacts)
	for _, each := range s.Beside {
		if s.Selects(each.At()) {
			if m, _ := registries.Read(each); m != nil {
				artifacts = append(artifacts, m.Artifacts...)
			}
		}
	}
	files := map[string]verify.Beside{}
	for _, a := range artifacts {
		if a.Attests != "" {
			files[a.AttestedPath()] = verify.Beside{}
		}
	}
	if len(files) == 0 {
		return nil
	}
	for _, a := range artifacts {
		name := a.PathBeside()
		file, isAttested := files[name]
		if isAttested && a.Checksum != nil && a.Checksum.Value.Algorithm == digest.SHA256 {
			if file.SHA256 != a.Checksum.Value.Sum {
				file = verify.Beside{SHA256: a.Checksum.Value.Sum}
			}
			file.URLs = append(file.URLs, a.URL)
			files[name] = file
		}
	}
	for _, each := range slices.Concat(s.Manifests, s.Beside) {
		if _, isAttested := files[each.Path]; isAttested && each.Problem == "" {
			sum := sha256.Sum256(each.Text)
			files[each.Path] = verify.Beside{SHA256: hex.EncodeToString(sum[:])}
		}
	}
	return files
}
