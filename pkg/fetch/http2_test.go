package fetch_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/premAI-io/verify-manifests/pkg/fetch"
)

func TestHTTP2ConnectionThatGoesAwayInMidBodyIsResumed(t *testing.T) {
	content := random(30, 100_000)
	o := &origin{content: content, etag: `"v1"`}
	for name, end := range map[string]func(*http2.Framer, uint32) error{
		"GOAWAY":     func(f *http2.Framer, _ uint32) error { return f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil) },
		"RST_STREAM": func(f *http2.Framer, stream uint32) error { return f.WriteRSTStream(stream, http2.ErrCodeInternal) },
		"end of stream before the length": func(f *http2.Framer, stream uint32) error {
			return f.WriteData(stream, true, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int32
			s := httptest.NewUnstartedServer(o)
			s.TLS = &tls.Config{NextProtos: []string{"h2", "http/1.1"}}
			s.Config.ErrorLog = quiet
			s.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) {
				connections.Add(1)
				_ = answerHTTP2(conn, content, end)
			}}
			s.StartTLS()
			t.Cleanup(s.Close)
			sink, _, err := get(t, config(&naps{}), fetch.Request{URL: s.URL})
			if err != nil || !bytes.Equal(sink.bytes, content) || sink.starts != 1 || connections.Load() != 1 {
				t.Errorf("got %d bytes after %d starts, error %v", len(sink.bytes), sink.starts, err)
			}
		})
	}
}

// answerHTTP2 answers one request with the header of content and 10,000 bytes of it, then ends as told.
func answerHTTP2(conn *tls.Conn, content []byte, end func(*http2.Framer, uint32) error) error {
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return err
	}
	framer := http2.NewFramer(conn, conn)
	if err := framer.WriteSettings(); err != nil {
		return err
	}
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return err
		}
		request, ok := frame.(*http2.HeadersFrame)
		if !ok {
			continue
		}
		var block bytes.Buffer
		encoder := hpack.NewEncoder(&block)
		for _, field := range [][2]string{{":status", "200"}, {"etag", `"v1"`}, {"content-length", fmt.Sprint(len(content))}} {
			_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
		}
		if err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: request.StreamID, BlockFragment: block.Bytes(), EndHeaders: true}); err != nil {
			return err
		}
		if err := framer.WriteData(request.StreamID, false, content[:10_000]); err != nil {
			return err
		}
		if err := end(framer, request.StreamID); err != nil {
			return err
		}
	}
}
