package get

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/premAI-io/verify-manifests/pkg/digest"
	"github.com/premAI-io/verify-manifests/pkg/fetch"
	"github.com/premAI-io/verify-manifests/pkg/finding"
)

const (
	partPrefix = ".get-" // of parts and their sidecars
	partSuffix = ".part"
	noteSuffix = ".json"
	maxNote    = 64 << 10 // bytes of a sidecar
	partMode   = 0o600
	maxTries   = 3 // at opening a part that other calls rename or remove at the same time
)

// Part is a file that is being downloaded. It is locked until it is closed. It is not safe for concurrent use.
type Part struct {
	// Limit is how many bytes of a body are written, 0 for all. The part of a longer body can't be kept.
	Limit int64
	// Resume lets Get continue what is there. The caller has to verify the bytes.
	Resume bool
	// Reused counts the bytes that were read from the part instead of the network.
	Reused int64

	root     *os.Root // the folder of the file
	name     string   // of the file
	shown    string   // its name below the folder that the caller opened
	key      string   // the part's name, without an ending
	file     *os.File // nil once it is closed
	written  int64
	complete bool
	gets     int // number of calls of Get
}

// note is the sidecar: the version of the file whose first bytes a part holds.
type note struct {
	URL       string `json:"url"`
	Size      int64  `json:"size"`
	Validator string `json:"validator"`
}

// Part opens the part of the file with a name, and makes the folders of the name. key stands for the wanted bytes: other bytes have
// another part. Old parts in the folder are removed.
func (f *Folder) Part(name, key string) (p *Part, err error) {
	for range maxTries {
		p, err = f.part(name, key)
		if !errors.Is(err, fs.ErrNotExist) { // another call can remove an empty folder
			break
		}
	}
	if errors.Is(err, ErrBusy) {
		return nil, fmt.Errorf("%w: %s", ErrBusy, finding.Quote(name))
	}
	return p, err
}

func (f *Folder) part(name, key string) (*Part, error) {
	root, base, err := f.enter(name)
	if err != nil {
		return nil, failed("written", name, err)
	}
	p := &Part{root: root, name: base, shown: name, key: partPrefix + short(key, 16) + "-" + short(base, 4)}
	if err = free(root, base); err == nil {
		p.file, err = lockPart(root, p.key+partSuffix)
	}
	if err != nil {
		root.Close()
		return nil, failed("written", name, err)
	}
	return p, nil
}

func short(text string, n int) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:n])
}

// lockPart makes a part, or opens the existing one, and locks it. A part that others can write, or have another name for, is an error:
// they could change it after it was verified.
func lockPart(root *os.Root, name string) (*os.File, error) {
	for range maxTries {
		file, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, partMode)
		if errors.Is(err, fs.ErrExist) {
			file, err = open(root, name, os.O_RDWR)
		}
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, errReplaced):
			continue
		case err != nil:
			return nil, fmt.Errorf("%s, for the unfinished download: %w", finding.Quote(name), err)
		}
		err = lock(file)
		isGone := isNamed(root, name, file) != nil // another call renamed or removed it in between
		if info, failure := file.Stat(); err == nil && !isGone && (failure != nil || !isOurs(info)) {
			err = fmt.Errorf("%s, for the unfinished download, has another owner, other permissions than 0600 or a second name: remove it", finding.Quote(name))
		}
		if err == nil && !isGone {
			return file, nil
		}
		file.Close()
		if err != nil {
			return nil, err
		}
	}
	return nil, ErrBusy
}

// Close releases the part and leaves what it holds for the next call. A part without a byte is removed.
func (p *Part) Close() {
	if p.file == nil {
		return
	}
	if info, err := p.file.Stat(); err == nil && info.Size() == 0 {
		_ = p.Discard()
		return
	}
	p.release()
}

func (p *Part) release() {
	_ = p.file.Close()
	_ = p.root.Close()
	p.file = nil
}

