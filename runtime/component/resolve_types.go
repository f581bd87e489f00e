package component

import (
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component/binary"
)

var primTypes = map[byte]*abi.Type{
	binary.PrimBool: abi.Bool, binary.PrimS8: abi.S8, binary.PrimU8: abi.U8,
	binary.PrimS16: abi.S16, binary.PrimU16: abi.U16, binary.PrimS32: abi.S32,
	binary.PrimU32: abi.U32, binary.PrimS64: abi.S64, binary.PrimU64: abi.U64,
	binary.PrimF32: abi.Float32, binary.PrimF64: abi.Float64, binary.PrimChar: abi.Char,
	binary.PrimString: abi.String, binary.PrimErrorContext: abi.ErrorContext,
}

// typeDef is what a type definition adds to the index space of types.
func (s *scope) typeDef(d *binary.TypeDef) (*typeItem, error) {
	e := typeEval{scope: s, offset: d.Offset}
	switch t := d.Type.(type) {
	case *binary.Func:
		f := &abi.FuncType{Params: e.fields(t.Params), Result: e.optional(t.Result), Async: t.Async}
		return &typeItem{fn: f}, e.err
	case *binary.Resource:
		return &typeItem{res: &abi.Resource{Impl: s.id}}, nil
	case *binary.InstanceType:
		return &typeItem{shape: &shape{t.Decls, s}}, nil
	case *binary.ComponentType:
		return &typeItem{shape: &shape{t.Decls, s}}, nil
	}
	v := e.compound(d.Type)
	switch {
	case e.err != nil:
	case v.Size() >= abi.MaxTypeSize:
		e.fail("a value of this type would take %d bytes or more, the limit is %d", v.Size(), abi.MaxTypeSize)
	case v.Nodes() >= abi.MaxTypeNodes:
		e.fail("the type holds %d other types or more, the limit is %d", v.Nodes(), abi.MaxTypeNodes)
	case v.Depth() > abi.MaxTypeDepth:
		e.fail("the types in it stand %d deep in one another, the limit is %d", v.Depth(), abi.MaxTypeDepth)
	}
	return &typeItem{val: v}, e.err
}

// typeEval turns the types of the file into those of package abi. It keeps the
// first error and goes on with bool, so that its callers need not look.
type typeEval struct {
	scope  *scope
	offset int
	err    error
}

func (e *typeEval) fail(format string, args ...any) *abi.Type {
	if e.err == nil {
		e.err = fault(e.offset, "type", format, args...)
	}
	return abi.Bool
}

func (e *typeEval) val(v binary.ValType) *abi.Type {
	if v.Prim != 0 {
		if t, ok := primTypes[v.Prim]; ok {
			return t
		}
		return e.fail("0x%x is not a primitive value type", v.Prim)
	}
	t, err := lookup(e.scope.types, v.Index, e.offset, "type", "type")
	if err != nil {
		e.err = err
		return abi.Bool
	}
	return t.val
}

func (e *typeEval) optional(v *binary.ValType) *abi.Type {
	if v == nil {
		return nil
	}
	return e.val(*v)
}

func (e *typeEval) fields(fs []binary.Field) []abi.Field {
	out := make([]abi.Field, len(fs))
	for i, f := range fs {
		out[i] = abi.Field{Label: f.Label, Type: e.val(f.Type)}
	}
	return out
}

func (e *typeEval) resource(i uint32) *abi.Resource {
	t, err := lookup(e.scope.types, i, e.offset, "type", "type")
	if err != nil {
		e.err = err
		return &abi.Resource{}
	}
	return t.res
}

