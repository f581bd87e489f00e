package wit

import (
	"slices"
	"strings"
)

// A Resolve is a set of packages that is complete: everything that one of them
// refers to is in it.
type Resolve struct {
	// Packages are in an order in which each comes after those it needs.
	Packages []*Package
	// Main is the package that was asked for; nil where there is no such one.
	Main *Package
	// Digest is the SHA-256, in hex, of the sources that it was read from; ""
	// where it was not read from sources.
	Digest string
}

// Worlds are the worlds of all packages, those of Main first.
func (r *Resolve) Worlds() []*World {
	var worlds []*World
	if r.Main != nil {
		worlds = slices.Clone(r.Main.Worlds)
	}
	for _, p := range r.Packages {
		if p != r.Main {
			worlds = append(worlds, p.Worlds...)
		}
	}
	return worlds
}

// FindWorlds are the worlds that name can mean: "ns:pkg/world@1.2.3", the same
// without a version, or the bare name of a world in Main.
func (r *Resolve) FindWorlds(name string) []*World {
	var found []*World
	for _, w := range r.Worlds() {
		if matches(name, w.Package.Name, w.Name) || w.Package == r.Main && w.Name == name {
			found = append(found, w)
		}
	}
	return found
}

// A PackageName is what a package is called: "demo:shop@0.2.0".
type PackageName struct {
	Namespace, Name string
	// Version is a semantic version; "" where the package has none.
	Version string
}

// String writes the name as WIT does.
func (n PackageName) String() string { return n.versioned(n.Namespace + ":" + n.Name) }

// Item writes the name of an item of the package: "demo:shop/files@0.2.0".
func (n PackageName) Item(item string) string {
	return n.versioned(n.Namespace + ":" + n.Name + "/" + item)
}

func (n PackageName) versioned(s string) string {
	if n.Version != "" {
		s += "@" + n.Version
	}
	return s
}

// matches says whether name, with or without a version, is that of an item.
func matches(name string, pkg PackageName, item string) bool {
	full := pkg.Item(item)
	if name == full {
		return true
	}
	return !strings.Contains(name, "@") && name == strings.TrimSuffix(full, "@"+pkg.Version)
}

// A Package is a WIT package.
type Package struct {
	Pos  Pos
	Name PackageName
	Docs string

	Interfaces []*Interface
	Worlds     []*World
}

// An Interface is a named group of types and functions.
type Interface struct {
	Pos  Pos
	Docs string
	// Name is "" for an interface that stands inline in a world; the world's
	// item has the name then.
	Name    string
	Package *Package

	Types []*TypeDef
	Funcs []*Func
}

// ID is the interface's full name: "demo:shop/files@0.2.0"; "" for one inline.
func (i *Interface) ID() string {
	if i.Name == "" {
		return ""
	}
	return i.Package.Name.Item(i.Name)
}

// Matches says whether id, with or without a version, names the interface.
func (i *Interface) Matches(id string) bool {
	return i.Name != "" && matches(id, i.Package.Name, i.Name)
}

func (*Interface) isOwner() {}

// A World is what a component may import and must export.
type World struct {
	Pos     Pos
	Docs    string
	Name    string
	Package *Package

	// Imports and Exports hold what `include` brought in, too, and the
	// interfaces that are needed only for their types.
	Imports, Exports []Item
	// Types are those that the world declares or uses itself.
	Types []*TypeDef
}

// ID is the world's full name: "demo:shop/plugin@0.2.0".
func (w *World) ID() string { return w.Package.Name.Item(w.Name) }

func (*World) isOwner() {}

// An Owner is what declares a type: an *Interface or a *World.
type Owner interface {
	ID() string
	isOwner()
}

// An Item is one import or export of a world: an *InterfaceItem or a *FuncItem.
type Item interface {
	// ItemName is the name under which components see the item:
	// "demo:shop/files@0.2.0" or a plain name.
	ItemName() string
	isItem()
}

// An InterfaceItem imports or exports an interface.
type InterfaceItem struct {
	Pos Pos
	// Name is the plain name of an inline interface; "" otherwise.
	Name      string
	Interface *Interface
}

// ItemName is the plain name, or the interface's full one.
func (i *InterfaceItem) ItemName() string {
	if i.Name != "" {
		return i.Name
	}
	return i.Interface.ID()
}

// A FuncItem imports or exports a function that belongs to no interface.
type FuncItem struct{ Func *Func }

// ItemName is the function's name.
func (f *FuncItem) ItemName() string { return f.Func.Name }

func (*InterfaceItem) isItem() {}
func (*FuncItem) isItem()      {}
