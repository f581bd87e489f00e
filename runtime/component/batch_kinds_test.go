package component_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// stageValue stages a value item by item.
func stageValue(b *component.Batch, t *abi.Type, v abi.Value) error {
	switch t.Kind {
	case abi.KindString:
		return b.String(v.(string))
	case abi.KindList:
		return b.Bytes(v.([]byte))
	case abi.KindOption:
		o := v.(abi.VariantValue)
		if o.Case == 0 {
			return b.None()
		}
		if err := b.Some(); err != nil {
			return err
		}
		return stageValue(b, t.Elem, o.Payload)
	case abi.KindRecord, abi.KindTuple:
		for i, f := range t.Fields {
			if err := stageValue(b, f.Type, v.(abi.RecordValue)[i]); err != nil {
				return err
			}
		}
		return nil
	}
	switch n := v.(type) {
	case uint8:
		return b.Uint(uint64(n))
	case uint16:
		return b.Uint(uint64(n))
	case uint32:
		return b.Uint(uint64(n))
	}
	return b.Uint(v.(uint64))
}

// A batchCaller calls one function of a taker with the arguments of each call.
type batchCaller struct {
	*taker
	fn   string
	typ  *abi.FuncType
	args [][]abi.Value
}

// alone makes the calls one by one, until one does not succeed.
func (c *batchCaller) alone() (done int, answer abi.Value, err error) {
	for _, args := range c.args {
		v, err := c.call(context.Background(), c.fn, args...)
		if err != nil {
			return done, nil, err
		}
		if r, ok := v.(abi.VariantValue); ok && r.Case != 0 {
			return done, v, nil
		}
		done++
	}
	return done, nil, nil
}

// batched makes them in batches of at most so many bytes.
func (c *batchCaller) batched(t testing.TB, size int) (done int, answer abi.Value, err error) {
	t.Helper()
	b, err := c.Batch(c.fn, size)
	if err != nil {
		t.Fatal(err)
	}
	c.rooms++
	for done < len(c.args) {
		for i, args := range c.args[done:] {
			err := stageValue(b, c.typ.ParamsTuple(), abi.RecordValue(args))
			if errors.Is(err, component.ErrBatchFull) && i > 0 {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		n, v, err := b.Run(context.Background())
		if done += n; v != nil || err != nil {
			return done, v, err
		}
	}
	return done, nil, nil
}

// A valueMaker makes values at random.
type valueMaker struct{ *rand.Rand }

func (r valueMaker) text(max int) string { return strings.Repeat("m", r.IntN(max)) }

func (r valueMaker) option(v abi.Value) abi.Value {
	if r.IntN(2) == 0 {
		return abi.VariantValue{}
	}
	return abi.VariantValue{Case: 1, Payload: v}
}

// note are the arguments of the guest's function of that name.
func (r valueMaker) note(verb string) []abi.Value {
	from := abi.RecordValue{r.text(9), uint16(r.Uint32()), r.Uint32(), r.Uint64()}
	return []abi.Value{abi.RecordValue{
		verb + r.text(5), uint8(r.Uint32()), r.Uint64(), []byte(r.text(60)), r.option(r.text(9)), r.option(from), r.option(uint8(r.Uint32())),
	}}
}

// spread are those of the other one.
func (r valueMaker) spread(string) []abi.Value {
	return []abi.Value{r.text(9), uint16(r.Uint32()), r.Uint64(), r.option(r.text(30)), r.option(r.Uint64())}
}

// startCaller starts a guest for calls of fn.
func startCaller(t *testing.T, cfg component.Config, fn string, args [][]abi.Value, opts ...component.Option) *batchCaller {
	t.Helper()
	k := startTaker(t, cfg, opts...)
	f := k.funcs[fn]
	return &batchCaller{k, fn, f.Type(), args}
}

// TestBatchKinds compares calls in batches with the same ones made one by one,
// for arguments of every kind that batches take, through memory and not.
func TestBatchKinds(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, cfg component.Config) {
		for seed := range uint64(40) {
			r := valueMaker{rand.New(rand.NewPCG(seed, 11))}
			fn, make1, verbs := "note", r.note, []string{"n", "d", "d", "e", "f", "t", "u", "w", "i", "r"}
			if seed%4 == 0 {
				fn, make1 = "spread", r.spread
			}
			args := make([][]abi.Value, 1+r.IntN(40))
			for i := range args {
				verb := verbs[r.IntN(4)]
				if i > 15 {
					verb = verbs[r.IntN(len(verbs))]
				}
				args[i] = make1(verb)
			}
			one, all := startCaller(t, cfg, fn, args), startCaller(t, cfg, fn, args)
			wantDone, wantAnswer, wantErr := one.alone()
			done, answer, err := all.batched(t, 900)
			if done != wantDone || fmt.Sprint(cause(err)) != fmt.Sprint(cause(wantErr)) {
				t.Fatalf("seed %d: batches make %d calls and then %v, want %d and %v", seed, done, err, wantDone, wantErr)
			}
			if diff := cmp.Diff(wantAnswer, answer); diff != "" {
				t.Fatalf("seed %d: the answer (-alone +batched):\n%s", seed, diff)
			}
			if diff := cmp.Diff(one.seen, all.seen); diff != "" {
				t.Fatalf("seed %d: the host saw (-alone +batched):\n%s", seed, diff)
			}
			closeAll(t, one.taker, all.taker)
		}
	})
}

