package verify

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
)

// MaxShards is how many parts a plan may have: a matrix of GitHub Actions has at most 256 jobs
// (https://docs.github.com/actions/reference/limits).
const MaxShards = 256

// Shard returns the index-th (from 1) of count disjoint parts of a plan; together they are the plan. A URL's part depends on
// that URL and on count alone (rendezvous hashing: Thaler and Ravishankar, 1998), so that one more moves no other. A bundle is in
// the part of the file that it attests.
func Shard(downloads []Download, index, count int) []Download {
	var part []Download
	for i, key := range ShardKeys(downloads) {
		if preference(key, count)[0] == index {
			part = append(part, downloads[i])
		}
	}
	return part
}

// ShardKeys returns the texts that decide in which part downloads are: the canonical URL, but one text for a file, its mirrors and
// the bundles that attest it beside a manifest, since whoever verifies a bundle has to know the file's digest.
func ShardKeys(downloads []Download) []string {
	isAttested := map[string]bool{}
	for _, d := range downloads {
		for _, a := range d.Artifacts {
			if a.Attests != "" {
				isAttested[attests(a)] = true
			}
		}
	}
	leaders := make([]int, len(downloads)) // the first download that is in the same part
	leader := func(i int) int {
		for leaders[i] != i {
			i = leaders[i]
		}
		return i
	}
	isBundle := func(i int) bool { return downloads[i].Artifacts[0].Attests != "" }
	byPath := map[string]int{}
	for i, d := range downloads {
		leaders[i] = i
		for _, a := range d.Artifacts {
			if len(isAttested) == 0 || !isAttested[attests(a)] {
				continue
			}
			first, second := leader(i), i
			if other, found := byPath[attests(a)]; found {
				second = leader(other)
			}
			if isBundle(first) && !isBundle(second) || isBundle(first) == isBundle(second) && second < first {
				first, second = second, first
			}
			leaders[second], byPath[attests(a)] = first, first
		}
	}
	keys := make([]string, len(downloads))
	for i := range downloads {
		keys[i] = downloads[leader(i)].key
	}
	return keys
}

// attests is the path beside its manifest of the file that an artifact attests, or is.
func attests(a artifact.Artifact) string {
	if a.Attests != "" {
		return a.AttestedPath()
	}
	return a.PathBeside()
}

// lightShare is how much of a part's share a file weighs at most that goes where it likes, however full that is.
const lightShare = 64

// Balance returns the part, from 1 to count, of each of some downloads, by their ShardKeys and what each weighs. One goes to the
// part that its key prefers, as in Shard, as long as that has room: no part carries much more than its share (bounded loads:
// Mirrokni, Thorup and Zadimoghaddam, 2016). What is light always does, and the heaviest of the rest choose first. One more
// URL moves few others. Those of one key are in one part.
func Balance(keys []string, weights []int64, count int) []int {
	var unique []string
	var together []int64
	at := map[string]int{}
	for i, key := range keys {
		if _, found := at[key]; !found {
			at[key] = len(unique)
			unique, together = append(unique, key), append(together, 0)
		}
		together[at[key]] += weights[i]
	}
	partOf := balanced(unique, together, count)
	parts := make([]int, len(keys))
	for i, key := range keys {
		parts[i] = partOf[at[key]]
	}
	return parts
}

// balanced is Balance of different keys.
func balanced(keys []string, weights []int64, count int) []int {
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
