package main

import (
	"encoding/hex"
	"path/filepath"
	"slices"
	"strings"

	"github.com/airsstack/witgen/gen/fromwasm"
	"github.com/airsstack/witgen/runtime/component"
	airssyscomponent "github.com/airsstack/witgen/runtime/host/bindings"
	"github.com/airsstack/witgen/wit"
)

// An inspection is what `witgen inspect` found out; --json prints it as it is.
type inspection struct {
	// File is the file or folder that was named.
	File string `json:"file"`
	// Kind is "component" or "wit".
	Kind string `json:"kind"`
	// Component is what only a component has.
	Component *componentFacts `json:"component,omitempty"`
	// Worlds are the worlds of the WIT; a component has one.
	Worlds []inspectedWorld `json:"worlds"`
	// Interfaces are those of a WIT package without worlds.
	Interfaces []inspectedItem `json:"interfaces,omitempty"`
}

// componentFacts are what a component's file says of itself.
type componentFacts struct {
	Size        int                 `json:"size"` // in bytes
	SHA256      string              `json:"sha256"`
	CoreModules int                 `json:"core_modules"`
	Producers   map[string][]string `json:"producers"` // "language": ["Rust 1.95"]
}

// inspectedWorld is one world.
type inspectedWorld struct {
	// Name is the world's name with package and version. A component does not
	// carry it; it is known by the exports, or "".
	Name    string          `json:"name,omitempty"`
	Imports []inspectedItem `json:"imports"`
	Exports []inspectedItem `json:"exports"`
	// Could and Cannot say in words what the imports come down to.
	Could  []string `json:"could"`
	Cannot []string `json:"cannot"`
	// Unknown are the imports of which it is not known here what they give access
	// to.
	Unknown []string `json:"unknown"`
}

// inspectedItem is one import or export: an interface, or a function of the
// world itself.
type inspectedItem struct {
	Name      string              `json:"name"`
	Kind      string              `json:"kind"` // interface, func, types, or other for a core module or component
	Types     []inspectedType     `json:"types,omitempty"`
	Functions []inspectedFunction `json:"functions,omitempty"`
}

// inspectedType is a type that an interface or a world declares.
type inspectedType struct {
	Name string `json:"name"`
	// Type is the declaration in WIT; Of is the interface that it is used from.
	Type string `json:"type"`
	Of   string `json:"of,omitempty"`
}

// inspectedFunction is a function with the checks that stand before it, where it
// is imported.
type inspectedFunction struct {
	Name   string   `json:"name"`
	Type   string   `json:"type"`
	Params []string `json:"params"`
	Needs  []need   `json:"needs,omitempty"`
}

// inspectComponent describes a component.
func inspectComponent(file string, wasm []byte, points *catalogue) (*inspection, error) {
	d, err := component.Describe(wasm)
	if err != nil {
		return nil, err
	}
	w := inspectWorld(fromwasm.World(d), points)
	w.Name = worldByExports(w.Exports)
	w.Imports = append(w.Imports, otherItems(d.Imports)...)
	w.Exports = append(w.Exports, otherItems(d.Exports)...)
	return &inspection{
		File: file, Kind: "component", Worlds: []inspectedWorld{w},
		Component: &componentFacts{
			Size: d.Size, SHA256: hex.EncodeToString(d.SHA256[:]),
			CoreModules: d.CoreModules, Producers: producers(d),
		},
	}, nil
}

// worlds are those that a component can be known to be of.
var worlds = []*component.World{&airssyscomponent.World}

// worldByExports is the name of the world all of whose exports are there; "" for
// none.
func worldByExports(exports []inspectedItem) string {
	has := map[string]bool{}
	for _, item := range exports {
		has[unversioned(item.Name)] = true
	}
	for _, w := range worlds {
		missing := slices.ContainsFunc(w.Exports, func(e *component.Export) bool { return !has[unversioned(e.Name)] })
		if !missing {
			return w.Name
		}
	}
	return ""
}

// producers are the tools of each field, with their versions.
func producers(d *component.Description) map[string][]string {
	out := map[string][]string{}
	for field, tools := range d.Producers {
		for _, p := range tools {
			out[field] = append(out[field], strings.TrimSpace(p.Name+" "+p.Version))
		}
	}
	return out
}

// otherItems are the items of a component that WIT cannot express.
func otherItems(externs []component.Extern) []inspectedItem {
	var items []inspectedItem
	for _, e := range externs {
		if e.Whole != "" {
			items = append(items, inspectedItem{Name: e.Name, Kind: e.Whole})
		}
	}
	return items
}

// inspectWIT describes the worlds of a WIT package, or its interfaces where it
// has none.
func inspectWIT(path string, points *catalogue) (*inspection, error) {
	r, err := wit.Load(path)
	if err != nil {
		return nil, err
	}
	in := &inspection{File: filepath.ToSlash(path), Kind: "wit", Worlds: []inspectedWorld{}}
	if r.Main == nil {
		return in, nil
	}
	for _, w := range r.Main.Worlds {
		in.Worlds = append(in.Worlds, inspectWorld(w, points))
	}
	if len(in.Worlds) == 0 {
		for _, i := range r.Main.Interfaces {
			in.Interfaces = append(in.Interfaces, inspectInterface(i.ID(), i, nil))
		}
	}
	return in, nil
}

func inspectWorld(w *wit.World, points *catalogue) inspectedWorld {
	out := inspectedWorld{
		Name:    w.ID(),
		Imports: inspectItems(w.Imports, points),
		Exports: inspectItems(w.Exports, nil),
	}
	if own := inspectTypes(w.Types); len(own) > 0 {
		out.Imports = append(out.Imports, inspectedItem{Name: w.Name, Kind: "types", Types: own})
	}
	out.summarize()
	return out
}

// inspectItems describes imports, which have points, or exports.
func inspectItems(items []wit.Item, points *catalogue) []inspectedItem {
	out := []inspectedItem{}
	for _, item := range items {
		switch item := item.(type) {
		case *wit.InterfaceItem:
			out = append(out, inspectInterface(item.ItemName(), item.Interface, points))
		case *wit.FuncItem:
			f := inspectFunction("", item.Func, points)
			out = append(out, inspectedItem{Name: item.ItemName(), Kind: "func", Functions: []inspectedFunction{f}})
		}
	}
	return out
}

func inspectInterface(name string, i *wit.Interface, points *catalogue) inspectedItem {
	out := inspectedItem{Name: name, Kind: "interface", Types: inspectTypes(i.Types)}
	for _, f := range i.Funcs {
		out.Functions = append(out.Functions, inspectFunction(name, f, points))
	}
	return out
}

func inspectFunction(iface string, f *wit.Func, points *catalogue) inspectedFunction {
	out := inspectedFunction{Name: f.Name, Type: f.Signature(), Params: []string{}}
	for _, p := range f.Params {
		out.Params = append(out.Params, p.Name)
	}
	if points != nil {
		out.Needs = points.needs(iface, f.Name)
	}
	return out
}

func inspectTypes(defs []*wit.TypeDef) []inspectedType {
	var out []inspectedType
	for _, def := range defs {
		t := inspectedType{Name: def.Name, Type: def.Declaration()}
		if used := def.Used(); used != nil && used.Owner != nil {
			t.Of = used.Owner.ID()
		}
		out = append(out, t)
	}
	return out
}

// packageOf is the package of an interface's name, without its version.
func packageOf(iface string) string {
	pkg, _, ok := strings.Cut(unversioned(iface), "/")
	if !ok || !strings.Contains(pkg, ":") {
		return ""
	}
	return pkg
}
