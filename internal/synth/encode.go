package synth

import (
	"encoding/binary"

	"github.com/airsstack/witgen/runtime/abi"
)

// The numbers of sections and sorts [Binary.md, "Component Definitions"].
const (
	sectionCoreModule   = 1
	sectionCoreInstance = 2
	sectionComponent    = 4
	sectionInstance     = 5
	sectionAlias        = 6
	sectionType         = 7
	sectionCanon        = 8
	sectionImport       = 10
	sectionExport       = 11

	sortFunc     = 1
	sortType     = 3
	sortInstance = 5

	coreFunc     = 0
	coreMemory   = 2
	coreInstance = 0x12
)

// An encoder writes a component, a section for each definition, and counts what
// is in each index space.
type encoder struct {
	bytes []byte
	scope // its types

	funcs, instances                      int
	coreFuncs, coreModules, coreInstances int
}

// newEncoder begins a component that imports or exports (a section's number)
// the types that must have a name.
func newEncoder(named byte) *encoder {
	e := &encoder{bytes: []byte("\x00asm\x0d\x00\x01\x00")}
	e.scope = scope{
		index: map[*abi.Type]int{},
		add:   func(def ...[]byte) { e.section(sectionType, def...) },
		name: func(t *abi.Type, at int) {
			if named == sectionExport {
				e.section(sectionExport, extern(t.Name), []byte{sortType}, u32s(at), []byte{0})
				return
			}
			e.section(sectionImport, extern(t.Name), []byte{sortType, 0}, u32s(at))
		},
	}
	return e
}

// take gives the next index of a space.
func take(space *int) int {
	*space++
	return *space - 1
}

// raw adds a section as it is.
func (e *encoder) raw(id byte, body []byte) {
	e.bytes = append(uleb(append(e.bytes, id), uint32(len(body))), body...)
}

// section adds a section of one definition.
func (e *encoder) section(id byte, parts ...[]byte) {
	e.raw(id, cat(append([][]byte{{1}}, parts...)...))
}

// importFunc and importInstance import what has that type.
func (e *encoder) importFunc(name string, typ int) int {
	e.section(sectionImport, extern(name), []byte{sortFunc}, u32s(typ))
	return take(&e.funcs)
}

func (e *encoder) importInstance(name string, typ int) int {
	e.section(sectionImport, extern(name), []byte{sortInstance}, u32s(typ))
	return take(&e.instances)
}

// export exports something, which gets one more index by that.
func (e *encoder) export(name string, sort byte, index int) {
	e.section(sectionExport, extern(name), []byte{sort}, u32s(index), []byte{0})
	switch sort {
	case sortFunc:
		e.funcs++
	case sortInstance:
		e.instances++
	}
}

// aliasFunc takes a function out of an instance.
func (e *encoder) aliasFunc(instance int, name string) int {
	e.section(sectionAlias, []byte{sortFunc, 0}, u32s(instance), str(name))
	return take(&e.funcs)
}

// aliasCore takes something out of a core instance.
func (e *encoder) aliasCore(sort byte, instance int, name string) {
	e.section(sectionAlias, []byte{0, sort, 1}, u32s(instance), str(name))
	if sort == coreFunc {
		e.coreFuncs++
	}
}

// An argument is what an instantiation is given by name.
type argument struct {
	name  string
	sort  byte
	index int
}

func arguments(args []argument) []byte {
	out := u32s(len(args))
	for _, a := range args {
		out = cat(out, str(a.name), []byte{a.sort}, u32s(a.index))
	}
	return out
}

// instantiate adds an instance of a component.
func (e *encoder) instantiate(component int, args ...argument) int {
	e.section(sectionInstance, []byte{0}, u32s(component), arguments(args))
	return take(&e.instances)
}

// coreModule adds a core module.
func (e *encoder) coreModule(wasm []byte) int {
	e.raw(sectionCoreModule, wasm)
	return take(&e.coreModules)
}

// coreInstantiate adds an instance of a core module, bundle one that holds what
// it is given.
func (e *encoder) coreInstantiate(module int, args ...argument) int {
	e.section(sectionCoreInstance, []byte{0}, u32s(module), arguments(args))
	return take(&e.coreInstances)
}

func (e *encoder) bundle(items ...argument) int {
	e.section(sectionCoreInstance, []byte{1}, arguments(items))
	return take(&e.coreInstances)
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
