package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/premAI-io/verify-manifests/pkg/baseline"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/github"
	"github.com/premAI-io/verify-manifests/pkg/provenance"
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
