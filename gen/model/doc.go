// Package model holds a world as the generator sees it: the Go packages that it
// becomes, their types and functions with Go names, layouts and capability
// points. It writes no Go; that is package emit's.
//
//	wit.World, point specs ─ Build ─▶ World ─▶ Package ─▶ Decl, Func ─▶ emit
//
// What bindings cannot express yet, all that is asynchronous, is refused here, by
// name and place.
package model

import (
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/wit"
)

// A World is everything that is generated for one WIT world.
type World struct {
	// ID is the world's name in WIT: "demo:shop/plugin@0.2.0".
	ID   string
	Docs string
	// GoName is what an instance is called: Plugin.
	GoName string
	// Package is the world's own package. Its Imports and Exports are the
	// functions that belong to the world itself, its Types those it declares.
	Package *Package
	// Packages are those of the interfaces, in the order in which the world
	// names them.
	Packages []*Package
	// Imports are the interfaces with functions that the host offers.
	Imports []*Link
	// Exports are the interfaces with functions that a component must export.
	Exports []*Link
	// Warnings are what a person should know and may leave as it is.
	Warnings []string
	// Doubles asks for test doubles of what the host implements.
	Doubles bool
	// Skipped are the functions and types that were left out, each with the reason.
	Skipped []string
}

// A Link is an interface as the world's package shows it.
type Link struct {
	Package *Package
	// GoName is the field of Imports, or the method of the instance.
	GoName string
}

// A Package is one Go package.
type Package struct {
	// Dir is where it lies below the output folder, slash-separated; "" for the
	// world's own.
	Dir string
	// Path is its import path and Name its name.
	Path, Name string
	// File is the base name of its files.
	File string
	// Qualifier tells it apart from others of its name: the WIT package's name.
	Qualifier string
	// ID is the interface's name for components: "demo:shop/pricing@0.2.0"; ""
	// for the world's own package.
	ID   string
	Docs string
	// Deprecated is the version that deprecates it, "" for none; so it is for
	// declarations and functions.
	Deprecated string
	// Alias is the name that the world gives an interface that has one already;
	// "" where it does not.
	Alias string
	// Foreign tells that the package exists already.
	Foreign bool
	// Side tells who implements the resources that the package declares. An
	// interface that is imported and exported has both in one package where it
	// has no resources.
	Side Side

	Types []*Decl
	// Imports are the functions that the host offers, Exports those of
	// components.
	Imports, Exports []*Func
}

// A Decl is a type that WIT declares.
type Decl struct {
	Package *Package
	Name    string
	GoName  string
	Docs    string
	// Deprecated is as in Package.
	Deprecated string
	// Type is what is declared; for another name of a type that one is its
	// Alias.
	Type *Type
	// IsError tells that a function answers it as its error, so that it is an
	// error in Go.
	IsError bool
	// Identity is that of a resource; nil for other types.
	Identity *abi.Resource
	// IdentityName is the Go variable that holds the resource's identity.
	IdentityName string
}

// IsResource tells whether the declaration is a resource.
func (d *Decl) IsResource() bool { return d.Identity != nil }

// Guest tells whether the declaration is a resource that components implement.
func (d *Decl) Guest() bool { return d.IsResource() && d.Package.Side == Exported }

// Resources are the resources that the package declares.
func (p *Package) Resources() []*Decl {
	var out []*Decl
	for _, d := range p.Types {
		if d.IsResource() {
			out = append(out, d)
		}
	}
	return out
}

// A Type is a WIT type with its layout. Types of the same structure are the
// same pointer, after Root.
type Type struct {
	// ABI is the layout, with the structure.
	ABI *abi.Type
	// Decl names the type; nil for an anonymous one.
	Decl *Decl
	// Alias is the type that Decl is another name of; nil otherwise.
	Alias *Type
	// Elem is the element of a list or option, the value of a map.
	Elem *Type
	// Key is that of a map.
	Key *Type
	// Resource is that of a handle, and of the declaration of a resource.
	Resource *Decl
	// Fields are those of a record or tuple.
	Fields []Field
	// Cases are those of a variant, enum or result, and the labels of flags.
	Cases []Case
}

