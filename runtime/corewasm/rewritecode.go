package corewasm

import (
	"fmt"
	"sort"
)

// code gives the code section's new contents and notes in the segments where
// they come from.
func (w *rewriter) code() ([]byte, error) {
	s := w.m.sections[secCode]
	b := make([]byte, 0, s.end-s.start+(s.end-s.start)/4)
	b = appendU32(b, uint32(len(w.m.Bodies)+len(w.funcs)))
	var c bodyWriter
	c.w = w
	for i := range w.m.Bodies {
		body := &w.m.Bodies[i]
		if err := c.write(body); err != nil {
			return nil, fmt.Errorf("rewrite: function %d: %w", body.Func, err)
		}
		w.out.segments = append(w.out.segments, segment{uint32(len(b)), fixed | nowhere})
		b = appendU32(b, uint32(len(c.b)))
		for _, seg := range c.segments {
			w.out.segments = append(w.out.segments, segment{seg.at + uint32(len(b)), seg.orig})
		}
		b = append(b, c.b...)
	}
	w.out.segments = append(w.out.segments, segment{uint32(len(b)), fixed | nowhere})
	for _, f := range w.funcs {
		b = append(appendU32(b, uint32(len(f.Code))), f.Code...)
	}
	return b, nil
}

// bodyWriter writes one body after another. Its memory is reused.
type bodyWriter struct {
	w        *rewriter
	b        []byte    // the body without its size
	segments []segment // by offsets in b
	pos      uint32    // in the file: up to here it is written
}

func (c *bodyWriter) write(body *Body) error {
	c.b, c.segments = c.b[:0], c.segments[:0]
	var edit BodyEdit
	if c.w.e.Code != nil {
		edit = c.w.e.Code(body)
	}
	if body.Relabelled {
		t := tryEnds{m: c.w.m}
		t.targeted(body)
		edit.Insert = merge(t.write(body), edit.Insert)
	}
	c.locals(body, edit.Locals)
	c.pos = body.Code
	c.resume()
	calls := c.w.m.codeRefs[body.calls[0]:body.calls[1]]
	if c.w.out.shift == 0 {
		calls = nil
	}
	for _, ins := range edit.Insert {
		if ins.At < c.pos || ins.At >= body.End {
			return fmt.Errorf("insertion at byte %#x is out of order or outside of the code", ins.At)
		}
		for len(calls) > 0 && calls[0] < ins.At {
			c.call(calls[0])
			calls = calls[1:]
		}
		c.copyTo(ins.At)
		c.segments = append(c.segments, segment{uint32(len(c.b)), fixed | ins.At})
		c.b = append(c.b, ins.Code...)
		if ins.Until > 0 {
			c.pos = ins.Until
		}
		c.resume()
	}
	for _, at := range calls {
		c.call(at)
	}
	c.copyTo(body.End)
	return nil
}

func (c *bodyWriter) locals(body *Body, added []ValType) {
	data := c.w.m.data
	if len(added) == 0 {
		c.b = append(c.b, data[body.Decls:body.Code]...)
		return
	}
	r := reader{buf: data, pos: int(body.Decls)}
	groups := r.u32()
	c.b = appendU32(c.b, groups+uint32(len(added)))
	c.b = append(c.b, data[r.pos:body.Code]...)
	for _, t := range added {
		c.b = append(c.b, 1, byte(t))
	}
}

func (c *bodyWriter) copyTo(at uint32) {
	c.b = append(c.b, c.w.m.data[c.pos:at]...)
	c.pos = at
}

// resume begins a segment that is copied.
func (c *bodyWriter) resume() {
	at := uint32(len(c.b))
	if n := len(c.segments); n > 0 && c.segments[n-1].at == at {
		c.segments = c.segments[:n-1]
	}
	c.segments = append(c.segments, segment{at, c.pos})
}

// call writes up to and over the function index at an offset.
func (c *bodyWriter) call(at uint32) {
	c.copyTo(at)
	before := len(c.b)
	var end int
	c.b, end = c.w.patch(c.b, int(at))
	grew := len(c.b)-before != end-int(at)
	c.pos = uint32(end)
	if grew {
		c.resume()
	}
}

// OriginalOffset translates an offset in the new code section's contents, as
// the engine prints it, to the offset of the same instruction in the file that
// was decoded. Inserted code translates to the instruction that it was put
// before. It is false for an offset that is in no instruction.
func (w *Rewritten) OriginalOffset(codeOffset uint64) (uint32, bool) {
	i := sort.Search(len(w.segments), func(i int) bool { return uint64(w.segments[i].at) > codeOffset }) - 1
	if i < 0 {
		return 0, false
	}
	s := w.segments[i]
	at := s.orig + uint32(codeOffset-uint64(s.at))
	if s.orig&fixed != 0 {
		at = s.orig &^ fixed
	}
	switch {
	case at == nowhere:
		return 0, false
	case w.origin != nil:
		return w.origin.split.OriginalOffset(uint64(at) - uint64(w.origin.code))
	}
	return at, true
}
