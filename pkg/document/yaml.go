package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"github.com/premAI-io/verify-manifests/pkg/finding"
)

// readYAML builds the trees of the documents of a YAML 1.2 text. The library gives nodes as they are written; what makes a
// text mean two things, or grow without end, is checked here: keys that stand twice, aliases, depth.
func readYAML(path string, text []byte, maxSize int) ([]*Document, []finding.Finding) {
	r := &yamlReader{path: path, text: text, cursor: newCursor(text), maxValues: maxValues(len(text))}
	if r.acceptable(maxSize); r.stopped {
		return nil, r.findings.Findings()
	}
	if bytes.HasPrefix(text, utf8Mark) {
		r.cursor.position(len(utf8Mark))
		r.cursor.at.Column = 1 // as editors count
		text = text[len(utf8Mark):]
	}
	r.lines = libraryLines(text, len(r.text)-len(text))
	documents := r.documents(newLoader(text))
	if findings := r.findings.Findings(); len(findings) > 0 {
		return nil, findings
	}
	for _, d := range documents {
		d.Share = len(r.text) / len(documents)
	}
	return documents, nil
}

type yamlReader struct {
	path      string
	text      []byte
	cursor    cursor
	lines     []int // byte offsets at which the library's lines begin
	line      int   // of lines: where column stands
	column    int   // in code points, from 1, of offset
	offset    int
	document  int
	anchors   map[*yaml.Node]*Value // whole values; nil for those that are being read
	values    int
	maxValues int
	flowEnd   int // behind the brackets that were checked last
	findings  finding.List
	stopped   bool // nothing more can be read
}

func (r *yamlReader) fail(rule string, at finding.Position, pointer, message, fix string) {
	f := finding.New(rule, r.path, pointer, at, message, fix)
	f.Document = r.document
	r.findings.Add(f)
}

// stop reports what ends the reading.
func (r *yamlReader) stop(rule string, at finding.Position, pointer, message, fix string) {
	if !r.stopped {
		r.fail(rule, at, pointer, message, fix)
	}
	r.stopped = true
}

func (r *yamlReader) acceptable(maxSize int) {
	begin := finding.Position{Line: 1, Column: 1}
	if len(r.text) > maxSize {
		r.stop(finding.YAMLTooLarge, begin, "", tooLarge(maxSize), tooLargeFix)
		return
	}
	if invalid := firstInvalid(r.text); invalid < len(r.text) {
		c := newCursor(r.text)
		r.stop(finding.YAMLInvalidUTF8, c.position(invalid), "", fmt.Sprintf("the byte 0x%02x here is not valid UTF-8", r.text[invalid]), "Save the file as UTF-8.")
	}
	if at := strayMark(r.text); at >= 0 {
		c := newCursor(r.text)
		r.stop(finding.YAMLSyntax, c.position(at), "", "a byte-order mark begins this line: parsers differ in whether it is a part of the key, and nobody sees it", "Remove it: it may stand at the beginning of the file alone.")
	}
	if separators(r.text) > 2*r.maxValues {
		r.stop(finding.YAMLTooLarge, begin, "", fmt.Sprintf("the manifest has so many commas, colons, dashes and lines that they can hold more than %d values", r.maxValues), tooLargeFix)
	}
}

var utf8Mark = []byte("\ufeff")

// strayMark returns the offset of the first byte-order mark at the beginning of a line that is not the file's, -1 where there is none.
func strayMark(text []byte) int {
	for at := 0; at < len(text); at += len(utf8Mark) {
		next := bytes.Index(text[at:], utf8Mark)
		if next < 0 {
			break
		}
		at += next
		if before, _ := utf8.DecodeLastRune(text[:at]); strings.ContainsRune(lineBreaks+"\ufeff", before) {
			return at
		}
	}
	return -1
}

