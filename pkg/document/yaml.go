package document

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// yamlReader reads YAML 1.2. The library returns nodes as written. Ambiguous and unbounded text is
// detected here: duplicate keys, merges, tags, aliases, depth.
type yamlReader struct {
	*reader
	lines   []int // byte offsets at which the library's lines begin
	line    int   // of lines: that of column
	column  int   // in code points, from 1, of offset
	offset  int
	anchors map[*yaml.Node]*Value // whole values
	flowEnd int                   // behind the brackets that were checked last
}

func (r *yamlReader) documents() (all []*Document) {
	if at := strayMark.FindIndex(r.text); at != nil {
		r.stop("syntax", at[1]-len(utf8Mark), nil, "A byte-order mark begins this line: parsers differ in whether it is a part of the key", "Remove it: only the file may start with one.")
	}
	if separators(r.text) > 2*r.maxValues {
		r.tooMany(nil)
	}
	text := bytes.TrimPrefix(r.text, utf8Mark)
	r.lines = libraryLines(text, len(r.text)-len(text))
	text = yaml12.ReplaceAll(text, []byte("${1}%YAML 1.1")) // the library takes no other, and ignores it
	checkDepth := loaderlimits.DepthFunc(func(depth int, _ *yaml.DepthContext) error {
		if depth > MaxDepth {
			return errors.New(tooDeep)
		}
		return nil
	})
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithV3Defaults(), yaml.WithPlugin(loaderlimits.New(checkDepth)))
	if err != nil {
		panic("document: " + err.Error()) // of the options, which are right
	}
	for ; ; r.document++ {
		var node yaml.Node
		if err := load(loader, &node); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			r.invalid(err)
		}
		r.anchors = map[*yaml.Node]*Value{}
		root := r.newRoot()
		for _, content := range node.Content {
			r.read(root, content)
		}
		if root.kind != "" {
			all = append(all, &Document{Index: r.document, Root: root})
		}
	}
}

var yaml12 = regexp.MustCompile(`\A((?:(?:[%# \t\r].*)?\n)*?)%YAML 1\.2`)

// strayMark is a byte-order mark at the beginning of a line other than the file's first.
var strayMark = regexp.MustCompile("[" + lineBreaks + "\ufeff]\ufeff")

// separators counts what can separate values of a YAML text. There are hardly more values than these, and the library takes more than
// a hundred times the memory of a text that consists of nothing else.
func separators(text []byte) (n int) {
	for _, c := range []byte(",[{\n\r") {
		n += bytes.Count(text, []byte{c})
	}
	for _, sign := range []byte(":-?") {
		for _, next := range []byte(" \t\r\n,[]{}\"'") {
			n += bytes.Count(text, []byte{sign, next})
		}
	}
	return n
}

// lineBreaks are those of YAML 1.1, which the library uses (https://yaml.org/spec/1.1/#id871136). YAML 1.2 does not have oldBreaks.
const (
	lineBreaks = "\r\n" + oldBreaks
	oldBreaks  = "\u0085\u2028\u2029"
)

// libraryLines returns where the lines begin as the library counts them. base is the offset of the text in the file.
func libraryLines(text []byte, base int) []int {
	lines := []int{base}
	for i, c := range string(text) {
		isCRLF := c == '\r' && bytes.HasPrefix(text[i:], []byte("\r\n"))
		if strings.ContainsRune(lineBreaks, c) && !isCRLF {
			lines = append(lines, base+i+utf8.RuneLen(c))
		}
	}
	return lines
}

// load recovers from panics of the library, whose input is hostile.
func load(loader *yaml.Loader, node *yaml.Node) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("the YAML library failed: %v", problem)
		}
	}()
	return loader.Load(node)
}

