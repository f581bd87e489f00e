package corewasm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The engine runs no module of several memories. Split makes modules of one
// memory of such a one: the main module keeps all of it but the memories after
// the first, and each of these gets a satellite, which defines the memory or
// imports it, and exports a function for each instruction, with its immediates,
// that the main module applies to it. An instruction of one memory is so executed
// by the engine, in the satellite, with the operands that the guest gave it: its
// bounds, its traps and its atomicity are the engine's own.
//
// Two things are code of ours, in functions that are added to the main module:
// memory.copy between two memories (memorycopy.go), and active data segments,
// which the module copies when it starts, in order, as the specification writes
// it down [4.7.2]. For this a memory may be given for two imports: copies of
// overlapping ranges, and segments that overlap, come out right then too.

// A Split is a module in parts. Instantiated in the order of Satellites, then
// Main, with the imports that the whole module has, they act as it does.
type Split struct {
	// Main has at most one memory, the first. It imports the satellites'
	// functions beside what the whole module imports. Its offsets are those of
	// its own bytes; what is rewritten of it leads back to the whole's.
	Main *Module
	// Wasm are Main's bytes.
	Wasm []byte
	// Satellites are of the second and further memories, in order.
	Satellites []Satellite
}

// A Satellite is a module around one memory, which it exports under the name
// SatelliteMemory. If the whole module imports that memory, so does the
// satellite, under the same name.
type Satellite struct {
	// Name is the module name under which Main imports what the satellite
	// exports. The whole module imports nothing under it.
	Name   string
	Module *Module
	Wasm   []byte
}

// SatelliteMemory is the name under which a satellite exports its memory.
const SatelliteMemory = "memory"

// origin is where a module comes from that was split off.
type origin struct {
	whole *Module
	split *Rewritten // whole to this one
	code  int        // where this one's code section begins
}

// Original is the module that this one was split off of, or itself. Its
// functions and offsets are what the Rewritten made of this module lead back to.
func (m *Module) Original() *Module {
	if m.origin != nil {
		return m.origin.whole
	}
	return m
}

// Split takes the module into parts of one memory. It is nil for a module that
// the engine runs as it is. The module must not be one that was split off. An
// error is an [*Error]: the parts exceed a limit that the whole does not.
func (m *Module) Split() (*Split, error) {
	if len(m.Memories) <= 1 && !m.indexed {
		return nil, nil
	}
	s := &splitter{m: m, prefix: freePrefix(m), at: map[access]uint32{}, copyAt: map[[2]uint32]int{}}
	for range m.Memories[min(1, len(m.Memories)):] {
		s.satellites = append(s.satellites, &satelliteWriter{typeAt: map[string]uint32{}, dataAt: map[uint32]uint32{}})
	}
	if err := s.collect(); err != nil {
		return nil, err
	}
	return s.write()
}

// freePrefix is a beginning of module names under which m imports nothing.
func freePrefix(m *Module) string {
	const base = "memory "
	taken := map[string]bool{}
	for _, im := range m.Imports {
		if rest, ok := strings.CutPrefix(im.Module, base); ok {
			number, _, _ := strings.Cut(rest, ".")
			taken[number] = true
		}
	}
	n := 0
	for taken[strconv.Itoa(n)] {
		n++
	}
	return base + strconv.Itoa(n) + "."
}

func accessorName(i int) string { return strconv.Itoa(i) }

// access is an accessor and its memory.
type access struct {
	memory uint32
	accessor
}

type splitter struct {
	m          *Module
	prefix     string
	satellites []*satelliteWriter // by memory, the first left out
	imports    []FuncImport
	at         map[access]uint32 // the imports, by what they do
	copies     [][2]uint32       // the memories that added functions copy between: to, from
	copyAt     map[[2]uint32]int // the way back
	inits      map[uint32]bool   // data segments that memory 0 needs
	code       []byte            // of one body
	insert     []Insertion
}

