package validate

import (
	"github.com/airsstack/witgen/runtime/component/binary"
)

// A builtin is a canonical definition that makes a core function of nothing: how
// its immediates are checked, and the type of the function.
type builtin struct {
	check func(s *scope, d *binary.Canon) ptr
	// params and results have a letter for each core value: "i" for i32, "l" for
	// i64, "p" for a pointer of the width that check gives.
	params, results string
}

// builtins are the builtins by the names that the text format has for them
// [CanonicalABI.md, Canonical Definitions].
var builtins = map[string]builtin{
	"resource.new":  {(*scope).checkOwnResource, "p", "i"},
	"resource.drop": {(*scope).checkResource, "i", ""},
	"resource.rep":  {(*scope).checkOwnResource, "i", "p"},

	"backpressure.inc": {nil, "", ""},
	"backpressure.dec": {nil, "", ""},
	"backpressure.set": {nil, "i", ""}, // in older components
	"task.cancel":      {nil, "", ""},
	"subtask.cancel":   {nil, "i", "i"},
	"subtask.drop":     {nil, "i", ""},
	"context.get":      {(*scope).checkContext, "", "p"},
	"context.set":      {(*scope).checkContext, "p", ""},

	"waitable-set.new":  {nil, "", "i"},
	"waitable-set.wait": {(*scope).checkMemoryImmediate, "ip", "i"},
	"waitable-set.poll": {(*scope).checkMemoryImmediate, "ip", "i"},
	"waitable-set.drop": {nil, "i", ""},
	"waitable.join":     {nil, "ii", ""},

	"stream.new":           {checkEnd(kindStream), "", "l"},
	"stream.read":          {checkRead(kindStream), "ipp", "p"},
	"stream.write":         {checkWrite(kindStream), "ipp", "p"},
	"stream.cancel-read":   {checkEnd(kindStream), "i", "i"},
	"stream.cancel-write":  {checkEnd(kindStream), "i", "i"},
	"stream.drop-readable": {checkEnd(kindStream), "i", ""},
	"stream.drop-writable": {checkEnd(kindStream), "i", ""},
	"future.new":           {checkEnd(kindFuture), "", "l"},
	"future.read":          {checkRead(kindFuture), "ip", "i"},
	"future.write":         {checkWrite(kindFuture), "ip", "i"},
	"future.cancel-read":   {checkEnd(kindFuture), "i", "i"},
	"future.cancel-write":  {checkEnd(kindFuture), "i", "i"},
	"future.drop-readable": {checkEnd(kindFuture), "i", ""},
	"future.drop-writable": {checkEnd(kindFuture), "i", ""},

	"error-context.new":           {(*scope).checkErrorContext, "pp", "i"},
	"error-context.debug-message": {(*scope).checkErrorContext, "ip", ""},
	"error-context.drop":          {nil, "i", ""},

	"thread.index":                 {nil, "", "i"},
	"thread.new-indirect":          {(*scope).checkThreadTable, "ii", "i"},
	"thread.resume-later":          {nil, "i", ""},
	"thread.suspend":               {nil, "", "i"},
	"thread.yield":                 {nil, "", "i"},
	"thread.suspend-then-resume":   {nil, "i", "i"},
	"thread.yield-then-resume":     {nil, "i", "i"},
	"thread.suspend-then-promote":  {nil, "i", "i"},
	"thread.yield-then-promote":    {nil, "i", "i"},
	"thread.spawn-indirect":        {(*scope).checkThreadTable, "ii", "i"},
	"thread.available-parallelism": {nil, "", "i"},
}

// builtin checks a builtin and gives the type of its function.
func (s *scope) builtin(d *binary.Canon) coreID {
	v := s.v
	switch d.Name {
	case "task.return":
		return s.taskReturn(d)
	case "thread.spawn-ref":
		return s.spawnRef(d)
	}
	b, ok := builtins[d.Name]
	if !ok {
		v.failNamed(ClassUnsupported, d.Name, "canonical builtin %s is in no version of the specification that is supported", d.Name)
	}
	p := ptr32
	if b.check != nil {
		p = b.check(s, d)
	}
	vals := func(letters string) []coreVal {
		out := make([]coreVal, len(letters))
		for i := range letters {
			out[i] = map[byte]coreVal{'i': coreI32, 'l': coreI64, 'p': p.val()}[letters[i]]
		}
		return out
	}
	return v.threadFn(d.Shared, coreSig{vals(b.params), vals(b.results)})
}

// threadFn is a function type, shared where the builtin is.
func (v *validator) threadFn(shared bool, sig coreSig) coreID {
	return v.core.make([]coreDef{{form: coreFunc, sig: sig, shared: shared, final: true, super: noSuper}})
}

// checkResource wants the index of a resource type.
func (s *scope) checkResource(d *binary.Canon) ptr {
	s.resourceAt(d.Type)
	return ptr32
}

