package abi

import (
	"encoding/binary"
)

// A Value is a component-level value on the type-driven path. What Go type it
// has depends on the kind of its type:
//
//	bool                    bool
//	s8 … s64, u8 … u64      int8 … int64, uint8 … uint64
//	f32, f64                float32, float64
//	char                    CharValue
//	string                  string
//	list<u8>                []byte
//	list<T>, list<T, n>     []Value
//	map<K, V>               []Value of RecordValue: key and value, in order
//	record, tuple           RecordValue: the fields in order
//	variant, enum, option,  VariantValue: the case's index and its payload, nil where
//	result                  the case has none (option: none is 0, some is 1;
//	                        result: ok is 0, error is 1)
//	flags                   FlagsValue: bit i is label i
//	own<r>, borrow<r>       *ResourceValue
type Value = any

// CharValue is a char on the type-driven path.
type CharValue rune

// RecordValue is a record or a tuple on the type-driven path.
type RecordValue []Value

// VariantValue is a value with cases on the type-driven path.
type VariantValue struct {
	Case    uint32
	Payload Value
}

// FlagsValue is a value of a flags type on the type-driven path.
type FlagsValue uint32

// Lift is the value of type t that starts at stack[0] ["Flat Lifting"].
func (cx *Context) Lift(t *Type, stack []uint64) Value {
	switch t.Kind {
	case KindString:
		return cx.liftString(uint32(stack[0]), uint32(stack[1]))
	case KindList, KindMap:
		return cx.loadElems(t.Elem, uint32(stack[0]), uint32(stack[1]))
	case KindFixedList:
		list := cx.newList(t.Len)
		for i := range list {
			list[i] = cx.Lift(t.Elem, stack)
			stack = stack[len(t.Elem.flat):]
		}
		return list
	case KindOwn, KindBorrow:
		return cx.liftHandle(t, uint32(stack[0]))
	case KindRecord, KindTuple:
		r := cx.newRecord(t)
		for i, f := range t.Fields {
			r[i] = cx.Lift(f.Type, stack)
			stack = stack[len(f.Type.flat):]
		}
		return r
	case KindVariant, KindEnum, KindOption, KindResult:
		v := cx.newVariant(t, stack[0])
		if c := t.Cases[v.Case].Type; c != nil {
			v.Payload = cx.Lift(c, stack[1:])
		}
		return v
	case KindFlags:
		return t.liftFlags(uint32(stack[0]))
	}
	return t.liftScalar(stack[0])
}

// Load is the value of type t at the start of b ["Loading"].
func (cx *Context) Load(t *Type, b []byte) Value {
	switch t.Kind {
	case KindString:
		return cx.liftString(binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]))
	case KindFixedList:
		return cx.loadValid(t.Elem, b, t.Len)
	case KindOwn, KindBorrow:
		return cx.liftHandle(t, binary.LittleEndian.Uint32(b))
	case KindList, KindMap:
		return cx.loadElems(t.Elem, binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]))
	case KindRecord, KindTuple:
		r := cx.newRecord(t)
		var at uint32
		for i, f := range t.Fields {
			at = AlignTo(at, f.Type.align)
			r[i] = cx.Load(f.Type, b[at:])
			at += f.Type.size
		}
		return r
	case KindVariant, KindEnum, KindOption, KindResult:
		v := cx.newVariant(t, loadLittle(b, int(t.DiscriminantSize())))
		if c := t.Cases[v.Case].Type; c != nil {
			v.Payload = cx.Load(c, b[t.PayloadOffset():])
		}
		return v
	case KindFlags:
		return t.liftFlags(uint32(loadLittle(b, int(t.size))))
	}
	return t.liftScalar(loadLittle(b, int(t.size)))
}

// A value on this path takes room in Go that its size in memory says nothing
// of: a byte may be a tower of tuples. So that counts against MaxLift too.
const (
	interfaceBytes = 16
	sliceBytes     = 24
	variantBytes   = 24
)

func (cx *Context) newRecord(t *Type) RecordValue {
	cx.take64(sliceBytes + interfaceBytes*uint64(len(t.Fields)))
	return make(RecordValue, len(t.Fields))
}

