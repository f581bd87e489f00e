package validate

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// A coreVal is a core value type, or the packed type of a field. Two are the same
// type exactly if they are equal.
type coreVal struct {
	// code is the byte of a number or vector, or refNull or ref.
	code byte
	// heap is the byte of the abstract type that a reference refers to; if it is
	// 0, id is the defined type.
	heap byte
	id   coreID
}

const (
	refNull = 0x63
	ref     = 0x64

	heapFunc   = 0x70
	heapExtern = 0x6f
)

var (
	coreI32 = coreVal{code: 0x7f}
	coreI64 = coreVal{code: 0x7e}
	coreF32 = coreVal{code: 0x7d}
	coreF64 = coreVal{code: 0x7c}
	funcref = coreVal{code: refNull, heap: heapFunc}
)

var coreNames = map[byte]string{
	0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128", 0x78: "i8", 0x77: "i16",
}

var heapNames = map[byte]string{
	0x75: "nocont", 0x74: "noexn", 0x73: "nofunc", 0x72: "noextern", 0x71: "none", 0x70: "func", 0x6f: "extern",
	0x6e: "any", 0x6d: "eq", 0x6c: "i31", 0x6b: "struct", 0x6a: "array", 0x69: "exn", 0x68: "cont",
}

// String is the type in the text format; defined types are by number.
func (t coreVal) String() string {
	if n, ok := coreNames[t.code]; ok {
		return n
	}
	null := ""
	if t.code == refNull {
		null = "null "
	}
	switch n, ok := heapNames[t.heap]; {
	case t == funcref:
		return "funcref"
	case t.code == refNull && t.heap == heapExtern:
		return "externref"
	case t.code != refNull && t.code != ref:
		return fmt.Sprintf("core type %#x", t.code)
	case ok:
		return "(ref " + null + n + ")"
	}
	return fmt.Sprintf("(ref %s$%d)", null, t.id)
}

// A coreSig is what a function takes and gives.
type coreSig struct{ params, results []coreVal }

func (s coreSig) equal(t coreSig) bool {
	return slices.Equal(s.params, t.params) && slices.Equal(s.results, t.results)
}

// String is the type in the text format.
func (s coreSig) String() string {
	var b strings.Builder
	b.WriteString("(func")
	for _, group := range []struct {
		name string
		vals []coreVal
	}{{"param", s.params}, {"result", s.results}} {
		if len(group.vals) == 0 {
			continue
		}
		b.WriteString(" (" + group.name)
		for _, v := range group.vals {
			b.WriteString(" " + v.String())
		}
		b.WriteString(")")
	}
	return b.String() + ")"
}

// A coreID is a defined core type. Types of equal structure have one: recursion
// groups are made once [core: valid/types, Recursive Types].
type coreID int32

// noSuper stands for no supertype. In a group that is not made yet, ids below it
// are members of the group.
const noSuper coreID = -1

func member(i int) coreID { return coreID(-2 - i) }

// A coreDef is a defined core type.
type coreDef struct {
	form byte // coreFunc, coreStruct or coreArray
	sig  coreSig
	// fields are those of a structure; an array has one.
	fields        []coreField
	shared, final bool
	super         coreID
}

const (
	coreFunc   = 0x60
	coreStruct = 0x5f
	coreArray  = 0x5e
)

type coreField struct {
	typ     coreVal
	mutable bool
}

// coreTypes are the defined core types of a whole file.
type coreTypes struct {
	groups map[string]coreID // the first of each group
	defs   []coreDef
}

func newCoreTypes() *coreTypes { return &coreTypes{groups: map[string]coreID{}} }

// sig is the signature of a function type.
func (c *coreTypes) sig(id coreID) coreSig { return c.defs[id].sig }

// fn is the function type with a signature and nothing else about it.
func (c *coreTypes) fn(params, results []coreVal) coreID {
	return c.make([]coreDef{{form: coreFunc, sig: coreSig{params, results}, final: true, super: noSuper}})
}

// make gives a recursion group its ids, which follow the one it gives.
func (c *coreTypes) make(group []coreDef) coreID {
	key := groupKey(group)
	if id, ok := c.groups[key]; ok {
		return id
	}
	first := coreID(len(c.defs))
	c.groups[key] = first
	for _, def := range group {
		c.defs = append(c.defs, def.placed(first))
	}
	return first
}

