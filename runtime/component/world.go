package component

import (
	"context"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
)

// A World is what generated code tells the linker about a WIT world: what the
// host offers a component, and what it wants of one.
type World struct {
	// Name is the world's name in WIT, with package and version:
	// "demo:shop/plugin@0.2.0".
	Name string
	// Imports are what the host offers. A component may import less.
	Imports []*Import
	// Exports are what the component must export. It may export more.
	Exports []*Export
}

// An Import is one interface that the host offers to components.
type Import struct {
	// Name is the interface's name with package and version; "" holds the
	// functions that the world imports by themselves. An instance within another
	// one, which WIT does not have, is called by both names: "outer#inner".
	Name string
	// Funcs are its functions, in the order of the WIT.
	Funcs []HostFunc
	// Resources are the resource types that the host implements.
	Resources []HostResource
}

// A HostResource is a resource type that the host implements.
type HostResource struct {
	// Type is its identity in the types of the functions. Its name is that in
	// WIT.
	Type *abi.Resource
	// Drop is told of each owned handle that the guest drops, or still owns when
	// its instance ends. nil does nothing.
	Drop func(ctx context.Context, host any, rep uint32)
	// DropValue takes the place of Drop in generated code, where a resource is a
	// Go value that the instance keeps (see abi.Values).
	DropValue func(ctx context.Context, v any)
}

// A HostFunc is one function that the host offers: its type, the check that
// stands before it, and the code that lifts its arguments, calls the
// implementation and lowers its result. The linker refuses one without a point.
type HostFunc struct {
	// Name is the function's name in WIT: "read", "[method]bucket.get".
	Name string
	// Type is compared with the type that a component imports.
	Type *abi.FuncType
	// Points are the function's capability points; there is at least one. A
	// function that no configuration mentions has the point of its interface.
	Points []capability.Point
	// Demands reads from the arguments what the call asks for and appends it to
	// d. Strings may be views of the guest's memory (see abi.Context.StringView).
	// nil asks for Points[0] with no resource.
	Demands func(cx *abi.Context, stack []uint64, d []capability.Demand) []capability.Demand
	// Covers tells that what the function opens is covered by its grants; Covered,
	// of a function that is covered so, finds the cover of what it works on.
	Covers  bool
	Covered func(c *Call, stack []uint64) *Cover
	// AskedByHost leaves the check to the implementation: see Ask.
	AskedByHost bool
	// Call lifts the arguments from stack, calls host, and puts the result there.
	// host is what the embedder gave for the interface when it made the instance.
	Call func(c *Call, host any, stack []uint64)
	// Deny answers a refused call with the function's own error; nil traps.
	Deny func(c *Call, stack []uint64, d *capability.Denial)
}

// An Export is one interface that a component must export.
type Export struct {
	// Name is the interface's name with package and version; "" holds the
	// functions that the world exports by themselves.
	Name string
	// Funcs are its functions, in the order of the WIT.
	Funcs []ExportFunc
}

// An ExportFunc is one function that a component must export.
type ExportFunc struct {
	// Name is the function's name in WIT.
	Name string
	// Type is compared with the type that the component exports.
	Type *abi.FuncType
}
