package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/runtime/abi"
)

// demands reads from the arguments what the call asks for. It reads views of the
// guest's memory, so that a question costs no copy, and it never trusts a case
// number: what is no case asks for nothing here and traps when it is lifted.
func (m *marshal) demands(fn *model.Func) jen.Code {
	core := fn.ABI.FlattenLower()
	w := &demandWriter{m: m, fn: fn, places: paramPlaces(fn, core.ParamsSpilled, "s", "b"), scope: m.locals("cx", "s", "d", "b")}
	var body []jen.Code
	if core.ParamsSpilled {
		body = append(body, jen.Id("b").Op(":=").Add(region(0, fn.ABI.ParamsTuple())))
	}
	for i, p := range fn.Points {
		if len(fn.Points) > 1 {
			body = append(body, jen.Comment(pointComment(p, i)))
		}
		body = append(body, w.point(i, p)...)
	}
	if !w.returned {
		body = append(body, jen.Return(jen.Id("d")))
	}
	return jen.Func().Id("demands"+fn.Symbol).Params(
		contextParam(), jen.Id("s").Index().Uint64(), jen.Id("d").Index().Qual(capabilityPath, "Demand"),
	).Index().Qual(capabilityPath, "Demand").Block(body...)
}

type demandWriter struct {
	m      *marshal
	fn     *model.Func
	places []place
	scope  model.Scope
	// returned tells that the only demand was returned at once.
	returned bool
}

// point writes the demands of one point: its conditions around its resources
// around its actions.
func (w *demandWriter) point(i int, p *model.Point) []jen.Code {
	body := w.resource(p, func(resource *jen.Statement) []jen.Code {
		return w.action(p, func(action jen.Code) jen.Code {
			var fields []jen.Code
			fields = append(fields, jen.Id("Point").Op(":").Lit(i))
			if action != nil {
				fields = append(fields, jen.Id("Action").Op(":").Add(action))
			}
			if resource != nil {
				fields = append(fields, jen.Id("Resource").Op(":").Add(resource.Clone()))
			}
			add := jen.Append(jen.Id("d"), jen.Qual(capabilityPath, "Demand").Values(fields...))
			if w.single(p) {
				w.returned = true
				return jen.Return(add)
			}
			return jen.Id("d").Op("=").Add(add)
		})
	})
	if len(p.When) == 0 {
		return body
	}
	var any *jen.Statement
	for _, a := range p.When {
		r := w.reach(a, w.places)
		cond := and(append(r.guards, r.value))
		if any == nil {
			any = cond
			continue
		}
		any.Op("||").Add(cond)
	}
	return []jen.Code{jen.If(any).Block(body...)}
}

// single tells whether a point is the only one and makes exactly one demand.
func (w *demandWriter) single(p *model.Point) bool {
	if len(w.fn.Points) > 1 || p.ActionFrom != nil || len(p.When) > 0 {
		return false
	}
	for _, part := range p.Resource {
		if part.From != nil && part.From.Lists() > 0 {
			return false
		}
	}
	return true
}

// reached is where a path leads: conditions under which it leads anywhere, the
// loops over lists around it, and what is there.
type reached struct {
	guards []jen.Code
	loops  []loop
	at     place
	typ    *model.Type
	value  jen.Code // of a condition
}

// loop is a list on the way: the conditions before it, the place of pointer and
// length, and the variable for the memory of each element.
type loop struct {
	guards []jen.Code
	at     place
	elem   *model.Type
	b      string
}

// reach follows a path.
func (w *demandWriter) reach(a *model.Access, places []place) reached {
	r := reached{typ: a.Type}
	for _, s := range a.Steps {
		var disc *jen.Statement
		if s.Of != nil {
			disc = r.at.as("uint32", s.Of.ABI.DiscriminantSize())
		}
		switch s.Kind {
		case model.StepParam:
			r.at = places[s.Index]
		case model.StepField:
			r.at = r.at.field(s.Of, s.Index)
		case model.StepSome:
			r.guards = append(r.guards, disc.Op("==").Lit(1))
			r.at = r.at.payload(s.Of)
		case model.StepCase:
			r.guards = append(r.guards, disc.Op("==").Lit(s.Index))
			r.at = r.at.payload(s.Of)
		case model.StepElem:
			b := w.scope.TakeNumbered("elem")
			r.loops = append(r.loops, loop{guards: r.guards, at: r.at, elem: s.Of.Elem.Root(), b: b})
			r.guards, r.at = nil, inMemory(b, 0)
		case model.StepFlag:
			r.value = r.at.as("uint32", s.Of.ABI.Size()).Op("&").Params(jen.Lit(1).Op("<<").Lit(s.Index)).Op("!=").Lit(0)
		case model.StepIsCase:
			r.value = disc.Op("==").Lit(s.Index)
		case model.StepPresent:
			r.value = disc.Op("==").Lit(1)
		}
	}
	if r.value == nil && r.typ != nil && r.typ.Kind() == abi.KindBool {
		r.value = rt("LiftBool", r.at.core(1))
	}
	return r
}

