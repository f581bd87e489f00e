package component_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/memory"
)

// A boundary is where a limit is: what needs pass of it goes well with that
// limit, and ends in the limit's own error with fail, which is one less where
// one makes a difference that can be seen.
type boundary struct {
	field      string // of Limits
	pass, fail uint64
	err        error // a nil pointer of its type, or the error itself
	of         string
	do         func(t *testing.T, l component.Limits) error
}

// starts runs one function of a component under the limits.
func starts(wasm func(t *testing.T) []byte, host component.DynamicHost, fn string, args ...abi.Value) func(*testing.T, component.Limits) error {
	return func(t *testing.T, l component.Limits) error {
		b := wasm(t)
		rt := newRuntime(t, component.Config{})
		f, err := rt.Load(context.Background(), b, describe(t, b), component.LoadLimits(l))
		if err != nil {
			return err
		}
		p, err := tryStart(f, host)
		if err != nil || fn == "" {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_, err = p.call(ctx, fn, args...)
		return err
	}
}

func hungry(*testing.T) []byte { return hungryGuest().component() }

func scalarsGuest(t *testing.T) []byte { return guest(t, "scalars") }

var listener component.DynamicHost = func(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
	switch fn {
	case "repeat":
		return args[0], nil
	case "say":
		return uint32(len(args[0].(string))), nil
	}
	return args[0], nil
}

// growing traps unless its memory or table grows by so many.
func growing(op ...byte) func(*testing.T) []byte {
	return func(*testing.T) []byte {
		m := &coreModule{memory: join(0, 1), table: join(0x70, 0, 2)}
		m.funcs = []coreFunc{{name: "grow", code: join(op, i32c(-1), 0x46, 0x04, 0x40, 0x00, 0x0b, get(0))}}
		return m.component()
	}
}

const wasmPage = 64 << 10

func boundaries(t *testing.T) []boundary {
	size := uint64(len(hungry(t)))
	p := run(t, component.Config{}, hungry(t), noTick)
	p.must(t, "down", uint64(500))
	fuel, err := p.Fuel(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return []boundary{
		{field: "Memory", pass: 5 * wasmPage, fail: 5*wasmPage - 1, err: (*component.LimitError)(nil), of: "bytes of memory", do: starts(
			growing(join(get(0), 0xa7, 0x40, 0)...), noTick, "grow", uint64(4))},
		{field: "Memory", pass: wasmPage, fail: wasmPage - 1, err: (*memory.LimitError)(nil), do: starts(hungry, noTick, "")},
		{field: "TableElements", pass: 100, fail: 99, err: (*component.LimitError)(nil), of: "elements of tables", do: starts(
			growing(join(0xd0, 0x70, get(0), 0xa7, 0xfc, 0x0f, 0)...), noTick, "grow", uint64(98))},
		{field: "TableElements", pass: 2, fail: 1, err: (*component.LimitError)(nil), of: "elements of tables", do: starts(hungry, noTick, "")},
		{field: "Fuel", pass: fuel, fail: fuel - 1, err: (*component.OutOfFuelError)(nil), do: starts(hungry, noTick, "down", uint64(500))},
		{field: "FuelRate", pass: 1 << 40, fail: 1_000_000, err: (*component.TimeLimitError)(nil), do: func(t *testing.T, l component.Limits) error {
			if l.CallTime = patience; l.FuelRate < 1<<40 {
				l.CallTime = brief
			}
			return starts(func(*testing.T) []byte { return rounds(3_000_000) }, noTick, "go", uint64(0))(t, l)
		}},
		{field: "CallTime", pass: uint64(time.Minute), fail: uint64(brief), err: (*component.TimeLimitError)(nil), do: func(t *testing.T, l component.Limits) error {
			if l.CallTime == time.Minute {
				return starts(hungry, noTick, "down", uint64(10))(t, l)
			}
			return starts(hungry, noTick, "spin", uint64(1))(t, l)
		}},
		{field: "Values", pass: 100, fail: 99, err: (*abi.LimitError)(nil), of: abi.BytesToHost, do: starts(
			scalarsGuest, listener, "shout", strings.Repeat("a", 100))},
		{field: "Values", pass: 100, fail: 99, err: (*abi.LimitError)(nil), of: abi.BytesToHost, do: starts(
			scalarsGuest, listener, "echo", strings.Repeat("a", 100))},
		{field: "Arguments", pass: 100, fail: 99, err: (*abi.LimitError)(nil), of: abi.BytesToGuest, do: starts(
			scalarsGuest, listener, "measure", strings.Repeat("a", 100))},
		{field: "Arguments", pass: 200, fail: 199, err: (*abi.LimitError)(nil), of: abi.BytesToGuest, do: starts(
			scalarsGuest, func(context.Context, string, []abi.Value) (abi.Value, error) { return strings.Repeat("b", 200), nil },
			"via-host", "a")},
		{field: "Handles", pass: 1000, fail: 999, err: (*abi.LimitError)(nil), of: abi.Handles, do: func(t *testing.T, l component.Limits) error {
			_, p := keepLedger(t, component.Config{}, component.WithLimits(l))
			_, err := p.call(context.Background(), "fill", uint32(1000))
			return err
		}},
		{field: "Depth", pass: 101, fail: 100, err: (*component.TooDeepError)(nil), do: starts(hungry, noTick, "down", uint64(100))},
		{field: "CloseTime", pass: uint64(patience), fail: 1, err: component.ErrQuarantined, do: closesLate},
		{
			field: "Size", pass: size, fail: size - 1,
			err: (*component.LimitError)(nil), of: "bytes", do: starts(hungry, noTick, ""),
		},
		{field: "Functions", pass: 6, fail: 5, err: (*component.LimitError)(nil), of: "functions", do: starts(hungry, noTick, "")},
		{field: "Locals", pass: 11, fail: 10, err: (*component.LimitError)(nil), of: "locals in one function", do: starts(func(*testing.T) []byte {
			m := hungryGuest()
			m.funcs[0].locals = 10
			return m.component()
		}, noTick, "")},
		{field: "Complexity", pass: 5 * 34, fail: 5*34 - 1, err: (*component.LimitError)(nil), of: "values to keep track of in its functions", do: starts(func(*testing.T) []byte {
			m := &coreModule{} // a loop and its end, with 11 locals, and an end with a value beside
			for range 5 {
				m.funcs = append(m.funcs, coreFunc{locals: 10, code: join(0x03, 0x40, 0x0b, get(0))})
			}
			return m.component()
		}, noTick, "")},
		{field: "LoadTime", pass: uint64(time.Minute), fail: 1, err: (*component.LoadTimeError)(nil), do: starts(hungry, noTick, "")},
	}
}

// rounds counts down in a loop.
func rounds(n int64) []byte {
	m := &coreModule{funcs: []coreFunc{{name: "go", locals: 1, code: join(i64c(n), set(1),
		0x03, 0x40, get(1), i64c(1), 0x7d, 0x22, 1, 0x50, 0x45, 0x0d, 0, 0x0b, get(1))}}}
	return m.component()
}

// closesLate closes an instance that waits in an import, which comes back when
// Close has had the time to see it.
func closesLate(t *testing.T, l component.Limits) error {
	entered, leave := make(chan struct{}), make(chan struct{})
	p := run(t, component.Config{}, guest(t, "scalars"), func(ctx context.Context, _ string, args []abi.Value) (abi.Value, error) {
		close(entered)
		if l.CloseTime > time.Second {
			<-ctx.Done() // it heeds its context
		} else {
			<-leave
		}
		return args[0], nil
	}, component.WithLimits(l))
	call := async(func() error { _, err := p.call(context.Background(), "twice", uint32(1)); return err })
	await(t, "the import", entered)
	err := p.Close(context.Background())
	close(leave)
	_ = await(t, "the call", call)
	return err
}

// TestEveryLimit goes to each limit and one step beyond.
func TestEveryLimit(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, b := range boundaries(t) {
		seen[b.field] = true
		t.Run(b.field, func(t *testing.T) {
			t.Parallel()
			if err := b.do(t, limitOf(b.field, b.pass)); err != nil {
				t.Errorf("with a limit of %d: %v", b.pass, err)
			}
			err := b.do(t, limitOf(b.field, b.fail))
			if err == nil || !hasType(err, b.err) {
				t.Fatalf("with a limit of %d: %v, want a %T", b.fail, err, b.err)
			}
			var limit *component.LimitError
			var values *abi.LimitError
			switch {
			case errors.As(err, &limit) && (limit.Of != b.of || limit.Usage.Limit != b.fail || limit.Wanted <= b.fail),
				errors.As(err, &values) && (values.Of != b.of || values.Limit != b.fail):
				t.Errorf("with a limit of %d: %+v %+v", b.fail, limit, values)
			}
			t.Log(err)
		})
	}
	for field := range reflect.TypeFor[component.Limits]().Fields() {
		if !seen[field.Name] {
			t.Errorf("nothing goes to the limit %s", field.Name)
		}
	}
}

func limitOf(field string, n uint64) (l component.Limits) {
	v := reflect.ValueOf(&l).Elem().FieldByName(field)
	v.Set(reflect.ValueOf(n).Convert(v.Type()))
	return l
}

// hasType reports whether err has an error of the type of target, a nil pointer,
// or is target.
func hasType(err, target error) bool {
	if v := reflect.ValueOf(target); v.Kind() != reflect.Pointer || !v.IsNil() {
		return errors.Is(err, target)
	}
	return errors.As(err, reflect.New(reflect.TypeOf(target)).Interface())
}
