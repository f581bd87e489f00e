package runtime

import (
	"context"
	"reflect"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/manifest"
)

// TestLimitsOfManifests takes over every limit that a manifest has, and finds the
// key of every limit that an instance has.
func TestLimitsOfManifests(t *testing.T) {
	t.Parallel()
	rt, err := component.NewRuntime(context.Background(), component.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close(context.Background())
	var m manifest.Manifest
	m.Supervision.ShutdownTimeout = 1
	from := reflect.ValueOf(&m.Limits).Elem()
	for i := range from.NumField() {
		from.Field(i).Set(reflect.ValueOf(i + 2).Convert(from.Field(i).Type()))
	}
	l, err := (&Host{rt: rt}).limits(&m)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[uint64]bool{}
	to := reflect.ValueOf(l)
	for i := range to.NumField() {
		name := to.Type().Field(i).Name
		n := to.Field(i).Convert(reflect.TypeFor[uint64]()).Uint()
		if n == 0 || seen[n] {
			t.Errorf("%s is %d, which no key or another one sets", name, n)
		}
		seen[n] = true
		if limitKeys[name] == "" {
			t.Errorf("%s has no key", name)
		}
	}
	if len(limitKeys) != to.NumField() || from.NumField() != to.NumField()-1 {
		t.Errorf("%d keys and %d fields, of %d limits", len(limitKeys), from.NumField(), to.NumField())
	}
}
