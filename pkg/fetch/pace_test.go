package fetch

import (
	"context"
	"slices"
	"testing"
	"time"
)

func TestMoreConnectionsComeWhenTheHashStarvesAndStayWhenTheyPay(t *testing.T) {
	type measured struct {
		takes, starved time.Duration // of a chunk
		width          int
	}
	slow, quick := measured{100, 90, 1}, measured{100, 10, 1}
	several := func(takes time.Duration) measured { return measured{takes, takes, 4} }
	for name, test := range map[string]struct {
		periods []measured
		want    []advice
	}{
		"fast enough":             {[]measured{quick, quick, quick}, []advice{keep, keep, keep}},
		"slow":                    {[]measured{slow, slow, slow}, []advice{more, keep, keep}},
		"slow later":              {[]measured{quick, slow}, []advice{keep, more}},
		"several pay":             {[]measured{slow, slow, several(25), several(25), several(25)}, []advice{more, keep, keep, keep, keep}},
		"several do not pay":      {[]measured{slow, slow, several(95), several(95), several(95)}, []advice{more, keep, keep, fewer, keep}},
		"several begin by and by": {[]measured{slow, slow, several(900), several(25)}, []advice{more, keep, keep, keep}},
	} {
		var p pace
		var got []advice
		now := time.Now()
		p.reset(now)
		for _, each := range test.periods {
			last := keep
			for range period * each.width {
				if last != keep {
					t.Errorf("%s: advice within a period", name)
				}
				now = now.Add(each.takes * time.Millisecond)
				p.starved += each.starved * time.Millisecond
				last = p.count(now, chunkSize, each.width)
			}
			got = append(got, last)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got advice %v, want %v", name, got, test.want)
		}
	}
}

func TestDownloadsBorrowSharedMemoryAndNeverWaitWithoutAny(t *testing.T) {
	if chunkSize*maxBuffers > 24<<20 {
		t.Error("with the buffers, a download takes more than the 64 MiB that it may")
	}
	c := &Client{chunkSize: chunkSize, buffers: newBuffers(maxBuffers)}
	begin := func(size int64) *attempt {
		return &attempt{download: &download{client: c}, version: version{size: size}, own: newBuffers(1), ordered: make(chan *chunk, maxBuffers+1)}
	}
	large, small := begin(-1), begin(100)
	for range maxBuffers + 1 {
		if len(large.next(t.Context())) != 1 {
			t.Fatal("a download alone does not get all buffers")
		}
	}
	if run := small.next(t.Context()); len(run) != 1 || len(run[0].buffer) != 100 || cap(run[0].buffer) != 100 {
		t.Errorf("a small file waits for a large one, or takes more than it needs: %v", run)
	}
	waited := make(chan []*chunk)
	go func() { waited <- large.next(t.Context()) }()
	(<-large.ordered).giveBack()
	if run := <-waited; len(run) != 1 || len(run[0].buffer) != chunkSize {
		t.Error("a buffer that was given back is not lent again")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if run := large.next(ctx); len(run) != 0 {
		t.Error("got a buffer that is not there")
	}
}