func (cx *Context) newVariant(t *Type, discriminant uint64) VariantValue {
	cx.take64(variantBytes)
	if i := uint32(discriminant); i < uint32(len(t.Cases)) {
		return VariantValue{Case: i}
	}
	return VariantValue{Case: LiftCase(discriminant, uint32(len(t.Cases)), t.String())}
}

func (cx *Context) loadElems(elem *Type, ptr, n uint32) Value {
	b := cx.List(ptr, n, elem.size, elem.align)
	if elem.Kind == KindU8 {
		return LoadScalars[byte](b)
	}
	return cx.loadValid(elem, b, n)
}

func (cx *Context) loadValid(elem *Type, b []byte, n uint32) Value {
	list := cx.newList(n)
	for i := range list {
		list[i] = cx.Load(elem, b[uint32(i)*elem.size:])
	}
	return list
}

func (cx *Context) newList(n uint32) []Value {
	cx.take64(uint64(n) * interfaceBytes)
	return make([]Value, n)
}

func (t *Type) liftFlags(v uint32) FlagsValue {
	return FlagsValue(v & uint32(1<<len(t.Labels)-1))
}

func (t *Type) liftScalar(v uint64) Value {
	switch t.Kind {
	case KindBool:
		return LiftBool(v)
	case KindS8:
		return int8(v)
	case KindU8:
		return uint8(v)
	case KindS16:
		return int16(v)
	case KindU16:
		return uint16(v)
	case KindS32:
		return int32(v)
	case KindU32:
		return uint32(v)
	case KindS64:
		return int64(v)
	case KindU64:
		return v
	case KindF32:
		return LiftFloat32(v)
	case KindF64:
		return LiftFloat64(v)
	case KindChar:
		return CharValue(LiftChar(v))
	}
	Trapf("values of type %s are not supported yet", t)
	return nil
}

// LiftParams is the arguments of a call of f that lie on stack ["Lifting and
// Lowering Values", lift_flat_values].
func (cx *Context) LiftParams(f *FuncType, stack []uint64) []Value {
	vs := make([]Value, len(f.Params))
	cx.departing = true
	if !f.flattenParams().ParamsSpilled {
		for i, p := range f.Params {
			vs[i] = cx.Lift(p.Type, stack)
			stack = stack[len(p.Type.flat):]
		}
	} else {
		t := f.ParamsTuple()
		copy(vs, cx.Load(t, cx.Region(uint32(stack[0]), t.size, t.align)).(RecordValue))
	}
	cx.arrived()
	return vs
}

// LowerParams puts the arguments of a call of f on the stack.
func (cx *Context) LowerParams(f *FuncType, vs []Value, stack []uint64) {
	cx.begin(f, false)
	if len(vs) != len(f.Params) {
		cx.wrong(nil, vs, nil, "%d arguments given, the function takes %d", len(vs), len(f.Params))
	}
	if !f.flattenParams().ParamsSpilled {
		cx.in(0)
		for i, p := range f.Params {
			cx.at(i)
			cx.Lower(p.Type, vs[i], stack)
			stack = stack[len(p.Type.flat):]
		}
		return
	}
	t := f.ParamsTuple()
	ptr := cx.Alloc(t.size, t.align)
	cx.Store(t, RecordValue(vs), ptr)
	stack[0] = uint64(ptr)
}

// LiftResult is the result of a lifted f from what its core function returned;
// nil where f has none.
func (cx *Context) LiftResult(f *FuncType, stack []uint64) (v Value) {
	cx.departing = true
	switch {
	case f.Result == nil:
		return nil
	case len(f.Result.flat) > MaxFlatResults:
		v = cx.Load(f.Result, cx.Region(uint32(stack[0]), f.Result.size, f.Result.align))
	default:
		v = cx.Lift(f.Result, stack)
	}
	cx.arrived()
	return v
}

// LowerResult gives the result of a lowered f to the guest that called it with
// stack: on the stack, or where the return pointer says.
func (cx *Context) LowerResult(f *FuncType, v Value, stack []uint64) {
	cx.begin(f, true)
	switch {
	case f.Result == nil:
	case len(f.Result.flat) > MaxFlatResults:
		ptr := uint32(stack[len(f.FlattenLower().Params)-1])
		cx.Region(ptr, f.Result.size, f.Result.align)
		cx.Store(f.Result, v, ptr)
	default:
		cx.Lower(f.Result, v, stack)
	}
}