// Discard removes the part.
func (p *Part) Discard() error {
	if p.file == nil {
		return nil
	}
	defer p.release()
	err := isNamed(p.root, p.key+partSuffix, p.file)
	if err == nil {
		err = errors.Join(p.remove(noteSuffix), p.remove(partSuffix))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return failed("removed", p.shown, err)
}

func (p *Part) remove(suffix string) error {
	if err := p.root.Remove(p.key + suffix); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// ErrOtherBytes is the error of a part that no longer holds the verified bytes.
var ErrOtherBytes = errors.New("a later response replaced the verified bytes")

// Keep renames the part to the file's name, and replaces what is there. The caller has verified it, and found it to have a digest: after
// several Gets the part is read again, since the last one may have brought other bytes. After an error the part is still there, for the
// next call.
func (p *Part) Keep(mode fs.FileMode, want digest.Digest) error {
	if p.file == nil || !p.complete {
		return ErrOtherBytes
	}
	if p.gets > 1 && !want.IsZero() {
		hasher := digest.NewHasher(want.Algorithm)
		if _, err := io.Copy(hasher, io.NewSectionReader(p.file, 0, math.MaxInt64)); err != nil {
			return failed("read", p.shown, err)
		}
		if hasher.Digest(want.Algorithm) != want {
			return ErrOtherBytes
		}
	}
	err := errors.Join(free(p.root, p.name), p.file.Sync(), isNamed(p.root, p.key+partSuffix, p.file))
	if err == nil {
		err = p.root.Rename(p.key+partSuffix, p.name)
	}
	if err != nil {
		return failed("kept", p.shown, err)
	}
	defer p.release()
	// The permissions come last: a part has 0600 as long as it has the name of one.
	return failed("kept", p.shown, errors.Join(p.file.Chmod(mode.Perm()), p.remove(noteSuffix), syncFolder(p.root)))
}

// Get reads the file that r names, and passes all of its bytes to the sink: those that the part has already, hashed again by
// that, and the rest from the network. Head.Pieced is true if it had some.
func (p *Part) Get(ctx context.Context, client Client, r fetch.Request, sink fetch.Sink) (fetch.Head, error) {
	p.complete = false
	p.gets++
	if p.Resume && !r.Unbroken {
		head, err := p.replay(ctx, r.URL, sink)
		if err != nil || p.complete {
			return head, err
		}
		r.Resume = fetch.Resume{Offset: p.written, Size: head.Size, Validator: head.Validator}
	}
	t := &tee{p, r.URL, sink, nil}
	head, err := client.Get(ctx, r, t)
	if t.err != nil {
		err = stopped(t.err)
	}
	p.complete = err == nil && (p.Limit == 0 || p.written <= p.Limit)
	return head, err
}

// replay passes the part's bytes of the file at a URL to the sink. It has none if the head's Validator is "".
func (p *Part) replay(ctx context.Context, url string, sink fetch.Sink) (fetch.Head, error) {
	p.written = 0
	n, err := p.readNote()
	info, failure := p.file.Stat()
	if errors.Join(err, failure) != nil || n.URL != url || n.Validator == "" || info.Size() == 0 || info.Size() > n.Size {
		return fetch.Head{}, nil
	}
	head := fetch.Head{Size: n.Size, Validator: n.Validator, Pieced: true}
	sink.Start(head)
	if _, err = p.file.Seek(0, io.SeekStart); err == nil {
		p.written, err = io.Copy(sink, fetch.Reader(ctx, p.file))
	}
	p.Reused += p.written
	p.complete = err == nil && p.written == n.Size
	switch {
	case ctx.Err() != nil:
		err = stopped(context.Cause(ctx))
	case err != nil:
		err = stopped(failed("read", p.shown, err))
	}
	return head, err
}

func stopped(err error) error {
	return &fetch.Error{Message: "The download stopped: " + finding.Clean(err.Error()), Err: err,
		Fix: "Run the command again once the cause is fixed: it continues the download"}
}

func (p *Part) readNote() (n note, err error) {
	file, err := open(p.root, p.key+noteSuffix, os.O_RDONLY)
	if err != nil {
		return n, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxNote)) // a longer one is no JSON
	return n, errors.Join(err, json.Unmarshal(text, &n))
}

func (p *Part) writeNote(n note) error {
	text, err := json.Marshal(n)
	if err != nil || n.Validator == "" || len(text) > maxNote { // it can't be continued
		return err
	}
	file, err := p.root.OpenFile(p.key+noteSuffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, partMode)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Close())
}

// restart empties the part and writes the sidecar for the next bytes.
func (p *Part) restart(n note) error {
	p.written = 0
	err := p.remove(noteSuffix) // first, so that it never describes other bytes
	if err == nil {
		err = p.file.Truncate(0)
	}
	if err == nil {
		_, err = p.file.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = p.writeNote(n)
	}
	return failed("written", p.shown, err)
}

// tee writes a body into the part, and passes it on.
type tee struct {
	*Part
	url  string
	sink fetch.Sink
	err  error // of the disk
}

func (t *tee) Start(head fetch.Head) {
	if head.Offset > 0 { // the sink has the bytes before
		return
	}
	t.err = t.restart(note{t.url, head.Size, head.Validator})
	t.sink.Start(head)
}

func (t *tee) Write(p []byte) (int, error) {
	t.written += int64(len(p))
	if t.err == nil && (t.Limit == 0 || t.written <= t.Limit) {
		_, err := t.file.Write(p)
		t.err = failed("written", t.shown, err)
	}
	if t.err != nil {
		return 0, t.err
	}
	return t.sink.Write(p)
}
