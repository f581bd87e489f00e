// Basic runs one component as an actor, sends it messages and asks it.
//
//	go run ./examples/actors/basic
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"log"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
)

func main() {
	if err := run(context.Background(), "examples/actors/basic"); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir string) error {
	manifests, err := runtime.Find(dir) // every Component.toml below
	if err != nil {
		return err
	}
	h, err := runtime.New(ctx, runtime.Config{})
	if err != nil {
		return err
	}
	defer h.Stop(ctx)
	if err := h.Start(ctx, manifests...); err != nil {
		return err
	}

	counter := actor.Address{Namespace: "demo", Name: "counter"}
	for _, text := range []string{"one", "two", "three"} {
		if err := h.Send(ctx, counter, []byte(text)); err != nil { // into its mailbox, not waited for
			return err
		}
	}
	answer, err := h.Ask(ctx, counter, []byte("count")) // behind the messages, and waited for
	if err != nil {
		return err
	}
	fmt.Println("counted", binary.LittleEndian.Uint64(answer))
	info, _ := h.Actor(counter) // the request is one that it has handled, too
	fmt.Printf("%s is %s and has handled %d\n", info.Address, info.State, info.Stats.Handled)
	return nil
}
