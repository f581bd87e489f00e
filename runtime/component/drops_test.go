package component_test

import (
	"context"
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// A ledger is the host side of the guest drops: it counts how often each of its
// resources was dropped, and keeps what it was given.
type ledger struct {
	typ     *abi.Resource
	dropped map[uint32]int
	given   []*abi.ResourceValue
	fails   bool      // take fails
	again   abi.Value // what same gives back, nil for its argument
}

// keepLedger starts the guest drops.
func keepLedger(t *testing.T, cfg component.Config, opts ...component.Option) (*ledger, *plugin) {
	t.Helper()
	f := load(t, newRuntime(t, cfg), handmade(t, "drops"))
	l := &ledger{typ: f.World().Imports[0].Resources[0].Type, dropped: map[uint32]int{}}
	return l, start(t, f, l.call, opts...)
}

var errRefused = errors.New("the host takes nothing today")

func (l *ledger) call(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
	switch fn {
	case "[constructor]r":
		return abi.HostResource(l.typ, args[0].(uint32)), nil
	case "[resource-drop]r":
		l.dropped[args[0].(*abi.ResourceValue).Rep]++
		return nil, nil
	case "same":
		if l.again != nil {
			return l.again, nil
		}
		return args[0], nil
	}
	l.given = append(l.given, args[0].(*abi.ResourceValue))
	if l.fails {
		return nil, errRefused
	}
	return nil, nil
}

type dropStep struct {
	fn   string
	args []abi.Value
	trap string
}

// TestDropsAtClose has a guest keep, drop, give and lose resources of the host.
// When its instance is closed, each that is not the host's again was dropped once.
func TestDropsAtClose(t *testing.T) {
	t.Parallel()
	keep := dropStep{"keep", u(5), ""}
	tests := []struct {
		name    string
		steps   []dropStep
		fails   bool
		dropped map[uint32]int
	}{
		{name: "nothing", dropped: map[uint32]int{}},
		{name: "kept", steps: []dropStep{keep, {"keep", u(6), ""}}, dropped: map[uint32]int{5: 1, 6: 1}},
		{name: "one resource twice", steps: []dropStep{keep, keep}, dropped: map[uint32]int{5: 2}},
		{name: "dropped", steps: []dropStep{keep, {"drop", u(1), ""}}, dropped: map[uint32]int{5: 1}},
		{name: "lent", steps: []dropStep{keep, {"lend", u(1, 0), ""}}, dropped: map[uint32]int{5: 1}},
		{name: "given", steps: []dropStep{keep, {"give", u(1), ""}}, dropped: map[uint32]int{}},
		{name: "given to a host that fails", steps: []dropStep{keep, {"give", u(1), errRefused.Error()}}, fails: true, dropped: map[uint32]int{}},
		{name: "there and back", steps: []dropStep{keep, {"same", u(1), ""}}, dropped: map[uint32]int{5: 1}},
		{name: "trap", steps: []dropStep{keep, {"trap", nil, "unreachable"}}, dropped: map[uint32]int{5: 1}},
		{name: "lost on the way to the host", steps: []dropStep{keep, {"give-badly", u(1), "out of bounds"}}, dropped: map[uint32]int{5: 1}},
		{name: "with another instance", steps: []dropStep{keep, {"inner-keep", u(1), ""}}, dropped: map[uint32]int{5: 1}},
		{name: "lost as it leaves for another instance", steps: []dropStep{keep, {"inner-give-badly", u(1), "out of bounds"}}, dropped: map[uint32]int{5: 1}},
		{name: "lost as it arrives in another instance", steps: []dropStep{keep, {"inner-why-give", u(1), "unreachable"}}, dropped: map[uint32]int{5: 1}},
		{name: "arrived in another instance that traps", steps: []dropStep{keep, {"inner-give", u(1), "unreachable"}}, dropped: map[uint32]int{5: 1}},
		{name: "lost while others are kept", steps: []dropStep{keep, {"keep", u(6), ""}, {"inner-keep", u(2), ""}, {"give-badly", u(1), "out of bounds"}}, dropped: map[uint32]int{5: 1, 6: 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, cfg component.Config) {
				l, p := keepLedger(t, cfg)
				l.fails = test.fails
				for _, s := range test.steps {
					_, err := p.call(context.Background(), s.fn, s.args...)
					if s.trap != "" {
						wantTrap(t, err, s.trap)
					} else if err != nil {
						t.Fatalf("%s: %v", s.fn, err)
					}
				}
				mustClose(t, p)
				mustClose(t, p)
				if diff := cmp.Diff(test.dropped, l.dropped); diff != "" {
					t.Errorf("drops by representation (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestHostGives has the host hand out resources that it may not.
func TestHostGives(t *testing.T) {
	t.Parallel()
	t.Run("one of its own twice", func(t *testing.T) {
		t.Parallel()
		l, p := keepLedger(t, component.Config{})
		l.again = abi.HostResource(l.typ, 8)
		p.must(t, "same", p.must(t, "keep", uint32(5)))
		p.must(t, "same", p.must(t, "keep", uint32(6)))
		mustClose(t, p)
		if want := map[uint32]int{8: 2}; !maps.Equal(l.dropped, want) { // 5 and 6 are the host's again
			t.Errorf("drops by representation: %v, want %v", l.dropped, want)
		}
	})
	refused := func(name string, value func(*testing.T, *ledger, *plugin) abi.Value, want error, msg string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, p := keepLedger(t, component.Config{})
			l.again = value(t, l, p)
			_, err := p.call(context.Background(), "same", p.must(t, "keep", uint32(6)))
			wantTrap(t, err, msg)
			if want != nil && !errors.Is(err, want) {
				t.Errorf("the error is not %v", want)
			}
		})
	}
	given := func(t *testing.T, l *ledger, p *plugin) *abi.ResourceValue {
		p.must(t, "give", p.must(t, "keep", uint32(5)))
		return l.given[0]
	}
	refused("one that came back before", func(t *testing.T, l *ledger, p *plugin) abi.Value {
		l.again = given(t, l, p)
		p.must(t, "same", p.must(t, "keep", uint32(7)))
		return l.again
	}, abi.ErrTaken, "the resource given for own<r> was given away or dropped before")
	refused("one that was lent", func(t *testing.T, l *ledger, p *plugin) abi.Value {
		p.must(t, "lend", p.must(t, "keep", uint32(5)), uint32(0))
		return l.given[0]
	}, abi.ErrBorrowed, "a borrowed resource given for own<r>")
	refused("one of another instance", func(t *testing.T, _ *ledger, _ *plugin) abi.Value {
		l, p := keepLedger(t, component.Config{})
		return given(t, l, p)
	}, abi.ErrForeign, "a resource of type r given for own<r>") // another load of the component: another type
	refused("one of another type", func(*testing.T, *ledger, *plugin) abi.Value {
		return abi.HostResource(&abi.Resource{Name: "other"}, 1)
	}, abi.ErrForeign, "a resource of type other given for own<r>")
	refused("none", func(*testing.T, *ledger, *plugin) abi.Value { return (*abi.ResourceValue)(nil) }, nil, "no resource given for own<r>")
}

// TestTooManyHandles has a guest take handles without end.
func TestTooManyHandles(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]component.Limits{"default": {}, "given": {Handles: 1500}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, p := keepLedger(t, component.Config{}, component.WithLimits(limits))
			p.must(t, "keep", uint32(5))
			p.must(t, "inner-keep", uint32(1)) // the same handle, with another component instance
			p.must(t, "fill", uint32(1000))
			most := p.Limits().Handles
			if name == "given" && most != 1500 || name == "default" && most != component.DefaultHandles {
				t.Fatalf("the limit is %d", most)
			}
			// Both component instances count; what fits is taken.
			p.must(t, "fill", most-1001)
			_, err := p.call(context.Background(), "fill", uint32(1))
			if wantTrap(t, err, "too many handles"); !errors.As(err, new(*abi.LimitError)) {
				t.Errorf("%v is no *LimitError", err)
			}
		})
	}
}
