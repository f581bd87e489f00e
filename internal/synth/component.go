package synth

import "github.com/airsstack/witgen/runtime/abi"

// A guestKind tells what a guest does with its argument.
type guestKind int

const (
	givesBack guestKind = iota // what it was given, out of its own memory
	passesOn                   // asks a function that it is given
)

// The indices of what memory adds.
const (
	theMemory  = 0
	theRealloc = 0
	theReset   = 1
)

// memory adds what all guests of a component share: a memory, what allocates in
// it, and what frees it all.
func (e *encoder) memory() {
	at := e.coreInstantiate(e.coreModule(memoryModule()))
	e.aliasCore(coreMemory, at, "mem")
	e.aliasCore(coreFunc, at, "realloc")
	e.aliasCore(coreFunc, at, "reset")
}

// guest adds a guest and gives its function, which is of type typ. One that
// passes on asks the function callee.
func (e *encoder) guest(kind guestKind, f *abi.FuncType, typ int, enc abi.Encoding, callee int) int {
	given := []argument{{"mem", coreMemory, theMemory}, {"realloc", coreFunc, theRealloc}, {"reset", coreFunc, theReset}}
	if kind == passesOn {
		e.section(sectionCanon, []byte{1, 0}, u32s(callee), options(enc, -1))
		given = append(given, argument{"f", coreFunc, take(&e.coreFuncs)})
	}
	with := e.bundle(given...)
	at := e.coreInstantiate(e.coreModule(guestModule(kind, f)), argument{"", coreInstance, with})
	run := e.coreFuncs
	e.aliasCore(coreFunc, at, "run")
	e.aliasCore(coreFunc, at, "post")
	e.section(sectionCanon, []byte{0, 0}, u32s(run), options(enc, run+1), u32s(typ))
	return take(&e.funcs)
}

// options are the canonical options of a function with the memory, realloc and,
// where it is not negative, post-return.
func options(enc abi.Encoding, post int) []byte {
	out := [][]byte{{3, byte(enc), 3}, u32s(theMemory), {4}, u32s(theRealloc)}
	if post >= 0 {
		out[0][0] = 4
		out = append(out, []byte{5}, u32s(post))
	}
	return cat(out...)
}

// Chain is a component of three guests. What "direct" exports gives back its
// arguments, "inner" passes them through another instance to that one, "outer"
// through it to "h", which the component imports; all four are of type f. The
// guest that gives back has its strings as callee says, those that pass on as
// caller does.
func Chain(f *abi.FuncType, callee, caller abi.Encoding) []byte {
	e := newEncoder(sectionImport)
	h := e.importFunc("h", e.functype(f))
	back, on := link(givesBack, f, callee), link(passesOn, f, caller)
	e.raw(sectionComponent, back.bytes)
	e.raw(sectionComponent, on.bytes)
	instance := func(component int, of *encoder, args ...argument) int {
		for _, t := range of.named { // the types that it imports it is given
			args = append(args, argument{t.Name, sortType, e.index[t]})
		}
		return e.aliasFunc(e.instantiate(component, args...), "f")
	}
	direct := instance(0, back)
	inner := instance(1, on, argument{"f", sortFunc, direct})
	outer := instance(1, on, argument{"f", sortFunc, h})
	e.export("direct", sortFunc, direct)
	e.export("inner", sortFunc, inner)
	e.export("outer", sortFunc, outer)
	return e.bytes
}

// link is a component that exports one guest as "f" and imports what that asks
// as "f", too.
func link(kind guestKind, f *abi.FuncType, enc abi.Encoding) *encoder {
	e := newEncoder(sectionImport)
	typ, callee := e.functype(f), -1
	if kind == passesOn {
		callee = e.importFunc("f", typ)
	}
	e.memory()
	e.export("f", sortFunc, e.guest(kind, f, typ, enc, callee))
	return e
}

// A Func is a function of an interface.
type Func struct {
	// Name is the rest of its names, after "echo-" or "via-host-".
	Name string
	Type *abi.FuncType
	// Encoding is that of the guest's strings.
	Encoding abi.Encoding
}

// Interfaces is a component that imports one interface and exports another,
// each by its full name. The imported one has a function "echo-NAME" for each
// of funcs; the exported one has such, too, which gives back its arguments, and
// "via-host-NAME", which asks the imported one. Types that must have a name are
// declared by each interface for itself.
func Interfaces(imported, exported string, funcs []Func) []byte {
	e := newEncoder(sectionImport)
	host := e.importInstance(imported, e.instanceType(funcs, "echo-"))
	e.raw(sectionComponent, guests(funcs))
	all := e.instantiate(0, argument{"host", sortInstance, host})
	e.export(exported, sortInstance, all)
	return e.bytes
}

// guests is the component within that of Interfaces. It is one of its own since
// only its exports can give the types the names of the exported interface.
func guests(funcs []Func) []byte {
	e := newEncoder(sectionExport)
	host := e.importInstance("host", e.instanceType(funcs, "echo-"))
	e.memory()
	for _, f := range funcs {
		typ := e.functype(f.Type)
		e.export("echo-"+f.Name, sortFunc, e.guest(givesBack, f.Type, typ, f.Encoding, -1))
		callee := e.aliasFunc(host, "echo-"+f.Name)
		e.export("via-host-"+f.Name, sortFunc, e.guest(passesOn, f.Type, typ, f.Encoding, callee))
	}
	return e.bytes
}
