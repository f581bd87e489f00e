package meter_test

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/meter"
)

// A linker decodes a module, says what is to change, and keeps what leads back
// from the engine's stack traces to the file.
func Example() {
	module, err := corewasm.Decode(guestWasm)
	if err != nil {
		fmt.Println(err)
		return
	}
	edit := corewasm.Edit{
		ModuleName:   "m2", // traces show m2.$40(i32)
		Rename:       func(im corewasm.Import) (string, string) { return "lowered", im.Module + "#" + im.Name },
		Exports:      []corewasm.Export{{Name: "\x00memory", Kind: corewasm.KindMemory}},
		TraceOffsets: true,
	}
	if err := meter.Add(&edit, module, meter.Refill{Module: "host", Name: "refill"}); err != nil {
		fmt.Println(err)
		return
	}
	rewritten, err := module.Rewrite(edit)
	if err != nil {
		fmt.Println(err)
		return
	}
	again, err := corewasm.Decode(rewritten.Wasm)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, im := range again.Imports {
		fmt.Println(im.Module, im.Name, again.TypeString(im.Kind, im.Index))
	}
	function, _ := rewritten.OriginalFunc(4)
	fmt.Println(module.FunctionName(function))
	// Output:
	// lowered env#note [i32] -> []
	// host refill [i64] -> [i64]
	// add
}
