package component_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// mistake is what a test wants to know of an *abi.ValueError.
type mistake struct{ Func, Path, Type, Go string }

// wantMistake holds an error to a trap because of a value that the host gave.
func wantMistake(t *testing.T, err error, want mistake, msg string) {
	t.Helper()
	wantTrap(t, err, msg)
	e, ok := errors.AsType[*abi.ValueError](err)
	if !ok {
		t.Fatalf("%v is no *abi.ValueError", err)
	}
	got := mistake{e.Func, e.Path, "", e.Go}
	if e.Type != nil {
		got.Type = e.Type.String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestHostMistakeResult has an import implementation give what is not of its
// result's type, in the middle of the guest's call.
func TestHostMistakeResult(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		f := load(t, newRuntime(t, cfg), guest(t, "scalars"))
		p := start(t, f, func(context.Context, string, []abi.Value) (abi.Value, error) { return "a string", nil })
		_, err := p.call(context.Background(), "twice", uint32(1))
		const tick = "demo:scalars/host@0.1.0#tick"
		wantMistake(t, err, mistake{tick, "result", "u32", "string"},
			"the host gave a wrong value for result of "+tick+": a string given for a value of type u32")
		wantRefused(t, p)

		// So with an argument of the call itself.
		p = start(t, f, ticker(countTick))
		_, err = p.call(context.Background(), "echo", 7)
		wantMistake(t, err, mistake{scalarsAPI + "#echo", "s", "string", "int"}, "a int given for a value of type string")
		wantRefused(t, p)
	})
}

// TestHostMistakePath finds the place in values of every kind.
func TestHostMistakePath(t *testing.T) {
	t.Parallel()
	f := load(t, newRuntime(t, component.Config{}), handmade(t, "mistakes"))
	ok := abi.VariantValue{}
	some := func(v abi.Value) abi.VariantValue { return abi.VariantValue{Case: 1, Payload: v} }
	item := func(qty abi.Value, tag abi.Value) abi.RecordValue { return abi.RecordValue{"tea", qty, tag} }
	tests := []struct {
		name   string
		result abi.Value
		want   mistake
	}{
		{"nothing", nil, mistake{"", "result", "result<tuple<list<item>, map<string, u8>, list<u16, 2>, perms>, problem>", "<nil>"}},
		{"a case too many", abi.VariantValue{Case: 2}, mistake{"", "result", "result<tuple<list<item>, map<string, u8>, list<u16, 2>, perms>, problem>", "abi.VariantValue"}},
		{"no payload", ok, mistake{"", "result.ok", "tuple<list<item>, map<string, u8>, list<u16, 2>, perms>", "<nil>"}},
		{"an error's case", some(some(int32(3))), mistake{"", "result.error.why", "string", "int32"}},
		{"a field", good(item(int64(7), ok)), mistake{"", "result.ok.0[0].qty", "u32", "int64"}},
		{"an element", good("x"), mistake{"", "result.ok.0[0]", "item", "string"}},
		{"a later element", good(item(uint32(1), ok), item(uint32(1), some('x'))), mistake{"", "result.ok.0[1].tag.some", "char", "int32"}},
		{"a char that is none", good(item(uint32(1), some(abi.CharValue(0xd800)))), mistake{"", "result.ok.0[0].tag.some", "char", "abi.CharValue"}},
		{"a field too few", good(abi.RecordValue{"tea"}), mistake{"", "result.ok.0[0]", "item", "abi.RecordValue"}},
		{"text that is none", good(abi.RecordValue{"\xff", uint32(1), ok}), mistake{"", "result.ok.0[0].name", "string", "string"}},
		{"a key", full(nil, abi.RecordValue{[]byte("a"), uint8(1)}), mistake{"", "result.ok.1[0].key", "string", "[]uint8"}},
		{"a value", full(nil, abi.RecordValue{"a", uint8(1)}, abi.RecordValue{"b", 1}), mistake{"", "result.ok.1[1].value", "u8", "int"}},
	}
	const get = "demo:mistakes/host#get"
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, f, func(context.Context, string, []abi.Value) (abi.Value, error) { return test.result, nil })
			_, err := p.call(context.Background(), "run")
			test.want.Func = get
			wantMistake(t, err, test.want, "the host gave a wrong value for "+test.want.Path+" of "+get+": ")
		})
	}
	p := start(t, f, func(context.Context, string, []abi.Value) (abi.Value, error) {
		return good(item(uint32(1), some(abi.CharValue('x')))), nil
	})
	p.must(t, "run")

	// Arguments have the names of their parameters, in the guest's memory too.
	for _, test := range []struct {
		args []abi.Value
		want mistake
	}{
		{[]abi.Value{item(uint32(1), ok), uint8(1)}, mistake{"put", "n", "u32", "uint8"}},
		{[]abi.Value{item("one", ok), uint32(1)}, mistake{"put", "it.qty", "u32", "string"}},
	} {
		_, err := idle(t, f).call(context.Background(), "put", test.args...)
		wantMistake(t, err, test.want, " of put: ")
	}
	_, err := idle(t, f).call(context.Background(), "put")
	wantMistake(t, err, mistake{"put", "", "", "[]interface {}"}, "0 arguments given, the function takes 2")
}

// idle is an instance whose import is not called.
func idle(t *testing.T, f *component.Factory) *plugin {
	return start(t, f, func(context.Context, string, []abi.Value) (abi.Value, error) { return nil, nil })
}

// good is a result that is right but for what it is given as items.
func good(items ...abi.Value) abi.Value { return full(items, abi.RecordValue{"a", uint8(1)}) }

func full(items []abi.Value, entries ...abi.Value) abi.Value {
	if items == nil {
		items = []abi.Value{}
	}
	return abi.VariantValue{Payload: abi.RecordValue{
		items, entries, []abi.Value{uint16(1), uint16(2)}, abi.FlagsValue(1),
	}}
}

// TestHostMistakeHandle has an import implementation give back a resource that it
// gave back before: who made the mistake is told beside what it was.
func TestHostMistakeHandle(t *testing.T) {
	t.Parallel()
	l, p := keepLedger(t, component.Config{})
	p.must(t, "give", p.must(t, "keep", uint32(5)))
	l.again = l.given[0]
	p.must(t, "same", p.must(t, "keep", uint32(6)))
	_, err := p.call(context.Background(), "same", p.must(t, "keep", uint32(7)))
	const same = "the host gave a wrong value for result of demo:drops/host#same"
	wantMistake(t, err, mistake{"demo:drops/host#same", "result", "own<r>", "*abi.ResourceValue"},
		same+": the resource given for own<r> was given away or dropped before")
	if !errors.Is(err, abi.ErrTaken) {
		t.Errorf("%v is no ErrTaken", err)
	}
	if _, err := p.call(context.Background(), "keep", uint32(1)); !errors.As(err, new(*component.PoisonedError)) {
		t.Errorf("a call after the trap gives %v", err)
	}
}
