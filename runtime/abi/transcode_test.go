package abi_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
)

// A transcoding is a string on its way between two component instances, as the
// specification's definitions.py moves it; see testdata/strings.py.
type transcoding struct {
	Text, From, To string
	Sent           string // in hexadecimal
	Units          uint32
	Calls          [][4]uint32
	Ptr, Tagged    uint32
	Memory         string // of the receiver afterwards, in hexadecimal
}

func transcodings(t testing.TB) []transcoding {
	t.Helper()
	file, err := os.Open("testdata/strings.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []transcoding
	for dec := json.NewDecoder(file); dec.More(); {
		var tr transcoding
		if err := dec.Decode(&tr); err != nil {
			t.Fatal(err)
		}
		all = append(all, tr)
	}
	return all
}

func encodingOf(t testing.TB, name string) abi.Encoding {
	t.Helper()
	for _, e := range encodings {
		if e.String() == name {
			return e
		}
	}
	t.Fatalf("no encoding %q", name)
	return 0
}

// sender is a context over a memory that starts with those bytes.
func sender(t testing.TB, e abi.Encoding, sent string) *abi.Context {
	t.Helper()
	cx, mem := newContext(1<<12, abi.Options{Encoding: e})
	if _, err := hex.Decode(mem.bytes, []byte(sent)); err != nil {
		t.Fatal(err)
	}
	return cx
}

// TestTranscoding moves strings from one memory into another in every pair of
// encodings: realloc is called as the specification calls it, and memory is
// the same byte for byte, also where the string lies in something.
func TestTranscoding(t *testing.T) {
	t.Parallel()
	for _, tr := range transcodings(t) {
		from := sender(t, encodingOf(t, tr.From), tr.Sent)
		from.KeepEncoding()
		v := from.Lift(abi.String, []uint64{0, uint64(tr.Units)})

		to, mem := newContext(1<<12, abi.Options{Encoding: encodingOf(t, tr.To)})
		mem.top = 1
		var stack [2]uint64
		to.Lower(abi.String, v, stack[:])
		tr.check(t, mem, uint32(stack[0]), uint32(stack[1]))
	}
}

// TestHostStrings lowers strings of the host: they are as from an instance
// whose encoding is UTF-8.
func TestHostStrings(t *testing.T) {
	t.Parallel()
	for _, tr := range transcodings(t) {
		if tr.From != "utf8" {
			continue
		}
		to, mem := newContext(1<<12, abi.Options{Encoding: encodingOf(t, tr.To)})
		mem.top = 1
		ptr, tagged := to.LowerString(tr.Text)
		tr.check(t, mem, ptr, tagged)
	}
}

func (tr *transcoding) check(t *testing.T, mem *heap, ptr, tagged uint32) {
	t.Helper()
	if ptr != tr.Ptr || tagged != tr.Tagged {
		t.Errorf("%q from %s to %s: at %d, %#x units; want at %d, %#x units", tr.Text, tr.From, tr.To, ptr, tagged, tr.Ptr, tr.Tagged)
	}
	if diff := cmp.Diff(tr.Calls, mem.calls); diff != "" {
		t.Errorf("%q from %s to %s: calls of realloc (-want +got):\n%s", tr.Text, tr.From, tr.To, diff)
	}
	if got := hex.EncodeToString(mem.bytes[:mem.top]); got != tr.Memory {
		t.Errorf("%q from %s to %s: memory is\n%s, want\n%s", tr.Text, tr.From, tr.To, got, tr.Memory)
	}
}

// TestTranscodingWithin moves strings that lie in other values.
func TestTranscodingWithin(t *testing.T) {
	t.Parallel()
	nested := abi.Map(abi.String, abi.Record("", abi.Field{Label: "n", Type: abi.U8}, abi.Field{Label: "s", Type: abi.Option(abi.FixedList(abi.String, 2))}))
	value := []abi.Value{abi.RecordValue{"clé", abi.RecordValue{uint8(7), abi.VariantValue{Case: 1, Payload: []abi.Value{"世😀", ""}}}}}
	for _, e := range encodings {
		for _, f := range encodings {
			a, _ := newContext(1<<12, abi.Options{Encoding: e})
			b, _ := newContext(1<<12, abi.Options{Encoding: f})
			var stack [2]uint64
			a.Lower(nested, value, stack[:])
			a.KeepEncoding()
			v := a.Lift(nested, stack[:])
			ptr := b.Alloc(nested.Size(), nested.Align())
			b.Store(nested, v, ptr)
			if diff := cmp.Diff(abi.Value(value), b.Load(nested, b.Region(ptr, nested.Size(), nested.Align()))); diff != "" {
				t.Errorf("from %s to %s (-want +got):\n%s", e, f, diff)
			}
		}
	}
}
