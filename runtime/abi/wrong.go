package abi

import (
	"fmt"
	"strconv"
	"strings"
)

// A ValueError says that the host gave a value that is not of the type which is
// wanted: an import implementation as its result, or a caller as an argument.
// That is a mistake of the host's and not of the guest's, whose call it ends all
// the same. It comes within a *Trap; errors.As finds it.
type ValueError struct {
	// Func is the function that the value was given to or from, as
	// "demo:shop/files#read". This package does not know it.
	Func string
	// Path leads to the value, as "result.some.items[3].qty", or with the label
	// of a parameter at first. It is empty where nobody knows.
	Path string
	// Type is the type that is wanted, nil where that is not one of WIT's.
	Type *Type
	// Go is the Go type that was found.
	Go string
	// Msg says what is wrong, in a sentence without a full stop.
	Msg string
	// Err is what a caller can act on, nil mostly: see ErrTaken.
	Err error
}

func (e *ValueError) Error() string {
	switch {
	case e.Func == "":
		return e.Msg
	case e.Path == "":
		return "the host gave a wrong value in a call of " + e.Func + ": " + e.Msg
	}
	return "the host gave a wrong value for " + e.Path + " of " + e.Func + ": " + e.Msg
}

// Unwrap is Err.
func (e *ValueError) Unwrap() error { return e.Err }

// WrongCase panics because v, which the host gave for the variant that is called
// name, is none of its cases. Generated code calls it.
func WrongCase(name string, v any) {
	panic(&Trap{Err: &ValueError{Type: &Type{Kind: KindVariant, Name: name}, Go: fmt.Sprintf("%T", v), Msg: fmt.Sprintf("the host gave no case of %s: %T", name, v)}})
}

// NoResource panics because the host gave nil for a resource of that name.
// Generated code calls it.
func NoResource(name string) {
	panic(&Trap{Err: &ValueError{Type: Own(&Resource{Name: name}), Go: "<nil>", Msg: "the host gave no " + name}})
}

// wrong panics because of a value that was given for one of type t.
func (cx *Context) wrong(t *Type, v Value, err error, format string, args ...any) {
	panic(&Trap{Err: &ValueError{
		Path: cx.path(), Type: t, Go: fmt.Sprintf("%T", v), Msg: fmt.Sprintf(format, args...), Err: err,
	}})
}

// A lowering knows where in the values of a call it is: by the index of each
// field, element or case from the outermost in. Only a mistake asks what that
// means.
type lowering struct {
	call   *FuncType // nil outside of LowerParams and LowerResult
	result bool
	steps  []int
}

// in begins a value that holds others, at the i-th of them.
func (l *lowering) in(i int) { l.steps = append(l.steps, i) }

// at goes on to another one.
func (l *lowering) at(i int) { l.steps[len(l.steps)-1] = i }

// out ends it.
func (l *lowering) out() { l.steps = l.steps[:len(l.steps)-1] }

func (l *lowering) begin(f *FuncType, result bool) {
	l.call, l.result, l.steps = f, result, l.steps[:0]
}

// path writes the place for people.
func (l *lowering) path() string {
	if l.call == nil {
		return ""
	}
	steps, t := l.steps, l.call.Result
	var b strings.Builder
	switch {
	case l.result:
		b.WriteString("result")
	case len(steps) == 0:
		return ""
	default:
		p := l.call.Params[steps[0]]
		steps, t = steps[1:], p.Type
		b.WriteString(p.Label)
	}
	for entry := false; len(steps) > 0; steps = steps[1:] {
		i := steps[0]
		inMap := entry
		entry = false
		switch t.Kind {
		case KindList, KindFixedList, KindMap:
			b.WriteString("[" + strconv.Itoa(i) + "]")
			entry, t = t.Kind == KindMap, t.Elem
		case KindRecord, KindTuple:
			label := t.Fields[i].Label
			switch {
			case inMap:
				label = [...]string{"key", "value"}[i]
			case t.Kind == KindTuple:
				label = strconv.Itoa(i)
			}
			b.WriteString("." + label)
			t = t.Fields[i].Type
		default:
			b.WriteString("." + t.Cases[i].Label)
			t = t.Cases[i].Type
		}
	}
	return b.String()
}

func (cx *Context) fixed(t *Type, v Value) []Value {
	list := as[[]Value](cx, t, v)
	if uint64(len(list)) != uint64(t.Len) {
		cx.wrong(t, v, nil, "a list of %d elements given for %s", len(list), t)
	}
	return list
}

// list is the elements of a list whose length is not fixed.
func (cx *Context) list(t *Type, v Value) []Value {
	list := as[[]Value](cx, t, v)
	if size := uint64(t.Elem.size); uint64(len(list))*size > MaxListBytes {
		cx.wrong(t, v, nil, "list too long: %d elements of %d bytes", len(list), size)
	}
	return list
}

func (cx *Context) record(t *Type, v Value) RecordValue {
	r := as[RecordValue](cx, t, v)
	if len(r) != len(t.Fields) {
		cx.wrong(t, v, nil, "a value of %d fields given for %s, which has %d", len(r), t, len(t.Fields))
	}
	return r
}

func (cx *Context) match(t *Type, v Value) (uint32, Value) {
	c := as[VariantValue](cx, t, v)
	if c.Case >= uint32(len(t.Cases)) {
		cx.wrong(t, v, nil, "case %d given for %s, which has %d", c.Case, t, len(t.Cases))
	}
	return c.Case, c.Payload
}

func as[T any](cx *Context, t *Type, v Value) T {
	x, ok := v.(T)
	if !ok {
		cx.wrong(t, v, nil, "a %T given for a value of type %s", v, t)
	}
	return x
}