// invalid reports the library's error.
func (r *yamlReader) invalid(err error) {
	message, offset := err.Error(), 0
	var failed *yaml.LoadError
	if errors.As(err, &failed) {
		message = failed.Message
		switch mark := failed.Mark; {
		case failed.Stage == yaml.ReaderStage:
			offset = r.lines[0] + mark.Index
		case mark.Line > 0:
			offset = r.offsetOf(mark.Line, max(mark.Column, 1))
		}
	}
	switch {
	case message == tooDeep:
		r.stop("too-deep", offset, nil, message, "Flatten the manifest.")
	case strings.Contains(message, "anchor"):
		r.stop("alias", offset, nil, "Invalid YAML: "+finding.Quote(message), "Use an anchor (`&name`) that is defined before the alias in the same document.")
	}
	r.stop("syntax", offset, nil, "Invalid YAML: "+finding.Quote(message),
		"Look here and just before for a missing quote, colon, dash or bracket, a tab, or different indentation.")
}

// offsetOf turns the library's line and column into a byte offset. They ascend, so that a text costs one pass.
func (r *yamlReader) offsetOf(line, column int) int {
	if line--; line >= len(r.lines) {
		return len(r.text)
	}
	if line != r.line || column < r.column || r.offset == 0 {
		r.line, r.column, r.offset = line, 1, r.lines[line]
	}
	for r.column < column && r.offset < len(r.text) {
		_, size := utf8.DecodeRune(r.text[r.offset:])
		r.offset += size
		r.column++
	}
	return r.offset
}

// read reads a node into v, whose parent and name are set.
func (r *yamlReader) read(v *Value, n *yaml.Node) {
	if v.start = r.offsetOf(n.Line, n.Column); !isBlank(n) {
		v.start = r.skipProperties(v.start)
	}
	v.at = r.cursor.position(v.start)
	r.checkNode(v, n, v.start)
	if n.Style&yaml.FlowStyle != 0 {
		r.checkFlow(v)
	}
	if n.Kind == yaml.AliasNode {
		r.alias(v, n)
		return
	}
	v.kind, v.tag = kindOf(n), unusualTag(n)
	if n.Kind == yaml.ScalarNode {
		v.text, v.end, v.isShared = n.Value, r.scalarEnd(v.start, n), n.Anchor != ""
	}
	r.admit(v)
	switch v.kind {
	case Object:
		r.members(v, n)
	case Array:
		for _, content := range n.Content {
			r.read(r.newElement(v), content)
		}
	}
	if n.Anchor != "" {
		r.anchors[n] = v
	}
}

// isBlank reports whether a node is a value that is not written at all, as in `key:`.
func isBlank(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&^yaml.TaggedStyle == 0
}

// propertyPattern is a node's anchor or tag (https://yaml.org/spec/1.2.2/#69-node-properties).
const propertyPattern = `(?:!<[^>]*>?|[&!][^ \t,\[\]{}` + lineBreaks + `]*)`

var (
	property   = regexp.MustCompile("^" + propertyPattern)
	properties = regexp.MustCompile("^(?:" + propertyPattern + "(?:[ \t" + lineBreaks + "]|#[^" + lineBreaks + "]*)*)*") // with comments
)

// skipProperties returns the offset of a node's own text, behind its anchor and tag.
func (r *yamlReader) skipProperties(offset int) int {
	return offset + len(properties.Find(r.text[offset:]))
}

// lengthUpTo returns the length of a text before the first of some characters, that of the whole for none.
func lengthUpTo(text []byte, characters string) int {
	if i := bytes.IndexAny(text, characters); i >= 0 {
		return i
	}
	return len(text)
}

// members reads a mapping: first its own keys, then what it merges. A merge key is a key, and can't be repeated.
func (r *yamlReader) members(v *Value, n *yaml.Node) {
	var merged *Value
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		start := r.offsetOf(key.Line, key.Column)
		child := r.newMember(v, target(key).Value, r.skipProperties(start))
		r.checkKey(child, key, start)
		if key.Anchor != "" {
			r.anchors[key] = &Value{syntax: YAML, kind: kindOf(key), text: key.Value, tag: unusualTag(key)}
		}
		first := merged
		if isMerge(key) {
			merged, child.index = child, len(v.children)
		} else {
			first = v.adopt(child)
		}
		if first != nil {
			r.duplicate(child, first)
		}
		r.read(child, value)
	}
	if merged != nil {
		r.merge(v, merged)
	}
}