// collect finds what the main module must import and what functions it gets:
// the indices of all functions depend on it. The code that it makes on the way is
// of no use yet.
func (s *splitter) collect() error {
	s.inits = map[uint32]bool{}
	for i := range s.m.Bodies {
		s.body(&s.m.Bodies[i])
	}
	for i, d := range s.m.Data {
		if d.Mode == Active {
			s.access(nil, access{d.Memory, accessor{op: OpMemoryInit, data: uint32(i)}})
		}
	}
	size := 0
	for memory, sat := range s.satellites {
		for _, i := range sat.data {
			s.access(nil, access{uint32(memory + 1), accessor{op: opDataDrop, data: i}})
			size += len(s.m.Data[i].Init)
		}
	}
	for _, memories := range s.copies {
		s.copyBody(memories)
	}
	if limit := max(1<<20, 2*len(s.m.data)); size > limit {
		return &Error{
			Offset: s.m.sections[secData].start, Section: "data",
			Msg: fmt.Sprintf("%d bytes of data for memories after the first, counted once for each, exceed the limit of %d", size, limit),
		}
	}
	return nil
}

// access appends what applies an instruction to a memory: itself for the first,
// else the call of an accessor.
func (s *splitter) access(b []byte, a access) []byte {
	if a.op == OpMemoryInit && a.memory == 0 {
		s.inits[a.data] = true
	}
	if a.memory == 0 {
		return a.appendTo(b)
	}
	at, ok := s.at[a]
	if !ok {
		at = uint32(s.m.ImportedFuncs + len(s.imports))
		s.at[a] = at
		sat := s.satellites[a.memory-1]
		if a.op == OpMemoryInit {
			sat.holds(a.data)
		}
		s.imports = append(s.imports, FuncImport{
			Module: s.satellite(int(a.memory - 1)), Name: accessorName(len(sat.accessors)), Type: accessTypes[a.op],
		})
		sat.accessors = append(sat.accessors, a.accessor)
	}
	return appendU32(append(b, byte(OpCall)), at)
}

func (s *splitter) satellite(i int) string { return s.prefix + strconv.Itoa(i+1) }

// added is the new index of the i-th function that is added.
func (s *splitter) added(i uint32) uint32 { return uint32(len(s.m.Funcs)+len(s.imports)) + i }

// copy gives the added function that copies between two memories.
func (s *splitter) copy(to, from uint32) uint32 {
	memories := [2]uint32{to, from}
	i, ok := s.copyAt[memories]
	if !ok {
		i = len(s.copies)
		s.copyAt[memories] = i
		s.copies = append(s.copies, memories)
	}
	return s.added(uint32(i))
}

// body replaces what the engine does not run.
func (s *splitter) body(b *Body) BodyEdit {
	s.code, s.insert = s.code[:0], s.insert[:0]
	var ends []int
	s.m.walk(b, func(in *Instr, ref *memoryRef) bool {
		before := len(s.code)
		s.instruction(in, ref)
		if len(s.code) > before {
			s.insert = append(s.insert, Insertion{At: in.Offset, Until: in.End})
			ends = append(ends, len(s.code))
		}
		return true
	})
	start := 0
	for i, end := range ends {
		s.insert[i].Code = s.code[start:end]
		start = end
	}
	return BodyEdit{Insert: s.insert}
}

// instruction writes what stands in the place of an instruction, or nothing
// where it stays.
func (s *splitter) instruction(in *Instr, ref *memoryRef) {
	switch {
	case in.Op == opDataDrop:
		if s.held(in.Index) {
			s.code = s.drop(s.code, in.Index)
		}
	case in.Op == OpMemoryInit && !ref.explicit:
		s.inits[in.Index] = true
	case !ref.explicit:
	case in.Op == OpMemoryCopy && ref.index != ref.source:
		s.code = appendU32(append(s.code, byte(OpCall)), s.copy(ref.index, ref.source))
	default:
		a := accessor{op: in.Op, align: ref.align, offset: ref.offset, lane: ref.lane}
		if in.Op == OpMemoryInit {
			a.data = in.Index
		}
		s.code = s.access(s.code, access{ref.index, a})
	}
}

