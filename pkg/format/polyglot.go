package format

import (
	"bytes"
	"strconv"
	"strings"
)

// TailSize is how many last bytes of a file WithTail needs: zip's end record and the longest comment after it.
const TailSize = zipEndSize + 1<<16 - 1

const (
	zipEnd     = "PK\x05\x06" // APPNOTE.TXT, section 4.3.16
	zipEndSize = 22
)

// WithTail returns the format of a file with these last bytes. A zip archive is found by its end, whatever is before it: Python runs
// one that is appended to a model.
func (f Format) WithTail(tail []byte) Format {
	if i := bytes.LastIndex(tail, []byte(zipEnd)); i >= 0 && len(tail)-i >= zipEndSize && f.is(safe) {
		f.also = "a zip archive"
	}
	return f
}

// also returns the other format, which executes code when it is loaded, of a file with a model's header; "" for none.
func also(head []byte) string {
	switch {
	case mayBePickle(head):
		return "a pickle"
	case mayBeTar(head):
		return "a tar archive"
	case mayBeHDF5(head):
		return "an HDF5 file"
	}
	return ""
}

// mayBeTar reports whether a tar reader accepts these bytes as a header, by the checksum and not the magic (POSIX.1-1988; PyTorch loads
// pickles from such archives).
func mayBeTar(head []byte) bool {
	const size, at, end = 512, 148, 156
	if len(head) < size {
		return false
	}
	want, err := strconv.ParseInt(strings.Trim(string(head[at:end]), " \x00"), 8, 64)
	sum := int64((end - at) * ' ')
	for i, b := range head[:size] {
		if i < at || i >= end {
			sum += int64(b)
		}
	}
	return err == nil && want == sum
}

// mayBeHDF5 reports whether an HDF5 file, which contains code in Keras's models, begins at one of the offsets that readers try after
// other bytes (HDF5 File Format Specification, section II.A).
func mayBeHDF5(head []byte) bool {
	for at := 512; at < len(head); at *= 2 {
		if bytes.HasPrefix(head[at:], []byte("\x89HDF\r\n\x1a\n")) {
			return true
		}
	}
	return false
}
