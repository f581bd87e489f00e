package corewasm

// copyBody is a function that does what memory.copy does from one memory to
// another: parameters to, from and length. It copies eight bytes at a time,
// forwards if to is not above from and else backwards: the memories may be the
// same one [4.4.7, memory.copy].
func (s *splitter) copyBody(memories [2]uint32) []byte {
	const to, from, length = 0, 1, 2
	c := copyWriter{s: s, to: memories[0], from: memories[1], b: []byte{0}} // no locals

	// A copy onto itself changes nothing, and traps if the range is out of bounds.
	c.get(to, to, length)
	c.b = s.access(c.b, access{c.to, accessor{op: OpMemoryCopy}})
	c.get(from, from, length)
	c.b = s.access(c.b, access{c.from, accessor{op: OpMemoryCopy}})

	c.op(OpBlock, voidBlock)
	c.get(to, from)
	c.op(opI32GtU)
	c.op(OpBrIf, 0)
	for _, width := range []byte{8, 1} {
		c.loop(width, func() {
			c.get(to, from)
			c.move(width)
			c.step(to, OpI32Add, width)
			c.step(from, OpI32Add, width)
			c.step(length, OpI32Sub, width)
		})
	}
	c.op(OpReturn)
	c.op(OpEnd)
	for _, width := range []byte{8, 1} {
		c.loop(width, func() {
			c.step(length, OpI32Sub, width)
			for _, base := range []byte{to, from} {
				c.get(base, length)
				c.op(OpI32Add)
			}
			c.move(width)
		})
	}
	return append(c.b, byte(OpEnd))
}

const voidBlock = 0x40

type copyWriter struct {
	s        *splitter
	to, from uint32 // memories
	b        []byte
}

func (c *copyWriter) op(op Op, immediates ...byte) {
	c.b = append(append(c.b, byte(op)), immediates...)
}

func (c *copyWriter) get(locals ...byte) {
	for _, l := range locals {
		c.op(OpLocalGet, l)
	}
}

// loop repeats a round while at least width bytes are left.
func (c *copyWriter) loop(width byte, round func()) {
	const length = 2
	c.op(OpBlock, voidBlock)
	c.op(OpLoop, voidBlock)
	c.get(length)
	c.op(OpI32Const, width)
	c.op(opI32LtU)
	c.op(OpBrIf, 1)
	round()
	c.op(OpBr, 0)
	c.op(OpEnd)
	c.op(OpEnd)
}

// step adds width to a local or takes it away.
func (c *copyWriter) step(local byte, op Op, width byte) {
	c.get(local)
	c.op(OpI32Const, width)
	c.op(op)
	c.op(OpLocalSet, local)
}

// move takes two addresses from the stack and moves what stands at the second
// to the first.
func (c *copyWriter) move(width byte) {
	load, store := opI64Load, opI64Store
	if width == 1 {
		load, store = opI32Load8U, opI32Store8
	}
	c.b = c.s.access(c.b, access{c.from, accessor{op: load}})
	c.b = c.s.access(c.b, access{c.to, accessor{op: store}})
}
