package verify

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
)

// MaxShards is how many parts a plan may have: a matrix of GitHub Actions has at most 256 jobs
// (https://docs.github.com/actions/reference/limits).
const MaxShards = 256

// Shard returns the index-th (from 1) of count disjoint parts of a plan; together they are the plan. A URL's part depends on
// that URL and on count alone (rendezvous hashing: Thaler and Ravishankar, 1998), so adding a URL moves no other. A bundle is in
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
// the bundles that attest it beside a manifest, since a bundle is verified with the file's digest.
func ShardKeys(downloads []Download) []string {
	path := func(a artifact.Artifact) string { // beside the manifest, of the file that an artifact attests, or is
		if a.Attests != "" {
			return a.AttestedPath()
		}
		return a.PathBeside()
	}
	isBundle := func(d Download) bool { return d.Artifacts[0].Attests != "" }
	together := map[string][]int{} // downloads, by attested path
	for _, d := range downloads {
		for _, a := range d.Artifacts {
			if a.Attests != "" {
				together[path(a)] = []int{}
			}
		}
	}
	for i, d := range downloads {
		for _, a := range d.Artifacts {
			if group, isAttested := together[path(a)]; isAttested {
				together[path(a)] = append(group, i)
			}
		}
	}
	keys := make([]string, len(downloads))
	var spread func(i int, key string)
	spread = func(i int, key string) {
		if keys[i] != "" {
			return
		}
		keys[i] = key
		for _, a := range downloads[i].Artifacts {
			group := together[path(a)]
			delete(together, path(a))
			for _, other := range group {
				spread(other, key)
			}
		}
	}
	for _, bundles := range []bool{false, true} { // the first file's key counts, else the first bundle's
		for i, d := range downloads {
			if isBundle(d) == bundles {
				spread(i, d.key)
			}
		}
	}
	return keys
}

// lightShare is how much of a part's share a file weighs at most that always goes to its preferred part.
const lightShare = 64

// Balance returns the part, from 1 to count, of each of some downloads, by their ShardKeys and what each weighs. One goes to the
// part that its key prefers, as in Shard, as long as that has room: no part carries much more than its share (bounded loads:
// Mirrokni, Thorup and Zadimoghaddam, 2016). Light files always do, and the heaviest of the rest are placed first. One more
// URL moves few others. Those of one key are in one part.
func Balance(keys []string, weights []int64, count int) []int {
	together := map[string]int64{}
	for i, key := range keys {
		together[key] += weights[i]
	}
	heaviestFirst := slices.SortedFunc(maps.Keys(together), func(a, b string) int {
		return cmp.Or(cmp.Compare(together[b], together[a]), cmp.Compare(a, b))
	})
	share := int64(0)
	for _, weight := range together {
		share += weight / int64(count)
	}
	// A part takes somewhat more than its share, rounded up, so that one more URL seldom changes how much.
	room := share + share/32
	step := int64(1) << max(bits.Len64(uint64(room))-6, 0)
	room = (room/step + 1) * step

	load, partOf := make([]int64, count+1), map[string]int{}
	for key, weight := range together {
		if weight <= share/lightShare {
			partOf[key] = preference(key, count)[0]
			load[partOf[key]] += weight
		}
	}
	for _, key := range heaviestFirst {
		if partOf[key] > 0 {
			continue
		}
		order := preference(key, count)
		part := slices.MinFunc(order, func(a, b int) int { return cmp.Compare(load[a], load[b]) })
		if i := slices.IndexFunc(order, func(part int) bool { return load[part]+together[key] <= room }); i >= 0 {
			part = order[i]
		}
		partOf[key] = part
		load[part] += together[key]
	}
	parts := make([]int, len(keys))
	for i, key := range keys {
		parts[i] = partOf[key]
	}
	return parts
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
