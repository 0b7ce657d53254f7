package fetch

import (
	"context"
	"testing"
	"time"
)

func TestMoreConnectionsComeWhenTheHashStarves(t *testing.T) {
	const slow, quick = 90, 10 // of 100 ms a chunk
	for name, test := range map[string]struct {
		starved []time.Duration // in each period
		want    bool            // in the last
	}{
		"fast enough":       {[]time.Duration{quick, quick, quick}, false},
		"slow":              {[]time.Duration{slow}, true},
		"slow later":        {[]time.Duration{quick, slow}, true},
		"slow at the start": {[]time.Duration{slow, quick}, false},
	} {
		now := time.Now()
		p := pace{since: now}
		var got bool
		for _, starved := range test.starved {
			for range period {
				now = now.Add(100 * time.Millisecond)
				p.starved += starved * time.Millisecond
				got = p.falls(now)
			}
		}
		if got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestDownloadsBorrowSharedMemoryAndNeverWaitWithoutAny(t *testing.T) {
	if chunkSize*maxChunks > 24<<20 {
		t.Error("with its chunks, a download takes more than the 64 MiB that it may")
	}
	c := &Client{chunkSize: chunkSize, chunks: newSlots(maxChunks), spare: make(chan []byte, maxChunks)}
	begin := func(size int64) *attempt {
		return &attempt{download: &download{client: c}, version: version{size: size}, own: newSlots(1), ordered: make(chan *chunk, maxChunks+1)}
	}
	large, small := begin(-1), begin(100)
	for range maxChunks + 1 {
		if len(large.next(t.Context())) != 1 {
			t.Fatal("a download alone does not get all chunks")
		}
	}
	if run := small.next(t.Context()); len(run) != 1 || len(run[0].buffer) != 100 || cap(run[0].buffer) != 100 {
		t.Errorf("a small file waits for a large one, or takes more than it needs: %v", run)
	}
	waited := make(chan []*chunk)
	go func() { waited <- large.next(t.Context()) }()
	given := <-large.ordered
	kept := &given.buffer[0]
	large.giveBack(given)
	if run := <-waited; len(run) != 1 || len(run[0].buffer) != chunkSize || &run[0].buffer[0] != kept {
		t.Error("a buffer that was given back is not lent again")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if run := large.next(ctx); len(run) != 0 {
		t.Error("got a chunk that is not there")
	}
}
