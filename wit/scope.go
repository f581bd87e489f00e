package wit

import (
	"maps"
	"strings"

	"github.com/airsstack/witgen/wit/syntax"
)

// A scope holds the names of an interface or a world while its contents are
// resolved.
type scope struct {
	r       *resolver
	file    *file
	owner   Owner
	symbols map[string]*symbol
	// folded holds the same by names in lower case.
	folded map[string]*symbol
	list   []*symbol // types in the order of declaration
	sorted []*symbol // types in the order of their needs
	funcs  []*Func
	// off says that the owner is left out, so that nothing in it needs anything.
	off bool
}

// A symbol is a name of a type, or of a function of an interface.
type symbol struct {
	name     syntax.Ident
	attrs    syntax.Attrs
	function bool
	// decl is nil for what a `use` brings in.
	decl *syntax.TypeDecl
	// from is what a `use` brings in; nil where that is not known.
	from *symbol
	def  *TypeDef
	// off says that a gate leaves it out, broken that it is not known what it means:
	// whatever needs it is left alone.
	off, broken bool
	// resource says that it is one, or another name of one.
	resource bool
}

func (r *resolver) newScope(f *file, owner Owner, off bool) *scope {
	return &scope{r: r, file: f, owner: owner, off: off, symbols: map[string]*symbol{}, folded: map[string]*symbol{}}
}

// taken reports that a name is defined already. Upper and lower case make no
// difference [WIT.md, WIT Worlds; Explainer.md, Name Uniqueness].
func (s *scope) taken(name syntax.Ident) bool {
	old := s.folded[strings.ToLower(name.Name)]
	if old == nil {
		return false
	}
	s.r.errorf(s.file.src, name.Span, "name `%s` is defined more than once", name.Name).
		WithHint("%s", already(s.file.src, old.name.Name, old.name.Start, name.Name))
	return true
}

// already says where a name was defined before.
func already(src *syntax.Source, old string, at int, name string) string {
	if old == name {
		return "it is defined at " + src.Pos(at).String() + " already"
	}
	return "`" + old + "` is defined at " + src.Pos(at).String() + " already; upper and lower case make no difference"
}

func (s *scope) define(sym *symbol) {
	s.symbols[sym.name.Name] = sym
	s.folded[strings.ToLower(sym.name.Name)] = sym
	if sym.def != nil {
		s.list = append(s.list, sym)
	}
}

func (s *scope) newDef(name syntax.Ident, attrs syntax.Attrs, docs string) *TypeDef {
	return &TypeDef{
		Pos: s.file.src.Pos(name.Start), Docs: docs, Name: name.Name, Owner: s.owner,
		Stability: stability(attrs), ExternalID: externalID(attrs),
	}
}

// declare enters a declaration.
func (s *scope) declare(d *syntax.TypeDecl) {
	if s.taken(d.Name) {
		return
	}
	sym := &symbol{name: d.Name, attrs: d.Attrs, decl: d, def: s.newDef(d.Name, d.Attrs, d.Docs), broken: d.Body == nil}
	sym.off = !s.r.included(s.file, d.Attrs, d.Name.Span)
	s.define(sym)
}

// use enters the names that a `use` brings in.
func (s *scope) use(u *syntax.Use) {
	on := s.r.included(s.file, u.Attrs, u.Path.Name.Span) && !s.off
	it := s.r.findInterface(s.file, &u.Path, on)
	if it != nil && it.off && on {
		s.r.gatedOff(s.file, u.Path.Span, "interface", it.name.Name, it.iface.Attrs.Feature)
		it = nil
	}
	for _, name := range u.Names {
		local := name.LocalName()
		if s.taken(local) {
			continue
		}
		sym := &symbol{name: local, attrs: u.Attrs, def: s.newDef(local, u.Attrs, ""), off: !on && !s.off, broken: true}
		sym.def.Kind = &Alias{}
		if it != nil {
			s.bring(sym, it, name.Name, on)
		}
		s.define(sym)
	}
}

