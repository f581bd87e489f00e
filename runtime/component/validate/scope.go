package validate

import (
	"strconv"
	"strings"

	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// A Decode reads a core module of a component. One that keeps what it read lets
// the caller use it again; one that also compiles the module has the engine
// check what this package does not, the operands of instructions.
type Decode func(*binary.CoreModule) (*corewasm.Module, error)

// Component checks a component by all rules of the component model, and gives
// an *Error for the first that it breaks. Features that the specification gates
// (async, threads, fixed-length lists, maps, values and others) are valid.
//
// The modules inside are read with decode, once each in the order of the file;
// nil stands for corewasm.Decode. The tree is not changed, and may be checked by
// several goroutines.
func Component(tree *binary.Component, decode Decode) error {
	return Linked(tree, decode, nil)
}

// Linked checks a component as Component does, and with it that each component
// (*binary.NestedComponent) or core module (*binary.CoreModule) that is given for
// an import of that name is of the type that the import has; an item of an
// imported instance is called by both names with a # between them. What is given
// is valid by itself already.
func Linked(tree *binary.Component, decode Decode, given map[string]binary.Def) (err error) {
	if decode == nil {
		decode = func(m *binary.CoreModule) (*corewasm.Module, error) { return corewasm.Decode(m.Bytes) }
	}
	v := &validator{decode: decode, core: newCoreTypes(), budget: newBudget(), given: given}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case bailout:
			err = r.err
		default:
			panic(r)
		}
	}()
	v.component(tree, nil)
	return nil
}

// A validator is one validation of one file.
type validator struct {
	decode Decode
	core   *coreTypes
	budget budget
	copies int // names that were made for resources
	given  map[string]binary.Def

	// The definition or declaration that is being looked at.
	offset  int
	section string
}

// newCopy numbers a name of a resource.
func (v *validator) newCopy() int {
	v.copies++
	return v.copies
}

// scopeKind tells what has index spaces.
type scopeKind uint8

const (
	inComponent scopeKind = iota
	inComponentType
	inInstanceType
)

func (k scopeKind) String() string {
	if k == inInstanceType {
		return "an instance"
	}
	return "a component"
}

// A scope is a component, or the type of a component or instance, as far as it
// was read: its index spaces, and what it imports and exports.
type scope struct {
	v      *validator
	parent *scope
	kind   scopeKind

	coreFuncs     []coreID
	coreTables    []tableType
	coreMemories  []memoryType
	coreGlobals   []globalType
	coreTags      []coreID
	coreTypes     []coreTyp
	coreModules   []*coreModule
	coreInstances []*coreInstance
	types         []typ
	funcs         []*funcType
	values        []value
	instances     []*instanceType
	components    []*componentType

	imports, exports externs
	// given are the resource types that the scope imports, made those that each
	// instance of it has of its own.
	given, made []*resource
	isMade      map[*resource]bool

	group   []*binary.CoreTypeDef // members of a recursion group, until it is complete
	context coreVal               // the type of context.get and context.set, once used
}

// A value is an entry of the value index space; it is to be used once.
type value struct {
	typ  *valueType
	used bool
}

func (v *validator) newScope(parent *scope, kind scopeKind) *scope {
	s := &scope{v: v, parent: parent, kind: kind}
	s.imports.what, s.exports.what = "import", "export"
	return s
}

// make binds a resource type that each instance has of its own.
func (s *scope) make(r *resource) {
	r.bound = true
	s.made = append(s.made, r)
	if s.isMade == nil {
		s.isMade = map[*resource]bool{}
	}
	s.isMade[r] = true
}

// give binds a resource type that the scope is given.
func (s *scope) give(r *resource) {
	r.bound = true
	s.given = append(s.given, r)
}

// at is the entry i of an index space.
func at[T any](v *validator, space []T, i uint32, what string) T {
	if uint64(i) >= uint64(len(space)) {
		v.fail(ClassIndex, "%s %d does not exist: there are %d before this definition", what, i, len(space))
	}
	return space[i]
}

func (s *scope) typeAt(i uint32) typ { return at(s.v, s.types, i, "type") }

// resourceAt is the resource type at an index.
func (s *scope) resourceAt(i uint32) resourceName {
	t := s.typeAt(i)
	r, ok := t.(resourceName)
	if !ok {
		s.v.mismatched("type "+itoa(i), "a resource type", t.noun())
	}
	return r
}

// outer is the scope that lies count scopes further out.
func (s *scope) outer(count uint32) *scope {
	out := s
	for range count {
		if out = out.parent; out == nil {
			s.v.fail(ClassIndex, "an outer alias with a count of %d leads out of the file", count)
		}
	}
	return out
}

func itoa(i uint32) string { return strconv.FormatUint(uint64(i), 10) }

// article puts the article before a noun.
func article(noun string) string {
	if strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// mismatched ends the validation for two things that do not fit.
func (v *validator) mismatched(what, expected, found string) {
	e := v.fault(ClassType, "%s", what)
	e.Expected, e.Found = expected, found
	panic(bailout{e})
}
