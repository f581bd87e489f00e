package corewasm

import "bytes"

// Sections by their codes [5.5.2].
const (
	secCustom = iota
	secType
	secImport
	secFunction
	secTable
	secMemory
	secGlobal
	secExport
	secStart
	secElement
	secCode
	secData
	secDataCount
	secTag
	sectionCount
)

var sectionNames = [sectionCount]string{
	"custom", "type", "import", "function", "table", "memory", "global",
	"export", "start", "element", "code", "data", "data count", "tag",
}

// sectionOrder lists the sections as they must follow one another; custom ones
// may stand anywhere.
var sectionOrder = [...]byte{
	secType, secImport, secFunction, secTable, secMemory, secTag, secGlobal,
	secExport, secStart, secElement, secDataCount, secCode, secData,
}

var header = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}

// Decode reads a module. Every error is an [*Error].
func Decode(wasm []byte) (*Module, error) {
	m := &Module{data: wasm, exports: map[string]int{}}
	r := &reader{buf: wasm}
	if len(wasm) > MaxModuleSize {
		r.fail(0, "module of %d bytes exceeds the limit of %d", len(wasm), MaxModuleSize)
	} else if !bytes.HasPrefix(wasm, header) {
		r.fail(0, "not a core module: it must begin with % x", header)
	}
	if r.err != nil {
		return nil, r.err
	}
	r.pos = len(header)
	rank := 0
	for r.left() > 0 {
		if err := m.section(r, &rank); err != nil {
			return nil, err
		}
	}
	if err := m.complete(r); err != nil {
		return nil, err
	}
	return m, nil
}

// section reads one section; rank is how far in the order the module is.
func (m *Module) section(r *reader, rank *int) error {
	at := r.pos
	id := r.byte()
	if int(id) >= len(sectionNames) {
		r.fail(at, "%#x is not a section", id)
		return r.err
	}
	r.section = sectionNames[id]
	size := r.u32()
	s := r.sub(size)
	if id == secCustom {
		m.custom(&s)
		return s.done()
	}
	// A section that is out of order, or there already, is not ahead.
	n := bytes.IndexByte(sectionOrder[*rank:], id)
	if n < 0 && s.err == nil {
		s.fail(at, "section is out of order or occurs twice")
	}
	if s.err != nil {
		return s.err
	}
	*rank += n + 1
	m.sections[id] = span{s.pos, len(s.buf)}
	sectionReaders[id](m, &s)
	r.section = ""
	return s.done()
}

var sectionReaders [sectionCount]func(*Module, *reader)

func init() {
	sectionReaders = [...]func(*Module, *reader){
		secType:      (*Module).readTypes,
		secImport:    (*Module).readImports,
		secFunction:  (*Module).readFunctions,
		secTable:     (*Module).readTables,
		secMemory:    (*Module).readMemories,
		secTag:       (*Module).readTags,
		secGlobal:    (*Module).readGlobals,
		secExport:    (*Module).readExports,
		secStart:     (*Module).readStart,
		secElement:   (*Module).readElements,
		secDataCount: (*Module).readDataCount,
		secCode:      (*Module).readCode,
		secData:      (*Module).readData,
	}
}

// complete checks what only the whole module shows.
func (m *Module) complete(r *reader) error {
	if n := len(m.Funcs) - m.ImportedFuncs; n != len(m.Bodies) {
		r.section = "code"
		r.fail(len(m.data), "%d functions are declared, %d have a body", n, len(m.Bodies))
	}
	if m.hasData && int(m.dataCount) != len(m.Data) {
		r.section = "data"
		r.fail(len(m.data), "%d segments are announced, %d follow", m.dataCount, len(m.Data))
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

func (m *Module) readTypes(r *reader) {
	n := r.count("types", MaxTypes)
	m.Types = make([]FuncType, 0, min(n, 1<<10))
	for range n {
		if t := m.funcType(r); r.err == nil {
			m.Types = append(m.Types, t)
		} else {
			return
		}
	}
}

func (m *Module) typeIndex(r *reader) uint32 {
	at := r.pos
	i := r.u32()
	if int64(i) >= int64(len(m.Types)) && r.err == nil {
		r.fail(at, "type %d does not exist", i)
	}
	return i
}

func (m *Module) readFunctions(r *reader) {
	n := r.count("functions", MaxFunctions-len(m.Funcs))
	for range n {
		if t := m.typeIndex(r); r.err == nil {
			m.Funcs = append(m.Funcs, t)
		} else {
			return
		}
	}
}

func (m *Module) readTables(r *reader) {
	n := r.count("tables", MaxTables-len(m.Tables))
	for range n {
		var t Table
		if r.left() > 1 && r.buf[r.pos] == 0x40 { // an initial value follows [5.5.7]
			at := r.pos
			r.pos++
			if r.byte() != 0 {
				r.fail(at, "reserved byte is not zero")
			}
			t.TableType, t.limits = m.tableTypeAt(r)
			t.Init, _ = m.constExpr(r, t.Elem)
		} else {
			t.TableType, t.limits = m.tableTypeAt(r)
		}
		if r.err != nil {
			return
		}
		m.Tables = append(m.Tables, t)
	}
}

func (m *Module) readMemories(r *reader) {
	n := r.count("memories", MaxMemories-len(m.Memories))
	for range n {
		m.memory(r)
	}
}

func (m *Module) memory(r *reader) {
	if len(m.Memories) == MaxMemories {
		r.fail(r.pos, "memories exceed the limit of %d", MaxMemories)
		return
	}
	m.Memories = append(m.Memories, memoryType(r))
}

func (m *Module) readTags(r *reader) {
	n := r.count("tags", MaxTags-len(m.Tags))
	for range n {
		if t := m.tag(r); r.err == nil {
			m.Tags = append(m.Tags, t)
		} else {
			return
		}
	}
}

func (m *Module) tag(r *reader) uint32 {
	at := r.pos
	if r.byte() != 0 {
		r.fail(at, "tag is not an exception")
	}
	t := m.typeIndex(r)
	if r.err == nil && len(m.Types[t].Results) > 0 {
		r.fail(at, "tag with results")
	}
	return t
}

func (m *Module) readGlobals(r *reader) {
	n := r.count("globals", MaxGlobals-len(m.Globals))
	for range n {
		g := Global{GlobalType: m.globalType(r)}
		g.Init, _ = m.constExpr(r, g.Val)
		if r.err != nil {
			return
		}
		m.Globals = append(m.Globals, g)
	}
}
