package abi

import (
	"unicode/utf8"
)

// Lower puts the value v of type t on the stack from stack[0] ["Flat
// Lowering"]. It traps where v is not of that type.
func (cx *Context) Lower(t *Type, v Value, stack []uint64) {
	switch t.Kind {
	case KindString:
		p, n := cx.lowerString(t, v)
		stack[0], stack[1] = uint64(p), uint64(n)
	case KindList, KindMap:
		p, n := cx.storeElems(t, v)
		stack[0], stack[1] = uint64(p), uint64(n)
	case KindFixedList:
		cx.in(0)
		for i, e := range cx.fixed(t, v) {
			cx.at(i)
			cx.Lower(t.Elem, e, stack)
			stack = stack[len(t.Elem.flat):]
		}
		cx.out()
	case KindOwn, KindBorrow:
		stack[0] = uint64(cx.lowerHandle(handleType{t.Resource, t.Kind == KindOwn}, as[*ResourceValue](cx, t, v)))
	case KindRecord, KindTuple:
		r := cx.record(t, v)
		cx.in(0)
		for i, f := range t.Fields {
			cx.at(i)
			cx.Lower(f.Type, r[i], stack)
			stack = stack[len(f.Type.flat):]
		}
		cx.out()
	case KindVariant, KindEnum, KindOption, KindResult:
		c, payload := cx.match(t, v)
		stack[0] = uint64(c)
		clear(stack[1:len(t.flat)])
		if ct := t.Cases[c].Type; ct != nil {
			cx.in(int(c))
			cx.Lower(ct, payload, stack[1:])
			cx.out()
		}
	default:
		stack[0] = cx.lowerScalar(t, v)
	}
}

// Store writes the value v of type t at ptr, which lies in room that Alloc
// gave or Region checked ["Storing"]. It traps where v is not of that type.
func (cx *Context) Store(t *Type, v Value, ptr uint32) {
	switch t.Kind {
	case KindString:
		p, n := cx.lowerString(t, v)
		cx.Put32(ptr, p)
		cx.Put32(ptr+4, n)
	case KindFixedList:
		cx.storeEach(t.Elem, cx.fixed(t, v), ptr)
	case KindOwn, KindBorrow:
		cx.Put32(ptr, cx.lowerHandle(handleType{t.Resource, t.Kind == KindOwn}, as[*ResourceValue](cx, t, v)))
	case KindList, KindMap:
		p, n := cx.storeElems(t, v)
		cx.Put32(ptr, p)
		cx.Put32(ptr+4, n)
	case KindRecord, KindTuple:
		r := cx.record(t, v)
		at := ptr // which the record's own alignment divides
		cx.in(0)
		for i, f := range t.Fields {
			cx.at(i)
			at = AlignTo(at, f.Type.align)
			cx.Store(f.Type, r[i], at)
			at += f.Type.size
		}
		cx.out()
	case KindVariant, KindEnum, KindOption, KindResult:
		c, payload := cx.match(t, v)
		cx.putSized(ptr, uint64(c), t.DiscriminantSize())
		if ct := t.Cases[c].Type; ct != nil {
			cx.in(int(c))
			cx.Store(ct, payload, ptr+t.PayloadOffset())
			cx.out()
		}
	default:
		cx.putSized(ptr, cx.lowerScalar(t, v), t.size)
	}
}

func (cx *Context) putSized(ptr uint32, v uint64, size uint32) {
	switch size {
	case 1:
		cx.Put8(ptr, uint8(v))
	case 2:
		cx.Put16(ptr, uint16(v))
	case 4:
		cx.Put32(ptr, uint32(v))
	default:
		cx.Put64(ptr, v)
	}
}

func (cx *Context) storeElems(t *Type, v Value) (ptr, n uint32) {
	if t.Elem.Kind == KindU8 {
		b := as[[]byte](cx, t, v)
		ptr = cx.AllocList(len(b), 1, 1)
		StoreScalars(cx, ptr, b)
		return ptr, uint32(len(b))
	}
	list := cx.list(t, v)
	ptr = cx.AllocList(len(list), t.Elem.size, t.Elem.align)
	cx.storeEach(t.Elem, list, ptr)
	return ptr, uint32(len(list))
}

func (cx *Context) storeEach(elem *Type, list []Value, ptr uint32) {
	cx.in(0)
	for i, e := range list {
		cx.at(i)
		cx.Store(elem, e, ptr+uint32(i)*elem.size)
	}
	cx.out()
}

func (cx *Context) lowerScalar(t *Type, v Value) uint64 {
	switch t.Kind {
	case KindBool:
		return LowerBool(as[bool](cx, t, v))
	case KindS8:
		return uint64(uint32(as[int8](cx, t, v)))
	case KindU8:
		return uint64(as[uint8](cx, t, v))
	case KindS16:
		return uint64(uint32(as[int16](cx, t, v)))
	case KindU16:
		return uint64(as[uint16](cx, t, v))
	case KindS32:
		return uint64(uint32(as[int32](cx, t, v)))
	case KindU32:
		return uint64(as[uint32](cx, t, v))
	case KindS64:
		return uint64(as[int64](cx, t, v))
	case KindU64:
		return as[uint64](cx, t, v)
	case KindF32:
		return LowerFloat32(as[float32](cx, t, v))
	case KindF64:
		return LowerFloat64(as[float64](cx, t, v))
	case KindChar:
		c := rune(as[CharValue](cx, t, v))
		if !utf8.ValidRune(c) {
			cx.wrong(t, v, nil, "%s", notChar(c))
		}
		return LowerChar(c)
	case KindFlags:
		f := as[FlagsValue](cx, t, v)
		if uint64(f)>>len(t.Labels) != 0 {
			cx.wrong(t, v, nil, "value 0x%x has more flags than %s", uint32(f), t)
		}
		return uint64(f)
	}
	Trapf("values of type %s are not supported yet", t)
	return 0
}