// target returns the node that a key stands for, which may be an alias.
func target(key *yaml.Node) *yaml.Node {
	if key.Kind == yaml.AliasNode {
		return key.Alias
	}
	return key
}

// isMerge reports whether a key merges: `<<` without quotes, with or without its tag.
func isMerge(key *yaml.Node) bool {
	tag := explicitTag(key)
	return isPlain(key) && key.Value == "<<" && (tag == "" || tag == "!!merge")
}

// isExplicit reports whether a key is written after a `?`, or its colon is on another line.
func (r *yamlReader) isExplicit(start, end int) bool {
	before := bytes.TrimRight(r.text[:start], " \t\r\n")
	after := bytes.TrimLeft(r.text[end:], " \t")
	return bytes.HasSuffix(before, []byte("?")) || !bytes.HasPrefix(after, []byte(":"))
}

// isPlain reports whether a node is a scalar without quotes.
func isPlain(n *yaml.Node) bool {
	const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return n.Kind == yaml.ScalarNode && n.Style&quoted == 0
}

// checkKey rejects keys that a pointer can't name and keys that parsers read differently. A key keeps its spelling: 1.10 stays 1.10.
func (r *yamlReader) checkKey(v *Value, key *yaml.Node, start int) {
	stop := func(rule, message, fix string) { r.stop(rule, v.nameStart, v.parent, message, fix) }
	r.checkNode(v.parent, key, v.nameStart)
	named := target(key)
	tag, name := explicitTag(named), finding.Quote(named.Value)
	hasOddTag := tag != "" && tag != "!!str" || tag == "!!str" && named.Value == "<<"
	if isMerge(key) {
		hasOddTag = bytes.Contains(r.text[start:v.nameStart], []byte("!<"))
	}
	switch {
	case named.Kind != yaml.ScalarNode:
		stop("key", "Invalid key: a list or an object", "Use a plain text as the key.")
	case isMerge(named) && (key != named || r.isExplicit(start, v.nameStart+len(key.Value))):
		stop("merge", "The merge key is an alias or written with `?`: some parsers merge, others read a key `<<`", "Write `<<: *name` on one line.")
	case isPlain(key) && (v.nameStart < r.flowEnd && strings.Contains(key.Value, ":") || strings.ContainsAny(key.Value, "\t"+oldBreaks)):
		stop("ambiguous", "The unquoted key "+name+" contains a colon, a tab or a line break of YAML 1.1: parsers differ in where it ends", "Quote the key.")
	case hasOddTag:
		stop("tag", "The key "+name+" has the tag "+finding.Quote(tag)+": parsers differ in the key that they read", "Remove the tag.")
	}
}

const (
	oldBreakProblem = "Line break of YAML 1.1 (U+0085, U+2028 or U+2029): parsers differ in what it separates"
	separateFix     = "Quote the text, or separate it by spaces and ordinary line breaks."
)

// checkNode refuses what parsers read differently in the way that a node is written: its line and the name of its anchor.
func (r *yamlReader) checkNode(v *Value, n *yaml.Node, start int) {
	name := n.Anchor
	if n.Kind == yaml.AliasNode {
		name = n.Value
	}
	if strings.ContainsAny(name, ":?%@`") {
		r.stop("ambiguous", start, v, "The anchor "+finding.Quote(name)+" contains a character that ends the name for some parsers", "Use letters, digits, `-` and `_` in the name.")
	}
	if start < r.flowEnd {
		return // scanFlow finds line breaks, at a lower price
	}
	if line := bytes.LastIndexByte(r.text[:start], '\n') + 1; bytes.ContainsAny(r.text[line:start], oldBreaks) {
		r.stop("ambiguous", start, v, oldBreakProblem, separateFix)
	}
}

// checkFlow refuses what parsers read differently between the brackets that a value begins with.
func (r *yamlReader) checkFlow(v *Value) {
	if v.start < r.flowEnd {
		return // it is inside others
	}
	end, problem := scanFlow(r.text[v.start:])
	r.flowEnd = v.start + end
	if problem != "" {
		r.stop("ambiguous", r.flowEnd, v, problem, separateFix)
	}
}

