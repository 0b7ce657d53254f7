package verify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/premAI-io/verify-manifests/pkg/artifact"
	"github.com/premAI-io/verify-manifests/pkg/verify"
)

// named are downloads of URLs with a number; every fourth URL is of another platform, as in real registries.
func named(n int) []verify.Download {
	var artifacts []artifact.Artifact
	platforms := []string{"aarch64-apple-darwin", "x86_64-apple-darwin", "aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"}
	for i := range n {
		artifacts = append(artifacts, binary(fmt.Sprintf("https://example.com/%06d/%s", i/4, platforms[i%4]), ""))
	}
	return verify.Plan(artifacts)
}

// owners tells by URL which of count shards has it; every URL has to be in exactly one.
func owners(t *testing.T, downloads []verify.Download, count int) map[string]int {
	t.Helper()
	owner := map[string]int{}
	for index := 1; index <= count; index++ {
		for _, d := range verify.Shard(downloads, index, count) {
			if owner[d.URL] != 0 {
				t.Fatalf("%s is in shards %d and %d", d.URL, owner[d.URL], index)
			}
			owner[d.URL] = index
		}
	}
	if len(owner) != len(downloads) {
		t.Fatalf("%d shards have %d of %d URLs", count, len(owner), len(downloads))
	}
	return owner
}

func TestOneMoreURLOrShardMovesNothingBetweenOthers(t *testing.T) {
	before := owners(t, named(400), 7)
	for name, c := range map[string]struct {
		of      map[string]int
		another int // the shard that takes from others
	}{"a URL less": {owners(t, named(399), 7), 0}, "a shard more": {owners(t, named(400), 8), 8}} {
		for url, part := range c.of {
			if part != before[url] && part != c.another {
				t.Errorf("%s: %s is in shard %d and was in %d", name, url, part, before[url])
			}
		}
	}
}

func TestShardsHaveAboutAsManyFiles(t *testing.T) {
	const count, files = 8, 8000
	sizes := map[int]int{}
	for _, part := range owners(t, named(files), count) {
		sizes[part]++
	}
	for part, n := range sizes {
		if n < files/count*85/100 || n > files/count*115/100 {
			t.Errorf("shard %d has %d of %d files", part, n, files)
		}
	}
}

// models are URLs and sizes as in a registry: a few models hold most of the bytes.
func models(n int) (keys []string, weights []int64) {
	for i := range n {
		keys = append(keys, fmt.Sprintf("https://example.com/%d", i))
		size := int64(1 + i*7919%50_000_000)
		if i%10 == 0 {
			size = int64(1_000_000_000 + i*104_729_123%6_000_000_000)
		}
		weights = append(weights, size)
	}
	return keys, weights
}

func TestShardsCarryAboutAsManyBytes(t *testing.T) {
	const count = 7
	keys, weights := models(300)
	load, all := make([]int64, count+1), int64(0)
	for i, part := range verify.Balance(keys, weights, count) {
		load[part] += weights[i]
		all += weights[i]
	}
	for part, n := range load[1:] {
		if n < all/count*7/10 || n > all/count*11/10 {
			t.Errorf("shard %d carries %d of %d bytes", part+1, n, all)
		}
	}
}

func TestOneMoreURLMovesFewOthersThatAreBalanced(t *testing.T) {
	const files = 1000
	keys, weights := models(files + 1)
	before, after := verify.Balance(keys[:files], weights[:files], 7), verify.Balance(keys, weights, 7)
	moved := 0
	for i := range before {
		if before[i] != after[i] {
			moved++
		}
	}
	if moved > files/50 {
		t.Errorf("one more URL moved %d of %d", moved, files)
	}
}

func TestWhatFitsNowhereGoesWhereTheLeastIs(t *testing.T) {
	parts := verify.Balance([]string{"https://a", "https://b", "https://c"}, []int64{100, 100, 100}, 3)
	slices.Sort(parts)
	if !slices.Equal(parts, []int{1, 2, 3}) {
		t.Errorf("three files of one size are on shards %v", parts)
	}
}

// TestABundleIsInTheShardOfTheFileThatItAttests has files with a mirror and a bundle each, and one URL in two manifests.
func TestABundleIsInTheShardOfTheFileThatItAttests(t *testing.T) {
	var artifacts []artifact.Artifact
	add := func(manifest, url, name, attests string) {
		artifacts = append(artifacts, artifact.Artifact{Manifest: manifest, Pointer: fmt.Sprint(len(artifacts)), URL: url, Name: name, Attests: attests, Role: artifact.File})
	}
	const files = 100
	for i := range files {
		folder, name := fmt.Sprintf("modules/x/%d/", i), fmt.Sprintf("x-%d.tgz", i)
		add(folder+"source.json", "https://example.com/"+name, name, "")
		add(folder+"source.json", "https://mirror.example.com/"+name, name, "")
		add(folder+"attestations.json", fmt.Sprintf("https://a.example.com/%d", i), "bundle", name)
		add(folder+"attestations.json", fmt.Sprintf("https://b.example.com/%d", i), "bundle", "MODULE.bazel")
	}
	add("modules/y/1/source.json", "https://example.com/x-0.tgz", "y.tgz", "")
	add("modules/y/1/attestations.json", "https://a.example.com/y", "bundle", "y.tgz")
	downloads := verify.Plan(artifacts)
	owner := owners(t, downloads, 7)
	weights := make([]int64, len(downloads))
	for i := range weights {
		weights[i] = int64(1 + i%5)
	}
	balanced := map[string]int{}
	for i, part := range verify.Balance(verify.ShardKeys(downloads), weights, 7) {
		balanced[downloads[i].URL] = part
	}
	for _, of := range []map[string]int{owner, balanced} {
		for i := range files {
			archive := of[fmt.Sprintf("https://example.com/x-%d.tgz", i)]
			if archive != of[fmt.Sprintf("https://mirror.example.com/x-%d.tgz", i)] || archive != of[fmt.Sprintf("https://a.example.com/%d", i)] {
				t.Errorf("file %d and its bundle are in two shards", i)
			}
		}
		if of["https://example.com/x-0.tgz"] != of["https://a.example.com/y"] {
			t.Error("the second manifest's bundle is in another shard")
		}
	}
	without := owners(t, verify.Plan(slices.DeleteFunc(artifacts, func(a artifact.Artifact) bool { return a.Attests != "" })), 7)
	for url, part := range without {
		if owner[url] != part && !strings.Contains(url, "mirror") {
			t.Errorf("bundles move %s from shard %d to %d", url, part, owner[url])
		}
	}
}
