package wave_test

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/wave"
)

func ExampleParse() {
	item := abi.Record("item", abi.Field{Label: "name", Type: abi.String}, abi.Field{Label: "qty", Type: abi.U32})
	v, err := wave.Parse(abi.List(item), `[{name: "tea", qty: 2}, {qty: 48, name: "cups"}]`)
	fmt.Println(v, err)
	fmt.Println(wave.Format(abi.List(item), v))

	_, err = wave.Parse(item, `{name: "tea", qty: -2}`)
	fmt.Println(err)
	// Output:
	// [[tea 2] [cups 48]] <nil>
	// [{name: "tea", qty: 2}, {name: "cups", qty: 48}]
	// column 20: expected a u32, from 0 to 4294967295, found -2
}

func ExampleParseCall() {
	area := &abi.FuncType{Params: []abi.Field{{Label: "radius", Type: abi.Float64}}, Result: abi.Float64}
	args, err := wave.ParseCall("demo:kit/shapes#area(2.5)", func(name string) (*abi.FuncType, error) {
		if name != "demo:kit/shapes#area" {
			return nil, fmt.Errorf("there is no function %s", name)
		}
		return area, nil
	})
	fmt.Println(args, err)
	// Output: [2.5] <nil>
}