// bring makes sym another name of a type of an interface.
func (s *scope) bring(sym *symbol, it *item, name syntax.Ident, on bool) {
	from := it.types[name.Name]
	switch {
	case from == nil:
		if on || it.file.pkg == s.file.pkg {
			s.notIn(it, name)
		}
		return
	case from.function:
		s.r.errorf(s.file.src, name.Span, "`%s` is a function: `use` brings types in only", name.Name).
			WithHint("declared at %s", it.file.src.Pos(from.name.Start))
		return
	case from.off && on:
		s.r.gatedOff(s.file, name.Span, "type", name.Name, from.attrs.Feature)
		return
	}
	sym.from, sym.broken, sym.resource = from, from.broken, from.resource
	sym.def.Kind = &Alias{Type: from.def}
}

func (s *scope) notIn(it *item, name syntax.Ident) {
	if it.broken || it.file.pkg.inCircle {
		return
	}
	e := s.r.errorf(s.file.src, name.Span, "type `%s` is not defined in interface `%s`", name.Name, it.iModel.ID())
	e.Hint = s.r.hint(name.Name, maps.Keys(it.types), func(name string) Pos { return it.file.src.Pos(it.types[name].name.Start) })
}

// kept are the types that no gate leaves out.
func (s *scope) kept() []*TypeDef {
	var out []*TypeDef
	for _, sym := range s.list {
		if !sym.off && !s.off && sym.def.Kind != nil {
			out = append(out, sym.def)
		}
	}
	return out
}

// lookup is what a name means, or nil. In a declaration that is let in it may mean
// nothing that is left out; at is what to blame then.
func (s *scope) lookup(name syntax.Ident, on bool, at syntax.Span) *symbol {
	sym := s.symbols[name.Name]
	switch {
	case sym == nil:
		s.undefined(name)
		return nil
	case sym.function:
		s.r.errorf(s.file.src, name.Span, "`%s` is a function, not a type", name.Name).
			WithHint("declared at %s", s.file.src.Pos(sym.name.Start))
		return nil
	case sym.off && on && !s.off:
		s.r.gatedOff(s.file, at, "type", name.Name, sym.attrs.Feature)
		return nil
	case sym.broken:
		return nil
	}
	return sym
}

// renamed are types that other languages, or older WIT, know by another name.
var renamed = map[string]string{
	"float32": "f32", "float64": "f64", "float": "f32", "double": "f64", "str": "string", "boolean": "bool",
	"int": "s32", "uint": "u32", "i8": "s8", "i16": "s16", "i32": "s32", "i64": "s64",
	"int8": "s8", "int16": "s16", "int32": "s32", "int64": "s64", "long": "s64", "byte": "u8",
	"uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64", "usize": "u32", "array": "list<…>", "vec": "list<…>",
}

func (s *scope) undefined(name syntax.Ident) {
	e := s.r.errorf(s.file.src, name.Span, "type `%s` is not defined", name.Name)
	e.Hint = s.r.hint(name.Name, s.typeNames, func(name string) Pos {
		if sym := s.symbols[name]; sym != nil {
			return s.file.src.Pos(sym.name.Start)
		}
		return Pos{}
	})
	if to, ok := renamed[name.Name]; ok {
		e.Hint = "did you mean `" + to + "`?"
	}
	if e.Hint == "" {
		e.Hint = s.r.usable(s.file, name.Name)
	}
}

// typeNames yields the names that a type may have here.
func (s *scope) typeNames(yield func(string) bool) {
	for name, sym := range s.symbols {
		if !sym.function && !yield(name) {
			return
		}
	}
	for _, name := range primNames {
		if name != "" && !yield(name) {
			return
		}
	}
}

// usable says which interface of the same package declares a type of that name.
func (r *resolver) usable(f *file, name string) string {
	if r.errs.Full() {
		return ""
	}
	for _, it := range f.pkg.list {
		if it.iface == nil {
			continue
		}
		for _, d := range it.iface.Items {
			if t, ok := d.(*syntax.TypeDecl); ok && t.Name.Name == name {
				return "interface `" + it.name.Name + "` declares it: `use " + it.name.Name + ".{" + name + "};`"
			}
		}
	}
	return ""
}
