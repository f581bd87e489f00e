package wit

import "strings"

// decl writes a declaration; funcs are those among which a resource's are.
func (p *printer) decl(t *TypeDef, funcs []*Func) {
	p.head(t.Docs, t.Stability, t.ExternalID)
	name := escaped(t.Name)
	kind := t.Kind
	if t.Used() != nil {
		kind = t.Root().Kind
	}
	switch k := kind.(type) {
	case *Record:
		p.open("record %s", name)
		for _, f := range k.Fields {
			p.docs(f.Docs)
			p.line("%s: %s,", escaped(f.Name), TypeString(f.Type))
		}
		p.close()
	case *Variant:
		p.open("variant %s", name)
		for _, c := range k.Cases {
			p.docs(c.Docs)
			p.line("%s,", caseString(c))
		}
		p.close()
	case *Enum:
		p.labels("enum", name, k.Cases)
	case *Flags:
		p.labels("flags", name, k.Flags)
	case *Resource:
		p.resource(t, name, funcs)
	case *Alias:
		p.line("type %s = %s;", name, p.aliased(k.Type))
	}
}

// aliased is the type that an alias stands for. An `own` must be told from the
// resource itself there.
func (p *printer) aliased(t Type) string {
	if own, ok := t.(*Own); ok {
		return "own<" + escaped(own.Resource.Name) + ">"
	}
	return TypeString(t)
}

func (p *printer) labels(word, name string, labels []Label) {
	p.open("%s %s", word, name)
	for _, l := range labels {
		p.docs(l.Docs)
		p.line("%s,", escaped(l.Name))
	}
	p.close()
}

func (p *printer) resource(t *TypeDef, name string, funcs []*Func) {
	var own []*Func
	for _, f := range funcs {
		if f.Resource == t || f.Resource != nil && f.Resource.Name == t.Name && f.Kind != Freestanding {
			own = append(own, f)
		}
	}
	if len(own) == 0 {
		p.line("resource %s;", name)
		return
	}
	p.open("resource %s", name)
	for n, f := range own {
		p.part(n == 0, f.Docs, f.Stability, true)
		p.namedFunc("", f)
	}
	p.close()
}

// namedFunc writes a function; verb stands before its name.
func (p *printer) namedFunc(verb string, f *Func) {
	p.head(f.Docs, f.Stability, f.ExternalID)
	name := f.Name
	if f.Kind != Freestanding {
		_, name, _ = strings.Cut(name, "]")
		_, name, _ = strings.Cut(name, ".")
	}
	switch f.Kind {
	case Constructor:
		p.line("constructor%s;", strings.TrimPrefix(f.constructorSignature(), "func"))
	case Method:
		rest := *f
		if len(rest.Params) > 0 {
			rest.Params = rest.Params[1:] // self
		}
		p.line("%s: %s;", escaped(name), rest.Signature())
	case Static:
		p.line("%s: static %s;", escaped(name), f.Signature())
	default:
		p.line("%s%s: %s;", verb, escaped(name), f.Signature())
	}
}

// constructorSignature leaves the result away where it is the resource.
func (f *Func) constructorSignature() string {
	rest := *f
	if _, ok := f.Result.(*Own); ok {
		rest.Result = nil
	}
	return rest.Signature()
}
