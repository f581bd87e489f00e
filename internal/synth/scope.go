package synth

import "github.com/airsstack/witgen/runtime/abi"

// A scope numbers the types of a component, or those of an instance type.
type scope struct {
	types int               // how many there are
	index map[*abi.Type]int // by type: its index
	named []*abi.Type       // those that were given a name, in order

	add  func(def ...[]byte)       // writes a definition
	name func(t *abi.Type, at int) // imports or exports a definition under the type's name
}

var primCodes = map[abi.Kind]byte{
	abi.KindBool: 0x7f, abi.KindS8: 0x7e, abi.KindU8: 0x7d, abi.KindS16: 0x7c, abi.KindU16: 0x7b, abi.KindS32: 0x7a, abi.KindU32: 0x79,
	abi.KindS64: 0x78, abi.KindU64: 0x77, abi.KindF32: 0x76, abi.KindF64: 0x75, abi.KindChar: 0x74, abi.KindString: 0x73,
}

// define adds a type definition and gives its index.
func (s *scope) define(def ...[]byte) int {
	s.add(def...)
	return take(&s.types)
}

// val is a value type: a primitive, or the index of a definition, which is added
// where it is not there yet, under a name where it must have one. Indices are
// signed numbers here, and the negative ones the primitives.
func (s *scope) val(t *abi.Type) []byte {
	if code, ok := primCodes[t.Kind]; ok {
		return []byte{code}
	}
	if at, ok := s.index[t]; ok {
		return sleb(uint32(at))
	}
	at := s.define(s.deftype(t)...)
	if declared(t) {
		s.name(t, at)
		s.named = append(s.named, t)
		at = take(&s.types)
	}
	s.index[t] = at
	return sleb(uint32(at))
}

// declared reports whether WIT has the type only as a declaration: imports and
// exports can speak of it by its name alone [Explainer.md, "External Visibility
// of Types"].
func declared(t *abi.Type) bool {
	switch t.Kind {
	case abi.KindRecord, abi.KindVariant, abi.KindEnum, abi.KindFlags:
		return true
	}
	return false
}

func (s *scope) optional(t *abi.Type) []byte {
	if t == nil {
		return []byte{0}
	}
	return append([]byte{1}, s.val(t)...)
}

// deftype is a type definition [Binary.md, "Type Definitions"].
func (s *scope) deftype(t *abi.Type) [][]byte {
	switch t.Kind {
	case abi.KindRecord:
		out := [][]byte{{0x72}, u32s(len(t.Fields))}
		for _, f := range t.Fields {
			out = append(out, str(f.Label), s.val(f.Type))
		}
		return out
	case abi.KindTuple:
		out := [][]byte{{0x6f}, u32s(len(t.Fields))}
		for _, f := range t.Fields {
			out = append(out, s.val(f.Type))
		}
		return out
	case abi.KindVariant:
		out := [][]byte{{0x71}, u32s(len(t.Cases))}
		for _, c := range t.Cases {
			out = append(out, str(c.Label), s.optional(c.Type), []byte{0})
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
		return [][]byte{{0x70}, s.val(t.Elem)}
	case abi.KindFixedList:
		return [][]byte{{0x67}, s.val(t.Elem), u32s(int(t.Len))}
	case abi.KindMap:
		return [][]byte{{0x63}, s.val(t.Elem.Fields[0].Type), s.val(t.Elem.Fields[1].Type)}
	case abi.KindOption:
		return [][]byte{{0x6b}, s.val(t.Elem)}
	case abi.KindResult:
		return [][]byte{{0x6a}, s.optional(t.Cases[0].Type), s.optional(t.Cases[1].Type)}
	}
	panic("no definition of " + t.String())
}

// functype defines the type of a function.
func (s *scope) functype(f *abi.FuncType) int {
	out := [][]byte{{0x40}, u32s(len(f.Params))}
	for _, p := range f.Params {
		out = append(out, str(p.Label), s.val(p.Type))
	}
	return s.define(append(out, []byte{0}, s.val(f.Result))...)
}

// An instanceDecl is one declaration of an instance type, by its number.
const (
	declType   = 1
	declExport = 4
)

// instanceType defines the type of an instance that exports functions, and the
// types with names that they speak of.
func (s *scope) instanceType(funcs []Func, prefix string) int {
	n, decls := 0, []byte(nil)
	decl := func(parts ...[]byte) { n, decls = n+1, append(decls, cat(parts...)...) }
	inner := scope{
		index: map[*abi.Type]int{},
		add:   func(def ...[]byte) { decl(append([][]byte{{declType}}, def...)...) },
		name: func(t *abi.Type, at int) {
			decl([]byte{declExport}, extern(t.Name), []byte{sortType, 0}, u32s(at))
		},
	}
	for _, f := range funcs {
		typ := inner.functype(f.Type)
		decl([]byte{declExport}, extern(prefix+f.Name), []byte{sortFunc}, u32s(typ))
	}
	return s.define([]byte{0x42}, u32s(n), decls)
}
