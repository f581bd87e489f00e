// Restarts runs three components in a group, three times, crashes the one in the
// middle, and tells whom each strategy restarts with it.
//
//	go run ./examples/actors/restarts
package main

import (
	"context"
	"fmt"
	"log"
	"path/filepath"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/manifest"
)

func main() {
	if err := run(context.Background(), "examples/actors/restarts"); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir string) error {
	h, err := runtime.New(ctx, runtime.Config{Observe: observe})
	if err != nil {
		return err
	}
	defer h.Stop(ctx)
	for _, strategy := range []string{"one_for_one", "one_for_all", "rest_for_one"} {
		fmt.Println(strategy)
		var group []*manifest.Manifest
		for _, name := range []string{"a", "b", "c"} {
			m, err := manifest.Parse(name, fmt.Appendf(nil, `
[component]
name = "%[1]s:%[2]s"
version = "1.0.0"

[capabilities]
imports = ["airssys:core/host-services"]

[supervision]
group = "books"
strategy = "%[1]s"
backoff = { kind = "immediate" }
`, strategy, name))
			if err != nil {
				return err
			}
			m.File = filepath.Join(dir, "ledger.wasm")
			group = append(group, m)
		}
		if err := h.Start(ctx, group...); err != nil {
			return err
		}
		b := actor.Address{Namespace: strategy, Name: "b"}
		if err := h.Send(ctx, b, []byte("id=1;amount=many")); err != nil { // no number: it traps
			return err
		}
		if err := h.WaitIdle(ctx); err != nil {
			return err
		}
	}
	return nil
}

func observe(e actor.Event) {
	name := e.Head().Actor.Name
	switch e := e.(type) {
	case actor.Crashed:
		fmt.Printf("  %s crashed\n", name)
	case actor.TakenDown:
		fmt.Printf("  %s was taken down\n", name)
	case actor.Restarted:
		fmt.Printf("  %s is back, restart %d of %d\n", name, e.Restart, e.Intensity.Max)
	}
}
