package corewasm

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Binary is the module as it was decoded. It must not be changed.
func (m *Module) Binary() []byte { return m.data }

// Save gives what Saved makes a Rewritten of again.
func (w *Rewritten) Save() []byte {
	b := binary.AppendUvarint(nil, uint64(w.shift))
	b = binary.AppendUvarint(b, uint64(len(w.segments)))
	var last segment
	for _, s := range w.segments {
		b = binary.AppendVarint(b, int64(s.at)-int64(last.at))
		b = binary.AppendVarint(b, int64(s.orig)-int64(last.orig))
		last = s
	}
	return append(b, w.Wasm...)
}

var errSaved = errors.New("corewasm: this is no rewritten module that was saved")

// Saved is what a rewriting of this module gave, from what Save gave. It holds
// the form against what is possible, and trusts it otherwise. The binary is part
// of saved.
func (m *Module) Saved(saved []byte) (*Rewritten, error) {
	w := newRewriter(m, &Edit{}).out
	next := func(read func([]byte) (int64, int)) int64 {
		v, n := read(saved)
		if n <= 0 {
			saved = nil
			return -1
		}
		saved = saved[n:]
		return v
	}
	unsigned := func(b []byte) (int64, int) {
		v, n := binary.Uvarint(b)
		return int64(v), n
	}
	w.shift = uint32(next(unsigned))
	n := next(unsigned)
	if n < 0 || n > int64(len(saved)/2) {
		return nil, errSaved
	}
	w.segments = make([]segment, n)
	var last segment
	for i := range w.segments {
		last.at += uint32(next(binary.Varint))
		last.orig += uint32(next(binary.Varint))
		w.segments[i] = last
	}
	if len(saved) == 0 || !slices.IsSortedFunc(w.segments, func(a, b segment) int { return int(int64(a.at) - int64(b.at)) }) {
		return nil, errSaved
	}
	w.Wasm = saved
	return w, nil
}
