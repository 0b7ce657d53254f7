package github

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"
)

const (
	// blobsAtATime bounds the files of one GraphQL request: each object costs GitHub a look-up, and an answer may take 10 s
	// (https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api).
	blobsAtATime = 100
	// blobBytesAtATime bounds their total known size.
	blobBytesAtATime = 4 << 20
)

// Blobs reads files by their blob SHAs, up to a hundred in each request. GraphQL returns no binary files and truncates texts over 512 KB:
// those, and all files if GraphQL fails, are missing from texts and need Blob.
func (c *Client) Blobs(ctx context.Context, files []File) (texts map[string][]byte, requests int) {
	texts = map[string][]byte{}
	for c.blobs != "" && len(files) > 0 {
		n := atATime(files)
		requests++
		if err := c.readBlobs(ctx, files[:n], texts); err != nil {
			break
		}
		files = files[n:]
	}
	return texts, requests
}

// atATime returns how many of the files fit into one request.
func atATime(files []File) int {
	var size int64
	for i, f := range files {
		if size += f.Size; i == blobsAtATime || i > 0 && size > blobBytesAtATime {
			return i
		}
	}
	return len(files)
}

func (c *Client) readBlobs(ctx context.Context, files []File, into map[string][]byte) error {
	owner, name, _ := strings.Cut(c.repository, "/")
	var query strings.Builder
	query.WriteString("query($owner:String!,$name:String!){repository(owner:$owner,name:$name){")
	for i, f := range files {
		if isSHA(f.BlobSHA) {
			fmt.Fprintf(&query, "b%d:object(oid:%q){...on Blob{text}}", i, f.BlobSHA)
		}
	}
	query.WriteString("}}")
	type texts struct {
		Data struct {
			Repository map[string]struct{ Text *string }
		}
	}
	answer, err := ask[texts](ctx, c, request{doing: "reading files", needs: "contents: read", method: "POST", path: c.blobs, body: map[string]any{
		"query": query.String(), "variables": map[string]string{"owner": owner, "name": name},
	}}, nil)
	for i, f := range files {
		text := answer.Data.Repository[fmt.Sprintf("b%d", i)].Text
		if text != nil && IsBlob(f.BlobSHA, []byte(*text)) { // otherwise it was truncated or decoded wrongly
			into[f.BlobSHA] = []byte(*text)
		}
	}
	return err
}

func isSHA(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && s != ""
}
