package wit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/airsstack/witgen/wit/syntax"
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
	// Warnings are what a person should know and may leave as it is: what a lock
	// file says otherwise than the folder.
	Warnings []string
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

// compare orders names by their parts, versions as semantic ones.
func (n PackageName) compare(o PackageName) int {
	c := cmp.Or(strings.Compare(n.Namespace, o.Namespace), strings.Compare(n.Name, o.Name))
	if c == 0 && n.Version != "" && o.Version != "" {
		c = syntax.CompareVersions(n.Version, o.Version)
	}
	return cmp.Or(c, strings.Compare(n.Version, o.Version))
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

// Stability is what the gates of an item say; the zero Stability is that of an item
// without gates.
type Stability struct {
	// Since is the version of the package that had the item first.
	Since string
	// Feature is the unstable feature that the item belongs to. Never both.
	Feature string
	// Deprecated is the version from which on the item should not be used.
	Deprecated string
}

// An Interface is a named group of types and functions.
type Interface struct {
	Pos       Pos
	Docs      string
	Stability Stability
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
	Pos       Pos
	Docs      string
	Stability Stability
	Name      string
	Package   *Package

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
	// Pos is the zero Pos for an interface that is there only since another needs
	// its types.
	Pos Pos
	// Docs are those of the statement; an inline interface has them itself.
	Docs      string
	Stability Stability
	// ExternalID is the name for the outside world; "" where there is none.
	ExternalID string
	// Name is the plain name of an inline interface, which has none itself, or of
	// `name: ns:pkg/iface`; "" otherwise.
	Name      string
	Interface *Interface
}

// Implements says whether the item gives an interface that has a full name
// another, plain one.
func (i *InterfaceItem) Implements() bool { return i.Name != "" && i.Interface.Name != "" }

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