// placed gives a member of a group with the ids of the others put in.
func (d coreDef) placed(first coreID) coreDef {
	place := func(id coreID) coreID {
		if id < noSuper {
			return first + (-2 - id)
		}
		return id
	}
	vals := func(vs []coreVal) []coreVal {
		out := slices.Clone(vs)
		for i := range out {
			out[i].id = place(out[i].id)
		}
		return out
	}
	d.super = place(d.super)
	d.sig = coreSig{vals(d.sig.params), vals(d.sig.results)}
	d.fields = slices.Clone(d.fields)
	for i := range d.fields {
		d.fields[i].typ.id = place(d.fields[i].typ.id)
	}
	return d
}

// groupKey is equal for groups of equal structure.
func groupKey(group []coreDef) string {
	var b []byte
	flag := func(f bool) {
		if f {
			b = append(b, 1)
		} else {
			b = append(b, 0)
		}
	}
	vals := func(vs []coreVal) {
		b = binary.AppendUvarint(b, uint64(len(vs)))
		for _, v := range vs {
			b = append(b, v.code, v.heap)
			b = binary.AppendVarint(b, int64(v.id))
		}
	}
	for _, d := range group {
		b = append(b, d.form)
		flag(d.shared)
		flag(d.final)
		b = binary.AppendVarint(b, int64(d.super))
		vals(d.sig.params)
		vals(d.sig.results)
		b = binary.AppendUvarint(b, uint64(len(d.fields)))
		for _, f := range d.fields {
			flag(f.mutable)
			vals([]coreVal{f.typ})
		}
	}
	return string(b)
}

// isSub tells whether one defined type is another or declared to be a subtype of
// it.
func (c *coreTypes) isSub(a, b coreID) bool {
	for ; a != noSuper; a = c.defs[a].super {
		if a == b {
			return true
		}
	}
	return false
}

// valSub tells whether one value type is a subtype of another [core:
// valid/matching].
func (c *coreTypes) valSub(a, b coreVal) bool {
	if a == b {
		return true
	}
	isRef := func(t coreVal) bool { return t.code == ref || t.code == refNull }
	if !isRef(a) || !isRef(b) || a.code == refNull && b.code == ref {
		return false
	}
	switch {
	case a.heap == 0 && b.heap == 0:
		return c.isSub(a.id, b.id)
	case a.heap == 0:
		top := map[byte]byte{coreFunc: heapFunc, coreStruct: 0x6b, coreArray: 0x6a}[c.defs[a.id].form]
		return heapSub(top, b.heap)
	case b.heap == 0:
		return a.heap == 0x73 && c.defs[b.id].form == coreFunc || a.heap == 0x71 && c.defs[b.id].form != coreFunc
	}
	return heapSub(a.heap, b.heap)
}

// heapSupers gives the abstract type right above each.
var heapSupers = map[byte]byte{
	0x75: 0x68, 0x74: 0x69, 0x73: 0x70, 0x72: 0x6f, 0x71: 0x6c, 0x6c: 0x6d, 0x6b: 0x6d, 0x6a: 0x6d, 0x6d: 0x6e,
}

func heapSub(a, b byte) bool {
	for ; a != 0; a = heapSupers[a] {
		if a == b || a == 0x71 && (b == 0x6b || b == 0x6a) {
			return true
		}
	}
	return false
}

// fits tells whether a type may be declared a subtype of its supertype.
func (c *coreTypes) fits(d coreDef) bool {
	super := c.defs[d.super]
	if super.final || super.form != d.form || super.shared != d.shared {
		return false
	}
	if len(d.sig.params) != len(super.sig.params) || len(d.sig.results) != len(super.sig.results) ||
		len(d.fields) < len(super.fields) {
		return false
	}
	for i, p := range super.sig.params {
		if !c.valSub(p, d.sig.params[i]) {
			return false
		}
	}
	for i, r := range d.sig.results {
		if !c.valSub(r, super.sig.results[i]) {
			return false
		}
	}
	for i, f := range super.fields {
		if g := d.fields[i]; f != g && (f.mutable || g.mutable || !c.valSub(g.typ, f.typ)) {
			return false
		}
	}
	return true
}
