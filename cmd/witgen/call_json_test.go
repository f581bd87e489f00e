package main

import (
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/wave"
)

// Values of the types that no guest gives.
func TestValueJSON(t *testing.T) {
	t.Parallel()
	point := abi.Record("point", abi.Field{Label: "x", Type: abi.S32}, abi.Field{Label: "y", Type: abi.Option(abi.String)})
	for _, c := range []struct {
		typ        *abi.Type
		text, want string
	}{
		{abi.Map(abi.String, abi.U8), `{"a": 1}`, `[["a",1]]`},
		{abi.FixedList(abi.U8, 2), "[1, 2]", "[1,2]"},
		{point, "{x: -1}", `{"x":-1,"y":null}`},
		{point, `{x: 0, y: "<\u{0}>"}`, `{"x":0,"y":"<\u0000>"}`},
		{abi.U64, "18446744073709551615", "18446744073709551615"},
		{abi.Float64, "-inf", `"-inf"`},
		{abi.Float64, "1e-7", "1e-07"},
		{abi.Char, `'"'`, `"\""`},
		{abi.Option(abi.Result(nil, abi.U8)), "some(err(3))", `{"err":3}`},
		{abi.Enum("e", "none"), "%none", `"none"`},
		{abi.Variant("v", abi.Case{Label: "error", Type: abi.Bool}), "error(true)", `{"error":true}`},
	} {
		v, err := wave.Parse(c.typ, c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(valueJSON(c.typ, v, nil)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.text, got, c.want)
		}
	}
}
