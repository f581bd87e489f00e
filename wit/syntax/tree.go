package syntax

// A File is the tree of one source.
type File struct {
	Source *Source
	// Package is the declaration at the head; nil where there is none.
	Package *PackageDecl
	Decls   []Decl
}

// A PackageDecl names the package that a file, or a nested package, is of.
type PackageDecl struct {
	Docs     string
	DocsSpan Span
	Name     PackageName
}

// A PackageName is the name of a package where it is written.
type PackageName struct {
	Span
	// Namespace is "foo" of foo:bar, and Name "bar"; where namespaces or packages
	// are nested, "foo:bar" and "baz/quux" of foo:bar:baz/quux.
	Namespace, Name string
	// Version is a semantic version, or "".
	Version string
}

// An Ident is a name where it is written, without its %.
type Ident struct {
	Span
	Name string
}

// A Path names an interface or a world: `files`, or `demo:shop/files@0.2.0`.
type Path struct {
	Span
	// Package is nil for a bare name.
	Package *PackageName
	Name    Ident
}

// Attrs are what stands before an item with an @.
type Attrs struct {
	// Since and Deprecated are versions, Feature is the feature that must be turned
	// on; "" each where it is not there.
	Since, Deprecated, Feature string
	// ExternalID is nil where there is none.
	ExternalID *string
	// Span is the first of them; empty where there is none.
	Span Span
}

// A Decl is an item at the top of a file: an *Interface, a *World, a *TopUse or a
// *NestedPackage.
type Decl interface{ isDecl() }

// A NestedPackage is `package ns:name { … }`.
type NestedPackage struct {
	Package PackageDecl
	Decls   []Decl
}

// A TopUse gives an interface or a world a name in its file.
type TopUse struct {
	Path Path
	// As is nil where the name stays.
	As *Ident
}

// LocalName is the name in the file.
func (u *TopUse) LocalName() Ident {
	if u.As != nil {
		return *u.As
	}
	return u.Path.Name
}

// An Interface is `interface name { … }`.
type Interface struct {
	Docs  string
	Attrs Attrs
	Name  Ident
	Items []InterfaceItem
}

// An InterfaceItem is a *Use, a *TypeDecl or a *Func.
type InterfaceItem interface{ isInterfaceItem() }

// A World is `world name { … }`.
type World struct {
	Docs  string
	Attrs Attrs
	Name  Ident
	Items []WorldItem
}

// A WorldItem is an *Extern, an *Include, a *Use or a *TypeDecl.
type WorldItem interface{ isWorldItem() }

// A Use brings names of another interface in: `use a.{b, c as d};`.
type Use struct {
	Attrs Attrs
	Path  Path
	Names []Rename
}

// An Include brings the items of another world in: `include a with { b as c };`.
type Include struct {
	Attrs Attrs
	Path  Path
	With  []Rename
}

// A Rename is a name, with `as` under another.
type Rename struct {
	Name Ident
	// As is nil where the name stays.
	As *Ident
}

// LocalName is the name that it has afterwards.
func (r *Rename) LocalName() Ident {
	if r.As != nil {
		return *r.As
	}
	return r.Name
}

// An Extern is an import or an export. It is of one of the forms
//
//	import path;                Path
//	import name: path;          Name, Path
//	import name: func();        Name, Func
//	import name: interface {…}  Name, Inline
type Extern struct {
	Docs   string
	Attrs  Attrs
	Export bool
	Name   *Ident
	Path   *Path
	Func   *FuncType
	Inline *Inline
}

// At is where the name of the item is written.
func (e *Extern) At() Span {
	if e.Name != nil {
		return e.Name.Span
	}
	return e.Path.Span
}

// An Inline is an interface that a world declares in place.
type Inline struct{ Items []InterfaceItem }

// A TypeDecl declares a type.
type TypeDecl struct {
	Docs  string
	Attrs Attrs
	Name  Ident
	Body  TypeBody
}

// A TypeBody is what a type is declared as: an *Alias, a *Record, a *Variant, an
// *Enum, a *Flags or a *Resource; nil where there is a mistake in it.
type TypeBody interface{ isTypeBody() }

// An Alias is `type name = type;`.
type Alias struct{ Type Type }

// A Record is a record type.
type Record struct{ Fields []Member }

// A Variant is a variant type.
type Variant struct{ Cases []Member }

// An Enum is an enum type.
type Enum struct{ Cases []Member }

// A Flags is a flags type.
type Flags struct{ Flags []Member }

// A Resource is a resource type.
type Resource struct{ Funcs []*Func }

// A Member is a field, a case or a flag. Type is nil where it has none.
type Member struct {
	Docs string
	Name Ident
	Type Type
}

// A FuncKind tells how a function belongs to a resource.
type FuncKind uint8

// The kinds of functions.
const (
	Freestanding FuncKind = iota
	Method
	Static
	Constructor
)

// A Func is a function of an interface or of a resource.
type Func struct {
	Docs  string
	Attrs Attrs
	// Name is that of the keyword for a constructor.
	Name Ident
	Kind FuncKind
	Type FuncType
}

// A FuncType is the type of a function.
type FuncType struct {
	Span
	Async  bool
	Params []Param
	// Result is nil where it gives nothing back.
	Result Type
}

// A Param is one parameter.
type Param struct {
	Name Ident
	Type Type
}

func (*NestedPackage) isDecl() {}
func (*TopUse) isDecl()        {}
func (*Interface) isDecl()     {}
func (*World) isDecl()         {}

func (*Use) isInterfaceItem()      {}
func (*TypeDecl) isInterfaceItem() {}
func (*Func) isInterfaceItem()     {}

func (*Extern) isWorldItem()   {}
func (*Include) isWorldItem()  {}
func (*Use) isWorldItem()      {}
func (*TypeDecl) isWorldItem() {}

func (*Alias) isTypeBody()    {}
func (*Record) isTypeBody()   {}
func (*Variant) isTypeBody()  {}
func (*Enum) isTypeBody()     {}
func (*Flags) isTypeBody()    {}
func (*Resource) isTypeBody() {}
