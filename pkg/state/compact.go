package state

import (
	"bytes"
	"compress/flate"
	"errors"
	"maps"
	"slices"
	"sort"
)

// Compact returns a form of the state of at most limit bytes, which ReadCompact reads, and how many URLs had
// no room in it. Of the sorted URLs those at the end are left out.
func (s *State) Compact(limit int) (data []byte, dropped int, err error) {
	urls := slices.Sorted(maps.Keys(s.Files))
	first := func(n int) ([]byte, error) {
		part := &State{Files: map[string]File{}}
		for _, url := range urls[:n] {
			part.Files[url] = s.Files[url]
		}
		return part.deflate()
	}
	dropped = sort.Search(len(urls), func(dropped int) bool {
		data, err := first(len(urls) - dropped)
		return err != nil || len(data) <= limit
	})
	data, err = first(len(urls) - dropped)
	return data, dropped, err
}

func (s *State) deflate() ([]byte, error) {
	text, err := s.marshal()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(text)
	err = errors.Join(err, w.Close())
	return b.Bytes(), err
}

// ReadCompact reads what Compact made, and trusts it as little as Read does.
func ReadCompact(data []byte) (*State, error) {
	return Read(flate.NewReader(bytes.NewReader(data)))
}
