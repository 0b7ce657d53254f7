// Package git reads a checkout with the installed git. It changes nothing, opens no connection and runs no hook of the
// checkout. Its arguments come from the user or git, never from a manifest.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const (
	// outputLimit bounds the output of one command, in bytes: the names of half a million files.
	outputLimit = 64 << 20
	// stopTime bounds the time that a command takes to stop.
	stopTime = time.Second
)

// Checkout is a repository's working tree.
type Checkout struct {
	Root   string // the folder at its top
	Prefix string // from the root to the opened folder, with a slash at its end; "" for the root

	environ []string
}

// Open finds the checkout that a folder belongs to. It fails outside a checkout, in a checkout that git does not
// trust, and without git. environ is the environment of this process.
func Open(ctx context.Context, dir string, environ []string) (*Checkout, error) {
	c := &Checkout{Root: dir, environ: quiet(environ)}
	top, err := c.line(ctx, "rev-parse", "--show-toplevel")
	if err == nil {
		c.Prefix, err = c.line(ctx, "rev-parse", "--show-prefix")
	}
	if err == nil {
		err = c.disableFilters(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("the folder %s can't be read as a git checkout: %w", finding.Quote(dir), err)
	}
	c.Root = top
	return c, nil
}

// disableFilters disables the filter programs of the configuration, such as Git LFS (gitattributes(5), "filter"). A file that
// equals the committed one only after filtering counts as changed.
func (c *Checkout) disableFilters(ctx context.Context) error {
	keys, err := c.names(ctx, "config", "--null", "--name-only", "--get-regexp", `^filter\.`)
	if isRefusal(err) { // no filters
		return nil
	}
	n := 0
	for _, variable := range c.environ { // the user's own
		if count, found := strings.CutPrefix(variable, "GIT_CONFIG_COUNT="); found {
			n, _ = strconv.Atoi(count)
		}
	}
	for _, key := range keys {
		// A filter's name may contain an equals sign, which ends the key in -c.
		c.environ = append(c.environ, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", n, key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=", n))
		n++
	}
	c.environ = append(c.environ, fmt.Sprintf("GIT_CONFIG_COUNT=%d", n))
	return err
}

// quiet returns an environment without variables that select another repository. Git does not prompt, takes no locks
// and does not fetch missing objects of a partial clone.
func quiet(environ []string) []string {
	environ = slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		return strings.HasPrefix(variable, "GIT_") && !strings.HasPrefix(variable, "GIT_CONFIG")
	})
	return append(environ, "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
}

// hardening prevents the repository's configuration from starting programs.
var hardening = []string{
	"--no-pager", "--no-replace-objects", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "core.splitIndex=false",
}

// run runs a command with its input, and returns its output.
func (c *Checkout) run(ctx context.Context, stdin string, args ...string) ([]byte, error) {
	stdout, stderr := &limited{left: outputLimit}, &limited{left: outputLimit}
	cmd := exec.CommandContext(ctx, "git", slices.Concat(hardening, []string{"-C", c.Root}, args)...)
	cmd.Stdin, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = strings.NewReader(stdin), c.environ, stdout, stderr, stopTime
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("git is not installed: install it, or leave out the flag that needs it")
	case stdout.left < 0:
		return nil, fmt.Errorf("git %s printed more than %d bytes", args[0], outputLimit)
	case err != nil:
		message, _, _ := strings.Cut(strings.TrimSpace(stderr.text.String()), "\n")
		return nil, &Error{command: args[0], message: message, err: err}
	}
	return stdout.text.Bytes(), nil
}

// line returns the single line of a command's output.
func (c *Checkout) line(ctx context.Context, args ...string) (string, error) {
	out, err := c.run(ctx, "", args...)
	return strings.TrimSuffix(strings.TrimSuffix(string(out), "\n"), "\r"), err
}

// names returns the NUL-terminated fields of a command's output.
func (c *Checkout) names(ctx context.Context, args ...string) ([]string, error) {
	out, err := c.run(ctx, "", args...)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
}

// Error is a git command that failed.
type Error struct {
	command, message string
	err              error
}

func (e *Error) Error() string {
	if e.message == "" {
		return fmt.Sprintf("git %s failed: %v", e.command, e.err)
	}
	return fmt.Sprintf("git %s failed: %s", e.command, finding.Quote(e.message))
}

func (e *Error) Unwrap() error { return e.err }

// limited is a buffer that fails when it is full, which ends the command.
type limited struct {
	text bytes.Buffer // not embedded: io.Copy would bypass Write
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.left -= len(p); l.left < 0 {
		return 0, errors.New("the output is too long")
	}
	return l.text.Write(p)
}
