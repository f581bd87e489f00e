package corewasm

import (
	"fmt"
	"slices"
)

// Rewrite gives an edited copy of the module. Custom sections, which say
// nothing to the engine that the edit does not, are left out; the module keeps
// the original's. An error means that the edit contradicts the module.
func (m *Module) Rewrite(e Edit) (*Rewritten, error) {
	w := &rewriter{m: m, e: &e, out: &Rewritten{imported: uint32(m.ImportedFuncs)}}
	if e.Import != nil {
		w.out.shift = 1
		w.importType = slices.IndexFunc(m.Types, e.Import.Type.Equal)
	}
	w.buf = make([]byte, 0, len(m.data)+len(m.data)/4+1024)
	w.buf = append(w.buf, header...)
	for _, id := range sectionOrder {
		contents, err := w.section(id)
		if err != nil {
			return nil, err
		}
		if contents != nil {
			w.buf = appendSection(w.buf, id, contents)
		}
	}
	if e.ModuleName != "" {
		name := appendName(nil, e.ModuleName)
		w.buf = appendCustom(w.buf, "name", append(appendU32([]byte{0}, uint32(len(name))), name...))
	}
	if e.TraceOffsets {
		w.buf = appendDWARF(w.buf)
	}
	w.out.Wasm = w.buf
	return w.out, nil
}

type rewriter struct {
	m          *Module
	e          *Edit
	out        *Rewritten
	buf        []byte
	importType int // of the added import, or -1 to add one
}

// section gives a section's new contents, or nil for none.
func (w *rewriter) section(id byte) ([]byte, error) {
	m, e := w.m, w.e
	switch s := m.sections[id]; {
	case id == secCode && len(m.Bodies) > 0:
		return w.code()
	case id == secExport && len(m.Exports)+len(e.Exports) > 0:
		return w.exports()
	case id == secImport && (len(m.Imports) > 0 || e.Import != nil):
		return w.imports(), nil
	case id == secType && e.Import != nil && w.importType < 0:
		w.importType = len(m.Types)
		return w.grown(s, len(m.Types), appendFuncType(nil, e.Import.Type)), nil
	case id == secGlobal && e.Global != nil:
		return w.grown(s, len(m.Globals)-m.ImportedGlobals, appendGlobal(nil, e.Global)), nil
	case id == secStart && m.HasStart:
		return appendU32(nil, w.function(m.Start)), nil
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

// grown gives a vector of n elements with one more.
func (w *rewriter) grown(s span, n int, element []byte) []byte {
	b := appendU32(nil, uint32(n)+1)
	if s.end > 0 {
		r := reader{buf: w.m.data, pos: s.start}
		r.u32()
		b = w.patched(b, r.pos, s.end)
	}
	return append(b, element...)
}

func (w *rewriter) imports() []byte {
	m, e := w.m, w.e
	b := appendU32(nil, uint32(len(m.Imports))+w.out.shift)
	for i, im := range m.Imports {
		module, name := im.Module, im.Name
		if e.Rename != nil {
			module, name = e.Rename(im)
		}
		b = append(appendName(appendName(b, module), name), byte(im.Kind))
		b = append(b, m.data[m.importDescs[i].start:m.importDescs[i].end]...)
	}
	if e.Import != nil {
		b = append(appendName(appendName(b, e.Import.Module), e.Import.Name), byte(KindFunc))
		b = appendU32(b, uint32(max(w.importType, 0)))
	}
	return b
}

func (w *rewriter) exports() ([]byte, error) {
	m, e := w.m, w.e
	seen := make(map[string]bool, len(e.Exports))
	for _, x := range e.Exports {
		size := m.spaceSize(x.Kind)
		if x.Kind == KindGlobal && e.Global != nil {
			size++
		}
		if int64(x.Index) >= int64(size) {
			return nil, fmt.Errorf("rewrite: added export %q: %v %d does not exist", x.Name, x.Kind, x.Index)
		}
		if _, taken := m.exports[x.Name]; taken || seen[x.Name] {
			return nil, &Error{Offset: m.sections[secExport].start, Section: "export", Msg: fmt.Sprintf("name %q is reserved for the host", x.Name)}
		}
		seen[x.Name] = true
	}
	b := appendU32(nil, uint32(len(m.Exports)+len(e.Exports)))
	for _, xs := range [][]Export{m.Exports, e.Exports} {
		for _, x := range xs {
			index := x.Index
			if x.Kind == KindFunc {
				index = w.function(index)
			}
			b = appendU32(append(appendName(b, x.Name), byte(x.Kind)), index)
		}
	}
	return b, nil
}

func appendGlobal(b []byte, g *Global) []byte {
	mutable := byte(0)
	if g.Mutable {
		mutable = 1
	}
	return append(append(b, byte(g.Val), mutable), g.Init...)
}
