package model

import "github.com/airsstack/witgen/runtime/abi"

// importKind is the kind of a point that asks for the interface as a whole. It
// is the value of capability.Import.
const importKind = "import"

// A Point is one check before an imported function.
type Point struct {
	Interface, Func, Kind string
	// Action is the action of every demand; "" where ActionFrom says it.
	Action string
	// ActionFrom is the argument that says the action; nil for none.
	ActionFrom *Access
	// Actions are what each case, flag or string of that argument asks for; nil
	// where the text itself is the action.
	Actions map[string][]string
	// Resource is what is asked for, put together from literal text and
	// arguments; empty where the kind has no resources.
	Resource []Part
	// When are the arguments any of which has to be true, set or that case for
	// the point to count; none means that it always does.
	When []*Access
}

// Demanded tells whether the demand has to be read from the arguments.
func (p *Point) Demanded() bool {
	return p.ActionFrom != nil || len(p.Resource) > 0 || len(p.When) > 0
}

// A Part is a piece of a resource: literal text, or what From leads to. With
// both, the text stands before what From leads to, and is left out where that is
// empty.
type Part struct {
	Text string
	From *Access
}

// An Access leads from the arguments of a function to a value in them.
type Access struct {
	// Text is the path as it was written.
	Text  string
	Steps []Step
	// Type is that of the value; nil at the end for a flag, a case and the
	// presence of an option, which are true or false.
	Type *Type
}

// StepKind tells what a step goes into.
type StepKind uint8

// The kinds of steps. Options are gone through without being written in a path.
const (
	StepParam   StepKind = iota // the parameter of that index
	StepField                   // the field of a record or tuple
	StepSome                    // the value of an option, where there is one
	StepElem                    // each element of a list
	StepCase                    // the payload of the case, where it is that one
	StepFlag                    // whether the flag is set
	StepIsCase                  // whether it is that case
	StepPresent                 // whether the option has a value
)

// A Step is one step of an access: its kind, and the index of the parameter,
// field, case or flag.
type Step struct {
	Kind  StepKind
	Index int
	// Of is the type that is stepped into; nil for a parameter.
	Of *Type
}

// Lists is how many lists the access goes through.
func (a *Access) Lists() int {
	n := 0
	for _, s := range a.Steps {
		if s.Kind == StepElem {
			n++
		}
	}
	return n
}

// A Deny is what a refused call answers.
type Deny struct {
	// Case is the case of the function's error, for an error; -1 for an error
	// that has no cases.
	Case int
	// IsError tells an error from the zero value of the result, which is false,
	// an empty list or none.
	IsError bool
}

// zeroDenies tells whether a refusal can be answered with the zero value.
func zeroDenies(t *Type) bool {
	switch t.Kind() {
	case abi.KindBool, abi.KindList, abi.KindOption:
		return true
	}
	return false
}
