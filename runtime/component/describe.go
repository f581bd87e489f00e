package component

import (
	"crypto/sha256"
	"slices"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// A Description is what a component says of itself: what it imports, what it
// exports, and what made it.
type Description struct {
	// Size is the file's, in bytes.
	Size int
	// SHA256 is the hash of the file.
	SHA256 [sha256.Size]byte
	// CoreModules is how many core modules are in it.
	CoreModules int
	// Producers are the fields of the producers sections in it, "language" and
	// "processed-by" among them: each tool with its version, in order.
	Producers map[string][]Producer
	// Imports and Exports are in the order of the file.
	Imports, Exports []Extern
}

// A Producer is one tool that took part in making a component.
type Producer struct{ Name, Version string }

// An Extern is one import or export of a component, or an instance within such a
// one. One of its fields beside Name is set.
type Extern struct {
	// Name is "demo:shop/files@0.1.0", or a plain name. An instance within another
	// one has both names: "demo:shop/files@0.1.0#inner".
	Name string
	// Func is the type of a function.
	Func *abi.FuncType
	// Interface is what an instance holds.
	Interface *Interface
	// Type is a value type, Resource a resource type.
	Type     *abi.Type
	Resource *abi.Resource
	// Whole is "component" or "core module" for what is imported or exported
	// whole.
	Whole string
}

// An Interface is what an imported or exported instance holds, in order.
type Interface struct {
	Types []NamedType
	Funcs []NamedFunc
}

// resources are the resource types that the interface declares.
func (i *Interface) resources() []*abi.Resource {
	var out []*abi.Resource
	for _, t := range i.Types {
		if t.Resource != nil {
			out = append(out, t.Resource)
		}
	}
	return out
}

// A NamedType is a type that an interface holds: Type, or Resource, whose
// pointer is its identity.
type NamedType struct {
	Name     string
	Type     *abi.Type
	Resource *abi.Resource
}

// A NamedFunc is a function that an interface holds.
type NamedFunc struct {
	Name string
	Type *abi.FuncType
}

// Describe decodes a component and tells what it imports and exports. It
// compiles nothing. Errors are those of Runtime.Load.
func Describe(wasm []byte) (*Description, error) {
	tree, r, err := open(wasm, nil)
	if err != nil {
		return nil, err
	}
	d := &Description{
		Size:        len(wasm),
		SHA256:      sha256.Sum256(wasm),
		CoreModules: len(r.modules),
		Producers:   map[string][]Producer{},
		Imports:     externs(r.imports),
		Exports:     externs(r.exports),
	}
	for _, m := range r.modules {
		for _, c := range m.module.Original().Customs {
			d.addProducers(c.Name, c.Data)
		}
	}
	for _, c := range tree.Customs {
		d.addProducers(c.Name, c.Data)
	}
	return d, nil
}

func externs(in *instance) []Extern {
	var out []Extern
	for _, name := range in.names {
		e := Extern{Name: name}
		switch item := in.exports[name].(type) {
		case *fn:
			e.Func = item.typ
		case *instance:
			e.Interface = describeInstance(item)
			out = append(out, e)
			for _, inner := range item.interfaces(name) {
				out = append(out, Extern{Name: inner.name, Interface: describeInstance(inner.instance)})
			}
			continue
		case *typeItem:
			e.Type, e.Resource = item.val, item.res
		case *closure:
			e.Whole = binary.SortComponent.String()
		case *coreModule:
			e.Whole = binary.SortCoreModule.String()
		}
		out = append(out, e)
	}
	return out
}

func describeInstance(in *instance) *Interface {
	d := &Interface{}
	for _, name := range in.names {
		switch item := in.exports[name].(type) {
		case *fn:
			d.Funcs = append(d.Funcs, NamedFunc{name, item.typ})
		case *typeItem:
			if item.val != nil || item.res != nil {
				d.Types = append(d.Types, NamedType{name, item.val, item.res})
			}
		}
	}
	return d
}

// addProducers reads a producers section [tool-conventions, ProducersSection].
// A broken one is left out: it says nothing that anybody must trust.
func (d *Description) addProducers(section string, data []byte) {
	if section != "producers" {
		return
	}
	fields, ok := corewasm.ReadProducers(data)
	if !ok {
		return
	}
	for _, f := range fields {
		for _, v := range f.Values {
			p := Producer{v.Name, v.Version}
			if !slices.Contains(d.Producers[f.Name], p) {
				d.Producers[f.Name] = append(d.Producers[f.Name], p)
			}
		}
	}
}