func (s *splitter) held(segment uint32) bool {
	return slices.ContainsFunc(s.satellites, func(sat *satelliteWriter) bool {
		_, ok := sat.dataAt[segment]
		return ok
	})
}

// drop drops a data segment everywhere.
func (s *splitter) drop(b []byte, segment uint32) []byte {
	a := accessor{op: opDataDrop, data: segment}
	b = a.appendTo(b)
	for memory, sat := range s.satellites {
		if _, ok := sat.dataAt[segment]; ok {
			b = s.access(b, access{uint32(memory + 1), a})
		}
	}
	return b
}

func (s *splitter) write() (*Split, error) {
	m := s.m
	w := newRewriter(m, &Edit{Code: s.body})
	w.first, w.imports = true, s.imports
	for _, memories := range s.copies {
		w.funcs = append(w.funcs, Func{accessTypes[OpMemoryCopy], s.copyBody(memories)})
	}
	if len(s.satellites) > 0 && len(m.Data) > 0 {
		s.writeData(w)
	}
	out, err := w.rewrite()
	if err != nil {
		return nil, err
	}
	split := &Split{Wasm: out.Wasm}
	if split.Main, err = Decode(out.Wasm); err != nil {
		return nil, m.tooMuch(err)
	}
	split.Main.origin = &origin{m, out, split.Main.sections[secCode].start}
	for i, sat := range s.satellites {
		wasm := sat.write(m.Memories[i+1], m.importOf(KindMemory, uint32(i+1)), m.Data)
		module, err := Decode(wasm)
		if err != nil {
			return nil, m.tooMuch(err)
		}
		split.Satellites = append(split.Satellites, Satellite{s.satellite(i), module, wasm})
	}
	return split, nil
}

// writeData makes all segments passive, and a start function that copies the
// active ones. Their offsets become globals, so that the engine holds them to what
// it asks of constant expressions.
func (s *splitter) writeData(w *rewriter) {
	m := s.m
	w.data = appendU32(nil, uint32(len(m.Data)))
	start := []byte{0} // no locals
	for i, d := range m.Data {
		segment := uint32(i)
		var init []byte
		if s.inits[segment] {
			init = d.Init
		}
		w.data = appendPassive(w.data, init)
		if d.Mode != Active {
			continue
		}
		start = appendU32(append(start, byte(OpGlobalGet)), uint32(len(m.Globals)+len(w.globals)))
		start = appendS32(append(start, byte(OpI32Const), 0, byte(OpI32Const)), int32(len(d.Init)))
		start = s.access(start, access{d.Memory, accessor{op: OpMemoryInit, data: segment}})
		start = s.drop(start, segment)
		w.globals = append(w.globals, Global{GlobalType: GlobalType{Val: I32}, Init: d.Offset})
	}
	if len(w.globals) == 0 {
		return
	}
	if m.HasStart {
		index := m.Start
		if index >= uint32(m.ImportedFuncs) {
			index += uint32(len(s.imports))
		}
		start = appendU32(append(start, byte(OpCall)), index)
	}
	index := s.added(uint32(len(w.funcs)))
	w.start = &index
	w.funcs = append(w.funcs, Func{FuncType{}, append(start, byte(OpEnd))})
}

// importOf is the import of an item, nil if it is defined.
func (m *Module) importOf(kind Kind, index uint32) *Import {
	for i := range m.Imports {
		if m.Imports[i].Kind == kind && m.Imports[i].Index == index {
			return &m.Imports[i]
		}
	}
	return nil
}

// tooMuch says that a part exceeds a limit, at a place of the whole.
func (m *Module) tooMuch(err error) error {
	return &Error{Offset: len(m.data), Feature: "multi-memory", Msg: "split by its memories: " + err.Error()}
}