// separators counts what can stand between two values of a YAML text. There are hardly more values than these, and the library
// takes more than a hundred times the memory of a text that is made of nothing else.
func separators(text []byte) (n int) {
	for i, c := range text {
		switch c {
		case ',', '[', '{', '\n', '\r':
			n++
		case ':', '-', '?':
			if i+1 == len(text) || strings.IndexByte(" \t\r\n,[]{}\"'", text[i+1]) >= 0 {
				n++
			}
		}
	}
	return n
}

// newLoader returns what reads a text with the library, and gives up where it is nested too deep.
func newLoader(text []byte) *yaml.Loader {
	loader, err := yaml.NewLoader(bytes.NewReader(asYAML11(text)), yaml.WithV3Defaults(), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthFunc(checkDepth))))
	if err != nil {
		panic("document: " + err.Error()) // of the options, which are right
	}
	return loader
}

// asYAML11 changes the directive %YAML 1.2 at the beginning of a text to the one that the library takes. It means nothing to it.
func asYAML11(text []byte) []byte {
	const directive, known = "%YAML 1.2", "%YAML 1.1"
	for rest := text; len(rest) > 0 && strings.IndexByte("%# \t\r\n", rest[0]) >= 0; {
		if bytes.HasPrefix(rest, []byte(directive)) {
			return slices.Concat(text[:len(text)-len(rest)], []byte(known), rest[len(directive):])
		}
		_, rest, _ = bytes.Cut(rest, []byte("\n"))
	}
	return text
}

var errTooDeep = fmt.Errorf("the values are nested deeper than %d levels here", MaxDepth)

// checkDepth is asked by the library about mappings and lists in flow style inside each other, and about those in block style.
func checkDepth(depth int, _ *yaml.DepthContext) error {
	if depth > MaxDepth {
		return errTooDeep
	}
	return nil
}

// libraryLines returns where the lines begin as the library counts them. base is the offset of the text in the file.
func libraryLines(text []byte, base int) []int {
	lines := []int{base}
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		i += size
		switch {
		case c == '\r' && i < len(text) && text[i] == '\n':
		case strings.ContainsRune(lineBreaks, c):
			lines = append(lines, base+i)
		}
	}
	return lines
}

func (r *yamlReader) documents(loader *yaml.Loader) []*Document {
	var all []*Document
	for ; !r.stopped; r.document++ {
		var node yaml.Node
		err := load(loader, &node)
		switch {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			r.syntax(err)
			return nil
		}
		r.anchors = map[*yaml.Node]*Value{}
		root := &Value{isYAML: true}
		for _, content := range node.Content {
			r.read(root, content, 1)
		}
		if root.kind != "" {
			all = append(all, &Document{Path: r.path, Index: r.document, Syntax: YAML, Root: root})
		}
	}
	return all
}

// load keeps a panic of the library from ending the program: its input is hostile.
func load(loader *yaml.Loader, node *yaml.Node) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("the YAML library gave up: %v", problem)
		}
	}()
	return loader.Load(node)
}

// syntax reports why the library can't read on.
func (r *yamlReader) syntax(err error) {
	message, at := err.Error(), finding.Position{Line: 1, Column: 1}
	var failed *yaml.LoadError
	if errors.As(err, &failed) {
		message = failed.Message
		switch mark := failed.Mark; {
		case failed.Stage == yaml.ReaderStage:
			at = r.cursor.position(r.lines[0] + mark.Index)
		case mark.Line > 0:
			at = r.positionOf(mark.Line, max(mark.Column, 1))
		}
	}
	if message == errTooDeep.Error() {
		r.stop(finding.YAMLTooDeep, at, "", message, "Flatten the manifest.")
		return
	}
	rule, fix := finding.YAMLSyntax, "Look here and just before for a missing quote, colon, dash or bracket, a tab, or indentation that is not that of its neighbours."
	if strings.Contains(message, "anchor") {
		rule, fix = finding.YAMLAlias, "Name an anchor (`&name`) that stands before the alias in the same document."
	}
	message = "this is not YAML that can be read: " + finding.Quote(message)
	if failed != nil && failed.ContextMark.Line > 0 {
		begin := newCursor(r.text)
		message += fmt.Sprintf(", %s that begins on line %d", finding.Clean(failed.ContextMsg), begin.position(r.offsetOf(failed.ContextMark.Line, 1)).Line)
	}
	r.stop(rule, at, "", message, fix)
}

