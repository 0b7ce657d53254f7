// Package get downloads files and keeps only verified ones: a file appears under its name complete and with the wanted digest or
// signature, or not at all. Other programs can import it without the packages that verify registries.
//
// Bytes go to a part: a file of mode 0600 beside the wanted one, opened exclusively and following no link. A verified part is synced
// and renamed. An interrupted one stays for the next call, which hashes it again and requests the rest under the validator of the
// first answer, so that two versions of a file are never mixed.
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

// The errors that errors.Is finds in those of File and Check.
var (
	ErrDigest    = errors.New("wrong digest")
	ErrSignature = errors.New("the signature does not verify")
	ErrSize      = errors.New("wrong size")
	ErrBusy      = errors.New("another download of this file is running")
	ErrWant      = errors.New("a digest or a signature is required to verify the file")
)

// Client reads a file into a sink, with the guarantees of fetch.Client.Get.
type Client interface {
	Get(ctx context.Context, r fetch.Request, sink fetch.Sink) (fetch.Head, error)
}

// Want names a file and what it has to be. Without Digest it needs Signature.
type Want struct {
	URL       string // https
	Digest    digest.Digest
	Size      int64                // bytes; 0 if unknown
	Signature string               // the text of a .minisig file, or base64 of it; "" for none
	Keys      []minisign.PublicKey // one of them has to be the signer's
}

func (w Want) validate() error {
	switch {
	case w.Digest.IsZero() && w.Signature == "":
		return ErrWant
	case w.Signature != "" && len(w.Keys) == 0:
		return fmt.Errorf("%w: no public key is given", ErrSignature)
	case w.Size < 0:
		return fmt.Errorf("%w: %d is not a size", ErrSize, w.Size)
	}
	return nil
}

// File makes sure that the wanted file is at path, with the permissions of mode: it downloads the file unless it is there. A missing
// folder is made. After an error, whatever was at path is unchanged. The bytes of a wrong file are removed; those of an interrupted
// download stay, and the next call continues it.
//
// errors.Is finds ErrDigest, ErrSignature, ErrSize and ErrBusy in it, errors.As a *fetch.Error of
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
	key := want.Signature
	if !want.Digest.IsZero() {
		key = want.Digest.String()
	}
	part, err := folder.Part(name, key)
	if err != nil {
		return err
	}
	defer part.Close()
	part.Resume = true
	got := newBody(want)
	for _, afresh := range []bool{false, true} {
		head, failure := part.Get(ctx, client, fetch.Request{URL: want.URL, Declared: want.Size, Unbroken: afresh}, got)
		if err = failure; err == nil {
			err = got.check()
		}
		if !isWrong(err) || !head.Pieced && part.Reused == 0 {
			break
		}
	}
	switch {
	case err == nil:
		return part.Keep(mode, digest.Digest{})
	case isWrong(err):
		return errors.Join(err, part.Discard())
	}
	return err
}

func isWrong(err error) bool {
	return errors.Is(err, ErrDigest) || errors.Is(err, ErrSignature) || errors.Is(err, ErrSize)
}

// Check returns nil if the file at path is the wanted one. It makes no request and follows no symbolic link at path.
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
		return failed("read", name, err)
	}
	defer file.Close()
	got := newBody(want)
	if _, err := io.Copy(got, fetch.Reader(ctx, file)); err != nil && !isWrong(err) {
		return failed("read", name, err)
	}
	return got.check()
}

// body computes what is compared with a Want. It is a fetch.Sink.
type body struct {
	want    Want
	hasher  *digest.Hasher
	message *minisign.Message // nil if no signature is wanted
	size    int64
}

func newBody(want Want) *body {
	b := &body{want: want, hasher: digest.NewHasher()}
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
	if b.size += int64(len(p)); b.want.Size > 0 && b.size > b.want.Size {
		return 0, fmt.Errorf("%w: more than %d bytes", ErrSize, b.want.Size)
	}
	_, _ = b.message.Write(p)
	return b.hasher.Write(p)
}

// check returns nil if the bytes are the wanted ones.
func (b *body) check() error {
	want, got := b.want, b.hasher.Digest(b.want.Digest.Algorithm)
	switch {
	case want.Size > 0 && b.size != want.Size:
		return fmt.Errorf("%w: %d bytes, expected %d", ErrSize, b.size, want.Size)
	case got != want.Digest:
		return fmt.Errorf("%w: %s, expected %s", ErrDigest, finding.Quote(got.String()), finding.Quote(want.Digest.String()))
	case want.Signature == "":
		return nil
	}
	if _, err := b.message.Verify(want.Signature, want.Keys); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}
