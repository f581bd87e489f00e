package component_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// A sinkHost implements the imports of c-kit: a log, and sinks.
type sinkHost struct {
	sink    *abi.Resource
	names   []string // of the sinks: a representation is an index
	pushed  [][]byte
	live    map[uint32]bool
	logged  []string
	refuse  string // what push answers, if anything
	failure error  // what push fails with
}

func (h *sinkHost) call(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
	switch fn {
	case "log":
		h.logged = append(h.logged, args[0].(string))
	case "[constructor]sink":
		rep := uint32(len(h.names))
		h.names = append(h.names, args[0].(string))
		h.live[rep] = true
		return abi.HostResource(h.sink, rep), nil
	case "[method]sink.push":
		if h.failure != nil {
			return nil, h.failure
		}
		if self := args[0].(*abi.ResourceValue); !h.live[self.Rep] || self.Owned() {
			return nil, errors.New("not a sink that is there, or not a borrowed one")
		}
		h.pushed = append(h.pushed, args[1].([]byte))
		if h.refuse != "" {
			return abi.VariantValue{Case: 1, Payload: h.refuse}, nil
		}
		return abi.VariantValue{Payload: uint32(len(h.pushed))}, nil
	case "[resource-drop]sink":
		rep := args[0].(*abi.ResourceValue).Rep
		if !h.live[rep] {
			return nil, errors.New("dropped twice")
		}
		delete(h.live, rep)
	}
	return nil, nil
}

func startCKit(t *testing.T, f *component.Factory) (*sinkHost, *plugin) {
	t.Helper()
	h := &sinkHost{sink: f.World().Imports[0].Resources[0].Type, live: map[uint32]bool{}}
	return h, start(t, f, h.call)
}

// TestSinks has a guest use a resource of the host: it constructs one, calls a
// method and drops it.
func TestSinks(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), guest(t, "c-kit"))
		h, p := startCKit(t, f)
		for range 2000 {
			if v := p.must(t, "greet", "Zoë"); v != "Hello, Zoë" {
				t.Fatalf("greet = %q", v)
			}
		}
		if len(h.names) != 2000 || len(h.live) != 0 || string(h.pushed[0]) != "Hello, Zoë" {
			t.Errorf("%d sinks made, %d are left, the first was pushed %q", len(h.names), len(h.live), h.pushed[0])
		}
		if n := component.HandleSlots(p.Instance); n > 8 {
			t.Errorf("one handle at a time took a table of %d", n)
		}
		h.refuse = "full"
		if v := p.must(t, "greet", "you"); v != "full" {
			t.Errorf("greet = %q, want the sink's error", v)
		}
		h.failure = errors.New("the disk is gone")
		_, err := p.call(context.Background(), "greet", "you")
		if wantTrap(t, err, "the disk is gone"); !errors.Is(err, h.failure) || len(h.live) != 1 {
			t.Errorf("the trap is %v, and %d sinks are live", err, len(h.live))
		}
		mustClose(t, p)
		if len(h.live) != 0 {
			t.Errorf("%d sinks outlived the instance", len(h.live))
		}
	})
}

// TestCounters uses a resource of the guest from the host: constructor, method,
// a static function that takes one and borrows another.
func TestCounters(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), guest(t, "c-kit"))
		h, p := startCKit(t, f)
		counter := func(n uint32) *abi.ResourceValue {
			return p.must(t, "[constructor]counter", n).(*abi.ResourceValue)
		}
		a, b := counter(3), counter(4)
		if v := p.must(t, "[method]counter.incr", a, uint32(10)); v != uint32(13) {
			t.Errorf("incr = %v", v)
		}
		sum := p.must(t, "[static]counter.merge", a, b).(*abi.ResourceValue)
		if v := p.must(t, "[method]counter.incr", sum, uint32(0)); v != uint32(17) {
			t.Errorf("the merged counter has %v", v)
		}
		if v := p.must(t, "[method]counter.incr", b, uint32(0)); v != uint32(4) {
			t.Errorf("the borrowed counter has %v", v)
		}
		if !a.Taken() || b.Taken() || !slices.Equal(h.logged, []string{"dtor"}) {
			t.Errorf("taken: %v and %v; logged: %v", a.Taken(), b.Taken(), h.logged)
		}

		// The guest has 64 places: what is dropped is free again.
		for i := range uint32(200) {
			c := counter(i)
			for range 2 { // the second time does nothing
				if err := p.Drop(context.Background(), c); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(h.logged) != 201 {
			t.Errorf("%d destructors ran, want 201", len(h.logged))
		}
		if err := p.Drop(context.Background(), a); err != nil {
			t.Errorf("dropping one that was given back: %v", err)
		}
		if n := component.HandleSlots(p.Instance); n > 8 {
			t.Errorf("one handle at a time took a table of %d", n)
		}

		// Destructors of guests do not run at close, and nothing can be dropped then.
		mustClose(t, p)
		if len(h.logged) != 201 {
			t.Errorf("%d destructors ran at close", len(h.logged)-201)
		}
		if err := p.Drop(context.Background(), sum); !errors.Is(err, component.ErrClosed) {
			t.Errorf("Drop after Close gives %v", err)
		}
	})
}

