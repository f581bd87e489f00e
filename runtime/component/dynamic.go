package component

import (
	"context"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
)

// A DynamicHost implements an interface whose types are known only at run time.
// It is given to Factory.New for an import that DynamicImport or DynamicWorld
// described, and called with the function's name in WIT and its arguments as
// package abi's type-driven path has them. A result of its function's error
// case is a value; an error traps. A value that is not of the result's type traps
// with an *abi.ValueError, which names the place and both types. When the guest drops a resource of the
// interface, it is called with "[resource-drop]NAME" and the resource.
type DynamicHost func(ctx context.Context, fn string, args []abi.Value) (abi.Value, error)

// DynamicWorld is the world that the component itself describes: it offers
// every function that the component imports and wants every one that it exports.
// Each import has the capability point of its interface. Exports whose types
// cannot cross the boundary yet are left out.
func DynamicWorld(name string, d *Description) *World {
	w := &World{Name: name}
	for _, group := range groups(d.Imports) {
		im := DynamicImport(group.name, group.funcs)
		for _, r := range group.resources {
			im.Resources = append(im.Resources, HostResource{Type: r, Drop: dynamicDrop(r)})
		}
		w.Imports = append(w.Imports, im)
	}
	for _, group := range groups(d.Exports) {
		e := &Export{Name: group.name}
		for _, f := range group.funcs {
			if funcUnsupported(f.Type) == nil {
				e.Funcs = append(e.Funcs, ExportFunc(f))
			}
		}
		w.Exports = append(w.Exports, e)
	}
	return w
}

// DynamicImport offers the functions of one interface, "" for those of a world
// itself, to be implemented by a DynamicHost. Each has the given capability
// points, or that of its interface where none are given. An instance within
// another one has that of the outermost.
func DynamicImport(iface string, funcs []NamedFunc, points ...capability.Point) *Import {
	im := &Import{Name: iface}
	for _, f := range funcs {
		ps := points
		if len(ps) == 0 {
			outermost, _, _ := strings.Cut(iface, "#")
			ps = []capability.Point{{Interface: outermost, Func: f.Name, Kind: capability.Import}}
		}
		im.Funcs = append(im.Funcs, HostFunc{Name: f.Name, Type: f.Type, Points: ps, Call: dynamicCall(f)})
	}
	return im
}

func dynamicDrop(r *abi.Resource) func(context.Context, any, uint32) {
	return func(ctx context.Context, host any, rep uint32) {
		if h, ok := host.(DynamicHost); ok {
			_, _ = h(ctx, "[resource-drop]"+r.Name, []abi.Value{abi.HostResource(r, rep)})
		}
	}
}

func dynamicCall(f NamedFunc) func(*Call, any, []uint64) {
	return func(c *Call, host any, stack []uint64) {
		cx, typ := c.Import(), c.imp.typ
		v, err := host.(DynamicHost)(c.HostContext(), f.Name, cx.LiftParams(typ, stack))
		if err != nil {
			c.Fail(err)
		}
		cx.LowerResult(typ, v, stack)
	}
}

// A group is the functions of one interface, or of the world itself.
type group struct {
	name      string
	funcs     []NamedFunc
	resources []*abi.Resource
}

// groups are the interfaces among externs in their order, after them the
// functions that stand by themselves.
func groups(externs []Extern) []group {
	var out []group
	var own []NamedFunc
	for _, e := range externs {
		switch {
		case e.Interface != nil && (len(e.Interface.Funcs) > 0 || len(e.Interface.resources()) > 0):
			out = append(out, group{e.Name, e.Interface.Funcs, e.Interface.resources()})
		case e.Func != nil:
			own = append(own, NamedFunc{e.Name, e.Func})
		}
	}
	if len(own) > 0 {
		out = append(out, group{name: "", funcs: own})
	}
	return out
}