// checkOwnResource wants a resource type that this component defines; the pointer
// is its representation.
func (s *scope) checkOwnResource(d *binary.Canon) ptr {
	r := s.resourceAt(d.Type)
	if r.res.owner != s {
		s.v.fail(ClassResource, "%s of type %d, a resource type that this component does not define: only where it is defined its representation is known", d.Name, d.Type)
	}
	if r.res.rep == coreI64 {
		return ptr64
	}
	return ptr32
}

// checkContext wants one of two slots, and the same type for all of a component.
func (s *scope) checkContext(d *binary.Canon) ptr {
	t := coreVal{code: d.CoreType}
	if t != coreI32 && t != coreI64 {
		s.v.mismatched("the type of "+d.Name, "i32 or i64", t.String())
	}
	if s.context != (coreVal{}) && s.context != t {
		s.v.mismatched("the type of "+d.Name, s.context.String()+", as before in this component", t.String())
	}
	s.context = t
	if d.Slot > 1 {
		s.v.fail(ClassABI, "%s of slot %d; there are slots 0 and 1", d.Name, d.Slot)
	}
	if t == coreI64 {
		return ptr64
	}
	return ptr32
}

func (s *scope) checkMemoryImmediate(d *binary.Canon) ptr { return s.memoryAt(d.Memory) }

// endAt wants the index of a stream or future type and gives what travels in it,
// nil if nothing does.
func (s *scope) endAt(k kind, d *binary.Canon) *valueType {
	found := s.typeAt(d.Type)
	t, ok := found.(*valueType)
	if !ok || t.kind != k {
		noun := found.noun()
		if ok {
			noun = article(t.describe()) + " type"
		}
		s.v.mismatched("type "+itoa(d.Type), "a "+kindNames[k]+" type", noun)
	}
	return t.parts[0].typ
}

func checkEnd(k kind) func(*scope, *binary.Canon) ptr {
	return func(s *scope, d *binary.Canon) ptr {
		s.endAt(k, d)
		return ptr32
	}
}

func checkRead(k kind) func(*scope, *binary.Canon) ptr {
	return func(s *scope, d *binary.Canon) ptr {
		elem := s.endAt(k, d)
		o := s.options(d, binary.OptRealloc, binary.OptAsync)
		o.needMemory(elem != nil, "the values that are read are put there")
		o.needRealloc(elem != nil && elem.about.lists, whyList)
		return o.ptr
	}
}

func checkWrite(k kind) func(*scope, *binary.Canon) ptr {
	return func(s *scope, d *binary.Canon) ptr {
		elem := s.endAt(k, d)
		o := s.options(d, binary.OptRealloc, binary.OptAsync)
		o.needMemory(elem != nil, "the values that are written stand there")
		return o.ptr
	}
}

// checkErrorContext checks the options of what passes a text.
func (s *scope) checkErrorContext(d *binary.Canon) ptr {
	o := s.options(d, binary.OptRealloc)
	o.needMemory(true, "the text stands there")
	o.needRealloc(d.Name == "error-context.debug-message", "the text needs room in memory")
	return o.ptr
}

// taskReturn checks task.return: its function takes what a lift's result is
// flattened to.
func (s *scope) taskReturn(d *binary.Canon) coreID {
	f := &funcType{}
	if d.Result != nil {
		f.params = []part{{typ: s.valType(*d.Result)}}
	}
	sig := s.options(d).lowerSig(f)
	return s.v.core.fn(sig.params, sig.results)
}

// threadType wants the type that the functions of threads have.
func (s *scope) threadType(d *binary.Canon) coreID {
	v := s.v
	t := at(v, s.coreTypes, d.Type, "core type")
	if t.module != nil {
		v.mismatched("core type "+itoa(d.Type), "a function type", "a module type")
	}
	def, want := v.core.defs[t.id], coreSig{params: []coreVal{coreI32}}
	if def.form != coreFunc || !def.sig.equal(want) {
		v.mismatched("core type "+itoa(d.Type)+", that of the thread's function", want.String(), def.sig.String())
	}
	if d.Shared && !def.shared {
		v.fail(ClassType, "core type %d, that of the thread's function, is not shared", d.Type)
	}
	return t.id
}

// checkThreadTable checks what makes a thread of a function in a table.
func (s *scope) checkThreadTable(d *binary.Canon) ptr {
	s.threadType(d)
	t := at(s.v, s.coreTables, d.Table, "core table")
	if t.elem != funcref || t.is64 || t.shared != d.Shared {
		e := s.v.fault(ClassType, "core table %d, that of the thread's functions", d.Table)
		e.Expected, e.Found = "a table of funcref with 32-bit indices, shared if the thread is", "a table of "+t.elem.String()+" with "+t.limits.String()
		panic(bailout{e})
	}
	return ptr32
}

// spawnRef checks thread.spawn-ref: its function takes a reference.
func (s *scope) spawnRef(d *binary.Canon) coreID {
	fn := coreVal{code: refNull, id: s.threadType(d)}
	return s.v.threadFn(d.Shared, coreSig{[]coreVal{fn, coreI32}, []coreVal{coreI32}})
}