// positionOf returns the place of a line and column as the library counts them, of no text that was passed already.
func (r *yamlReader) positionOf(line, column int) finding.Position {
	return r.cursor.position(r.offsetOf(line, column))
}

// offsetOf turns the library's line and column into a byte offset; they ascend, so that a text costs one pass.
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
func (r *yamlReader) read(v *Value, n *yaml.Node, depth int) {
	v.isYAML = true
	if v.start = r.offsetOf(n.Line, n.Column); !isBlank(n) {
		v.start = r.skipProperties(v.start)
	}
	v.at = r.cursor.position(v.start)
	if r.checkNode(v.start, v.at, v, n); n.Style&yaml.FlowStyle != 0 && !r.stopped {
		r.checkFlow(v)
	}
	if r.stopped {
		return
	}
	if n.Kind == yaml.AliasNode {
		r.alias(v, n, depth)
		return
	}
	if !r.admit(v, depth, n.Kind != yaml.ScalarNode) {
		return
	}
	if n.Anchor != "" {
		r.anchors[n] = nil
	}
	v.tag = unusualTag(n)
	switch n.Kind {
	case yaml.MappingNode:
		r.members(v, n, depth)
	case yaml.SequenceNode:
		v.kind = Array
		for _, content := range n.Content {
			child := &Value{parent: v, index: len(v.children), pathLength: v.pathLength + 1}
			v.children = append(v.children, child)
			if r.read(child, content, depth+1); r.stopped {
				return
			}
		}
	default:
		v.kind, v.text = scalarKind(n), n.Value
		v.end, v.isShared = r.scalarEnd(v.start, n), n.Anchor != ""
	}
	if n.Anchor != "" {
		r.anchors[n] = v
	}
}

// isBlank reports whether a node is a value that is not written at all, as in `key:`.
func isBlank(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Value == "" && n.Style&^yaml.TaggedStyle == 0
}

// admit counts a value, and reports whether it may be read.
func (r *yamlReader) admit(v *Value, depth int, isContainer bool) bool {
	r.values++
	switch {
	case r.values > r.maxValues:
		r.stop(finding.YAMLTooLarge, v.at, v.Pointer(), fmt.Sprintf("the manifest has more than %d values, each alias followed", r.maxValues), "Use fewer aliases, or split the manifest.")
	case depth > MaxDepth && isContainer:
		r.stop(finding.YAMLTooDeep, v.at, v.Pointer(), fmt.Sprintf("the values are nested deeper than %d levels here", MaxDepth), "Flatten the manifest.")
	case v.pathLength > MaxPath:
		r.stop(finding.YAMLTooDeep, v.at, v.Parent().Pointer(), fmt.Sprintf("the names that lead here have more than %d bytes together", MaxPath), "Shorten the names.")
	}
	return !r.stopped
}

// lineBreaks are those that the library knows: YAML 1.1 has more than people and GitHub do (https://yaml.org/spec/1.1/#id871136).
const lineBreaks = "\r\n" + oldBreaks

// oldBreaks are the line breaks that YAML 1.2 does not know.
const oldBreaks = "\u0085\u2028\u2029"

