package tomlpos

// Index knows where each key and value of a TOML source stands. A source with syntax errors gives an index of what could be made out.
// Keys in a path are strings, places in lists and arrays of tables are ints from 0.
type Index struct {
	src  []byte
	root node
}

// node is a key or a list element: its places, and what is below it.
type node struct {
	key, value span
	keys       map[string]*node
	items      []*node
}

// span is a range of bytes; the zero span is nowhere.
type span struct{ start, end int }

func (s span) known() bool { return s.end > s.start }

// Find gives the place of the value at path: for a [table] its header, for a table that only dotted keys make the first of these.
func Find(src []byte, path ...any) (pos Pos, ok bool) {
	return NewIndex(src).Value(path...)
}

// FindKey gives the place of the key at path; a list element, which has no key, is found at its value.
func FindKey(src []byte, path ...any) (pos Pos, ok bool) {
	return NewIndex(src).Key(path...)
}

// NewIndex reads the places of src. It keeps src, which must not change.
func NewIndex(src []byte) *Index {
	x := &Index{src: src}
	s := scanner{src: src, root: &x.root}
	s.document()
	return x
}

// Value gives the place of the value at path, as [Find] does.
func (x *Index) Value(path ...any) (pos Pos, ok bool) {
	n, depth := x.walk(path)
	if depth < len(path) {
		return Pos{}, false
	}
	return x.pos(n.value, n.key)
}

// Key gives the place of the key at path, as [FindKey] does.
func (x *Index) Key(path ...any) (pos Pos, ok bool) {
	n, depth := x.walk(path)
	if depth < len(path) {
		return Pos{}, false
	}
	return x.pos(n.key, n.value)
}

// nearest gives the place of the value at path, or of the deepest table or list on the way to it; the start of the file when there is none.
func (x *Index) nearest(path []any) Pos {
	n, depth := x.walk(path)
	if depth == len(path) {
		if p, ok := x.pos(n.value, n.key); ok {
			return p
		}
	}
	// Something is missing in a table: its key is where to look, since its value may go over many lines.
	for ; depth > 0; depth-- {
		n, _ = x.walk(path[:depth])
		if p, ok := x.pos(n.key, n.value); ok {
			return p
		}
	}
	return Pos{Line: 1, Col: 1}
}

// walk follows path as far as it goes, and says how many of its segments that were.
func (x *Index) walk(path []any) (n *node, depth int) {
	n = &x.root
	for i, segment := range path {
		var next *node
		switch s := segment.(type) {
		case string:
			next = n.keys[s]
		case int:
			if s >= 0 && s < len(n.items) {
				next = n.items[s]
			}
		}
		if next == nil {
			return n, i
		}
		n = next
	}
	return n, len(path)
}

func (x *Index) pos(first, second span) (Pos, bool) {
	if !first.known() {
		first = second
	}
	if !first.known() {
		return Pos{}, false
	}
	return posAt(x.src, first.start, first.end), true
}
