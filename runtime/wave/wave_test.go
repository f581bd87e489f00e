package wave_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/wave"
)

func some(v abi.Value) abi.Value { return abi.VariantValue{Case: 1, Payload: v} }

var none = abi.VariantValue{}

func TestParse(t *testing.T) {
	t.Parallel()
	opt := abi.Option(abi.U8)
	for _, c := range []struct {
		typ  *abi.Type
		text string
		want abi.Value
	}{
		{abi.Bool, " true // yes", true},
		{abi.U8, "255", uint8(255)},
		{abi.S8, "-128", int8(-128)},
		{abi.S64, "-9223372036854775808", int64(math.MinInt64)},
		{abi.U64, "18446744073709551615", uint64(math.MaxUint64)},
		{abi.Float64, "6.022e+23", 6.022e23},
		{abi.Float64, "1", 1.0},
		{abi.Float64, "-inf", math.Inf(-1)},
		{abi.Float64, "nan", math.NaN()},
		{abi.Float32, "3.4028234664e39", float32(math.Inf(1))},
		{abi.Char, `'\u{2603}'`, abi.CharValue('☃')},
		{abi.Char, `'"'`, abi.CharValue('"')},
		{abi.Char, `'\''`, abi.CharValue('\'')},
		{abi.String, `"a\tb\"\u{1f30a}"`, "a\tb\"🌊"},
		{abi.String, "\"\"\"\n    far\n  near\n\n  \"\"\"", "  far\nnear\n"},
		{abi.String, "\"\"\"\r\n  \\u{41}\\\\\r\n  \"\"\"", "A\\"},
		{abi.String, "\"\"\"\n\"\"\"", ""},
		{abi.List(abi.U8), "[1, 2,]", []byte{1, 2}},
		{abi.List(abi.U8), `"hi☃"`, []byte("hi☃")},
		{abi.List(abi.U32), "[]", []abi.Value{}},
		{abi.List(abi.U32), "[1,2]", []abi.Value{uint32(1), uint32(2)}},
		{abi.FixedList(abi.U8, 2), "[1, 2]", []abi.Value{uint8(1), uint8(2)}},
		{abi.Tuple(abi.String, abi.U8), `("abc", 1,)`, abi.RecordValue{"abc", uint8(1)}},
		{abi.Map(abi.String, abi.U8), `{"a": 1, "b": 2,}`, []abi.Value{abi.RecordValue{"a", uint8(1)}, abi.RecordValue{"b", uint8(2)}}},
		{abi.Map(abi.String, abi.U8), `{:}`, []abi.Value{}},
		{point, "{y: 2, %x: 1}", abi.RecordValue{int32(1), int32(2)}},
		{item, `{name: "a"}`, abi.RecordValue{"a", none}},
		{item, `{tag: "t", name: "a"}`, abi.RecordValue{"a", some("t")}},
		{empty, "{:}", abi.RecordValue{none}},
		{shape, "circle(2.5)", abi.VariantValue{Payload: 2.5}},
		{shape, "poly([{x: 1, y: 2}])", abi.VariantValue{Case: 1, Payload: []abi.Value{abi.RecordValue{int32(1), int32(2)}}}},
		{shape, "%none", abi.VariantValue{Case: 2}},
		{abi.Option(shape), "none", none},
		{abi.Option(shape), "%none", some(abi.VariantValue{Case: 2})},
		{color, "%red", abi.VariantValue{}},
		{color, "%ok", abi.VariantValue{Case: 1}},
		{opt, "1", some(uint8(1))},
		{opt, "some(1)", some(uint8(1))},
		{opt, "none", none},
		{abi.Option(opt), "some(1)", some(some(uint8(1)))},
		{abi.Option(opt), "some(none)", some(none)},
		{abi.Result(abi.U8, abi.String), "1", abi.VariantValue{Payload: uint8(1)}},
		{abi.Result(abi.U8, abi.String), "ok(1)", abi.VariantValue{Payload: uint8(1)}},
		{abi.Result(abi.U8, abi.String), `err("no")`, abi.VariantValue{Case: 1, Payload: "no"}},
		{abi.Result(nil, nil), "err", abi.VariantValue{Case: 1}},
		{perms, "{exec, %read,}", abi.FlagsValue(5)},
		{perms, "{}", abi.FlagsValue(0)},
	} {
		got, err := wave.Parse(c.typ, c.text)
		if err != nil {
			t.Errorf("%s as %s: %v", c.text, c.typ, err)
		} else if diff := cmp.Diff(c.want, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s as %s: %s", c.text, c.typ, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		typ        *abi.Type
		text, want string
	}{
		{abi.U8, "256", "column 1: expected a u8, from 0 to 255, found 256"},
		{abi.S8, "-129", "column 1: expected a s8, from -128 to 127, found -129"},
		{abi.U64, "1.5", "column 1: expected an integer (u64) in decimal, found 1.5"},
		{abi.U8, "0x1", "column 1: expected an integer (u8) in decimal, found 0x1"},
		{abi.U8, "", "column 1: expected an integer (u8), found the end"},
		{abi.U8, "1 2", "column 3: expected nothing more, found 2"},
		{abi.U8, "@", "column 1: expected an integer (u8), found the character '@'"},
		{abi.Float64, "-nan", "column 1: expected a number (f64), found -nan"},
		{abi.Float64, "-infinity", "column 1: expected a number (f64), found -infinity"},
		{abi.Bool, "yes", "column 1: expected true or false, found yes"},
		{abi.Char, "'ab'", "column 1: expected one character between the quotes, found 2"},
		{abi.Char, "x", "column 1: expected a char such as 'x', found x"},
		{abi.String, `"☃\z"`, `column 3: an escape that is none: there are \' \" \\ \t \n \r and \u{2603}`},
		{abi.String, `"\u{d800}"`, `column 2: \u{d800} is no Unicode scalar value`},
		{abi.String, `"\u{}"`, `column 2: \u takes one to six hexadecimal digits in braces: \u{2603}`},
		{abi.String, `"abc`, "column 1: expected a string in double quotes, found a quote that is not closed on its line"},
		{abi.String, "\"\"\"\n  a\n b\n  \"\"\"", `line 3, column 1: expected at least 2 spaces, as before the closing """`},
		{abi.String, "\"\"\"a\n\"\"\"", `line 1, column 4: expected a line break after the opening """`},
		{abi.String, "\"\ufffd\xff", "column 3: the text is not UTF-8"},
		{abi.List(abi.U32), "[1 2]", "column 4: expected ] or a comma, found 2"},
		{abi.List(abi.U32), "[,]", "column 2: expected an integer (u32), found ,"},
		{abi.FixedList(abi.U8, 268435455), "[1]", "column 1: expected a list of 268435455 elements, found 1"},
		{abi.Tuple(abi.U8, abi.U8), "(1)", "column 1: expected a tuple of 2 values, found 1"},
		{abi.Tuple(abi.U8), "(1, 2)", "column 5: expected ) after the last of 1 values, found 2"},
		{abi.Map(abi.String, abi.U8), "{}", "column 3: a map without entries is written {:}"},
		{point, "3", "column 1: expected { for the record point, found 3"},
		{abi.Record("", abi.Field{Label: "x", Type: abi.U8}), "3", "column 1: expected { for a record, found 3"},
		{abi.List(abi.U32).Named("row"), "3", "column 1: expected [ for the list row, found 3"},
		{abi.List(abi.U8).Named("blob"), "3", "column 1: expected [ for the list blob, or a string for its bytes, found 3"},
		{point, "{x: 1}", "column 1: the field y of type s32 is missing"},
		{point, "{x: 1, x: 2}", "column 8: the field x is there twice"},
		{point, "{z: 1}", "column 2: point has no field z; it has x, y"},
		{point, "{x 1}", "column 4: expected : after the field x, found 1"},
		{empty, "{}", "column 1: a record without fields is written {:}"},
		{shape, "square", "column 1: shape has no case square; it has circle, poly, none"},
		{shape, "none", "column 1: none is a keyword: write %none for the case of shape"},
		{shape, "circle", "column 7: expected ( for the value of circle, f64, found the end"},
		{shape, "%none(1)", "column 6: the case %none takes no value"},
		{shape, "3", "column 1: expected a case of shape: circle, poly, none, found 3"},
		{abi.Option(abi.Option(abi.U8)), "1", "column 1: expected some(…) or none, found 1"},
		{abi.Result(nil, abi.U8), "1", "column 1: expected ok or err, found 1"},
		{perms, "{read, read}", "column 8: the flag read is there twice"},
		{perms, "{delete}", "column 2: perms has no flag delete; it has read, write, exec"},
		{abi.Own(&abi.Resource{Name: "bag"}), "$1", "column 1: a resource, own<bag>, cannot be written here"},
		{abi.ErrorContext, "1", "column 1: a value of type error-context cannot be written"},
	} {
		_, err := wave.Parse(c.typ, c.text)
		var e *wave.Error
		if !errors.As(err, &e) || e.Error() != c.want {
			t.Errorf("%q as %s:\n got %v\nwant %s", c.text, c.typ, err, c.want)
		}
	}
}

func TestCaret(t *testing.T) {
	t.Parallel()
	_, err := wave.Parse(abi.List(abi.U8), "[\n\t☃, 1]")
	var e *wave.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	if got, want := e.Caret(), "\t☃, 1]\n\t^"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseCall(t *testing.T) {
	t.Parallel()
	f := &abi.FuncType{Params: []abi.Field{{Label: "s", Type: shape}, {Label: "a", Type: abi.Option(abi.U8)}, {Label: "b", Type: abi.Option(abi.U8)}}}
	unknown := errors.New("unknown")
	asked := ""
	lookup := func(name string) (*abi.FuncType, error) {
		if asked = name; name == "nope" {
			return nil, unknown
		}
		return f, nil
	}
	for _, c := range []struct{ text, name, want string }{
		{"demo:kit/shapes@1.0.0#[method]x.area ( circle(2.5) ) ", "demo:kit/shapes@1.0.0#[method]x.area", "(circle(2.5), none, none)"},
		{"f(%none, 3)", "f", "(%none, some(3), none)"},
		{"f(%none, none, 3,)", "f", "(%none, none, some(3))"},
		{"f", "", "column 2: expected the arguments in parentheses after the function: f()"},
		{"", "", "column 1: expected the name of a function and its arguments, such as area(circle(2.5))"},
		{"f()", "f", "column 3: expected the argument s of type shape"},
		{"f(%none, 1, 2, 3)", "f", "column 16: expected ) after the last argument: the function takes 3, found 3"},
		{"f(%none) x", "f", "column 10: expected nothing more, found x"},
		{"nope(1)", "nope", "unknown"},
	} {
		asked = ""
		args, err := wave.ParseCall(c.text, lookup)
		got := wave.FormatArgs(f, args)
		if err != nil {
			got = err.Error()
		}
		if got != c.want || asked != c.name {
			t.Errorf("%q:\n got %s of %q\nwant %s of %q", c.text, got, asked, c.want, c.name)
		}
	}
}

func TestHandles(t *testing.T) {
	t.Parallel()
	bag, jar := &abi.Resource{Name: "bag"}, &abi.Resource{Name: "jar"}
	var h wave.Handles
	if _, err := wave.Parse(abi.Own(bag), "$1", wave.WithHandles(&h)); err == nil || err.Error() != "column 1: no resource has the name $1" {
		t.Errorf("an unknown name: %v", err)
	}
	v := abi.HostResource(bag, 7)
	if got := wave.Format(abi.Own(bag), v, wave.WithHandles(&h)); got != "bag#7" {
		t.Errorf("a resource that no instance gave: %s", got)
	}
	if _, err := wave.Parse(abi.Borrow(jar), "bag", wave.WithHandles(&h)); err == nil || err.Error() != "column 1: expected a resource of type borrow<jar> by its name, such as $1, found bag" {
		t.Errorf("no name: %v", err)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	long := []abi.Value{abi.RecordValue{int32(1), int32(2)}, abi.RecordValue{int32(3), int32(4)}}
	for _, c := range []struct {
		typ  *abi.Type
		v    abi.Value
		opts []wave.Option
		want string
	}{
		{abi.Float64, 19.634954084936208, nil, "19.634954084936208"},
		{abi.Float32, float32(1e21), nil, "1e+21"},
		{abi.Float64, 1e-7, nil, "1e-07"},
		{abi.Float64, math.Copysign(0, -1), nil, "-0"},
		{abi.String, "a\x1b\u202e\"'", nil, `"a\u{1b}\u{202e}\"'"`},
		{abi.Char, abi.CharValue('\''), nil, `'\''`},
		{item, abi.RecordValue{"a", none}, nil, `{name: "a"}`},
		{abi.Map(abi.U8, abi.Bool), []abi.Value{}, nil, `{:}`},
		{abi.Result(abi.U8, nil), abi.VariantValue{Case: 1}, nil, "err"},
		{abi.List(point), long, []wave.Option{wave.WithWidth(80)}, "[{x: 1, y: 2}, {x: 3, y: 4}]"},
		{abi.List(point), long, []wave.Option{wave.WithWidth(20)}, "[\n  {x: 1, y: 2},\n  {x: 3, y: 4},\n]"},
		{abi.Option(abi.List(point)), some(long), []wave.Option{wave.WithWidth(12)}, "some([\n  {\n    x: 1,\n    y: 2,\n  },\n  {\n    x: 3,\n    y: 4,\n  },\n])"},
		{abi.String, strings.Repeat("☃", 50), []wave.Option{wave.WithLimit(9)}, `"☃☃…`},
		{abi.List(abi.U8), []byte("id=1\n☃"), []wave.Option{wave.WithTextBytes()}, `"id=1\n☃"`},
		{abi.List(abi.U8), []byte{1, 255}, []wave.Option{wave.WithTextBytes()}, "[1, 255]"},
		{abi.List(abi.U8), []byte{}, []wave.Option{wave.WithTextBytes()}, "[]"},
		{abi.U8, "no", nil, "<a string for the u8>"},
		{abi.U8, uint16(1), nil, "<a uint16 for the u8>"},
		{point, abi.RecordValue{int32(1)}, nil, "<a abi.RecordValue for point>"},
		{perms, abi.FlagsValue(8), nil, "<a abi.FlagsValue for perms>"},
		{shape, abi.VariantValue{Case: 3}, nil, "<a abi.VariantValue for shape>"},
		{abi.Bool, nil, nil, "<a <nil> for the bool>"},
	} {
		if got := wave.Format(c.typ, c.v, c.opts...); got != c.want {
			t.Errorf("%s: got %s, want %s", c.typ, got, c.want)
		}
	}
}

// What is written is read again, for types and values drawn at random.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3000) {
		d := newDrawer(seed)
		typ := d.typ(4)
		if err := roundTrip(typ, d.value(typ)); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

func roundTrip(typ *abi.Type, v abi.Value) error {
	for _, width := range []int{0, 1, 30} {
		text := wave.Format(typ, v, wave.WithWidth(width))
		got, err := wave.Parse(typ, text)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", typ.Structure(), text, err)
		}
		if diff := cmp.Diff(v, got, cmpopts.EquateNaNs()); diff != "" {
			return fmt.Errorf("%s, %s: %s", typ.Structure(), text, diff)
		}
	}
	return nil
}

// Whatever the text is, it is a value that survives being written, or an error.
func FuzzParse(f *testing.F) {
	for seed := range uint64(100) {
		d := newDrawer(seed)
		typ := d.typ(3)
		f.Add(seed, wave.Format(typ, d.value(typ)))
	}
	f.Add(uint64(2), "\"\"\"\n  a\n  \"\"\"")
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		typ := newDrawer(seed).typ(3)
		v, err := wave.Parse(typ, text)
		if err == nil {
			if err := roundTrip(typ, v); err != nil {
				t.Fatal(err)
			}
			return
		}
		var e *wave.Error
		if !errors.As(err, &e) {
			t.Fatalf("an error of another type: %v", err)
		}
		_ = e.Caret()
	})
}
