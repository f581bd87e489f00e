package corewasm

func (m *Module) readImports(r *reader) {
	type key struct{ module, name string }
	n := r.count("imports", MaxImports)
	first := make(map[key]int, min(n, 1024))
	for range n {
		at := r.pos
		im := Import{Module: r.name(), Name: r.name(), Kind: Kind(r.byte())}
		desc := r.pos
		m.importType(r, &im)
		m.importDescs = append(m.importDescs, span{desc, r.pos})
		if r.err != nil {
			return
		}
		k := key{im.Module, im.Name}
		if i, ok := first[k]; !ok {
			first[k] = len(m.Imports)
		} else if prior := m.Imports[i]; !m.sameType(prior, im) {
			// The engine resolves by name alone and would link one of them wrongly.
			r.refuse(at, "one import with two types", "import %q %q is a %v %s and also a %v %s", im.Module, im.Name,
				prior.Kind, m.TypeString(prior.Kind, prior.Index), im.Kind, m.TypeString(im.Kind, im.Index))
		}
		m.Imports = append(m.Imports, im)
	}
}

// importType reads an import's type into the space of its kind.
func (m *Module) importType(r *reader, im *Import) {
	switch im.Kind {
	case KindFunc:
		im.Index = uint32(len(m.Funcs))
		m.Funcs = append(m.Funcs, m.typeIndex(r))
		m.ImportedFuncs++
	case KindTable:
		im.Index = uint32(len(m.Tables))
		if len(m.Tables) == MaxTables {
			r.fail(r.pos, "tables exceed the limit of %d", MaxTables)
		}
		m.Tables = append(m.Tables, Table{TableType: m.tableType(r)})
		m.ImportedTables++
	case KindMemory:
		im.Index = uint32(len(m.Memories))
		m.memory(r)
		m.ImportedMemories++
	case KindGlobal:
		im.Index = uint32(len(m.Globals))
		m.Globals = append(m.Globals, Global{GlobalType: m.globalType(r)})
		m.ImportedGlobals++
	case KindTag:
		im.Index = uint32(len(m.Tags))
		m.Tags = append(m.Tags, m.tag(r))
		m.ImportedTags++
	default:
		r.fail(r.pos-1, "%#x is not a kind of import", uint8(im.Kind))
	}
}

func (m *Module) readExports(r *reader) {
	n := r.count("exports", MaxExports)
	for range n {
		at := r.pos
		e := Export{Name: r.name(), Kind: Kind(r.byte()), Index: r.u32()}
		if r.err != nil {
			return
		}
		if int64(e.Index) >= int64(m.spaceSize(e.Kind)) {
			r.fail(at, "export %q: %v %d does not exist", e.Name, e.Kind, e.Index)
			return
		}
		if _, dup := m.exports[e.Name]; dup {
			r.fail(at, "export %q occurs twice", e.Name)
			return
		}
		m.exports[e.Name] = len(m.Exports)
		m.Exports = append(m.Exports, e)
	}
}

func (m *Module) spaceSize(k Kind) int {
	switch k {
	case KindFunc:
		return len(m.Funcs)
	case KindTable:
		return len(m.Tables)
	case KindMemory:
		return len(m.Memories)
	case KindGlobal:
		return len(m.Globals)
	case KindTag:
		return len(m.Tags)
	}
	return 0
}

func (m *Module) readStart(r *reader) {
	at := r.pos
	m.Start, m.HasStart = r.u32(), true
	switch {
	case r.err != nil:
	case int64(m.Start) >= int64(len(m.Funcs)):
		r.fail(at, "function %d does not exist", m.Start)
	case !m.FuncType(m.Start).Equal(FuncType{}):
		r.fail(at, "start function %d is %s, but must take and give nothing", m.Start, m.FuncType(m.Start))
	}
}