func and(conds []jen.Code) *jen.Statement {
	s := &jen.Statement{}
	for i, c := range conds {
		if i > 0 {
			s.Op("&&")
		}
		s.Add(c)
	}
	return s
}

// resource evaluates the resource of a point and hands it on; where the path
// goes through lists, once for each element.
func (w *demandWriter) resource(p *model.Point, then func(*jen.Statement) []jen.Code) []jen.Code {
	if len(p.Resource) == 0 {
		return then(nil)
	}
	places := w.places
	parts := make([]reached, len(p.Resource))
	var loops []loop
	for i, part := range p.Resource {
		if part.From == nil {
			continue
		}
		if len(loops) > 0 && part.From.Lists() > 0 { // the parts of one element share its loop
			parts[i] = w.within(part.From, loops)
			continue
		}
		parts[i] = w.reach(part.From, places)
		loops = append(loops, parts[i].loops...)
	}
	name := w.scope.TakeNumbered("resource")
	body := w.join(name, p, parts)
	body = append(body, then(jen.Id(name))...)
	for i := len(loops) - 1; i >= 0; i-- {
		body = loops[i].around(body)
	}
	return body
}

// within follows a path of which the lists are looped over already.
func (w *demandWriter) within(a *model.Access, loops []loop) reached {
	i, last := 0, -1
	for n, s := range a.Steps {
		if s.Kind == model.StepElem {
			i, last = i+1, n
		}
	}
	rest := &model.Access{Text: a.Text, Type: a.Type, Steps: append([]model.Step{{Kind: model.StepParam}}, a.Steps[last+1:]...)}
	return w.reach(rest, []place{inMemory(loops[i-1].b, 0)})
}

func (l loop) around(body []jen.Code) []jen.Code {
	size := jen.Lit(int(l.elem.ABI.Size()))
	ptr, n := l.at.pair()
	loop := jen.For(
		jen.Id(l.b).Op(":=").Add(listOf("List", l.elem, ptr, n)), jen.Len(jen.Id(l.b)).Op(">").Lit(0),
		jen.Id(l.b).Op("=").Id(l.b).Index(size.Op(":")),
	).Block(body...)
	if len(l.guards) > 0 {
		loop = jen.If(and(l.guards)).Block(loop)
	}
	return []jen.Code{loop}
}

// join puts the parts of a resource together in a variable. A part that is not
// there, since an option on the way is none, is empty.
func (w *demandWriter) join(name string, p *model.Point, parts []reached) []jen.Code {
	var body []jen.Code
	var sum *jen.Statement
	literals := ""
	for _, part := range p.Resource {
		literals += part.Text
	}
	for i, part := range p.Resource {
		expr := jen.Lit(part.Text)
		if part.From != nil {
			r := parts[i]
			expr = w.text(r.typ, r.at)
			if len(p.Resource) > 1 && r.typ.Kind() == abi.KindString {
				expr = w.m.quote(expr, literals)
			}
			if len(r.guards) > 0 {
				v := name
				if len(p.Resource) > 1 {
					v = w.scope.TakeNumbered("part")
				}
				body = append(body, jen.Var().Id(v).String(), jen.If(and(r.guards)).Block(jen.Id(v).Op("=").Add(expr)))
				if len(p.Resource) == 1 {
					return body
				}
				expr = jen.Id(v)
			}
			if part.Text != "" {
				expr = w.m.follow(part.Text, expr)
			}
		}
		if sum == nil {
			sum = expr
		} else {
			sum.Op("+").Add(expr)
		}
	}
	return append(body, jen.Id(name).Op(":=").Add(sum))
}

// text reads a value as text: a view of a string, a number in decimal, the label
// of an enum.
func (w *demandWriter) text(t *model.Type, p place) *jen.Statement {
	t = t.Root()
	switch t.Kind() {
	case abi.KindString:
		ptr, n := p.pair()
		return cx("StringView", ptr, n)
	case abi.KindEnum:
		return w.m.lift(t, p).Dot("String").Call()
	case abi.KindChar:
		return conv("string", w.m.lift(t, p))
	case abi.KindS8, abi.KindS16, abi.KindS32, abi.KindS64:
		return jen.Qual("strconv", "FormatInt").Call(conv("int64", w.m.lift(t, p)), jen.Lit(10))
	}
	return jen.Qual("strconv", "FormatUint").Call(conv("uint64", w.m.lift(t, p)), jen.Lit(10))
}

