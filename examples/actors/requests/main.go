// Requests shows how Go code and components ask components: answers, answers that
// do not come in time, and requests that are taken back.
//
//	go run ./examples/actors/requests
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
)

var (
	asker  = actor.Address{Namespace: "demo", Name: "asker"}
	worker = actor.Address{Namespace: "demo", Name: "worker"}
)

func main() {
	if err := run(context.Background(), "examples/actors/requests"); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir string) error {
	manifests, err := runtime.Find(dir)
	if err != nil {
		return err
	}
	clock := actor.NewManualClock(time.Now()) // it stands still until it is told to move: nothing here depends on how quick a machine is
	h, err := runtime.New(ctx, runtime.Config{Log: plain(), Clock: clock})
	if err != nil {
		return err
	}
	defer h.Stop(ctx)
	if err := h.Start(ctx, manifests...); err != nil {
		return err
	}
	still := clock.Pending() // what waits on the clock while nobody does anything: health checks

	// Go code asks. Who has no more time ends its context; the worker does not
	// notice, and the next one waits until it is free.
	ask := func(ctx context.Context, request string) {
		answer, err := h.Ask(ctx, worker, []byte(request))
		fmt.Printf("%s -> %q, %v\n", request, answer, err)
	}
	ask(ctx, "health healthy")
	impatient, leave := context.WithCancel(ctx)
	go func() {
		_ = clock.BlockUntil(ctx, still+1) // the worker sleeps
		leave()
	}()
	ask(impatient, "sleep 200")
	clock.Advance(200 * time.Millisecond)
	ask(ctx, "health degraded")
	ask(ctx, "fly")

	// A component asks: the answer, or why there is none, comes to it as a
	// callback, exactly once.
	send := func(to actor.Address, command string, waiting int) error {
		return errors.Join(h.Send(ctx, to, []byte(command)), clock.BlockUntil(ctx, still+waiting))
	}
	err = errors.Join(
		send(asker, "request demo:worker health healthy 60000", 0), // the last word is the timeout
		h.WaitIdle(ctx),
		send(asker, "request demo:worker sleep 200 20", 2), // the worker to wake up, and the asker to give up
	)
	if err != nil {
		return err
	}
	clock.Advance(200 * time.Millisecond)
	if err := errors.Join(h.WaitIdle(ctx), send(asker, "request demo:nobody hello 60000", 0)); err != nil {
		return err
	}

	// One that is taken back has no callback. Messages to an actor are handled in
	// their order: when the asker answers, it has taken it back.
	err = errors.Join(
		send(worker, "sleep 500", 1), // so that the answer is not there at once
		send(asker, "request demo:worker whoami 60000", 2),
		send(asker, "cancel 7", 0), // the seventh request of this program
	)
	if err != nil {
		return err
	}
	if _, err := h.Ask(ctx, asker, []byte("time")); err != nil {
		return err
	}
	clock.Advance(500 * time.Millisecond)
	return h.WaitIdle(ctx)
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
