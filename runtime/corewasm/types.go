package corewasm

import (
	"fmt"
	"slices"
	"strings"
)

// ValType is a value type [5.3.4]. Its low byte is the code of the binary
// format. A reference to a function type holds the type's index above it.
type ValType uint32

// Value types by their codes.
const (
	I32       ValType = 0x7f
	I64       ValType = 0x7e
	F32       ValType = 0x7d
	F64       ValType = 0x7c
	V128      ValType = 0x7b
	FuncRef   ValType = 0x70
	ExternRef ValType = 0x6f
	ExnRef    ValType = 0x69

	refNull ValType = 0x63 // (ref null $t)
	ref     ValType = 0x64 // (ref $t)
	nonNull ValType = 1 << 31
)

func (t ValType) String() string {
	names := map[ValType]string{
		I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128",
		FuncRef: "funcref", ExternRef: "externref", ExnRef: "exnref",
	}
	switch code := t & 0xff; {
	case code == refNull:
		return fmt.Sprintf("(ref null %d)", t>>8)
	case code == ref:
		return fmt.Sprintf("(ref %d)", t>>8)
	case t&nonNull != 0:
		return "(ref " + strings.TrimSuffix(names[code], "ref") + ")"
	}
	if n, ok := names[t]; ok {
		return n
	}
	return fmt.Sprintf("type %#x", uint32(t))
}

// FuncType is a function type [5.3.8].
type FuncType struct {
	Params, Results []ValType
}

// Equal reports whether both take and give the same.
func (t FuncType) Equal(u FuncType) bool {
	return slices.Equal(t.Params, u.Params) && slices.Equal(t.Results, u.Results)
}

func (t FuncType) String() string { return fmt.Sprintf("%v -> %v", t.Params, t.Results) }

// Limits bound a table, in elements, or a memory, in pages [5.3.12].
type Limits struct {
	Min, Max uint32
	HasMax   bool
}

// TableType is a table's type [5.3.14].
type TableType struct {
	Elem   ValType
	Limits Limits
}

// GlobalType is a global's type [5.3.15].
type GlobalType struct {
	Val     ValType
	Mutable bool
}

// valType reads a value type. The types of concrete references must exist.
func (m *Module) valType(r *reader) ValType {
	at := r.pos
	b := r.byte()
	switch t := ValType(b); t {
	case I32, I64, F32, F64, V128, FuncRef, ExternRef, ExnRef:
		return t
	case ref, refNull:
		return m.heapType(r, t)
	}
	if name, ok := gcTypes[b]; ok {
		r.refuse(at, "garbage collection", "type %s", name)
	} else {
		r.fail(at, "%#x is not a value type", b)
	}
	return 0
}

// gcTypes are the value types that only garbage collection, or strings, have.
var gcTypes = map[byte]string{
	0x6e: "anyref", 0x6d: "eqref", 0x6c: "i31ref", 0x6b: "structref", 0x6a: "arrayref",
	0x71: "nullref", 0x72: "nullexternref", 0x73: "nullfuncref", 0x74: "nullexnref",
	0x78: "i8", 0x77: "i16", 0x67: "stringref",
}

// heapType reads what a reference refers to [5.3.3].
func (m *Module) heapType(r *reader, kind ValType) ValType {
	at := r.pos
	if r.left() > 0 && r.buf[r.pos]&0xc0 == 0x40 { // one byte, negative: an abstract type
		t := m.valType(r)
		if t != FuncRef && t != ExternRef && t != ExnRef {
			r.fail(at, "%v is not a heap type", t)
		}
		if kind == ref {
			t |= nonNull
		}
		return t
	}
	i := r.signed(33)
	if r.err == nil && (i < 0 || i >= int64(len(m.Types))) {
		r.fail(at, "type %d does not exist", i)
		return 0
	}
	return kind | ValType(i)<<8
}

func (m *Module) refType(r *reader) ValType {
	at := r.pos
	t := m.valType(r)
	switch t & 0xff {
	case FuncRef, ExternRef, ExnRef, ref, refNull:
	default:
		r.fail(at, "%v is not a reference type", t)
	}
	return t
}

func (m *Module) funcType(r *reader) FuncType {
	at := r.pos
	switch b := r.byte(); b {
	case 0x60:
	case 0x4e, 0x4f, 0x50, 0x5e, 0x5f:
		names := map[byte]string{0x4e: "rec", 0x4f: "sub final", 0x50: "sub", 0x5e: "array", 0x5f: "struct"}
		r.refuse(at, "garbage collection", "type %s", names[b])
	default:
		r.fail(at, "%#x is not a function type", b)
	}
	return FuncType{
		Params:  m.valTypes(r, "parameters", MaxParams),
		Results: m.valTypes(r, "results", MaxResults),
	}
}

func (m *Module) valTypes(r *reader, what string, limit int) []ValType {
	n := r.count(what, limit)
	if n == 0 {
		return nil
	}
	ts := make([]ValType, n)
	for i := range ts {
		ts[i] = m.valType(r)
	}
	return ts
}

// limits reads limits whose bounds may not exceed cap.
func limits(r *reader, what string, cap uint32) Limits {
	at := r.pos
	flags := r.byte()
	switch {
	case flags > 0x07:
		r.fail(at, "%#x does not introduce limits", flags)
	case flags&0x04 != 0:
		r.refuse(at, "memory64", "%s with 64-bit indices", what)
	case flags&0x02 != 0:
		// A waiting guest would stand where neither fuel nor a deadline reaches it.
		r.refuse(at, "shared memory", "shared %s", what)
	}
	l := Limits{Min: r.u32(), HasMax: flags&0x01 != 0}
	if l.HasMax {
		l.Max = r.u32()
	}
	switch {
	case l.Min > cap:
		r.fail(at, "%s of %d exceeds the limit of %d", what, l.Min, cap)
	case l.HasMax && l.Max < l.Min:
		r.fail(at, "%s with a maximum of %d below its minimum of %d", what, l.Max, l.Min)
	}
	return l
}

func (m *Module) tableType(r *reader) TableType {
	t, _ := m.tableTypeAt(r)
	return t
}

// tableTypeAt also tells where the limits stand.
func (m *Module) tableTypeAt(r *reader) (TableType, span) {
	t := TableType{Elem: m.refType(r)}
	at := r.pos
	t.Limits = limits(r, "table", MaxTableElements)
	return t, span{at, r.pos}
}

func memoryType(r *reader) Limits {
	at := r.pos
	l := limits(r, "memory", MaxPages)
	if l.HasMax && l.Max > MaxPages {
		r.fail(at, "memory with a maximum of %d pages exceeds %d", l.Max, MaxPages)
	}
	return l
}

func (m *Module) globalType(r *reader) GlobalType {
	t := GlobalType{Val: m.valType(r)}
	at := r.pos
	mut := r.byte()
	if mut > 1 {
		r.fail(at, "%#x is not a mutability", mut)
	}
	t.Mutable = mut == 1
	return t
}
