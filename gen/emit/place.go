package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
)

// A place is where a value is: core values on a stack of uint64s, or bytes of
// the guest's memory. For reading, memory is a slice that starts at or before
// the value; for writing, an address.
type place struct {
	flat bool
	base string // a variable: of type []uint64, []byte or uint32
	at   uint32 // an index into the stack, or an offset in bytes
	// single is the variable of a core value that stands alone, in place of base.
	single string
}

func onStack(base string, index int) place { return place{flat: true, base: base, at: uint32(index)} }

// argument is the place of a scalar that is handed on as it is: to set it gives
// the core value.
var argument = place{flat: true}

func inMemory(base string, offset uint32) place { return place{base: base, at: offset} }

// plus is the place that many bytes on.
func (p place) plus(n uint32) place {
	p.at += n
	return p
}

// field is where a field of a record or tuple at p is.
func (p place) field(t *model.Type, i int) place {
	if p.flat {
		p.at += uint32(t.ABI.FieldFlat(i))
	} else {
		p.at += t.ABI.FieldOffset(i)
	}
	return p
}

// payload is where the payload of a variant, option or result at p is.
func (p place) payload(t *model.Type) place {
	if p.flat {
		p.at++
	} else {
		p.at += t.ABI.PayloadOffset()
	}
	return p
}

// from is the rest of the slice from the value on.
func (p place) from() *jen.Statement { return p.fromPlus(0) }

func (p place) fromPlus(n uint32) *jen.Statement {
	if p.at+n == 0 {
		return jen.Id(p.base)
	}
	return jen.Id(p.base).Index(jen.Lit(int(p.at + n)).Op(":"))
}

// slot is the core value n places on.
func (p place) slot(n int) *jen.Statement {
	if p.single != "" {
		return jen.Id(p.single)
	}
	return jen.Id(p.base).Index(jen.Lit(int(p.at) + n))
}

// address is where to write n bytes on.
func (p place) address(n uint32) *jen.Statement {
	if p.at+n == 0 {
		return jen.Id(p.base)
	}
	return jen.Id(p.base).Op("+").Lit(int(p.at + n))
}

// bits reads the raw value of that many bytes: a uint64 of the stack, or an
// unsigned integer of that size of memory.
func (p place) bits(size uint32) *jen.Statement {
	switch {
	case p.flat:
		return p.slot(0)
	case size == 1:
		return jen.Id(p.base).Index(jen.Lit(int(p.at)))
	}
	return jen.Qual(binaryPath, "LittleEndian").Dot(fmt.Sprintf("Uint%d", 8*size)).Call(p.from())
}

// core reads the raw value as a uint64.
func (p place) core(size uint32) *jen.Statement {
	if p.flat || size == 8 {
		return p.bits(size)
	}
	return conv("uint64", p.bits(size))
}

// as reads the raw value as an integer type of that many bytes.
func (p place) as(typ string, size uint32) *jen.Statement {
	if !p.flat && typ == uintOf(size) {
		return p.bits(size)
	}
	if p.flat && typ == "uint64" {
		return p.bits(size)
	}
	return conv(typ, p.bits(size))
}

// pair reads pointer and length, of a string or list.
func (p place) pair() (ptr, n *jen.Statement) {
	if p.flat {
		return conv("uint32", p.slot(0)), conv("uint32", p.slot(1))
	}
	length := p
	length.at += 4
	return p.bits(4), length.bits(4)
}

// set writes a value of that many bytes; v is an expression of type uint64, or
// with a Go type that converts.
func (p place) set(size uint32, v *jen.Statement, typ string) *jen.Statement {
	switch {
	case p == argument:
		return as("uint64", v, typ)
	case p.flat:
		return p.slot(0).Op("=").Add(as("uint64", v, typ))
	}
	return cx(fmt.Sprintf("Put%d", 8*size), p.address(0), as(uintOf(size), v, typ))
}

// as converts v of type from where that is needed.
func as(to string, v *jen.Statement, from string) *jen.Statement {
	if to == from {
		return v
	}
	return conv(to, v)
}

func conv(typ string, v jen.Code) *jen.Statement { return jen.Id(typ).Call(v) }

// cx calls a method of the context.
func cx(method string, args ...jen.Code) *jen.Statement {
	return jen.Id("cx").Dot(method).Call(args...)
}

// rt calls a function of package abi.
func rt(name string, args ...jen.Code) *jen.Statement { return jen.Qual(abiPath, name).Call(args...) }

// caseOf reads which case the value at p is, checked.
func (p place) caseOf(t *model.Type) *jen.Statement {
	return rt("LiftCase", p.core(t.ABI.DiscriminantSize()), jen.Lit(len(t.ABI.Cases)), jen.Lit(typeName(t)))
}

// typeName is how messages call a type.
func typeName(t *model.Type) string {
	if t.Decl != nil {
		return t.Decl.Name
	}
	return t.Kind().String()
}

// flagMask is the constant of all members of flags, or nil where they fill
// their integer.
func flagMask(t *model.Type) *jen.Statement {
	n := len(t.Cases)
	if uint32(n) == 8*t.ABI.Size() {
		return nil
	}
	return jen.Id(fmt.Sprintf("%#x", uint64(1)<<n-1))
}