// merge gives a mapping the members of those that it merges (https://yaml.org/type/merge.html): its own override them. Parsers that
// merge in the order of the text let merged members override those before the merge key, and later mappings of a list earlier ones.
func (r *yamlReader) merge(v, merged *Value) {
	sources := []*Value{merged}
	if merged.kind == Array {
		sources = merged.children
	}
	own := len(v.children)
	for _, source := range sources {
		if source.kind != Object {
			r.stop("merge", source.start, v, "The merge key has "+source.Describe()+"; expected a mapping or a list of mappings", "Name the anchor of a mapping: `<<: *name`.")
		}
		for _, member := range source.children {
			switch first := v.Get(member.name); {
			case first == nil:
				r.copy(v, member)
			case first.index < min(merged.index, own), first.index >= own && !isSameScalar(first, member):
				r.stop("merge", merged.nameStart, first, fmt.Sprintf("The merge key adds %s, which line %d already defines: parsers differ in which value they keep", finding.Quote(member.name), first.nameAt.Line),
					"Move the merge key to the beginning of the mapping, and merge each key once.")
			default:
				v.overridden = append(v.overridden, member)
			}
		}
	}
}

func isSameScalar(a, b *Value) bool {
	return a.kind == b.kind && a.text == b.text && a.tag == b.tag && len(a.children)+len(b.children) == 0
}

// copy appends a copy of a value, with all below it, to another parent: the same text at another place of the document.
func (r *yamlReader) copy(parent, from *Value) {
	v := *from
	v.children, v.byName = nil, nil
	v.depth, v.pathLength = parent.depth+1, parent.pathLength+len(v.name)+1
	parent.adopt(&v)
	r.admit(&v)
	for _, child := range from.children {
		r.copy(&v, child)
	}
}

// alias makes v a copy of what an alias names. A scalar has the position of the alias, values below it keep theirs.
func (r *yamlReader) alias(v *Value, n *yaml.Node) {
	from := r.anchors[n.Alias]
	if from == nil {
		r.stop("alias", v.start, v, "The alias "+finding.Quote("*"+n.Value)+" is inside the value that it names", "Write the value itself.")
	}
	v.kind, v.text, v.tag, v.overridden, v.isShared = from.kind, from.text, from.tag, from.overridden, true
	r.admit(v)
	for _, child := range from.children {
		r.copy(v, child)
	}
}

// explicitTag returns the tag that is written before a node, "" for none.
func explicitTag(n *yaml.Node) string {
	if n.Tag == "!" {
		return "!"
	}
	if n.Style&yaml.TaggedStyle == 0 {
		return ""
	}
	return n.ShortTag()
}

// unusualTag returns a node's tag where parsers may differ in what it makes of the value: only `!!str` of a text, and the tags of
// containers on such a container, change nothing.
func unusualTag(n *yaml.Node) string {
	tag := explicitTag(n)
	if tag == map[yaml.Kind]string{yaml.ScalarNode: "!!str", yaml.MappingNode: "!!map", yaml.SequenceNode: "!!seq"}[n.Kind] {
		return ""
	}
	return tag
}

var scalarKinds = map[string]Kind{"!!null": Null, "!!bool": Boolean, "!!int": Number, "!!float": Number}

func kindOf(n *yaml.Node) Kind {
	switch n.Kind {
	case yaml.MappingNode:
		return Object
	case yaml.SequenceNode:
		return Array
	}
	return cmp.Or(scalarKinds[n.ShortTag()], String)
}

// scalarEnd returns the offset behind a scalar on one line, 0 for any other: only those are edited.
func (r *yamlReader) scalarEnd(start int, n *yaml.Node) int {
	rest := r.text[start:]
	length := len(n.Value)
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		length = quotedLength(rest)
	case isBlank(n) || !isPlain(n) || !bytes.HasPrefix(rest, []byte(n.Value)):
		return 0
	}
	if bytes.ContainsAny(rest[:length], lineBreaks) {
		return 0
	}
	return start + length
}
