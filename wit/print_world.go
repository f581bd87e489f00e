package wit

// world writes the contents of a world in the order in which things need one
// another: interfaces, types, functions, then exports.
func (p *printer) world(w *World) {
	var methods []*Func
	first := true
	for _, it := range w.Imports {
		switch it := it.(type) {
		case *InterfaceItem:
			p.worldItem(first, "import", it)
			first = false
		case *FuncItem:
			if it.Func.Kind != Freestanding {
				methods = append(methods, it.Func)
			}
		}
	}
	if len(w.Types) > 0 && !first {
		p.blank()
	}
	rest := p.uses(w.Types)
	for n, t := range rest {
		p.part(n == 0 && p.fresh, t.Docs, t.Stability, isShort(t))
		p.decl(t, methods)
	}
	first = p.fresh
	for _, it := range w.Imports {
		if f, ok := it.(*FuncItem); ok && f.Func.Kind == Freestanding {
			p.worldItem(first, "import", it)
			first = false
		}
	}
	for n, it := range w.Exports {
		if n == 0 {
			p.blank()
		}
		p.worldItem(n == 0, "export", it)
	}
}

func (p *printer) worldItem(first bool, verb string, it Item) {
	switch it := it.(type) {
	case *FuncItem:
		f := it.Func
		if !first {
			p.part(first, f.Docs, f.Stability, true)
		}
		p.namedFunc(verb+" ", f)
	case *InterfaceItem:
		p.interfaceItem(first, verb, it)
	}
}

func (p *printer) interfaceItem(first bool, verb string, it *InterfaceItem) {
	docs := it.Docs
	if it.Interface.Name == "" {
		docs = it.Interface.Docs
	}
	if !first {
		p.part(first, docs, it.Stability, it.Interface.Name != "")
	}
	p.head(docs, it.Stability, it.ExternalID)
	switch {
	case it.Interface.Name == "":
		p.open("%s %s: interface", verb, escaped(it.Name))
		p.interfaceItems(it.Interface)
		p.close()
	case it.Name != "":
		p.line("%s %s: %s;", verb, escaped(it.Name), p.path(it.Interface))
	default:
		p.line("%s %s;", verb, p.path(it.Interface))
	}
}
