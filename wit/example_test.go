package wit_test

import (
	"errors"
	"fmt"
	"os"
	"testing/fstest"

	"github.com/airsstack/witgen/wit"
)

func ExampleLoadFS() {
	fsys := fstest.MapFS{
		"shop.wit": {Data: []byte(`
package demo:shop@0.2.0;

interface goods {
  /// One order.
  record order { sku: string, count: u32 }
  buy: func(o: order) -> result<u64, string>;
  @unstable(feature = refunds)
  refund: func(id: u64);
}

world plugin { export goods; }
`)},
	}
	r, err := wit.LoadFS(fsys, "shop.wit")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, item := range r.Main.Worlds[0].Exports {
		fmt.Println("export", item.ItemName())
		for _, f := range item.(*wit.InterfaceItem).Interface.Funcs {
			fmt.Println(" ", f)
		}
	}
	// Output:
	// export demo:shop/goods@0.2.0
	//   buy: func(o: order) -> result<u64, string>
}

func ExampleWithFeatures() {
	fsys := fstest.MapFS{"a.wit": {Data: []byte("package demo:a;\ninterface i { @unstable(feature = later) soon: func(); now: func(); }")}}
	for _, opts := range [][]wit.LoadOption{nil, {wit.WithFeatures("later")}} {
		r, err := wit.LoadFS(fsys, "a.wit", opts...)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(len(r.Main.Interfaces[0].Funcs))
	}
	// Output:
	// 1
	// 2
}

func ExampleError() {
	fsys := fstest.MapFS{"shop.wit": {Data: []byte("package demo:shop;\ninterface i {\n  record money { cents: u64 }\n  price: func() -> moeny;\n}")}}
	_, err := wit.LoadFS(fsys, "shop.wit")
	fmt.Println(err)
	if e, ok := errors.AsType[*wit.Error](err); ok {
		fmt.Println("line", e.Pos.Line, "column", e.Pos.Col)
	}
	// Output:
	// shop.wit:4:20: type `moeny` is not defined
	//     4 |   price: func() -> moeny;
	//       |                    ^^^^^ did you mean `money`, declared at shop.wit:3:10?
	// line 4 column 20
}

func ExamplePrint() {
	fsys := fstest.MapFS{"a.wit": {Data: []byte("package demo:a; interface i{f:func(a:list<u8>)->result;type t=u8;}")}}
	r, err := wit.LoadFS(fsys, "a.wit")
	if err == nil {
		err = wit.Print(os.Stdout, r.Main)
	}
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// package demo:a;
	//
	// interface i {
	//   f: func(a: list<u8>) -> result;
	//   type t = u8;
	// }
}