// action evaluates the actions of a point and appends a demand for each.
func (w *demandWriter) action(p *model.Point, demand func(action jen.Code) jen.Code) []jen.Code {
	if p.ActionFrom == nil {
		return []jen.Code{demand(nil)}
	}
	r := w.reach(p.ActionFrom, w.places)
	var body []jen.Code
	t := p.ActionFrom.Type.Root()
	switch {
	case p.Actions == nil:
		body = []jen.Code{demand(w.text(t, r.at))}
	case t.Kind() == abi.KindFlags:
		body = w.flagActions(p, t, r.at, demand)
	case t.Kind() == abi.KindString:
		body = []jen.Code{w.stringActions(p, r.at, demand)}
	case t.Kind() == abi.KindBool:
		body = []jen.Code{jen.If(rt("LiftBool", r.at.core(1))).Block(all(p.Actions["true"], demand)...).Else().Block(all(p.Actions["false"], demand)...)}
	default:
		body = []jen.Code{jen.Switch(r.at.as("uint32", t.ABI.DiscriminantSize())).BlockFunc(func(g *jen.Group) {
			for i, c := range t.Cases {
				g.Case(jen.Lit(i)).Block(append([]jen.Code{jen.Comment(c.Name)}, all(p.Actions[c.Name], demand)...)...)
			}
		})}
	}
	if len(r.guards) > 0 { // no action is said: one that nothing grants
		return []jen.Code{jen.If(and(r.guards)).Block(body...).Else().Block(demand(jen.Lit("")))}
	}
	return body
}

func all(actions []string, demand func(jen.Code) jen.Code) []jen.Code {
	var out []jen.Code
	for _, a := range actions {
		out = append(out, demand(jen.Lit(a)))
	}
	return out
}

// flagActions asks for what each set flag means; flags of which none is set ask
// for an action that nothing grants.
func (w *demandWriter) flagActions(p *model.Point, t *model.Type, at place, demand func(jen.Code) jen.Code) []jen.Code {
	set := w.scope.TakeNumbered("set")
	body := []jen.Code{jen.Id(set).Op(":=").Add(at.as("uint32", t.ABI.Size()))}
	known := jen.Id(set)
	if mask := flagMask(t); mask != nil {
		known = jen.Id(set).Op("&").Add(mask)
	}
	body = append(body, jen.If(known.Op("==").Lit(0)).Block(demand(jen.Lit(""))))
	for i, c := range t.Cases {
		if actions := all(p.Actions[c.Name], demand); len(actions) > 0 {
			body = append(body, jen.If(jen.Id(set).Op("&").Params(jen.Lit(1).Op("<<").Lit(i)).Op("!=").Lit(0)).Block(actions...))
		}
	}
	return body
}

// stringActions maps texts to actions; one that is not in the map is the action
// itself.
func (w *demandWriter) stringActions(p *model.Point, at place, demand func(jen.Code) jen.Code) jen.Code {
	v := w.scope.TakeNumbered("action")
	ptr, n := at.pair()
	return jen.Switch(jen.Id(v).Op(":=").Add(cx("StringView", ptr, n)), jen.Id(v)).BlockFunc(func(g *jen.Group) {
		for _, key := range sortedKeys(p.Actions) {
			g.Case(jen.Lit(key)).Block(all(p.Actions[key], demand)...)
		}
		g.Default().Block(demand(jen.Id(v)))
	})
}

// quote guards a part of a resource that is put together: one that holds a
// character of the text between the parts could pass for something else.
func (m *marshal) quote(part *jen.Statement, literals string) *jen.Statement {
	m.quoting = true
	return jen.Id("quotePart").Call(part, jen.Lit(literals))
}

func quotePart() jen.Code {
	return jen.Comment("// quotePart gives part back, or quoted where it holds one of the separators, so").Line().
		Comment("// that it cannot pass for two parts.").Line().
		Func().Id("quotePart").Params(jen.List(jen.Id("part"), jen.Id("separators")).String()).String().Block(
		jen.If(jen.Qual("strings", "ContainsAny").Call(jen.Id("part"), jen.Id("separators"))).Block(
			jen.Return(jen.Qual("strconv", "Quote").Call(jen.Id("part"))),
		),
		jen.Return(jen.Id("part")),
	)
}

// follow puts a separator before a part that is not empty.
func (m *marshal) follow(separator string, part *jen.Statement) *jen.Statement {
	m.following = true
	return jen.Id("followedBy").Call(jen.Lit(separator), part)
}

func followedBy() jen.Code {
	return jen.Comment("// followedBy gives part behind its separator, and nothing where it is empty.").Line().
		Func().Id("followedBy").Params(jen.List(jen.Id("separator"), jen.Id("part")).String()).String().Block(
		jen.If(jen.Id("part").Op("==").Lit("")).Block(jen.Return(jen.Lit(""))),
		jen.Return(jen.Id("separator").Op("+").Id("part")),
	)
}

func pointComment(p *model.Point, i int) string {
	s := fmt.Sprintf("// Point %d: %s", i, p.Kind)
	if p.Action != "" {
		s += " " + p.Action
	}
	return s + "."
}
