package verify

import "sync/atomic"

// Progress counts what a run has done so far. It may be read while the run goes on; the zero Progress is
// ready for use.
type Progress struct {
	files, filesDone atomic.Int64
	read             atomic.Int64 // every byte that came
	kept, announced  atomic.Int64 // of the files begun and done, each counted once however often it was begun
}

// Files returns how many files have ended, and how many there are.
func (p *Progress) Files() (done, all int64) { return p.filesDone.Load(), p.files.Load() }

// Bytes returns how much has been read of the files that were begun, and how much their servers announced.
func (p *Progress) Bytes() (done, announced int64) { return p.kept.Load(), p.announced.Load() }

// began counts a body that begins, in place of what an earlier try had counted.
func (p *Progress) began(size, earlierKept, earlierSize int64) {
	p.kept.Add(-earlierKept)
	p.announced.Add(max(size, 0) - max(earlierSize, 0))
}

func (p *Progress) advance(n int) {
	p.read.Add(int64(n))
	p.kept.Add(int64(n))
}