// A Field is one field of a record, or one element of a tuple.
type Field struct {
	Name, GoName, Docs string
	Type               *Type
}

// A Case is one case; Type is nil where it has no payload.
type Case struct {
	Name, GoName, Docs string
	Type               *Type
}

// Root is the type without its other names.
func (t *Type) Root() *Type {
	for t.Alias != nil {
		t = t.Alias
	}
	return t
}

// Kind is the kind of the type.
func (t *Type) Kind() abi.Kind { return t.ABI.Kind }

// Numeric tells whether lists of the type lie in memory as Go's slices do.
func (t *Type) Numeric() bool {
	k := t.Kind()
	return k >= abi.KindS8 && k <= abi.KindU64
}

// A Func is one imported or exported function.
type Func struct {
	Name, GoName, Docs, Deprecated string
	// Kind and Resource say to which resource the function belongs, and how. The
	// first parameter of a method is the resource.
	Kind     wit.FuncKind
	Resource *Decl
	// Symbol is what the functions of the marshalling are called by: Quote,
	// BucketGet.
	Symbol string
	Params []Param
	// Result is what the function gives back, as WIT has it; nil for nothing.
	Result *Type
	// Fallible tells that Result is a result, which becomes (OK, error) in Go.
	// OK is nil where there is no value; Err is nil for an error without one.
	Fallible bool
	OK, Err  *Type
	ABI      *abi.FuncType
	// Signature is the function's type in WIT.
	Signature string
	// Points are the checks before an imported function; never empty there.
	Points []*Point
	// Deny is what a refused call answers; nil for a trap.
	Deny *Deny

	// Cover allows an imported function with what it works on; nil for none. Covers
	// tells that one opens what others work on. AskedByHost leaves the check to
	// the implementation.
	Cover               *Cover
	Covers, AskedByHost bool

	// Of an imported function: Stub leaves it without an implementation, a call
	// of it traps. Trace puts a region of runtime/trace around the call. Borrow
	// hands strings and bytes over as views of the guest's memory.
	Stub, Trace, Borrow bool
}

// IsMethod tells whether the function's first parameter is its resource.
func (f *Func) IsMethod() bool { return f.Kind == wit.Method }

// IsConstructor tells whether the function makes its resource.
func (f *Func) IsConstructor() bool { return f.Kind == wit.Constructor }

// ShortName is the function's name as people write it: "read", "bucket.get",
// "bucket.constructor".
func (f *Func) ShortName() string {
	name := f.Name[strings.IndexByte(f.Name, ']')+1:]
	if f.IsConstructor() {
		name += ".constructor"
	}
	return name
}

// Args are the parameters without the resource of a method.
func (f *Func) Args() []Param {
	if f.IsMethod() {
		return f.Params[1:]
	}
	return f.Params
}

// HoldsOwn tells whether handing the value over takes a resource from its owner.
func (t *Type) HoldsOwn() bool {
	found := t.Kind() == abi.KindOwn
	if !found && t.Root().Resource == nil {
		t.Each(func(e *Type) { found = found || e.HoldsOwn() })
	}
	return found
}

// Offers tells whether the host has to give something for the package: functions
// that are no methods.
func (p *Package) Offers() bool {
	return slices.ContainsFunc(p.Imports, func(f *Func) bool { return !f.IsMethod() && !f.Stub })
}

// A Param is one parameter.
type Param struct {
	Name string
	Type *Type
}

// IsErrorDecl tells whether the function's error is a type that is an error in
// Go itself, rather than one that cm.Error carries.
func (f *Func) IsErrorDecl() bool {
	return f.Err != nil && f.Err.Root().Decl != nil && f.Err.Root().Decl.IsError
}