// skipProperties returns the offset of a node's own text, behind its anchor and tag (https://yaml.org/spec/1.2.2/#69-node-properties).
func (r *yamlReader) skipProperties(offset int) int {
	for offset < len(r.text) && (r.text[offset] == '&' || r.text[offset] == '!') {
		end := offset + propertyLength(r.text[offset:])
		rest := bytes.TrimLeft(r.text[end:], " \t"+lineBreaks)
		for bytes.HasPrefix(rest, []byte("#")) { // a comment between the property and the value
			comment := bytes.IndexAny(rest, lineBreaks)
			if comment < 0 {
				return end
			}
			rest = bytes.TrimLeft(rest[comment:], " \t"+lineBreaks)
		}
		if len(rest) == 0 {
			return end
		}
		offset = len(r.text) - len(rest)
	}
	return offset
}

// propertyLength is the length of the anchor or tag that text begins with.
func propertyLength(text []byte) int {
	if bytes.HasPrefix(text, []byte("!<")) {
		if end := bytes.IndexByte(text, '>'); end > 0 {
			return end + 1
		}
	}
	if end := bytes.IndexAny(text, " \t,[]{}"+lineBreaks); end > 0 {
		return end
	}
	return len(text)
}

// members reads a mapping: first its own keys, then what it merges. A merge key is a key, and stands once.
func (r *yamlReader) members(v *Value, n *yaml.Node, depth int) {
	v.kind = Object
	var merged *Value
	isTagged := false // the merge key
	for i := 0; i+1 < len(n.Content) && !r.stopped; i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		child := &Value{parent: v}
		start := r.offsetOf(key.Line, key.Column)
		child.nameStart = r.skipProperties(start)
		child.nameAt = r.cursor.position(child.nameStart)
		if r.checkKey(v, child, key, start); r.stopped {
			return
		}
		if key.Anchor != "" {
			r.anchors[key] = &Value{isYAML: true, kind: scalarKind(key), text: key.Value, tag: unusualTag(key)}
		}
		child.name, child.pathLength = target(key).Value, v.pathLength+len(target(key).Value)+1
		first := merged
		if isMerge(key) {
			merged, child.index = child, len(v.children)
			isTagged = child.nameStart > start
		} else {
			first = v.adopt(child)
		}
		if first != nil {
			r.duplicate(child, first)
		}
		r.read(child, value, depth+1)
	}
	if merged != nil && !r.stopped {
		r.merge(v, merged, isTagged, depth)
	}
}

// target returns the node that stands for a key, which may be an alias.
func target(key *yaml.Node) *yaml.Node {
	if key.Kind == yaml.AliasNode {
		return key.Alias
	}
	return key
}

// isMerge reports whether a key merges: `<<` without quotes, with or without its tag.
func isMerge(key *yaml.Node) bool {
	tag := explicitTag(key)
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && !isQuoted(key) && (tag == "" || tag == "!!merge")
}

// isSimple reports whether a merge key stands before its colon on one line, and behind no `?`.
func (r *yamlReader) isSimple(start, end int) bool {
	before := bytes.TrimRight(r.text[:start], " \t\r\n")
	after := bytes.TrimLeft(r.text[end:], " \t")
	return !bytes.HasSuffix(before, []byte("?")) && bytes.HasPrefix(after, []byte(":"))
}

func isQuoted(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
}

