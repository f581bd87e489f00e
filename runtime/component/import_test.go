package component_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

const (
	scalarsHost = "demo:scalars/host@0.1.0"
	scalarsAPI  = "demo:scalars/api@0.1.0"
)

// scalarsWorld is the world of the guest scalars, with change made to the host
// function of that name.
func scalarsWorld(t testing.TB, fn string, change func(*component.HostFunc)) *component.World {
	t.Helper()
	w := describe(t, guest(t, "scalars"))
	for i := range w.Imports[0].Funcs {
		if f := &w.Imports[0].Funcs[i]; f.Name == fn {
			change(f)
		}
	}
	return w
}

// scalars starts the guest scalars in that world.
func scalars(t testing.TB, w *component.World, host component.DynamicHost, opts ...component.Option) *plugin {
	t.Helper()
	f, err := newRuntime(t, component.Config{}).Load(context.Background(), guest(t, "scalars"), w)
	if err != nil {
		t.Fatal(err)
	}
	in, err := f.New(context.Background(), []any{host}, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return named(in, w)
}

func unchanged(*component.HostFunc) {}

func wantDenial(t *testing.T, err error) *capability.Denial {
	t.Helper()
	wantTrap(t, err, "is not granted")
	var denial *capability.Denial
	if !errors.As(err, &denial) {
		t.Fatalf("the cause of %v is no *Denial", err)
	}
	return denial
}

// TestImportsAreDeniedByDefault grants nothing, then something else, then the
// interface.
func TestImportsAreDeniedByDefault(t *testing.T) {
	t.Parallel()
	w := scalarsWorld(t, "", unchanged)
	called := false
	host := ticker(func(_ context.Context, v uint32) (uint32, error) {
		called = true
		return v + 1, nil
	})
	for _, grants := range [][]capability.Grant{nil, {{Kind: capability.Import, Resource: "demo:other/host"}}} {
		p := scalars(t, w, host, component.WithGrants(grants...), component.WithSubject("shop:clerk"))
		if v := p.must(t, "twice", uint32(0)); v != uint32(0) {
			t.Errorf("twice(0) = %v: it calls nothing", v)
		}
		_, err := p.call(context.Background(), "twice", uint32(1))
		denial := wantDenial(t, err)
		if denial.Subject != "shop:clerk" || denial.Point.Func != "tick" || denial.Resource != scalarsHost {
			t.Errorf("the denial is %+v", denial)
		}
		if called {
			t.Fatal("the implementation was called all the same")
		}
	}
	p := scalars(t, w, host, component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "demo:scalars/host"}))
	if v := p.must(t, "twice", uint32(2)); v != uint32(2) || !called {
		t.Errorf("twice = %v", v)
	}
}

// TestDenyAnswersTheGuest turns a denial into the function's own answer.
func TestDenyAnswersTheGuest(t *testing.T) {
	t.Parallel()
	w := scalarsWorld(t, "tick", func(f *component.HostFunc) {
		f.Deny = func(_ *component.Call, stack []uint64, d *capability.Denial) { stack[0] = 4711 }
	})
	p := scalars(t, w, ticker(countTick))
	if v := p.must(t, "twice", uint32(3)); v != uint32(4711) {
		t.Errorf("twice = %v, want the answer to a denial", v)
	}
}

// sayTo makes say ask for messaging to the string that it is given.
func sayTo(f *component.HostFunc) {
	f.Points = []capability.Point{
		{Interface: scalarsHost, Func: "say", Kind: capability.Messaging, Action: "read"},
		{Interface: scalarsHost, Func: "say", Kind: capability.Messaging, Action: "send"},
	}
	f.Demands = func(cx *abi.Context, stack []uint64, d []capability.Demand) []capability.Demand {
		return append(d, capability.Demand{Point: 1, Resource: cx.StringView(uint32(stack[0]), uint32(stack[1]))})
	}
}

