// Quickstart embeds a WebAssembly plugin: it implements what the plugin
// imports, grants it one folder, and calls its exports as Go methods.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/airsstack/witgen/examples/quickstart/shop"
	"github.com/airsstack/witgen/examples/quickstart/shop/demo/shop/files"
	"github.com/airsstack/witgen/examples/quickstart/shop/demo/shop/pricing"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
)

//go:generate go run github.com/airsstack/witgen/cmd/witgen generate
//go:embed plugin.wasm
var wasm []byte

// folder implements the import demo:shop/files: /data is a folder of the host.
type folder struct{ root *os.Root }

func (f folder) Read(_ context.Context, path string) ([]byte, error) {
	b, err := f.root.ReadFile(strings.TrimPrefix(path, "/data/"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, &files.FileErrorNotFound{Value: path} // the WIT error; any other traps
	}
	return b, err
}

func main() {
	ctx := context.Background()
	root := must(os.OpenRoot("examples/quickstart/data"))
	defer root.Close()
	rt := must(component.NewRuntime(ctx, component.Config{}))
	defer rt.Close(ctx)
	factory := must(shop.Load(ctx, rt, wasm)) // checks the types and compiles, once
	plugin := must(factory.New(ctx, shop.Imports{Files: folder{root}},
		component.WithGrants(capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: "/data/**"}),
		component.WithDecisions(func(d capability.Decision) {
			fmt.Printf("    asked to %s %s: %s\n", d.Action, d.Resource, map[bool]string{true: "allowed", false: "DENIED"}[d.Granted])
		})))
	p := plugin.Pricing()

	show("catalogue()")(p.Catalogue(ctx))
	show("quote(3 × A-1 by express to zone 2)")(p.Quote(ctx, pricing.Order{
		SKU: "A-1", Count: 3, Extras: pricing.ExtrasExpress, Coupon: cm.Some("OFF-15"),
		Destination: cm.Some[pricing.Destination](&pricing.DestinationDomestic{Value: 2}),
	}))
	show("quote(1 × X-0)")(p.Quote(ctx, pricing.Order{SKU: "X-0", Count: 1})) // a typed error: *pricing.FaultUnknownSKU
	show("is-open(19, [(9, 12), (14, 20)])")(p.IsOpen(ctx, 19, []cm.Tuple2[uint8, uint8]{{F0: 9, F1: 12}, {F0: 14, F1: 20}}))
	show("label('B', 7, true)")(p.Label(ctx, 'B', 7, true))
	show("sizes(prices.csv, gone.csv)")(p.Sizes(ctx, []string{"/data/prices.csv", "/data/gone.csv"}))
	show("snoop()")(p.Snoop(ctx))
}

// show prints a call before it is made and its outcome afterwards.
func show(call string) func(result any, err error) {
	fmt.Println(call)
	return func(result any, err error) {
		if err != nil {
			result = err
		}
		fmt.Printf("  = %+v\n", result)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
