package cli

import (
	"context"
	"fmt"
	"net/http"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// rootsOf reads the text of trusted roots; without one, it returns the built-in root.
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

// attester returns the verifier of the provenance of a job's files.
func (p *program) attester(c *Config, j *job, v *verify.Verifier) (*verify.Attester, error) {
	api, err := p.publicAPI(c)
	if err != nil {
		return nil, err
	}
	client, _ := v.Fetcher.(*fetch.Client)
	t := &verify.Attester{
		Roots: j.roots, Server: p.server(), Concurrency: c.Concurrency, Offline: c.Mode == modeOffline,
		GitHub: func(ctx context.Context, repository, sum string, yield func([]byte, error) bool) error {
			return api.Attestations(ctx, repository, sum, bundles(client, true), yield)
		},
		ErrNoBundle: github.ErrNoBundle, ErrNotAsked: github.ErrTooMany,
		Bundle: bundles(client, false), Known: j.before.Attested, Baseline: j.before.Builder, Beside: j.beside,
	}
	if j.rules.file != nil {
		t.Rules = j.rules.file.Provenance
	}
	return t, nil
}

// bundles returns a function that reads bundles from URLs; with isDirect, without a token or redirects.
func bundles(client *fetch.Client, isDirect bool) func(context.Context, string) ([]byte, error) {
	return func(ctx context.Context, url string) ([]byte, error) {
		reply, err := client.Do(ctx, fetch.Call{Method: http.MethodGet, URL: url, Direct: isDirect, MaxBody: provenance.MaxBundle})
		switch {
		case err != nil:
			return nil, err
		case reply.Refusal != nil:
			return nil, reply.Refusal
		}
		return reply.Body, nil
	}
}
