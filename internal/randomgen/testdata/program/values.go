package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/cm"
)

// A witness remembers what the host of one instance was given.
type witness struct {
	calls int
	value any // a pointer to it, since that keeps its type
}

// An echoHost is a host on generated code; its methods are written for that.
type echoHost struct{ *witness }

// see answers an import with what it was given.
func see[T any](w *witness, v T) (T, error) {
	w.calls++
	w.value = &v
	return v, nil
}

// fail answers an import with the outcome that it was given. The error comes
// wrapped, as an implementation may give it.
func fail[T, E any](w *witness, v cm.Result[T, E]) (T, error) {
	if _, err := see(w, v); err != nil {
		return v.OK, err
	}
	out, err := v.Get()
	if err != nil {
		err = fmt.Errorf("the host says: %w", err)
	}
	return out, err
}

func failUnit[E any](w *witness, v cm.Result[cm.Unit, E]) error {
	_, err := fail(w, v)
	return err
}

// typeDriven is the same host on the other path.
func (w *witness) typeDriven(_ context.Context, _ string, args []abi.Value) (abi.Value, error) {
	return see(w, whole(args))
}

// variants holds the cases of every sealed interface in order: reflection does
// not know which types implement one.
var variants = func() map[reflect.Type][]any {
	all := maps.Clone(hostVariants)
	maps.Copy(all, roundtripVariants)
	return all
}()

// cases has the compiler check that each is a case of the interface.
func cases[V any](cs ...V) []any {
	out := make([]any, len(cs))
	for i, c := range cs {
		out[i] = c
	}
	return out
}

// toGo is the value v of type t as code of the Go type rt has it. That of the
// type-driven path has it as it is.
func toGo(t *abi.Type, v abi.Value, rt reflect.Type) reflect.Value {
	out := reflect.New(rt).Elem()
	if rt == reflect.TypeFor[abi.Value]() {
		out.Set(reflect.ValueOf(v))
		return out
	}
	if t == nil { // a result's case without a type: cm.Unit
		return out
	}
	switch t.Kind {
	case abi.KindRecord, abi.KindTuple:
		for i, f := range v.(abi.RecordValue) {
			field := out.Field(i)
			field.Set(toGo(t.Fields[i].Type, f, field.Type()))
		}
	case abi.KindList:
		if b, ok := v.([]byte); ok {
			out.SetBytes(b)
			break
		}
		elems := v.([]abi.Value)
		out.Set(reflect.MakeSlice(rt, len(elems), len(elems)))
		for i, e := range elems {
			out.Index(i).Set(toGo(t.Elem, e, rt.Elem()))
		}
	case abi.KindFixedList:
		for i, e := range v.([]abi.Value) {
			out.Index(i).Set(toGo(t.Elem, e, rt.Elem()))
		}
	case abi.KindMap:
		out.Set(reflect.MakeMap(rt))
		for _, e := range v.([]abi.Value) {
			entry := e.(abi.RecordValue)
			out.SetMapIndex(toGo(t.Elem.Fields[0].Type, entry[0], rt.Key()), toGo(t.Elem.Fields[1].Type, entry[1], rt.Elem()))
		}
	case abi.KindVariant:
		c := v.(abi.VariantValue)
		p := reflect.New(reflect.TypeOf(variants[rt][c.Case]).Elem())
		if ct := t.Cases[c.Case].Type; ct != nil {
			field := p.Elem().FieldByName("Value")
			field.Set(toGo(ct, c.Payload, field.Type()))
		}
		out.Set(p)
	case abi.KindOption:
		if c := v.(abi.VariantValue); c.Case == 1 {
			out.FieldByName("Valid").SetBool(true)
			field := out.FieldByName("Value")
			field.Set(toGo(t.Elem, c.Payload, field.Type()))
		}
	case abi.KindResult:
		c := v.(abi.VariantValue)
		field := out.FieldByName("OK")
		if c.Case == 1 {
			out.FieldByName("IsErr").SetBool(true)
			field = out.FieldByName("Err")
		}
		field.Set(toGo(t.Cases[c.Case].Type, c.Payload, field.Type()))
	case abi.KindEnum:
		out.SetUint(uint64(v.(abi.VariantValue).Case))
	case abi.KindFlags:
		out.SetUint(uint64(v.(abi.FlagsValue)))
	default:
		out.Set(reflect.ValueOf(v).Convert(rt))
	}
	return out
}

// once has each key of a map once, with the last of its values, in an order that
// is the same for the same keys: what a map in Go makes of it on its way, and
// the type-driven path does not.
func once(t *abi.Type, v abi.Value) abi.Value {
	if t == nil {
		return v
	}
	each := func(of func(int) *abi.Type, vs []abi.Value) []abi.Value {
		out := make([]abi.Value, len(vs))
		for i, v := range vs {
			out[i] = once(of(i), v)
		}
		return out
	}
	field := func(i int) *abi.Type { return t.Fields[i].Type }
	elem := func(int) *abi.Type { return t.Elem }
	switch v := v.(type) {
	case abi.RecordValue:
		return abi.RecordValue(each(field, v))
	case abi.VariantValue:
		v.Payload = once(t.Cases[v.Case].Type, v.Payload)
		return v
	case []abi.Value:
		out := each(elem, v)
		if t.Kind != abi.KindMap {
			return out
		}
		key := func(v abi.Value) string { return fmt.Sprint(v.(abi.RecordValue)[0]) }
		slices.SortStableFunc(out, func(a, b abi.Value) int { return strings.Compare(key(a), key(b)) })
		last := out[:0]
		for i, v := range out {
			if i+1 == len(out) || key(out[i+1]) != key(v) {
				last = append(last, v)
			}
		}
		return last
	}
	return v
}

// bitwise has cmp tell apart what same does.
var bitwise = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }),
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
}

// differ says in what two values differ, if they do.
func differ(what string, want, got reflect.Value) error {
	if same(want, got) {
		return nil
	}
	if !want.IsValid() || !got.IsValid() {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return fmt.Errorf("%s (-want +got):\n%s", what, cmp.Diff(want.Interface(), got.Interface(), bitwise))
}

// differError finds in err one of the same type as the error that is wanted.
func differError(want, err error) error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if reflect.TypeOf(e) == reflect.TypeOf(want) {
			return differ("the error", reflect.ValueOf(want), reflect.ValueOf(e))
		}
	}
	return fmt.Errorf("the error is %v (%T), want %v (%T)", err, err, want, want)
}

// same tells whether two trees of values are the same to the bit. A list
// without elements may be nil. cmp would take most of the time.
func same(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() || a.Type() != b.Type() {
		return a.IsValid() == b.IsValid() && !a.IsValid()
	}
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case reflect.Interface, reflect.Pointer:
		return same(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for entry := a.MapRange(); entry.Next(); {
			if !same(entry.Value(), b.MapIndex(entry.Key())) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}
