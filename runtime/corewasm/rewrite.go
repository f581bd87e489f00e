package corewasm

import (
	"fmt"
	"slices"
)

// Rewrite gives an edited copy of the module. Custom sections, which say
// nothing to the engine that the edit does not, are left out; the module keeps
// the original's. An error means that the edit contradicts the module.
func (m *Module) Rewrite(e Edit) (*Rewritten, error) {
	w := newRewriter(m, &e)
	if e.Import != nil {
		w.imports = []FuncImport{*e.Import}
	}
	w.types = append(w.types, e.Types...)
	w.globals = append(w.globals, e.Globals...)
	w.funcs = append(w.funcs, e.Funcs...)
	return w.rewrite()
}

// A rewriter writes the edited copy. Its fields are what is added to the module
// at the end of each index space, and what becomes of memories.
type rewriter struct {
	m   *Module
	e   *Edit
	out *Rewritten
	buf []byte

	types   []FuncType
	imports []FuncImport
	funcs   []Func
	globals []Global
	start   *uint32 // another start function, by its new index
	data    []byte  // another data section
	first   bool    // only the first memory stays
}

func newRewriter(m *Module, e *Edit) *rewriter {
	return &rewriter{m: m, e: e, out: &Rewritten{imported: uint32(m.ImportedFuncs), funcs: uint32(len(m.Funcs)), origin: m.origin}}
}

func (w *rewriter) rewrite() (*Rewritten, error) {
	w.out.shift = uint32(len(w.imports))
	w.buf = make([]byte, 0, len(w.m.data)+len(w.m.data)/4+1024)
	w.buf = append(w.buf, header...)
	imports, funcs := w.addedImports(), w.addedFuncs() // first: they add types
	for _, id := range sectionOrder {
		var contents []byte
		var err error
		switch id {
		case secImport:
			contents = imports
		case secFunction:
			contents = funcs
		default:
			contents, err = w.section(id)
		}
		if err != nil {
			return nil, err
		}
		if contents != nil {
			w.buf = appendSection(w.buf, id, contents)
		}
	}
	if w.e.ModuleName != "" {
		name := appendName(nil, w.e.ModuleName)
		w.buf = appendCustom(w.buf, "name", append(appendU32([]byte{0}, uint32(len(name))), name...))
	}
	if w.e.TraceOffsets {
		w.buf = appendDWARF(w.buf)
	}
	w.out.Wasm = w.buf
	return w.out, nil
}

// section gives a section's new contents, or nil for none.
func (w *rewriter) section(id byte) ([]byte, error) {
	m := w.m
	switch s := m.sections[id]; {
	case id == secType && len(w.types) > 0:
		var added []byte
		for _, t := range w.types {
			added = appendFuncType(added, t)
		}
		return w.grown(s, len(m.Types), len(w.types), added), nil
	case id == secTable && w.e.TableMax > 0 && s.end > 0:
		return w.tables(s), nil
	case id == secMemory && w.first:
		if m.ImportedMemories > 0 || len(m.Memories) == 0 {
			return nil, nil
		}
		return appendLimits([]byte{1}, m.Memories[0]), nil
	case id == secGlobal && len(w.globals) > 0:
		var added []byte
		for i := range w.globals {
			added = appendGlobal(added, &w.globals[i])
		}
		return w.grown(s, len(m.Globals)-m.ImportedGlobals, len(w.globals), added), nil
	case id == secExport && len(m.Exports)+len(w.e.Exports) > 0:
		return w.exports()
	case id == secStart && w.start != nil:
		return appendU32(nil, *w.start), nil
	case id == secStart && m.HasStart:
		return appendU32(nil, w.function(m.Start)), nil
	case id == secDataCount && w.data != nil:
		return appendU32(nil, uint32(len(m.Data))), nil
	case id == secCode && len(m.Bodies)+len(w.funcs) > 0:
		return w.code()
	case id == secData && w.data != nil:
		return w.data, nil
	case s.end == 0:
		return nil, nil
	default:
		return w.patched(nil, s.start, s.end), nil
	}
}

// function gives the new index of a function.
func (w *rewriter) function(index uint32) uint32 {
	if index >= w.out.imported {
		return index + w.out.shift
	}
	return index
}

// patched appends a range of the file in which function indices are renewed.
func (w *rewriter) patched(b []byte, start, end int) []byte {
	refs := w.m.funcRefs
	i, _ := slices.BinarySearch(refs, uint32(start))
	for ; i < len(refs) && int(refs[i]) < end && w.out.shift > 0; i++ {
		b = append(b, w.m.data[start:refs[i]]...)
		b, start = w.patch(b, int(refs[i]))
	}
	return append(b, w.m.data[start:end]...)
}