// TestDemandsReadTheArguments checks what the guest gives, and shows each
// decision to the hook.
func TestDemandsReadTheArguments(t *testing.T) {
	t.Parallel()
	var seen []string
	p := scalars(t, scalarsWorld(t, "say", sayTo), ticker(countTick),
		component.WithGrants(capability.Grant{Kind: capability.Messaging, Action: "send", Resource: "orders:l*"}),
		component.WithDecisions(func(d capability.Decision) {
			seen = append(seen, fmt.Sprintf("%s %s %s %t", d.Point, d.Action, d.Resource, d.Granted))
		}))
	if v := p.must(t, "shout", "orders:ledger"); v != uint32(13) {
		t.Errorf("shout = %v", v)
	}
	_, err := p.call(context.Background(), "shout", "orders:audit")
	if d := wantDenial(t, err); d.Resource != "orders:audit" || d.Action != "send" {
		t.Errorf("the denial is %+v", d)
	}
	want := []string{
		scalarsHost + "#say send orders:ledger true",
		scalarsHost + "#say send orders:audit false",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("decisions (-want +got):\n%s", diff)
	}
}

// TestRevokedGrant takes a grant back from a living instance.
func TestRevokedGrant(t *testing.T) {
	t.Parallel()
	grant := capability.Grant{Kind: capability.Import, Resource: "demo:scalars/host"}
	p := scalars(t, scalarsWorld(t, "", unchanged), ticker(countTick), component.WithGrants(grant))
	p.must(t, "twice", uint32(1))
	if !p.Guard().Revoke(grant) {
		t.Fatal("there was no such grant")
	}
	_, err := p.call(context.Background(), "twice", uint32(1))
	wantDenial(t, err)
}

// TestCaller tells an implementation who calls.
func TestCaller(t *testing.T) {
	t.Parallel()
	type key struct{}
	grant := capability.Grant{Kind: capability.Import, Resource: "demo:scalars/host"}
	var who component.Calling
	var value any
	p := scalars(t, scalarsWorld(t, "", unchanged), ticker(func(ctx context.Context, v uint32) (uint32, error) {
		who, _ = component.Caller(ctx)
		value = ctx.Value(key{})
		return v, nil
	}), component.WithGrants(grant), component.WithSubject("shop:clerk"))
	if _, err := p.call(context.WithValue(context.Background(), key{}, "carried"), "twice", uint32(1)); err != nil {
		t.Fatal(err)
	}
	if who.Subject != "shop:clerk" || !slices.Equal(who.Grants, []capability.Grant{grant}) {
		t.Errorf("the caller is %+v", who)
	}
	if value != "carried" {
		t.Errorf("the user's value is %v", value)
	}
	if _, ok := component.Caller(context.Background()); ok {
		t.Error("there is a caller in a context of another origin")
	}
}

// TestHostContextEnds ends an import's context with the call's context, its
// deadline, its time limit.
func TestHostContextEnds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ctx  func() (context.Context, context.CancelFunc)
		opts []component.Option
		want error
	}{
		"deadline": {
			ctx:  func() (context.Context, context.CancelFunc) { return context.WithTimeout(context.Background(), brief) },
			want: context.DeadlineExceeded,
		},
		"cancel": {
			ctx: func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(context.Background())
				time.AfterFunc(brief, cancel)
				return ctx, cancel
			},
			want: context.Canceled,
		},
		"call time": {
			ctx:  cancellable,
			opts: []component.Option{component.WithLimits(component.Limits{CallTime: brief})},
			want: context.DeadlineExceeded,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := run(t, component.Config{}, guest(t, "scalars"), ticker(func(ctx context.Context, v uint32) (uint32, error) {
				d, ok := ctx.Deadline()
				if bounded := name != "cancel"; ok != bounded || ok && time.Until(d) > brief {
					t.Errorf("the import's deadline is %v, %t", d, ok)
				}
				<-ctx.Done()
				return 0, ctx.Err()
			}), test.opts...)
			err := entered(t, func() error {
				ctx, cancel := test.ctx()
				defer cancel()
				return await(t, "the call", async(func() error {
					_, err := p.funcs["twice"].Call(ctx, uint32(1))
					return err
				}))
			})
			if !errors.Is(err, test.want) {
				t.Errorf("the call ended with %v, want %v", err, test.want)
			}
		})
	}
}

