package verify

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
)

// MaxShards is how many parts a plan may have: a matrix of GitHub Actions has at most 256 jobs
// (https://docs.github.com/actions/reference/limits).
const MaxShards = 256

// Shard returns the index-th (from 1) of count disjoint parts of a plan; together they are the plan. A URL's part depends on
// that URL and on count alone (rendezvous hashing: Thaler and Ravishankar, 1998), so that one more moves no other.
func Shard(downloads []Download, index, count int) []Download {
	return slices.DeleteFunc(slices.Clone(downloads), func(d Download) bool {
		return preference(d.key, count)[0] != index
	})
}

// lightShare is how much of a part's share a file weighs at most that goes where it likes, however full that is.
const lightShare = 64

// Balance returns the part, from 1 to count, of each of some URLs, by their canonical form and what each weighs. A URL goes to the
// part that it prefers, as in Shard, as long as that has room: no part carries much more than its share (bounded loads:
// Mirrokni, Thorup and Zadimoghaddam, 2016). What is light always does, and the heaviest of the rest choose first. One more
// URL moves few others.
func Balance(keys []string, weights []int64, count int) []int {
	b := balance{load: make([]int64, count+1)}
	for _, w := range weights {
		b.share += w / int64(count)
	}
	parts := make([]int, len(keys))
	heavy := heaviestFirst(keys, weights)
	for i, w := range weights {
		if w <= b.share/lightShare {
			parts[i] = b.add(preference(keys[i], count)[0], w)
		}
	}
	for _, i := range heavy {
		if parts[i] == 0 {
			parts[i] = b.add(b.choose(preference(keys[i], count), weights[i]), weights[i])
		}
	}
	return parts
}

type balance struct {
	load  []int64 // by part
	share int64   // of all weights
}

func (b balance) add(part int, weight int64) int {
	b.load[part] += weight
	return part
}

// choose returns the first part that has room, else the one with the least in it.
func (b balance) choose(order []int, weight int64) int {
	at := slices.IndexFunc(order, func(part int) bool { return b.load[part]+weight <= b.room() })
	if at >= 0 {
		return order[at]
	}
	return slices.MinFunc(order, func(p, q int) int { return cmp.Compare(b.load[p], b.load[q]) })
}

// room is how much one part takes: somewhat more than its share, and rounded up, so that one more URL seldom changes it.
func (b balance) room() int64 {
	room := b.share + b.share/32
	step := int64(1) << max(bits.Len64(uint64(room))-6, 0)
	return (room/step + 1) * step
}

func heaviestFirst(keys []string, weights []int64) []int {
	order := make([]int, len(keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(weights[b], weights[a]), cmp.Compare(keys[a], keys[b]))
	})
	return order
}

// preference returns the parts from 1 to count in the order in which a URL prefers them. Of fewer or more parts the order is
// the same.
func preference(key string, count int) []int {
	sum := sha256.Sum256([]byte(key))
	seed := binary.BigEndian.Uint64(sum[:])
	score := func(part int) uint64 { return mixed(seed ^ mixed(uint64(part))) }
	order := make([]int, count)
	for i := range order {
		order[i] = i + 1
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(score(b), score(a)) })
	return order
}

// mixed spreads every bit of x over all of them (the finalizer of SplitMix64: Steele, Lea and Flood, 2014).
func mixed(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