func (e *typeEval) compound(t binary.Type) *abi.Type {
	switch t := t.(type) {
	case *binary.Prim:
		return e.val(t.Type)
	case *binary.Record:
		return abi.Record("", e.fields(t.Fields)...)
	case *binary.Variant:
		cases := make([]abi.Case, len(t.Cases))
		for i, c := range t.Cases {
			cases[i] = abi.Case{Label: c.Label, Type: e.optional(c.Type)}
		}
		return abi.Variant("", cases...)
	case *binary.Tuple:
		elems := make([]*abi.Type, len(t.Elems))
		for i, v := range t.Elems {
			elems[i] = e.val(v)
		}
		return abi.Tuple(elems...)
	case *binary.Flags:
		return abi.Flags("", t.Labels...)
	case *binary.Enum:
		return abi.Enum("", t.Labels...)
	case *binary.List:
		return abi.List(e.val(t.Elem))
	case *binary.Option:
		return abi.Option(e.val(t.Elem))
	case *binary.Result:
		return abi.Result(e.optional(t.OK), e.optional(t.Err))
	case *binary.Own:
		return abi.Own(e.resource(t.Index))
	case *binary.Borrow:
		return abi.Borrow(e.resource(t.Index))
	case *binary.FixedList:
		return abi.FixedList(e.val(t.Elem), t.Len)
	case *binary.Map:
		return abi.Map(e.val(t.Key), e.val(t.Value))
	case *binary.Stream:
		return abi.Unsupported(abi.KindStream, e.optional(t.Elem))
	case *binary.Future:
		return abi.Unsupported(abi.KindFuture, e.optional(t.Elem))
	}
	return e.fail("%T is not a value type", t)
}

// declared makes the item that an import or an export declaration introduces.
func (s *scope) declared(t binary.ExternType, name string, offset int, section string) (any, error) {
	if t.Sort == binary.SortType && !t.Eq {
		return &typeItem{res: &abi.Resource{Name: name, Impl: abi.HostImpl}}, nil
	}
	switch t.Sort {
	case binary.SortValue:
		return nil, unsupported(offset, section, "%q: component-level values are not supported yet", name)
	case binary.SortCoreModule:
		return &coreModule{}, nil
	}
	item, err := lookup(s.types, t.Index, offset, section, "type")
	if err != nil {
		return nil, err
	}
	switch {
	case t.Sort == binary.SortType:
		if item.val != nil {
			return &typeItem{val: item.val.Named(name)}, nil
		}
		return item, nil
	case t.Sort == binary.SortFunc:
		return &fn{typ: item.fn}, nil
	case t.Sort == binary.SortInstance:
		return item.shape.instantiate(nil, offset)
	case t.Sort == binary.SortComponent:
		return &closure{typ: item.shape}, nil
	}
	return nil, fault(offset, section, "%q is declared as a %s, which type %d is not the type of", name, t.Sort, t.Index)
}

// instantiate makes an instance as the type declares it, with fresh resource
// types. args are what a component type imports.
func (t *shape) instantiate(args map[string]any, offset int) (*instance, error) {
	if err := t.scope.budget.count(offset, "type"); err != nil {
		return nil, err
	}
	s := &scope{parent: t.scope, budget: t.scope.budget, core: map[binary.Sort][]coreItem{}, args: args, out: newInstance()}
	if err := s.budget.spend(len(t.decls), offset, "type"); err != nil {
		return nil, err
	}
	for _, d := range t.decls {
		if err := s.decl(d); err != nil {
			return nil, err
		}
	}
	return s.out, nil
}

func (s *scope) decl(d binary.Decl) error {
	switch d := d.(type) {
	case *binary.TypeDef:
		t, err := s.typeDef(d)
		s.types = append(s.types, t)
		return err
	case *binary.Alias:
		if d.Target == binary.AliasOuter {
			return s.aliasOuter(d)
		}
		return s.aliasExport(d)
	case *binary.ExportDecl:
		item, err := s.declared(d.Type, d.Name.Name, d.Offset, "type")
		if err != nil {
			return err
		}
		s.push(item)
		s.out.add(d.Name.Name, item)
	case *binary.ImportDecl:
		s.push(s.args[d.Name.Name])
	}
	return nil
}
