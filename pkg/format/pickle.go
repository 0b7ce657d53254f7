package format

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// argument is what follows an opcode of Python's pickle format.
type argument struct {
	size   int  // bytes of a fixed argument, or of a length where prefix is set
	prefix bool // a little-endian length comes first
	lines  int  // text that ends with a line feed
}

// pickleOpcodes are those of all protocols (https://github.com/python/cpython/blob/main/Lib/pickletools.py).
// PERSID is left out: no loader takes it without a handler of its own.
var pickleOpcodes = opcodes(map[string]argument{
	"N]ael)t}dsu02(1RboQ\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98": {},

	"Khq\x80\x82":  {size: 1},
	"M\x83":        {size: 2},
	"Jjr\x84":      {size: 4},
	"G\x95":        {size: 8},
	"UC\x8a\x8c":   {size: 1, prefix: true},
	"BTX\x8b":      {size: 4, prefix: true},
	"\x8d\x8e\x96": {size: 8, prefix: true},
	"FILSVgp":      {lines: 1},
	"ci":           {lines: 2},
})

func opcodes(byArgument map[string]argument) map[byte]argument {
	all := map[byte]argument{}
	for codes, a := range byArgument {
		for _, code := range []byte(codes) {
			all[code] = a
		}
	}
	return all
}

const (
	pickleStop    = '.'
	pickleUnicode = 'V'
	pickleImports = "ci\x93\x82\x83\x84" // a pickle that imports nothing executes nothing
)

// mayBePickle reports whether a pickle that executes code could begin with these bytes: a file can be made
// that is one although it has another format's header.
func mayBePickle(head []byte) bool {
	imports := false
	for rest := head; len(rest) > 0; {
		opcode := rest[0]
		a, known := pickleOpcodes[opcode]
		n, possible := a.length(opcode, rest[1:])
		imports = imports || strings.IndexByte(pickleImports, opcode) >= 0
		switch {
		case opcode == pickleStop:
			return imports
		case !known || !possible:
			return false
		case n >= len(rest)-1:
			return true
		}
		rest = rest[1+n:]
	}
	return true
}

// length returns how many bytes an opcode's argument takes, which may be more than there are, and whether
// the argument is one that a loader accepts: no line of text but a string holds a NUL.
func (a argument) length(opcode byte, rest []byte) (n int, possible bool) {
	if a.prefix && len(rest) >= a.size {
		var length [8]byte
		copy(length[:], rest[:a.size])
		return a.size + int(min(binary.LittleEndian.Uint64(length[:]), uint64(len(rest)))), true
	}
	for range a.lines {
		line, _, found := bytes.Cut(rest[n:], []byte("\n"))
		if opcode != pickleUnicode && bytes.IndexByte(line, 0) >= 0 {
			return 0, false
		}
		if !found {
			return len(rest), true
		}
		n += len(line) + 1
	}
	return n + a.size, true
}