// TestProviders offers an interface beyond the world.
func TestProviders(t *testing.T) {
	t.Parallel()
	wasm := guest(t, "scalars")
	w := describe(t, wasm)
	table := w.Imports[0]
	w.Imports = nil
	rt := newRuntime(t, component.Config{})
	f, err := rt.Load(context.Background(), wasm, w, component.WithProvider(table, ticker(countTick)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := f.New(context.Background(), nil, component.WithGrants(capability.Grant{Kind: capability.Import, Resource: scalarsHost}))
	if err != nil {
		t.Fatal(err)
	}
	if v := named(in, w).must(t, "twice", uint32(5)); v != uint32(5) {
		t.Errorf("twice = %v", v)
	}
	in, err = f.New(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = named(in, w).call(context.Background(), "twice", uint32(5))
	wantDenial(t, err)
}

// TestHostsMustBeGiven refuses to make an instance without what it imports.
func TestHostsMustBeGiven(t *testing.T) {
	t.Parallel()
	rt := newRuntime(t, component.Config{})
	f := load(t, rt, guest(t, "scalars"))
	tests := []struct {
		hosts []any
		want  string
	}{
		{nil, "component: 0 import implementations given, the world test:test/own has 1"},
		{[]any{nil}, "component: the component imports demo:scalars/host@0.1.0 and the implementation given for it is nil"},
	}
	for _, test := range tests {
		if _, err := f.New(context.Background(), test.hosts); err == nil || err.Error() != test.want {
			t.Errorf("New gives %v, want %s", err, test.want)
		}
	}
	wantLive(t, f, 0)

	// A component that imports nothing needs nothing.
	wasm := guest(t, "runaway")
	w := describe(t, wasm)
	w.Imports = describe(t, guest(t, "scalars")).Imports
	f, err := rt.Load(context.Background(), wasm, w)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.New(context.Background(), []any{nil}); err != nil {
		t.Errorf("New with a nil that nobody uses: %v", err)
	}
	if _, err := f.New(context.Background(), []any{nil}, component.WithGrants(capability.Grant{Kind: capability.Network, Resource: "no port"})); !errors.As(err, new(*capability.PatternError)) {
		t.Errorf("New with a grant that is none gives %v", err)
	}
}

// TestHostOfAnInstance gives one instance an implementation of its own of what a
// provider offers.
func TestHostOfAnInstance(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	wasm := guest(t, "scalars")
	w := describe(t, wasm)
	table := w.Imports[0]
	w.Imports = nil
	rt := newRuntime(t, component.Config{})
	f, err := rt.Load(ctx, wasm, w, component.WithProvider(table, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.New(ctx, nil); err == nil {
		t.Error("an instance was made without an implementation")
	}
	in, err := f.New(ctx, nil, component.WithHost(table, ticker(countTick)),
		component.WithGrants(capability.Grant{Kind: capability.Import, Resource: scalarsHost}))
	if err != nil {
		t.Fatal(err)
	}
	if v := named(in, w).must(t, "twice", uint32(5)); v != uint32(5) {
		t.Errorf("twice = %v", v)
	}
	other := &component.Import{Name: "demo:other/host"}
	if _, err := f.New(ctx, nil, component.WithHost(table, ticker(countTick)), component.WithHost(other, nil)); err == nil || !strings.Contains(err.Error(), "demo:other/host") {
		t.Errorf("an implementation of what is not offered gives %v", err)
	}
}
