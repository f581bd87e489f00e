package validate

import (
	"github.com/airsstack/witgen/runtime/component/binary"
)

// A typ is what a type index stands for: a resourceName, *valueType, *funcType,
// *instanceType or *componentType. As a key of maps it is the type's identity:
// a copy of a node is another type to the rules of visibility, and the same to
// those of type equality.
type typ interface {
	// noun tells which kind of type it is, with its article.
	noun() string
	facts() facts
}

// facts are what is known of a type without walking it.
type facts struct {
	// size and depth are those of the tree that the type stands for.
	size, depth int
	// movable tells that a substitution may change it: it mentions a resource, or
	// a copy that an import or export made.
	movable bool
	// borrows and lists tell that a value of the type has a borrow in it, or a
	// string, list or map; the parts of streams and futures do not count for
	// lists, since they are not there yet.
	borrows, lists bool
}

// with adds the facts of a part.
func (f facts) with(part facts) facts {
	f.size += part.size
	f.depth = max(f.depth, part.depth+1)
	f.movable = f.movable || part.movable
	f.borrows = f.borrows || part.borrows
	f.lists = f.lists || part.lists
	return f
}

// leaf are the facts of a type without parts.
var leaf = facts{size: 1, depth: 1}

// A resource is a resource type: a variable that equals only itself.
type resource struct {
	// owner is the component that defines it, and rep how it is represented
	// there; nil for one that is only known by name.
	owner *scope
	rep   coreVal
	// bound tells that a scope has it among those that it is given or makes.
	bound bool
}

// A resourceName is a resource type under one of the names that imports and
// exports gave it.
type resourceName struct {
	res *resource
	// copy numbers the import, export or definition that made the name.
	copy int
}

func (resourceName) noun() string { return "a resource type" }
func (resourceName) facts() facts { return facts{size: 1, depth: 1, movable: true} }

// kind tells value types apart.
type kind uint8

const (
	kindPrim kind = iota
	kindRecord
	kindVariant
	kindList
	kindFixedList
	kindTuple
	kindFlags
	kindEnum
	kindOption
	kindResult
	kindOwn
	kindBorrow
	kindStream
	kindFuture
	kindMap
)

var kindNames = [...]string{
	"", "record", "variant", "list", "fixed-length list", "tuple", "flags", "enum",
	"option", "result", "own", "borrow", "stream", "future", "map",
}

// A valueType is a value type. It never changes once it is made, but for flat.
type valueType struct {
	kind kind
	prim byte // of a primitive
	// parts are the fields, cases, elements or parameters of the type. The type of
	// a part is nil where there is none; a result has always two, ok and error.
	parts []part
	n     uint32       // the length of a fixed-length list
	res   resourceName // of an own or borrow

	about       facts
	bytes       uint64 // its size in memory with 64-bit pointers
	align       uint64
	flat        [2][]coreVal // with 32-bit and 64-bit pointers, made when asked for
	flattenable [2]flatState
}

// A part is a labelled type.
type part struct {
	label string
	typ   *valueType
}

func (*valueType) noun() string   { return "a value type" }
func (t *valueType) facts() facts { return t.about }

// describe names a type in a message.
func (t *valueType) describe() string {
	switch {
	case t == nil:
		return "no type"
	case t.kind == kindPrim:
		return primNames[t.prim]
	}
	return kindNames[t.kind]
}

var primNames = map[byte]string{
	binary.PrimBool: "bool", binary.PrimS8: "s8", binary.PrimU8: "u8", binary.PrimS16: "s16", binary.PrimU16: "u16",
	binary.PrimS32: "s32", binary.PrimU32: "u32", binary.PrimS64: "s64", binary.PrimU64: "u64", binary.PrimF32: "f32",
	binary.PrimF64: "f64", binary.PrimChar: "char", binary.PrimString: "string", binary.PrimErrorContext: "error-context",
}

// A funcType is a function type.
type funcType struct {
	async  bool
	params []part
	result *valueType
	about  facts
}

func (*funcType) noun() string   { return "a function type" }
func (t *funcType) facts() facts { return t.about }

// An instanceType is the type of an instance. One that is declared, and not yet
// the type of anything, binds the resource types that each instance of it has of
// its own: vars.
type instanceType struct {
	exports items
	vars    []*resource
	about   facts
}

func (*instanceType) noun() string   { return "an instance type" }
func (t *instanceType) facts() facts { return t.about }

// A componentType is the type of a component. It binds the resource types that
// it is given and those that each instance of it has of its own.
type componentType struct {
	imports, exports items
	given, made      []*resource
	about, instance  facts // of itself, and of an instance of it
}

func (*componentType) noun() string   { return "a component type" }
func (t *componentType) facts() facts { return t.about }

// items are imports or exports, in order and by name.
type items struct {
	list  []item
	index map[string]int
}

type item struct {
	name string
	ext  extern
}

func (l *items) get(name string) (extern, bool) {
	if i, ok := l.index[name]; ok {
		return l.list[i].ext, true
	}
	return extern{}, false
}

func (l *items) add(name string, ext extern) {
	if l.index == nil {
		l.index = map[string]int{}
	}
	l.index[name] = len(l.list)
	l.list = append(l.list, item{name, ext})
}

// facts are those of an instance or component that has the items.
func (l *items) facts(f facts) facts {
	for i := range l.list {
		f = f.with(l.list[i].ext.facts())
		if f.size > maxTypeSize {
			break
		}
	}
	f.borrows, f.lists = false, false // these are of values
	return f
}

// An extern is an import, export or argument by its type.
type extern struct {
	sort binary.Sort
	// typ is the type of a function, component, instance or value, and a type
	// itself.
	typ typ
	// module is the type of a core module.
	module *coreModule
}

func (e extern) facts() facts {
	if e.module != nil {
		return facts{size: e.module.size, depth: 1}
	}
	return e.typ.facts()
}
