package binary

// coreInstance reads a core instance [Binary.md, Instance Definitions].
func (r *reader) coreInstance() *CoreInstance {
	i := &CoreInstance{Offset: r.at()}
	switch form := r.byte("a core instance"); form {
	case 0x00:
		i.Module = r.u32("a core module's index")
		i.Args = list(r, "arguments", maxInstanceArgs, func() CoreArg {
			a := CoreArg{Name: r.name("an argument's name")}
			r.expect(byte(SortCoreInstance&0xff), "an argument's sort, core instance,")
			a.Instance = r.u32("a core instance's index")
			return a
		})
	case 0x01:
		i.Inline = true
		i.Exports = list(r, "exports", maxInstanceArgs, func() CoreInlineExport {
			e := CoreInlineExport{Name: r.name("an export's name")}
			e.Sort, e.Index = r.coreSort(), r.u32("an index")
			return e
		})
	default:
		r.failAt(i.Offset, "%#x is no core instance: 0x0 (instantiate) or 0x1 (exports)", form)
	}
	return i
}

// instance reads a component instance [Binary.md, Instance Definitions].
func (r *reader) instance() *Instance {
	i := &Instance{Offset: r.at()}
	switch form := r.byte("an instance"); form {
	case 0x00:
		i.Component = r.u32("a component's index")
		i.Args = list(r, "arguments", maxInstanceArgs, func() Arg {
			a := Arg{Name: r.name("an argument's name")}
			a.Sort, a.Index = r.externSort(), r.u32("an index")
			return a
		})
	case 0x01:
		i.Inline = true
		i.Exports = list(r, "exports", maxInstanceArgs, func() InlineExport {
			e := InlineExport{Name: r.externName()}
			e.Sort, e.Index = r.externSort(), r.u32("an index")
			return e
		})
	default:
		r.failAt(i.Offset, "%#x is no instance: 0x0 (instantiate) or 0x1 (exports)", form)
	}
	return i
}

// coreSort reads a sort of the core language.
func (r *reader) coreSort() Sort {
	at := r.pos
	b := r.byte("a core sort")
	s := SortCore | Sort(b)
	if _, ok := sortNames[s]; !ok {
		r.failAt(at, "%#x is no core sort", b)
	}
	return s
}

// sort reads a sort of the component language, core sorts included.
func (r *reader) sort() Sort {
	at := r.pos
	b := r.byte("a sort")
	if b == 0x00 {
		return r.coreSort()
	}
	if _, ok := sortNames[Sort(b)]; !ok {
		r.failAt(at, "%#x is no sort", b)
	}
	return Sort(b)
}

// externSort reads the sort of something that components import and export; of
// the core sorts that is the module only.
func (r *reader) externSort() Sort {
	at := r.pos
	s := r.sort()
	if r.err == nil && s&SortCore != 0 && s != SortCoreModule {
		r.failAt(at, "a %s cannot be imported or exported by a component", s)
	}
	return s
}

// alias reads an alias [Binary.md, Alias Definitions].
func (r *reader) alias() *Alias {
	a := &Alias{Offset: r.at(), Sort: r.sort()}
	at := r.pos
	switch target := r.byte("an alias's target"); target {
	case 0x00:
		a.Target = AliasExport
		a.Instance, a.Name = r.u32("an instance's index"), r.name("an export's name")
		if a.Sort&SortCore != 0 && a.Sort != SortCoreModule {
			r.failAt(a.Offset, "an instance exports no %s", a.Sort)
		}
	case 0x01:
		a.Target = AliasCoreExport
		a.Instance, a.Name = r.u32("a core instance's index"), r.name("an export's name")
		if a.Sort < SortCoreFunc || a.Sort > SortCoreTag {
			r.failAt(a.Offset, "a core instance exports no %s", a.Sort)
		}
	case 0x02:
		a.Target = AliasOuter
		a.Count, a.Index = r.u32("a count of enclosing scopes"), r.u32("an index")
		switch a.Sort {
		case SortCoreModule, SortCoreType, SortType, SortComponent:
		default:
			r.failAt(a.Offset, "an outer alias cannot name a %s", a.Sort)
		}
	default:
		r.failAt(at, "%#x is no target of an alias: 0x0 (export), 0x1 (core export) or 0x2 (outer)", target)
	}
	return a
}

// start reads a start definition [Binary.md, Start Definitions].
func (r *reader) start() *Start {
	s := &Start{Offset: r.at(), Func: r.u32("a function's index")}
	s.Args = list(r, "arguments", maxStartArgs, func() uint32 { return r.u32("a value's index") })
	s.Results = r.u32("the number of results")
	return s
}

// importDef reads an import [Binary.md, Import and Export Definitions].
func (r *reader) importDef() *Import {
	return &Import{Offset: r.at(), Name: r.externName(), Type: r.externType()}
}

// export reads an export [Binary.md, Import and Export Definitions].
func (r *reader) export() *Export {
	e := &Export{Offset: r.at(), Name: r.externName()}
	e.Sort, e.Index = r.externSort(), r.u32("an index")
	e.Type = optional(r, "a type", r.externType)
	return e
}

// value reads a value. Its bytes are read by whoever knows its type
// [Binary.md, Value Definitions].
func (r *reader) value() *Value {
	v := &Value{Offset: r.at(), Type: r.valType()}
	v.Bytes = r.bytes(r.u32("the size of a value"), "a value")
	return v
}

// externName reads a name with its attributes. The forms 0x00 and 0x01 mean the
// same [Binary.md, Import and Export Definitions].
func (r *reader) externName() ExternName {
	at := r.pos
	form := r.byte("a name")
	if form > 0x02 {
		r.failAt(at, "%#x is no form of a name: 0x0, 0x1 or 0x2", form)
	}
	n := ExternName{Name: r.name("a name")}
	if form != 0x02 {
		return n
	}
	seen := [maxNameAttrs]bool{}
	for range r.count("attributes", maxNameAttrs) {
		at := r.pos
		kind := r.byte("an attribute")
		if int(kind) >= len(seen) {
			r.failAt(at, "%#x is no attribute of a name: 0x0 (implements), 0x1 (versionsuffix) or 0x2 (external-id)", kind)
			break
		}
		if seen[kind] {
			r.failAt(at, "the name %q has the same attribute (%#x) twice", n.Name, kind)
		}
		seen[kind] = true
		text := r.name("an attribute")
		switch kind {
		case 0x00:
			n.Implements, n.HasImplements = text, true
		case 0x01:
			n.VersionSuffix, n.HasVersionSuffix = text, true
		case 0x02:
			n.ExternalID = text
		}
	}
	return n
}

// externType reads the type of an import or export [Binary.md, Type
// Definitions].
func (r *reader) externType() ExternType {
	t := ExternType{Sort: r.externSort()}
	at := r.pos
	switch t.Sort {
	case SortType:
		switch bound := r.byte("a type's bound"); bound {
		case 0x00:
			t.Eq, t.Index = true, r.u32("a type's index")
		case 0x01:
		default:
			r.failAt(at, "%#x is no bound of a type: 0x0 (eq) or 0x1 (sub resource)", bound)
		}
	case SortValue:
		switch bound := r.byte("a value's bound"); bound {
		case 0x00:
			t.ValueEq, t.Index = true, r.u32("a value's index")
		case 0x01:
			v := r.valType()
			t.Value = &v
		default:
			r.failAt(at, "%#x is no bound of a value: 0x0 (eq) or 0x1 (a type)", bound)
		}
	default:
		t.Index = r.u32("a type's index")
	}
	return t
}
