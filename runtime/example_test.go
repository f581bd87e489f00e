package runtime_test

import (
	"context"
	"fmt"
	"log"
	"log/slog"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
)

// The program of docs/embedding.md.
func Example() {
	ctx := context.Background()

	manifests, err := runtime.Find("../testdata/guests/ledger") // its Component.toml; or those in the folders below
	if err != nil {
		log.Fatal(err)
	}
	h, err := runtime.New(ctx, runtime.Config{
		Log: slog.New(slog.DiscardHandler), // what components say
		Observe: func(e actor.Event) { // what happens to them
			if e, ok := e.(actor.Crashed); ok {
				fmt.Printf("%s crashed in %s\n", e.Actor, e.During)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Stop(ctx) // in good order, and frees everything

	if err := h.Start(ctx, manifests...); err != nil {
		log.Fatal(err)
	}
	ledger := actor.Address{Namespace: "orders", Name: "ledger"}
	for _, order := range []string{"id=1;amount=12.50", "id=2;amount=many", "id=3;amount=7.50"} {
		if err := h.Send(ctx, ledger, []byte(order)); err != nil { // is in its mailbox
			log.Fatal(err)
		}
	}
	total, err := h.Ask(ctx, ledger, []byte("total")) // is answered by the fresh instance
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("total", string(total))
	// Output:
	// orders:ledger crashed in handle-message
	// total 7.50
}
