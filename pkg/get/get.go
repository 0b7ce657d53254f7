// Package get downloads files and keeps only those that are right: what appears under a file's name is whole and has the wanted
// digest or signature. It is the face of this module for other programs, and imports nothing of what verifies registries.
//
// Bytes go to a part: a file of mode 0600 beside the wanted one, opened exclusively and following no link. A part that is
// right is synced and renamed. One that was interrupted stays, and the next call continues it: its bytes are hashed again, and the
// rest is requested under the validator of the first answer, so that two versions of a file are never mixed.
package get

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
	"github.com/premAI-io/verify-manifests/pkg/minisign"
)

// What errors.Is finds in the errors of File and Check.
var (
	ErrDigest    = errors.New("the file has another digest than the wanted one")
	ErrSignature = errors.New("the signature does not verify")
	ErrSize      = errors.New("the file has another size than the wanted one")
	ErrBusy      = errors.New("another download of this file is running")
	ErrWant      = errors.New("a file without a digest or a signature can't be verified")
)

// Client reads a file into a sink. A *fetch.Client is one, and its promises are relied on.
type Client interface {
	Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error)
}

// Want says where a file is, and what makes it the right one. Without Digest it needs Signature.
type Want struct {
	URL       string // https
	Digest    digest.Digest
	Size      int64                // bytes; 0 where it is not known
	Signature string               // the text of a .minisig file, or base64 of it; "" for none
	Keys      []minisign.PublicKey // one of them has to be the signature's
}

func (w Want) validate() error {
	switch {
	case w.Digest.IsZero() && w.Signature == "":
		return ErrWant
	case w.Signature != "" && len(w.Keys) == 0:
		return fmt.Errorf("%w: there is no public key to check it with", ErrSignature)
	case w.Size < 0:
		return fmt.Errorf("%w: %d bytes are wanted", ErrSize, w.Size)
	}
	return nil
}

// File makes sure that the right file is at path, with the permissions of mode: it downloads the file unless it is there. The
// folder is made where it is missing. After an error, what was at path is as it was. What was downloaded of a file that is wrong
// is removed; what an interrupted download left is continued by the next call.
//
// The error says why, in one sentence: errors.Is finds ErrDigest, ErrSignature, ErrSize and ErrBusy in it, errors.As a *fetch.Error of
// the network, or a *FileError of the disk.
func File(ctx context.Context, client Client, want Want, path string, mode fs.FileMode) error {
	if err := want.validate(); err != nil {
		return err
	}
	folder, err := Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	name := filepath.Base(path)
	if check(ctx, folder.root, name, want) == nil {
		return folder.SetMode(name, mode)
	}
	part, err := folder.Part(name, want.key())
	if err != nil {
		return err
	}
	defer part.Close()
	pieced, err := download(ctx, client, part, want, false)
	if pieced && isWrong(err) {
		_, err = download(ctx, client, part, want, true)
	}
	if err == nil {
		return part.Keep(mode)
	}
	if isWrong(err) {
		err = errors.Join(err, part.Discard())
	}
	return err
}

// key is what a part is named after.
func (w Want) key() string {
	if w.Digest.IsZero() {
		return w.Signature
	}
	return w.Digest.String()
}

func isWrong(err error) bool {
	return errors.Is(err, ErrDigest) || errors.Is(err, ErrSignature) || errors.Is(err, ErrSize)
}

// download fills the part, and returns what is wrong with it. pieced reports whether it comes from several answers, of which one
// may be wrong; afresh asks for all of it in one.
func download(ctx context.Context, client Client, part *Part, want Want, afresh bool) (pieced bool, err error) {
	got := newBody(want)
	part.Resume = !afresh
	head, err := part.Get(ctx, client, fetch.Request{URL: want.URL, Declared: want.Size, Unbroken: afresh}, got)
	if err == nil {
		err = got.check(want)
	}
	return head.Pieced || part.Reused > 0, err
}

// Check returns nil where the file at path is the right one, without a request. It follows no symbolic link at path.
func Check(path string, want Want) error {
	if err := want.validate(); err != nil {
		return err
	}
	folder, err := openFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return check(context.Background(), folder.root, filepath.Base(path), want)
}

func check(ctx context.Context, root *os.Root, name string, want Want) error {
	file, err := open(root, name, os.O_RDONLY)
	if err != nil {
		return err
	}
	defer file.Close()
	got := newBody(want)
	if _, err := io.Copy(got, fetch.Reader(ctx, file)); err != nil && !isWrong(err) {
		return failed("read", name, err)
	}
	return got.check(want)
}

// body computes what decides whether a file is right. It is a fetch.Sink.
type body struct {
	hasher  *digest.Hasher
	message *minisign.Message
	size    int64
	limit   int64 // 0 for none
}

func newBody(want Want) *body {
	b := &body{hasher: digest.NewHasher(), limit: want.Size}
	if !want.Digest.IsZero() {
		b.hasher = digest.NewHasher(want.Digest.Algorithm)
	}
	if want.Signature != "" {
		b.message = minisign.NewMessage()
	}
	return b
}

func (b *body) Start(fetch.Head) {
	b.hasher.Reset()
	b.message.Reset()
	b.size = 0
}

func (b *body) Write(p []byte) (int, error) {
	if b.size += int64(len(p)); b.limit > 0 && b.size > b.limit {
		return 0, fmt.Errorf("%w: it has more than %d bytes", ErrSize, b.limit)
	}
	_, _ = b.message.Write(p)
	return b.hasher.Write(p)
}

func (b *body) check(want Want) error {
	if want.Size > 0 && b.size != want.Size {
		return fmt.Errorf("%w: it has %d bytes, and %d are wanted", ErrSize, b.size, want.Size)
	}
	if got := b.hasher.Digest(want.Digest.Algorithm); got != want.Digest {
		return fmt.Errorf("%w: it is %s, and %s is wanted", ErrDigest, finding.Quote(got.String()), finding.Quote(want.Digest.String()))
	}
	if want.Signature == "" {
		return nil
	}
	if _, err := b.message.Verify(want.Signature, want.Keys); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}
