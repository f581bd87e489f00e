package model

import "github.com/airsstack/witgen/wit"

// A Side tells who implements an interface, and with it the resources that it
// declares.
type Side uint8

// The sides of a world.
const (
	Imported Side = iota // the host implements it
	Exported             // components do
)

// A place is an interface, or the world, on one side. An interface that the world
// gives a name of its own is one by itself.
type place struct {
	owner wit.Owner
	side  Side
	name  string
}

// A declPlace is a declaration in one of the packages that may hold it.
type declPlace struct {
	def *wit.TypeDef
	pkg *Package
}

// splits finds the interfaces of which the world has a package for each side:
// those that are imported and exported, and in which a resource is declared that
// the host implements on one side and components on the other.
func splits(w *wit.World) map[*wit.Interface]bool {
	both := map[*wit.Interface]bool{}
	for _, im := range w.Imports {
		for _, ex := range w.Exports {
			i, ok1 := im.(*wit.InterfaceItem)
			e, ok2 := ex.(*wit.InterfaceItem)
			if ok1 && ok2 && i.Interface == e.Interface {
				both[i.Interface] = true
			}
		}
	}
	out := map[*wit.Interface]bool{}
	for i := range both {
		if reachesResource(i, both) {
			out[i] = true
		}
	}
	return out
}

// reachesResource tells whether a type of the interface is made of a resource
// that one of the interfaces declares.
func reachesResource(i *wit.Interface, of map[*wit.Interface]bool) bool {
	for _, d := range i.Types {
		if holds(d, of) {
			return true
		}
	}
	return false
}

func isResource(d *wit.TypeDef) bool {
	_, ok := d.Kind.(*wit.Resource)
	return ok
}

// holds tells whether a type is made of a resource that one of the interfaces
// declares.
func holds(t wit.Type, of map[*wit.Interface]bool) bool {
	found := false
	visit := func(t wit.Type) { found = found || t != nil && holds(t, of) }
	switch t := t.(type) {
	case *wit.TypeDef:
		switch k := t.Kind.(type) {
		case *wit.Resource:
			i, ok := t.Owner.(*wit.Interface)
			return ok && of[i]
		case *wit.Alias:
			visit(k.Type)
		case *wit.Record:
			for _, f := range k.Fields {
				visit(f.Type)
			}
		case *wit.Variant:
			for _, c := range k.Cases {
				visit(c.Type)
			}
		}
	case *wit.Own:
		visit(t.Resource)
	case *wit.Borrow:
		visit(t.Resource)
	case *wit.List:
		visit(t.Elem)
	case *wit.FixedList:
		visit(t.Elem)
	case *wit.Map:
		visit(t.Value)
	case *wit.Option:
		visit(t.Elem)
	case *wit.Result:
		visit(t.OK)
		visit(t.Err)
	case *wit.Tuple:
		for _, e := range t.Elems {
			visit(e)
		}
	}
	return found
}