// TestCounterMisuse gives a guest resources that the host may not give.
func TestCounterMisuse(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), guest(t, "c-kit"))
	other := load(t, newRuntime(t, component.Config{}), guest(t, "c-kit"))
	counter := func(t *testing.T, p *plugin) *abi.ResourceValue {
		return p.must(t, "[constructor]counter", uint32(1)).(*abi.ResourceValue)
	}
	tests := []struct {
		name string
		args func(t *testing.T, p *plugin, h *sinkHost) []abi.Value
		want error
		trap string
	}{
		{"given away before", func(t *testing.T, p *plugin, _ *sinkHost) []abi.Value {
			a, b := counter(t, p), counter(t, p)
			p.must(t, "[static]counter.merge", a, b)
			return []abi.Value{a, b}
		}, abi.ErrTaken, "the resource given for own<counter> was given away or dropped before"},
		{"dropped before", func(t *testing.T, p *plugin, _ *sinkHost) []abi.Value {
			a, b := counter(t, p), counter(t, p)
			if err := p.Drop(context.Background(), b); err != nil {
				t.Fatal(err)
			}
			return []abi.Value{a, b}
		}, abi.ErrTaken, "the resource given for borrow<counter> was given away or dropped before"},
		{"given away in the same call", func(t *testing.T, p *plugin, _ *sinkHost) []abi.Value {
			a := counter(t, p)
			return []abi.Value{a, a}
		}, abi.ErrTaken, "the resource given for borrow<counter> was given away or dropped before"},
		{"another instance's", func(t *testing.T, p *plugin, _ *sinkHost) []abi.Value {
			_, q := startCKit(t, f)
			return []abi.Value{counter(t, p), counter(t, q)}
		}, abi.ErrForeign, "the resource given for borrow<counter> belongs to another instance"},
		{"another component's", func(t *testing.T, p *plugin, _ *sinkHost) []abi.Value {
			_, q := startCKit(t, other)
			return []abi.Value{counter(t, q), counter(t, p)}
		}, abi.ErrForeign, "a resource of type counter given for own<counter>"},
		{"of another type", func(t *testing.T, p *plugin, h *sinkHost) []abi.Value {
			return []abi.Value{counter(t, p), abi.HostResource(h.sink, 0)}
		}, abi.ErrForeign, "a resource of type sink given for borrow<counter>"},
		{"none", func(t *testing.T, p *plugin, _ *sinkHost) []abi.Value {
			return []abi.Value{counter(t, p), (*abi.ResourceValue)(nil)}
		}, nil, "no resource given for borrow<counter>"},
		{"no resource", func(t *testing.T, p *plugin, _ *sinkHost) []abi.Value {
			return []abi.Value{counter(t, p), uint32(1)}
		}, nil, "a uint32 given for a value of type borrow<counter>"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, p := startCKit(t, f)
			_, err := p.call(context.Background(), "[static]counter.merge", test.args(t, p, h)...)
			wantTrap(t, err, test.trap)
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("the error is not %q", test.want)
			}
		})
	}

	_, p := startCKit(t, f)
	_, q := startCKit(t, f)
	if err := p.Drop(context.Background(), counter(t, q)); !errors.Is(err, abi.ErrForeign) {
		t.Errorf("dropping a resource of another instance gives %v", err)
	}
}

// TestBags uses a resource of a guest in Rust, whose destructor frees memory.
func TestBags(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		var logged []string
		p := run(t, cfg, guest(t, "rust-kit"), func(_ context.Context, _ string, args []abi.Value) (abi.Value, error) {
			logged = append(logged, args[0].(string))
			return nil, nil
		})
		tea, milk := abi.RecordValue{"tea", uint32(2)}, abi.RecordValue{"Milch für Zoë", uint32(40)}
		for range 300 { // each bag is freed, or memory would grow
			bag := p.must(t, "[constructor]bag").(*abi.ResourceValue)
			if n := p.must(t, "[method]bag.add", bag, tea); n != uint32(1) {
				t.Fatalf("add = %v", n)
			}
			p.must(t, "[method]bag.add", bag, milk)
			if diff := cmp.Diff(abi.Value([]abi.Value{tea, milk}), p.must(t, "[method]bag.items", bag)); diff != "" {
				t.Fatalf("items (-want +got):\n%s", diff)
			}
			if err := p.Drop(context.Background(), bag); err != nil {
				t.Fatal(err)
			}
		}
		if len(logged) != 300 || logged[0] != "bag dropped" {
			t.Errorf("%d destructors ran", len(logged))
		}
	})
}