// patch appends the function index that stands at an offset, renewed, and gives
// the offset behind it.
func (w *rewriter) patch(b []byte, at int) ([]byte, int) {
	r := reader{buf: w.m.data, pos: at}
	index := r.u32()
	return appendPadded(b, w.function(index), r.pos-at), r.pos
}

// grown gives a vector of n elements with some more.
func (w *rewriter) grown(s span, n, more int, elements []byte) []byte {
	b := appendU32(nil, uint32(n+more))
	if s.end > 0 {
		r := reader{buf: w.m.data, pos: s.start}
		r.u32()
		b = w.patched(b, r.pos, s.end)
	}
	return append(b, elements...)
}

// typeIndex is the index of a function type, which is added if it is new.
func (w *rewriter) typeIndex(t FuncType) uint32 {
	if i := slices.IndexFunc(w.types, t.Equal); i >= 0 {
		return uint32(len(w.m.Types) + i)
	}
	if i := slices.IndexFunc(w.m.Types, t.Equal); i >= 0 {
		return uint32(i)
	}
	w.types = append(w.types, t)
	return uint32(len(w.m.Types) + len(w.types) - 1)
}

func (w *rewriter) addedFuncs() []byte {
	s := w.m.sections[secFunction]
	if len(w.funcs) == 0 {
		if s.end == 0 {
			return nil
		}
		return w.m.data[s.start:s.end]
	}
	var added []byte
	for _, f := range w.funcs {
		added = appendU32(added, w.typeIndex(f.Type))
	}
	return w.grown(s, len(w.m.Bodies), len(w.funcs), added)
}

// addedImports is the import section with what is added, or nil for none.
func (w *rewriter) addedImports() []byte {
	m, e := w.m, w.e
	kept := func(im Import) bool { return !w.first || im.Kind != KindMemory || im.Index == 0 }
	n := len(w.imports)
	for _, im := range m.Imports {
		if kept(im) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	b := appendU32(nil, uint32(n))
	for i, im := range m.Imports {
		if !kept(im) {
			continue
		}
		module, name := im.Module, im.Name
		if e.Rename != nil {
			module, name = e.Rename(im)
		}
		b = append(appendName(appendName(b, module), name), byte(im.Kind))
		b = append(b, m.data[m.importDescs[i].start:m.importDescs[i].end]...)
	}
	for _, im := range w.imports {
		b = append(appendName(appendName(b, im.Module), im.Name), byte(KindFunc))
		b = appendU32(b, w.typeIndex(im.Type))
	}
	return b
}

func (w *rewriter) exports() ([]byte, error) {
	m, e := w.m, w.e
	seen := make(map[string]bool, len(e.Exports))
	for _, x := range e.Exports {
		size := m.spaceSize(x.Kind)
		if x.Kind == KindGlobal {
			size += len(e.Globals)
		}
		if int64(x.Index) >= int64(size) {
			return nil, fmt.Errorf("rewrite: added export %q: %v %d does not exist", x.Name, x.Kind, x.Index)
		}
		if _, taken := m.exports[x.Name]; taken || seen[x.Name] {
			return nil, &Error{Offset: m.sections[secExport].start, Section: "export", Msg: fmt.Sprintf("name %q is reserved for the host", x.Name)}
		}
		seen[x.Name] = true
	}
	var b []byte
	n := uint32(0)
	for _, xs := range [][]Export{m.Exports, e.Exports} {
		for _, x := range xs {
			if w.first && x.Kind == KindMemory && x.Index > 0 {
				continue
			}
			n++
			index := x.Index
			if x.Kind == KindFunc {
				index = w.function(index)
			}
			b = appendU32(append(appendName(b, x.Name), byte(x.Kind)), index)
		}
	}
	return append(appendU32(nil, n), b...), nil
}

// tables is the table section with lower maxima.
func (w *rewriter) tables(s span) []byte {
	var b []byte
	at := s.start
	for _, t := range w.m.Tables[w.m.ImportedTables:] {
		b = w.patched(b, at, t.limits.start)
		l := t.Limits
		if !l.HasMax || l.Max > w.e.TableMax {
			l.HasMax, l.Max = true, w.e.TableMax
		}
		b, at = appendLimits(b, l), t.limits.end
	}
	return w.patched(b, at, s.end)
}

func appendGlobal(b []byte, g *Global) []byte {
	mutable := byte(0)
	if g.Mutable {
		mutable = 1
	}
	return append(append(b, byte(g.Val), mutable), g.Init...)
}