// checkKey refuses keys that can't be named, and those that parsers read differently. A key keeps its spelling: 1.10 stays 1.10.
func (r *yamlReader) checkKey(parent, v *Value, key *yaml.Node, start int) {
	stop := func(rule, message, fix string) { r.stop(rule, v.nameAt, parent.Pointer(), message, fix) }
	r.checkNode(v.nameStart, v.nameAt, parent, key)
	named := target(key)
	tag := explicitTag(named)
	switch {
	case named.Kind != yaml.ScalarNode:
		stop(finding.YAMLKey, "A list or an object is used as a key, which no JSON pointer can name", "Write a plain text as the key.")
	case len(named.Value) > MaxName:
		stop(finding.YAMLKey, fmt.Sprintf("The key has %d bytes, and the maximum is %d", len(named.Value), MaxName), "Shorten the key.")
	case isMerge(key) && !r.isSimple(start, v.nameStart+len(key.Value)):
		stop(finding.YAMLMerge, "The merge key is written as an explicit key: some parsers merge, others read a key `<<`", "Write `<<: *name` on one line, without `?`.")
	case isMerge(key) && bytes.Contains(r.text[start:v.nameStart], []byte("!<")):
		stop(finding.YAMLTag, "The merge key has a verbatim tag: parsers differ in what they merge", "Remove the tag.")
	case isMerge(key):
	case isMerge(named):
		stop(finding.YAMLMerge, "The key is an alias of `<<`: some parsers merge what follows, others read a key `<<`", "Write `<<` itself.")
	case v.nameStart < r.flowEnd && key.Kind == yaml.ScalarNode && !isQuoted(key) && strings.Contains(key.Value, ":"):
		stop(finding.YAMLAmbiguous, "The key "+finding.Quote(key.Value)+" holds a `:` without quotes: some parsers end the key there", "Put the key between quotes, or a blank behind the `:`.")
	case tag == "!!str" && named.Value == "<<", tag != "" && tag != "!!str":
		stop(finding.YAMLTag, fmt.Sprintf("The key %s has the tag %s: some parsers read another key, others ignore the tag", finding.Quote(named.Value), finding.Quote(tag)), "Remove the tag.")
	}
}

// checkNode refuses what parsers read differently in the way that a node is written: its line, the name of its anchor, and NUL.
func (r *yamlReader) checkNode(start int, at finding.Position, v *Value, n *yaml.Node) {
	name := n.Anchor
	if n.Kind == yaml.AliasNode {
		name = n.Value
	}
	beginsLate := func() bool { // behind such a break; between brackets, scanFlow finds it
		return start >= r.flowEnd && bytes.ContainsAny(r.text[bytes.LastIndexByte(r.text[:start], '\n')+1:start], oldBreaks)
	}
	switch {
	case strings.ContainsAny(name, ":?%@`"):
		r.stop(finding.YAMLAmbiguous, at, v.Pointer(), "The anchor "+finding.Quote(name)+" holds a character at which some parsers end its name", "Use letters, digits, `-` and `_` in the name.")
	case n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "\x00"):
		r.stop(finding.YAMLControl, at, v.Pointer(), "The text "+finding.Quote(n.Value)+" holds a NUL, at which some programs end it", "Remove the NUL.")
	case beginsLate():
		r.stop(finding.YAMLAmbiguous, at, v.Pointer(), oldBreakProblem, oldBreakFix)
	}
}

// checkFlow refuses what parsers read differently between the brackets that a value begins with.
func (r *yamlReader) checkFlow(v *Value) {
	if v.start < r.flowEnd {
		return // it is inside others
	}
	end, problem, fix := scanFlow(r.text[v.start:])
	r.flowEnd = v.start + end
	if problem != "" {
		c := newCursor(r.text)
		r.stop(finding.YAMLAmbiguous, c.position(r.flowEnd), v.Pointer(), problem, fix)
	}
}

func (r *yamlReader) duplicate(v, first *Value) {
	r.findings.Report(finding.YAMLDuplicateKey, func() finding.Finding {
		f := finding.New(finding.YAMLDuplicateKey, r.path, v.Pointer(), v.nameAt,
			fmt.Sprintf("The key %s is used twice in one mapping, first on line %d: parsers differ in which value they take", finding.Quote(v.name), first.nameAt.Line), "Keep one of the two.")
		f.Document = r.document
		return f
	})
}

