package validate

import (
	"errors"
	"fmt"

	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// A coreModule is the type of a core module.
type coreModule struct {
	imports []coreImport
	byName  map[[2]string]int // of the imports
	exports coreExports
	size    int
}

type coreImport struct {
	module, name string
	ext          coreExtern
}

// coreExports are the exports of a module or of a core instance.
type coreExports struct {
	names []string
	types map[string]coreExtern
}

// A coreInstance is the type of a core instance.
type coreInstance struct{ exports coreExports }

// A coreExtern is an import or export of a module by its type; the field for its
// sort is set.
type coreExtern struct {
	sort   binary.Sort
	fn     coreID // of a function or tag
	table  tableType
	memory memoryType
	global globalType
}

type tableType struct {
	elem coreVal
	limits
}

type memoryType struct {
	limits
	pageSize uint32 // its logarithm
}

type globalType struct {
	val     coreVal
	mutable bool
}

type limits struct {
	min, max     uint64
	hasMax       bool
	shared, is64 bool
}

func newCoreModule() *coreModule {
	return &coreModule{byName: map[[2]string]int{}, size: 1}
}

// addImport adds an import. In a component, names must tell imports apart, also
// where the core language allows the same one twice.
func (m *coreModule) addImport(v *validator, module, name string, ext coreExtern) {
	key := [2]string{module, name}
	if _, ok := m.byName[key]; ok {
		v.failNamed(ClassUnique, name, "a core module imports %q %q twice; within a component it can only once", module, name)
	}
	m.byName[key] = len(m.imports)
	m.imports = append(m.imports, coreImport{module, name, ext})
	m.size++
}

// addExport adds an export.
func (m *coreModule) addExport(v *validator, name string, ext coreExtern) {
	m.exports.add(v, name, ext)
	m.size++
}

func (e *coreExports) add(v *validator, name string, ext coreExtern) {
	if e.types == nil {
		e.types = map[string]coreExtern{}
	}
	if _, ok := e.types[name]; ok {
		v.failNamed(ClassUnique, name, "export %q occurs twice", name)
	}
	e.types[name] = ext
	e.names = append(e.names, name)
}

// coreModule reads a core module and gives its type.
func (v *validator) coreModule(d *binary.CoreModule) *coreModule {
	mod, err := v.decode(d)
	if err != nil {
		panic(bailout{v.moduleFault(d, err)})
	}
	types := make([]coreID, len(mod.Types))
	for i, t := range mod.Types {
		types[i] = v.core.fn(coreVals(t.Params, types), coreVals(t.Results, types))
	}
	out := newCoreModule()
	for _, im := range mod.Imports {
		out.addImport(v, im.Module, im.Name, coreExternOf(mod, types, im.Kind, im.Index))
	}
	for _, ex := range mod.Exports {
		out.addExport(v, ex.Name, coreExternOf(mod, types, ex.Kind, ex.Index))
	}
	return out
}

// moduleFault makes an error of the one that a module was refused with.
func (v *validator) moduleFault(d *binary.CoreModule, err error) *Error {
	e := v.fault(ClassMalformed, "%v", err)
	e.Cause = err
	if core, ok := errors.AsType[*corewasm.Error](err); ok {
		e.Offset = d.Offset + core.Offset
		e.Msg = core.Msg
		if core.Section != "" {
			e.Msg = "its " + core.Section + " section: " + core.Msg
		}
		if core.Feature != "" {
			e.Class = ClassUnsupported
			e.Msg += ": " + core.Feature + " is not supported"
		}
	}
	return e
}

// coreVals gives value types of a module whose types before them are known.
func coreVals(ts []corewasm.ValType, types []coreID) []coreVal {
	out := make([]coreVal, len(ts))
	for i, t := range ts {
		out[i] = coreValOf(t, types)
	}
	return out
}

func coreValOf(t corewasm.ValType, types []coreID) coreVal {
	const nonNull = 1 << 31
	switch code := byte(t); {
	case code == ref || code == refNull:
		return coreVal{code: code, id: types[t>>8]}
	case heapNames[code] == "":
		return coreVal{code: code}
	case t&nonNull != 0:
		return coreVal{code: ref, heap: code}
	default:
		return coreVal{code: refNull, heap: code}
	}
}

// coreExternOf gives the type of an item of a module.
func coreExternOf(m *corewasm.Module, types []coreID, kind corewasm.Kind, i uint32) coreExtern {
	ext := coreExtern{sort: binary.SortCore | binary.Sort(kind)}
	lim := func(l corewasm.Limits) limits {
		return limits{min: uint64(l.Min), max: uint64(l.Max), hasMax: l.HasMax}
	}
	switch kind {
	case corewasm.KindFunc:
		ext.fn = types[m.Funcs[i]]
	case corewasm.KindTable:
		ext.table = tableType{coreValOf(m.Tables[i].Elem, types), lim(m.Tables[i].Limits)}
	case corewasm.KindMemory:
		ext.memory = memoryType{lim(m.Memories[i]), 16}
	case corewasm.KindGlobal:
		ext.global = globalType{coreValOf(m.Globals[i].Val, types), m.Globals[i].Mutable}
	case corewasm.KindTag:
		ext.fn = types[m.Tags[i]]
	}
	return ext
}

// coreInstance checks the definition of a core instance and gives its type.
func (s *scope) coreInstance(d *binary.CoreInstance) *coreInstance {
	v := s.v
	if d.Inline {
		out := &coreInstance{}
		for _, e := range d.Exports {
			out.exports.add(v, e.Name, s.coreItem(e.Sort, e.Index))
		}
		return out
	}
	mod := at(v, s.coreModules, d.Module, "core module")
	args := map[string]*coreInstance{}
	for _, a := range d.Args {
		if _, ok := args[a.Name]; ok {
			v.failNamed(ClassUnique, a.Name, "argument %q is given twice", a.Name)
		}
		args[a.Name] = at(v, s.coreInstances, a.Instance, "core instance")
	}
	v.stepOver(len(mod.imports))
	for _, im := range mod.imports {
		arg, ok := args[im.module]
		if !ok {
			v.failNamed(ClassMissing, im.module, "core module %d imports from %q, and is not given it", d.Module, im.module)
		}
		have, ok := arg.exports.types[im.name]
		if !ok {
			v.failNamed(ClassMissing, im.name, "core module %d imports %q from %q, and what it is given as that exports nothing so called", d.Module, im.name, im.module)
		}
		if diff := v.matchCore(have, im.ext); diff != nil {
			panic(bailout{diff.fault(v, fmt.Sprintf("export %q of argument %q does not fit the import of core module %d", im.name, im.module, d.Module)).named(im.name)})
		}
	}
	return &coreInstance{mod.exports}
}

// coreItem is an item that core instances can export.
func (s *scope) coreItem(sort binary.Sort, i uint32) coreExtern {
	v, ext := s.v, coreExtern{sort: sort}
	switch sort {
	case binary.SortCoreFunc:
		ext.fn = at(v, s.coreFuncs, i, "core func")
	case binary.SortCoreTable:
		ext.table = at(v, s.coreTables, i, "core table")
	case binary.SortCoreMemory:
		ext.memory = at(v, s.coreMemories, i, "core memory")
	case binary.SortCoreGlobal:
		ext.global = at(v, s.coreGlobals, i, "core global")
	case binary.SortCoreTag:
		ext.fn = at(v, s.coreTags, i, "core tag")
	default:
		v.fail(ClassType, "a core instance cannot export a %s", sort)
	}
	return ext
}

// coreAlias puts an export of a core instance into its index space.
func (s *scope) coreAlias(d *binary.Alias) {
	v := s.v
	inst := at(v, s.coreInstances, d.Instance, "core instance")
	ext, ok := inst.exports.types[d.Name]
	if !ok {
		v.failNamed(ClassMissing, d.Name, "core instance %d has no export %q", d.Instance, d.Name)
	}
	if ext.sort != d.Sort {
		v.mismatched("export \""+d.Name+"\" of core instance "+itoa(d.Instance), article(d.Sort.String()), article(ext.sort.String()))
	}
	switch ext.sort {
	case binary.SortCoreFunc:
		s.coreFuncs = append(s.coreFuncs, ext.fn)
	case binary.SortCoreTable:
		s.coreTables = append(s.coreTables, ext.table)
	case binary.SortCoreMemory:
		s.coreMemories = append(s.coreMemories, ext.memory)
	case binary.SortCoreGlobal:
		s.coreGlobals = append(s.coreGlobals, ext.global)
	case binary.SortCoreTag:
		s.coreTags = append(s.coreTags, ext.fn)
	}
}
