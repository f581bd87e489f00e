package component

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// What the resolver's indices stand for.

type (
	// A fn is a component-level function: one that the root imports, or one
	// lifted from a core function.
	fn struct {
		typ  *abi.FuncType
		imp  *importRef
		lift *lifted
	}
	// An importRef names a function among the root's imports.
	importRef struct{ iface, name string }
	// A lifted is a core function seen through `canon lift`.
	lifted struct {
		core   coreItem
		opts   canonOptions
		typ    *abi.FuncType
		inst   int  // the component instance that it enters
		passes bool // it passes its calls on to an import: see passage
	}
	// A lowered is a core function made by the canonical ABI: a component-level
	// function seen through `canon lower`, or a builtin.
	lowered struct {
		fn      *fn
		opts    canonOptions
		builtin string        // its name in the text format, where it is none of lower
		res     *abi.Resource // of a resource builtin
		slot    uint32        // of a storage builtin
		sig     corewasm.FuncType
		inst    int // the component instance that it leaves
		offset  int // where the definition stands
	}
	// canonOptions are the canonical options of one definition, their indices
	// looked up.
	canonOptions struct {
		encoding                       abi.Encoding
		memory, realloc, postReturn    coreItem
		async                          bool
		hasMemory, hasRealloc, hasPost bool
	}
	// A typeItem is what a type index stands for; one field is set.
	typeItem struct {
		val   *abi.Type
		fn    *abi.FuncType
		res   *abi.Resource
		shape *shape
	}
	// A shape is an instance type or a component type. It waits for the scope it
	// was written in to be evaluated.
	shape struct {
		decls []binary.Decl
		scope *scope
	}
	// An instance is a component instance: what it exports, in order.
	instance struct {
		names   []string
		exports map[string]any // *fn, *typeItem, *instance, *closure or *coreModule
	}
	// A closure is a component with the scope that its outer aliases look into.
	// comp is nil where the root imports it and is not given it: of such a one
	// the type is known.
	closure struct {
		comp  *binary.Component
		typ   *shape
		scope *scope
	}
	// A coreModule is one core module of the file, or of one that it is given;
	// or one that the host makes, whose index is negative. One of several
	// memories is the part of it that has the first, beside its satellites.
	// module is nil where the root imports it and is not given it.
	coreModule struct {
		index      int // in the order of the file
		offset     int // where its bytes start in the file
		bytes      []byte
		module     *corewasm.Module
		satellites []satellite
	}
	// A satellite is the part of a core module that has another memory. The
	// module imports of it under name.
	satellite struct {
		*coreModule
		name string
	}
	// A coreInst is a core instance: of a module, or (module nil) a bundle. Each
	// item is traced to the instance or the lowered function that provides it.
	// items is nil where the module is not known.
	coreInst struct {
		index  int // among the instantiations, in order
		module *coreModule
		args   map[string]*coreInst
		items  map[string]coreItem // what it exports
	}
	// A coreItem is an item of a core instance, or a function that the
	// canonical ABI makes.
	coreItem struct {
		sort binary.Sort
		inst *coreInst
		name string
		low  *lowered
	}
)

func newInstance() *instance { return &instance{exports: map[string]any{}} }

// add adds an export, whose name is a new one.
func (in *instance) add(name string, item any) {
	in.names = append(in.names, name)
	in.exports[name] = item
}

// String names the module as errors do. What the host made of a part of one is
// known by its place.
func (m *coreModule) String() string {
	if m.index < 0 {
		return fmt.Sprintf("the core module at byte 0x%x", m.offset)
	}
	return fmt.Sprintf("core module %d", m.index)
}
