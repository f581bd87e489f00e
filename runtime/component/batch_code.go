package component

import (
	"encoding/binary"
	"math/bits"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// A batchCode is the body of "run", which has one parameter: where the next call
// is staged.
type batchCode struct {
	code    []byte
	args    []corewasm.ValType
	spilled bool // the arguments go through memory: there is one, a pointer

	// Locals behind those of the arguments.
	ptr, size, result byte
}

const (
	batchStaged = 0 // the local with the parameter
	batchArgs   = 1 // the first one of the arguments
)

// batchRun writes the body.
func batchRun(l *planLift, lift corewasm.FuncType) []byte {
	n := byte(len(lift.Params))
	b := &batchCode{
		args: lift.Params, spilled: l.typ.FlattenLift().ParamsSpilled,
		ptr: batchArgs + n, size: batchArgs + n + 1, result: batchArgs + n + 2,
	}
	b.put(n + 1)
	for _, t := range lift.Params {
		b.put(1, byte(t))
	}
	b.put(3, byte(corewasm.I32))
	b.put(
		0x41, 0, 0x24, batchDone, // done = 0
		0x03, 0x40, // loop
		0x41, phaseLower, 0x24, batchPhase)
	params := l.typ.ParamsTuple()
	if b.spilled {
		b.room(params)
	}
	b.lower(params, batchArgs, 0)
	b.put(0x41, phaseCall, 0x24, batchPhase)
	for i := range n {
		b.put(0x20, batchArgs+i)
	}
	b.put(0x10, batchFunc)
	if len(lift.Results) > 0 {
		b.answer(l.typ.Result)
	}
	if l.post >= 0 {
		b.put(0x41, phasePost, 0x24, batchPhase)
		if len(lift.Results) > 0 {
			b.put(0x20, b.result)
		}
		b.put(0x10, batchPost)
	}
	b.put(
		// done = done + 1; again if done < count
		0x23, batchDone, 0x41, 1, 0x6a, 0x24, batchDone,
		0x23, batchDone, 0x23, batchCount, 0x49, 0x0d, 0,
		0x0b, // end of the loop
		0x41, 1)
	return b.code
}

func (b *batchCode) put(code ...byte) { b.code = append(b.code, code...) }

// number writes the operand of an i32.const, or of an i64.const.
func (b *batchCode) number(v int64) { b.code = appendSigned(b.code, v) }

// at writes the alignment and the offset of an access.
func (b *batchCode) at(align byte, offset uint32) {
	b.code = binary.AppendUvarint(append(b.code, align), uint64(offset))
}

// room allocates what the arguments are stored in. Where that is not aligned the
// host is told; where it is not there, looking at its last byte traps.
func (b *batchCode) room(params *abi.Type) {
	size, align := params.Size(), params.Align()
	b.put(0x41, 0, 0x41, 0, 0x41)
	b.number(int64(align))
	b.put(0x41)
	b.number(int64(size))
	b.put(0x10, batchRealloc, 0x22, batchArgs, 0x41)
	b.number(int64(align - 1))
	b.put(0x71, 0x04, 0x40) // if
	b.stop(batchArgs)
	b.put(0x20, batchArgs, 0x2d)
	b.at(0, size-1)
	b.put(0x1a)
}

// stop hands a pointer to the host, and ends the if that it is in.
func (b *batchCode) stop(ptr byte) {
	b.put(0x20, ptr, 0x24, batchResult, 0x41, 0, 0x0f, 0x0b)
}

// lower writes a value from where it is staged to its locals, or to its place in
// the arguments' memory.
func (b *batchCode) lower(t *abi.Type, local byte, offset uint32) {
	switch t.Kind {
	case abi.KindRecord, abi.KindTuple:
		for i, f := range t.Fields {
			b.lower(f.Type, local+byte(t.FieldFlat(i)), offset+t.FieldOffset(i))
		}
	case abi.KindOption:
		b.option(t, local, offset)
	case abi.KindString, abi.KindList:
		b.bytes(local, offset)
	default:
		size := t.Size()
		b.set(local, offset, size, func() {
			b.put(0x20, batchStaged, 0x29, 2, 0) // i64.load
			if !b.spilled && b.args[local-batchArgs] == corewasm.I32 {
				b.put(0xa7) // i32.wrap_i64
			}
		})
		b.advance(8)
	}
}

// set gives a place of the arguments what value leaves on the stack: an i32, or
// an i64 for a number that goes to memory.
func (b *batchCode) set(local byte, offset, size uint32, value func()) {
	if !b.spilled {
		value()
		b.put(0x21, local)
		return
	}
	b.put(0x20, batchArgs)
	value()
	store := map[uint32]byte{1: 0x3c, 2: 0x3d, 4: 0x3e, 8: 0x37} // i64.store8 and so on
	b.put(store[size])
	b.at(byte(bits.TrailingZeros32(size)), offset)
}

// advance goes on by n staged bytes.
func (b *batchCode) advance(n byte) { b.put(0x20, batchStaged, 0x41, n, 0x6a, 0x21, batchStaged) }

// bytes allocates and copies a string or a list of bytes.
func (b *batchCode) bytes(local byte, offset uint32) {
	b.put(
		// ptr = realloc(0, 0, 1, size = load(staged))
		0x41, 0, 0x41, 0, 0x41, 1, 0x20, batchStaged, 0x28, 2, 0, 0x22, b.size, 0x10, batchRealloc, 0x21, b.ptr,
		// copy size bytes from staged+4: that traps where they do not fit
		0x20, b.ptr, 0x20, batchStaged, 0x41, 4, 0x6a, 0x20, b.size, 0xfc, 0x0a, 0, 0,
		// staged = (staged + 4 + size + 3) & -4
		0x20, batchStaged, 0x20, b.size, 0x6a, 0x41, 7, 0x6a, 0x41, 0x7c, 0x71, 0x21, batchStaged)
	for i, v := range [...]byte{b.ptr, b.size} {
		b.set(local+byte(i), offset+4*uint32(i), 4, func() {
			b.put(0x20, v)
			if b.spilled {
				b.put(0xad) // i64.extend_i32_u
			}
		})
	}
}

// option writes the discriminant and, if there is one, the value: without one its
// locals are zero ["Flat Lowering", lower_flat_variant].
func (b *batchCode) option(t *abi.Type, local byte, offset uint32) {
	b.set(local, offset, 1, func() {
		b.put(0x20, batchStaged)
		if b.spilled {
			b.put(0x35, 2, 0) // i64.load32_u
		} else {
			b.put(0x28, 2, 0)
		}
	})
	b.put(0x20, batchStaged, 0x28, 2, 0)
	b.advance(4)
	b.put(0x04, 0x40) // if
	b.lower(t.Elem, local+1, offset+t.PayloadOffset())
	if !b.spilled {
		b.put(0x05) // else
		for i := range byte(len(t.Elem.Flat())) {
			zero := byte(corewasm.OpI32Const)
			if b.args[local+1+i-batchArgs] == corewasm.I64 {
				zero = byte(corewasm.OpI64Const)
			}
			b.put(zero, 0, 0x21, local+1+i)
		}
	}
	b.put(0x0b)
}

// answer stops at a result that is no success, or none that could be lifted, and
// hands it to the host to lift.
func (b *batchCode) answer(t *abi.Type) {
	b.put(0x22, b.result)
	if len(t.Flat()) > 1 { // a pointer to it
		b.put(0x41)
		b.number(int64(t.Align() - 1))
		b.put(0x71)                 // unaligned?
		b.put(0x20, b.result, 0x2d) // or its last byte: that traps where there is none
		b.at(0, t.Size()-1)         // (its value does not matter)
		b.put(0x41, 0, 0x71, 0x72)
		b.put(0x20, b.result, 0x2d, 0, 0, 0x72) // or the discriminant
		if ok := t.Cases[0].Type; ok != nil {
			b.wrong(ok, t.PayloadOffset())
			b.put(0x72)
		}
	}
	b.put(0x04, 0x40) // if
	b.stop(b.result)
}

// wrong leaves on the stack whether a part of the result cannot be lifted: bytes
// that are not in memory or too many, or an option with such, or that is neither
// none nor some.
func (b *batchCode) wrong(t *abi.Type, offset uint32) {
	word := func(offset uint32) {
		b.put(0x20, b.result, 0x28)
		b.at(2, offset)
	}
	if t.Kind == abi.KindOption {
		isSome := func() {
			b.put(0x20, b.result, 0x2d)
			b.at(0, offset)
		}
		isSome()
		b.put(0x45, 0x45) // 1 if it is not 0
		b.wrong(t.Elem, offset+t.PayloadOffset())
		b.put(0x71)
		isSome()
		b.put(0x41, 1, 0x4b, 0x72) // or above 1
		return
	}
	word(offset)
	b.put(0xad)
	word(offset + 4)
	b.put(0xad, 0x7c)                                               // its end
	b.put(0x3f, 0, 0xad, byte(corewasm.OpI64Const), 16, 0x86, 0x56) // behind that of memory?
	word(offset + 4)
	b.put(0x23, batchLift, 0x4b, 0x72) // or too long
}
