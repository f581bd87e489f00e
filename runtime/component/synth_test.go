package component_test

import (
	"encoding/binary"

	"github.com/airsstack/witgen/runtime/abi"
)

// Components that the tests write themselves, in the binary format, for types
// that are made up as they run.

// An encoder writes a component, a section for each definition.
type encoder struct {
	bytes []byte
	types uint32            // how many there are
	named map[*abi.Type]int // by type: its index
}

func newEncoder() *encoder {
	return &encoder{bytes: []byte("\x00asm\x0d\x00\x01\x00"), named: map[*abi.Type]int{}}
}

// The numbers of sections and sorts [Binary.md, "Component Definitions"].
const (
	sectionCoreModule   = 1
	sectionCoreInstance = 2
	sectionAlias        = 6
	sectionCanon        = 8
	sectionImport       = 10
	sectionExport       = 11

	sortFunc = 1
	sortType = 3

	coreFunc     = 0
	coreMemory   = 2
	coreInstance = 0x12
)

// raw adds a section as it is.
func (e *encoder) raw(id byte, body []byte) {
	e.bytes = append(uleb(append(e.bytes, id), uint32(len(body))), body...)
}

// section adds a section of one definition.
func (e *encoder) section(id byte, parts ...[]byte) {
	e.raw(id, cat(append([][]byte{{1}}, parts...)...))
}

func uleb(b []byte, v uint32) []byte { return binary.AppendUvarint(b, uint64(v)) }

func u32s(vs ...int) (b []byte) {
	for _, v := range vs {
		b = uleb(b, uint32(v))
	}
	return b
}

