package roundtrip_test

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// bitwise tells apart what == does not: the two zeros, and the many NaNs. A
// list without elements may be nil.
var bitwise = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }),
	cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }),
}

// diff shows what is not as it should be.
func diff(what string, want, got any) string {
	if same(reflect.ValueOf(want), reflect.ValueOf(got)) {
		return ""
	}
	return fmt.Sprintf("%s (-want +got):\n%s", what, cmp.Diff(want, got, bitwise))
}

// same is cmp.Equal with the options bitwise for the trees that values are. It
// is here because cmp would take most of the test's time.
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

// TestSame holds same to cmp, on pairs that are equal and pairs that are not.
func TestSame(t *testing.T) {
	t.Parallel()
	zero, negative := 0.0, math.Copysign(0, -1)
	type pair struct {
		V any
		F float32
	}
	values := []any{
		nil, 1, int8(1), "", "a", true, zero, negative, math.NaN(), math.Float64frombits(0xfffd_5555_5555_5555),
		math.Float32frombits(0x7fc0_0000), math.Float32frombits(0xffd5_5555), float32(1),
		[]byte(nil),
		[]byte{},
		[]byte{1},
		[]byte{2},
		[]byte{1, 2},
		[]any{nil, 1},
		[]any{1, nil},
		pair{V: 1},
		pair{V: nil},
		pair{V: 1, F: float32(negative)},
		&pair{V: 1}, &pair{V: 2}, (*pair)(nil),
		pair{V: &pair{V: "x"}},
		pair{V: &pair{V: "y"}},
	}
	for i, a := range values {
		for j, b := range values {
			if got, want := same(reflect.ValueOf(a), reflect.ValueOf(b)), cmp.Equal(a, b, bitwise); got != want {
				t.Errorf("same(%#v, %#v) = %v, cmp says %v (values %d and %d)", a, b, got, want, i, j)
			}
		}
	}
}
