// Stateful runs a component that keeps its state in the host's storage: it knows
// it again after a crash, and in the next run of the program.
//
//	go run ./examples/actors/stateful
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
)

var ledger = actor.Address{Namespace: "demo", Name: "ledger"}

func main() {
	if err := run(context.Background(), "examples/actors/stateful"); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir string) error {
	tmp, err := os.MkdirTemp("", "books")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	store := filepath.Join(tmp, "books.db")

	fmt.Println("the first run")
	if err := session(ctx, dir, store, "id=1;amount=12.50", "id=2;amount=many", "id=3;amount=99.00"); err != nil {
		return err
	}
	fmt.Println("the second run")
	return session(ctx, dir, store, "id=4;amount=1.00")
}

// session is one run of the host: it books orders and asks for the total.
func session(ctx context.Context, dir, store string, orders ...string) error {
	manifests, err := runtime.Find(dir)
	if err != nil {
		return err
	}
	h, err := runtime.New(ctx, runtime.Config{Store: store, Log: plain(), Observe: observe})
	if err != nil {
		return err
	}
	defer h.Stop(ctx)
	if err := h.Start(ctx, manifests...); err != nil {
		return err
	}
	for _, order := range orders {
		if err := h.Send(ctx, ledger, []byte(order)); err != nil {
			return err
		}
	}
	total, err := h.Ask(ctx, ledger, []byte("total"))
	if err != nil {
		return err
	}
	fmt.Printf("  total %s\n", total)
	return nil
}

// observe tells of crashes.
func observe(e actor.Event) {
	switch e := e.(type) {
	case actor.Crashed:
		fmt.Printf("  %s crashed of %q\n", e.Actor, e.Message.Payload)
	case actor.Restarted:
		fmt.Printf("  %s is back\n", e.Actor)
	}
}

// plain logs what components say, and nothing that changes from run to run.
func plain() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}