func cat(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// str is a name with its length, extern one with the byte that goes before.
func str(s string) []byte    { return append(u32s(len(s)), s...) }
func extern(s string) []byte { return append([]byte{0}, str(s)...) }

// define adds a type definition and gives its index.
func (e *encoder) define(parts ...[]byte) int {
	e.section(sectionType, parts...)
	e.types++
	return int(e.types) - 1
}

var primCodes = map[abi.Kind]byte{
	abi.KindBool: 0x7f, abi.KindS8: 0x7e, abi.KindU8: 0x7d, abi.KindS16: 0x7c, abi.KindU16: 0x7b, abi.KindS32: 0x7a, abi.KindU32: 0x79,
	abi.KindS64: 0x78, abi.KindU64: 0x77, abi.KindF32: 0x76, abi.KindF64: 0x75, abi.KindChar: 0x74, abi.KindString: 0x73,
}

// val is a value type: a primitive, or the index of a definition, which is added
// where it is not there yet. One that must have a name is imported under one.
func (e *encoder) val(t *abi.Type) []byte {
	if code, ok := primCodes[t.Kind]; ok {
		return []byte{code}
	}
	if at, ok := e.named[t]; ok {
		return u32s(at)
	}
	at := e.define(e.deftype(t)...)
	if mustBeNamed(t) {
		e.section(sectionImport, extern(t.Name), []byte{sortType, 0}, u32s(at))
		at = int(e.types)
		e.types++
	}
	e.named[t] = at
	return u32s(at)
}

func mustBeNamed(t *abi.Type) bool {
	switch t.Kind {
	case abi.KindRecord, abi.KindVariant, abi.KindEnum, abi.KindFlags:
		return true
	}
	return false
}

func (e *encoder) optional(t *abi.Type) []byte {
	if t == nil {
		return []byte{0}
	}
	return append([]byte{1}, e.val(t)...)
}

// deftype is a type definition [Binary.md, "Type Definitions"].
func (e *encoder) deftype(t *abi.Type) [][]byte {
	switch t.Kind {
	case abi.KindRecord, abi.KindTuple:
		out := [][]byte{{0x72}, u32s(len(t.Fields))}
		if t.Kind == abi.KindTuple {
			out[0][0] = 0x6f
		}
		for _, f := range t.Fields {
			if t.Kind == abi.KindRecord {
				out = append(out, str(f.Label))
			}
			out = append(out, e.val(f.Type))
		}
		return out
	case abi.KindVariant:
		out := [][]byte{{0x71}, u32s(len(t.Cases))}
		for _, c := range t.Cases {
			out = append(out, str(c.Label), e.optional(c.Type), []byte{0})
		}
		return out
	case abi.KindEnum:
		out := [][]byte{{0x6d}, u32s(len(t.Cases))}
		for _, c := range t.Cases {
			out = append(out, str(c.Label))
		}
		return out
	case abi.KindFlags:
		out := [][]byte{{0x6e}, u32s(len(t.Labels))}
		for _, l := range t.Labels {
			out = append(out, str(l))
		}
		return out
	case abi.KindList:
		return [][]byte{{0x70}, e.val(t.Elem)}
	case abi.KindFixedList:
		return [][]byte{{0x67}, e.val(t.Elem), u32s(int(t.Len))}
	case abi.KindMap:
		return [][]byte{{0x63}, e.val(t.Elem.Fields[0].Type), e.val(t.Elem.Fields[1].Type)}
	case abi.KindOption:
		return [][]byte{{0x6b}, e.val(t.Elem)}
	case abi.KindResult:
		return [][]byte{{0x6a}, e.optional(t.Cases[0].Type), e.optional(t.Cases[1].Type)}
	}
	panic("no definition of " + t.String())
}

// functype defines the type of a function.
func (e *encoder) functype(f *abi.FuncType) int {
	out := [][]byte{{0x40}, u32s(len(f.Params))}
	for _, p := range f.Params {
		out = append(out, str(p.Label), e.val(p.Type))
	}
	return e.define(append(out, []byte{0}, e.val(f.Result))...)
}

// options are the canonical options of a function with memory 0, realloc and,
// where it is not negative, post-return.
func options(enc abi.Encoding, realloc, post int) []byte {
	out := [][]byte{{3, byte(enc)}, {3, 0, 4}, u32s(realloc)}
	if post >= 0 {
		out[0][0] = 4
		out = append(out, []byte{5}, u32s(post))
	}
	return cat(out...)
}

// alias adds an alias of an export of an instance, or of a core one.
func (e *encoder) alias(sort []byte, core bool, instance int, name string) {
	target := byte(0)
	if core {
		target = 1
	}
	e.section(sectionAlias, sort, []byte{target}, u32s(instance), str(name))
}

// An argument is what an instantiation is given by name.
type argument struct {
	name  string
	sort  byte
	index int
}

// instantiate adds an instance of a component; the types that it imports it is
// given.
func (e *encoder) instantiate(component int, of *encoder, args ...argument) {
	for t := range of.named {
		if mustBeNamed(t) {
			args = append(args, argument{t.Name, sortType, e.named[t]})
		}
	}
	out := [][]byte{{0}, u32s(component, len(args))}
	for _, a := range args {
		out = append(out, str(a.name), []byte{a.sort}, u32s(a.index))
	}
	e.section(sectionInstance, out...)
}

// A guestKind tells what a component that is made up does with its argument.
type guestKind int

const (
	givesBack guestKind = iota // what it was given, out of its own memory
	passesOn                   // asks the function that it imports
)

// synthGuest is a component that exports "f" of a type. Its core instances are
// the memory's, what that and the canonical ABI give, and the guest's.
func synthGuest(kind guestKind, f *abi.FuncType, enc abi.Encoding) *encoder {
	e := newEncoder()
	typ := e.functype(f)
	if kind == passesOn {
		e.section(sectionImport, extern("f"), []byte{sortFunc}, u32s(typ))
	}
	e.raw(sectionCoreModule, memoryModule())
	e.section(sectionCoreInstance, []byte{0}, u32s(0, 0))
	e.alias([]byte{0, coreMemory}, true, 0, "mem")
	e.alias([]byte{0, coreFunc}, true, 0, "realloc") // core function 0
	e.alias([]byte{0, coreFunc}, true, 0, "reset")   // 1
	given := []argument{{"mem", coreMemory, 0}, {"realloc", coreFunc, 0}, {"reset", coreFunc, 1}}
	funcs, lifted := 2, 0
	if kind == passesOn {
		e.section(sectionCanon, []byte{1, 0}, u32s(0), options(enc, 0, -1))
		given = append(given, argument{"f", coreFunc, funcs})
		funcs, lifted = funcs+1, 1
	}
	inline := [][]byte{{1}, u32s(len(given))}
	for _, g := range given {
		inline = append(inline, str(g.name), []byte{g.sort}, u32s(g.index))
	}
	e.section(sectionCoreInstance, inline...)
	e.raw(sectionCoreModule, guestModule(kind, f))
	e.section(sectionCoreInstance, []byte{0}, u32s(1, 1), str(""), []byte{coreInstance}, u32s(1))
	e.alias([]byte{0, coreFunc}, true, 2, "run")
	e.alias([]byte{0, coreFunc}, true, 2, "post")
	e.section(sectionCanon, []byte{0, 0}, u32s(funcs), options(enc, 0, funcs+1), u32s(typ))
	e.section(sectionExport, extern("f"), []byte{sortFunc}, u32s(lifted), []byte{0})
	return e
}

// synthComponent is a component of three guests: what "direct" exports gives
// back its arguments, "inner" passes them through another instance to that one,
// "outer" through it to the host's "h".
func synthComponent(f *abi.FuncType, callee, caller abi.Encoding) []byte {
	e := newEncoder()
	typ := e.functype(f)
	e.section(sectionImport, extern("h"), []byte{sortFunc}, u32s(typ))
	back, on := synthGuest(givesBack, f, callee), synthGuest(passesOn, f, caller)
	e.raw(sectionComponent, back.bytes)
	e.raw(sectionComponent, on.bytes)
	e.instantiate(0, back)
	e.alias([]byte{sortFunc}, false, 0, "f")
	e.instantiate(1, on, argument{"f", sortFunc, 1})
	e.instantiate(1, on, argument{"f", sortFunc, 0})
	e.alias([]byte{sortFunc}, false, 1, "f")
	e.alias([]byte{sortFunc}, false, 2, "f")
	for i, name := range []string{"direct", "inner", "outer"} {
		e.section(sectionExport, extern(name), []byte{sortFunc}, u32s(i+1), []byte{0})
	}
	return e.bytes
}
