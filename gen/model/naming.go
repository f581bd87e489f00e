package model

import (
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/wit"
)

// Names that the generator itself uses in an interface's package and in the
// world's; what WIT calls so gets an underscore.
var (
	interfaceNames = []string{"Host", "Import", "Exports", "ExportsOf", "Export"}
	worldNames     = []string{"World", "Imports", "Factory", "Load", "Pool", "Of"}
	instanceNames  = []string{"Close", "Instance"}
	exportsNames   = []string{"fns"}
	// Methods of a resource: what it ends with, and what is embedded in it.
	hostedNames = []string{"Drop"}
	ownedNames  = []string{"Close", "Resource"}
)

// name gives everything its Go name, in the order of the WIT, so that a name
// depends on nothing that stands after it.
func (b *builder) name(w *wit.World) {
	own := NewScope(worldNames...)
	b.world.GoName = b.reported(w.ID(), "the world", GoName(w.Name), own.Take(GoName(w.Name)))
	b.nameTypes(b.world.Package, own)
	for _, p := range slices.Concat(b.world.Packages, b.existing) {
		b.nameTypes(p, NewScope(interfaceNames...))
		b.nameFuncs(p.ID, p.Imports, NewScope())
		b.nameFuncs(p.ID, p.Exports, NewScope(exportsNames...))
	}
	fields, methods := NewScope(), NewScope(instanceNames...)
	b.nameLinks(b.world.Imports, fields)
	b.nameLinks(b.world.Exports, methods)
	b.nameFuncs(w.ID(), b.world.Package.Imports, fields)
	b.nameFuncs(w.ID(), b.world.Package.Exports, methods)
}

func (b *builder) nameTypes(p *Package, scope Scope) {
	for _, d := range p.Types {
		name := GoName(d.Name)
		d.GoName = b.reported(p.where(), "type "+d.Name, name, scope.Take(name))
	}
	for _, d := range p.Types {
		where := p.where() + ", type " + d.Name
		if d.IsResource() {
			d.IdentityName = scope.Take(d.GoName + "Resource")
			continue
		}
		switch d.Type.Kind() {
		case abi.KindRecord:
			b.nameFields(where, d)
		case abi.KindVariant, abi.KindEnum, abi.KindFlags:
			if d.Type.Alias == nil {
				b.nameCases(where, d, scope)
			}
		}
	}
}

// nameFields keeps fields apart from the method that makes a record an error.
func (b *builder) nameFields(where string, d *Decl) {
	scope := NewScope()
	if d.IsError {
		scope = NewScope("Error")
	}
	for i := range d.Type.Fields {
		f := &d.Type.Fields[i]
		name := GoName(f.Name)
		f.GoName = b.reported(where, "field "+f.Name, name, scope.Take(name))
	}
}

// nameCases names the types or constants of cases after their type.
func (b *builder) nameCases(where string, d *Decl, scope Scope) {
	for i := range d.Type.Cases {
		c := &d.Type.Cases[i]
		name := d.GoName + GoName(c.Name)
		c.GoName = b.reported(where, "case "+c.Name, name, scope.Take(name))
	}
}

// nameFuncs names functions, those of resources after these: NewBucket,
// BucketMerge; a method, in a scope of its resource, by its own name alone.
func (b *builder) nameFuncs(where string, funcs []*Func, scope Scope) {
	symbols := NewScope()
	methods := map[*Decl]Scope{}
	for _, f := range funcs {
		name := GoName(f.Name[strings.LastIndexAny(f.Name, ".]")+1:])
		what := "function " + f.Name
		switch f.Kind {
		case wit.Constructor:
			name = "New" + f.Resource.GoName
		case wit.Static:
			name = f.Resource.GoName + name
		case wit.Method:
			f.GoName = b.reported(where, what, name, methodScope(methods, f.Resource).method(name))
			continue
		}
		f.GoName = b.reported(where, what, name, scope.Take(name))
		f.Symbol = symbols.TakeNumbered(f.GoName)
	}
	for _, f := range funcs {
		if f.IsMethod() {
			f.Symbol = symbols.TakeNumbered(f.Resource.GoName + f.GoName)
		}
	}
}

func methodScope(scopes map[*Decl]Scope, r *Decl) Scope {
	if scopes[r] == nil {
		scopes[r] = NewScope(hostedNames...)
		if r.Guest() {
			scopes[r] = NewScope(ownedNames...)
		}
	}
	return scopes[r]
}

// method gives name, or where it is taken name with Method behind it.
func (s Scope) method(name string) string {
	if s[name] {
		name += "Method"
	}
	return s.Take(name)
}

// nameLinks calls an interface by its own name, or with that of its package
// before it where two have the same.
func (b *builder) nameLinks(links []*Link, scope Scope) {
	for _, l := range links {
		name := GoName(interfaceName(l.Package.ID))
		if scope[name] {
			name = GoName(l.Package.Qualifier) + name
		}
		l.GoName = b.reported(l.Package.ID, "the interface", name, scope.Take(name))
	}
}

// interfaceName is the last part of an interface's full name.
func interfaceName(id string) string {
	id, _, _ = strings.Cut(id, "@")
	return id[strings.LastIndexByte(id, '/')+1:]
}