// cause is what a trap comes from.
func cause(err error) error {
	if trap, ok := errors.AsType[*component.Trap](err); ok {
		return trap.Cause
	}
	return err
}

// TestBatchLies ends at what the guest's allocator and its answers cannot be.
func TestBatchLies(t *testing.T) {
	t.Parallel()
	values := component.WithLimits(component.Limits{Values: 1000})
	tests := []struct {
		name, verbs string
		opts        []component.Option
		done        int
		cause       string
	}{
		{"an allocator that does not align", "nrn", nil, 2, "realloc returned an unaligned pointer: 0x801, asked for a multiple of 8"},
		{"one that gives what is not there", "nbn", nil, 2, "out of bounds memory access"},
		{"an answer that is not there", "nwn", nil, 1, "pointer out of bounds"},
		{"one that is no option", "nin", nil, 1, "option"},
		{"one that is too large", "nen", []component.Option{values}, 1, "values too large"},
		{"one that is not too large", "nen", nil, 3, ""},
	}
	engines(t, func(t *testing.T, cfg component.Config) {
		for _, test := range tests {
			var args [][]abi.Value
			for _, verb := range test.verbs {
				args = append(args, valueMaker{rand.New(rand.NewPCG(1, 1))}.note(string(verb)))
			}
			c := startCaller(t, cfg, "note", args, test.opts...)
			done, answer, err := c.batched(t, 1024)
			if done != test.done || answer != nil {
				t.Errorf("%s: %d calls ended and the answer was %v, want %d and none", test.name, done, answer, test.done)
			}
			if test.cause != "" {
				wantTrap(t, err, test.cause)
			} else if err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
			closeAll(t, c.taker)
		}
	})
}

// TestBatchRepeats repeats the beginning of the call before, options included,
// and refuses a number that its type does not hold.
func TestBatchRepeats(t *testing.T) {
	t.Parallel()
	r := valueMaker{rand.New(rand.NewPCG(3, 3))}
	one := startCaller(t, component.Config{}, "note", nil)
	all := startCaller(t, component.Config{}, "note", nil)
	b, err := all.Batch("note", 4096)
	if err != nil {
		t.Fatal(err)
	}
	all.rooms++
	params, last := one.typ.ParamsTuple().Fields[0].Type, 6
	for i := range 20 {
		v := r.note("d")[0].(abi.RecordValue)
		if i > 0 && i%3 > 0 {
			prev := one.args[i-1][0].(abi.RecordValue)
			copy(v[:last], prev)
			// The ends of items: 4, the option of a text and its text, that of a tuple
			// and its four.
			if err := errors.Join(b.Repeat(11), stageValue(b, params.Fields[last].Type, v[last])); err != nil {
				t.Fatal(err)
			}
		} else if err := stageValue(b, params, v); err != nil {
			t.Fatal(err)
		}
		one.args = append(one.args, []abi.Value{v})
	}
	if err := b.String("d"); err != nil {
		t.Fatal(err)
	}
	if err := b.Uint(256); !errors.As(err, new(*abi.ValueError)) {
		t.Errorf("256 for a u8 is %v, want a ValueError", err)
	}
	if n := b.Calls(); n != 20 {
		t.Fatalf("%d calls are staged, want 20", n)
	}
	if done, _, err := one.alone(); done != 20 || err != nil {
		t.Fatal(done, err)
	}
	if done, answer, err := b.Run(context.Background()); done != 20 || answer != nil || err != nil {
		t.Fatal(done, answer, err)
	}
	if diff := cmp.Diff(one.seen, all.seen); diff != "" {
		t.Errorf("the host saw (-alone +batched):\n%s", diff)
	}
	closeAll(t, one.taker, all.taker)
}
