package format

import (
	"bytes"
	"encoding/binary"
	"regexp"
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
	pickleGlobals = "ci"               // the first line is the module, whose import runs it
	pickleNumbers = "FILgp"            // a line that is a number, up to a NUL where there is one
	pickleOthers  = "\x93\x82\x83\x84" // import what the stack or a registry names
)

// mayBePickle reports whether a pickle that imports something could begin with these bytes: a file with another format's header can be
// made one. What follows an import does not matter: Python runs the import first. A pickle without imports executes nothing.
func mayBePickle(head []byte) bool {
	for rest := head; len(rest) > 0; {
		opcode := rest[0]
		a, known := pickleOpcodes[opcode]
		n, possible := a.length(opcode, rest[1:])
		switch {
		case opcode == pickleStop: // another pickle may follow
		case !known || !possible:
			return false
		case strings.IndexByte(pickleGlobals+pickleOthers, opcode) >= 0, n >= len(rest)-1:
			return true
		}
		rest = rest[1+n:]
	}
	return true
}

// length returns the length of an opcode's argument, which may be more than there is, and whether a loader accepts it.
func (a argument) length(opcode byte, rest []byte) (n int, possible bool) {
	if a.prefix && len(rest) >= a.size {
		var length [8]byte
		copy(length[:], rest[:a.size])
		return a.size + int(min(binary.LittleEndian.Uint64(length[:]), uint64(len(rest)))), true
	}
	for i := range a.lines {
		line, _, found := bytes.Cut(rest[n:], []byte("\n"))
		if i == 0 && !acceptable(opcode, line, found) {
			return 0, false
		}
		if !found {
			return len(rest), true
		}
		n += len(line) + 1
	}
	return n + a.size, true
}

// numberLine is what CPython reads as a number of any kind.
var numberLine = regexp.MustCompile(`(?i)^\s*[+-]?([0-9][0-9a-fxo_]*L?|([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?|inf(inity)?|nan)\s*$`)

// acceptable reports whether CPython's loader may accept a line, which is whole or continues beyond the head. It reads numbers as C
// strings, which end at a NUL (https://github.com/python/cpython/blob/main/Modules/_pickle.c, load_int and the like); to load_int an
// empty one is 0.
func acceptable(opcode byte, line []byte, whole bool) bool {
	text, _, cut := bytes.Cut(line, []byte{0})
	switch {
	case opcode == 'S':
		return len(line) == 0 && !whole || len(line) > 0 && strings.IndexByte(`'"`, line[0]) >= 0
	case strings.IndexByte(pickleNumbers, opcode) >= 0:
		return !whole && !cut || numberLine.Match(text) || opcode == 'I' && cut && len(text) == 0
	}
	return opcode == 'V' || !cut
}