// merge gives a mapping the members of those that it merges (https://yaml.org/type/merge.html): its own win, then earlier ones.
// Parsers that merge in the order of the text let the merged member win over one that stands before the merge key.
func (r *yamlReader) merge(v, merged *Value, isTagged bool, depth int) {
	sources := []*Value{merged}
	if merged.kind == Array {
		sources = merged.children
	}
	own := len(v.children)
	for _, source := range sources {
		if source.Kind() != Object {
			r.stop(finding.YAMLMerge, source.at, v.Pointer(), "A merge key takes a mapping or a list of mappings, and this is "+source.Describe(), "Name the anchor of a mapping: `<<: *name`.")
			return
		}
		for _, member := range source.children {
			if r.stopped {
				return
			}
			switch first := v.Get(member.name); {
			case first == nil:
				r.copy(v, member, depth+1)
			case first.index < min(merged.index, own):
				r.stop(finding.YAMLMerge, merged.nameAt, first.Pointer(), fmt.Sprintf("The merge key brings %s, which stands before it on line %d: parsers differ in which value they take", finding.Quote(member.name), first.nameAt.Line),
					"Move the merge key to the beginning of the mapping.")
			case isTagged && first.index >= own:
				r.stop(finding.YAMLMerge, merged.nameAt, first.Pointer(), fmt.Sprintf("The merge key has a tag, and two of its mappings bring %s: parsers differ in which value they take", finding.Quote(member.name)), "Remove the tag of the merge key.")
			default:
				v.overridden = append(v.overridden, member)
			}
		}
	}
}

// copy puts a copy of a value, with all below it, under another parent: the same text at another place of the document.
func (r *yamlReader) copy(parent, from *Value, depth int) {
	v := *from
	v.children, v.byName = nil, nil
	v.parent, v.index, v.pathLength = parent, len(parent.children), parent.pathLength+len(v.name)+1
	if parent.kind == Array {
		parent.children = append(parent.children, &v)
	} else {
		parent.adopt(&v)
	}
	if !r.admit(&v, depth, len(from.children) > 0) {
		return
	}
	for _, child := range from.children {
		if r.copy(&v, child, depth+1); r.stopped {
			return
		}
	}
}

// alias makes v a copy of what an alias names. The place of a scalar is the alias; what lies deeper keeps its own.
func (r *yamlReader) alias(v *Value, n *yaml.Node, depth int) {
	from, known := r.anchors[n.Alias]
	switch {
	case !known || from == nil:
		r.stop(finding.YAMLAlias, v.at, v.Pointer(), "the alias "+finding.Quote("*"+n.Value)+" stands inside the value that it names: the value would have no end", "Write the value itself.")
		return
	case !r.admit(v, depth, len(from.children) > 0):
		return
	}
	v.kind, v.text, v.tag, v.overridden, v.isShared = from.kind, from.text, from.tag, from.overridden, true
	for _, child := range from.children {
		if r.copy(v, child, depth+1); r.stopped {
			return
		}
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

func scalarKind(n *yaml.Node) Kind {
	switch n.ShortTag() {
	case "!!null":
		return Null
	case "!!bool":
		return Boolean
	case "!!int", "!!float":
		return Number
	}
	return String
}

// scalarEnd returns the offset behind a scalar that stands on one line, 0 for any other: only those are edited. No more than the
// scalar is read, since a line can be as long as the text.
func (r *yamlReader) scalarEnd(start int, n *yaml.Node) int {
	switch rest := r.text[start:]; {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return quoteEnd(start, rest, '"', '\\')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return quoteEnd(start, rest, '\'', '\'')
	case isBlank(n) || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || strings.ContainsAny(n.Value, lineBreaks) || !bytes.HasPrefix(rest, []byte(n.Value)):
		return 0
	}
	return start + len(n.Value)
}

// quoteEnd returns the offset behind the closing quote, 0 where it is on another line. escape makes the next byte plain.
func quoteEnd(start int, text []byte, quote, escape byte) int {
	for i := 1; i < len(text) && text[i] != '\r' && text[i] != '\n'; i++ {
		switch {
		case text[i] == escape && i+1 < len(text) && (escape != quote || text[i+1] == quote):
			i++
		case text[i] == quote:
			return start + i + 1
		}
	}
	return 0
}
