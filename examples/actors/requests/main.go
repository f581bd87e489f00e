// Requests shows how Go code and components ask components: answers, answers that
// do not come in time, and requests that are taken back.
//
//	go run ./examples/actors/requests
package main

import (
	"context"
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
	h, err := runtime.New(ctx, runtime.Config{Log: plain()})
	if err != nil {
		return err
	}
	defer h.Stop(ctx)
	if err := h.Start(ctx, manifests...); err != nil {
		return err
	}

	// Go code asks. Who has no more time ends its context; the worker does not
	// notice, and the next one waits until it is free.
	ask := func(limit time.Duration, request string) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		answer, err := h.Ask(ctx, worker, []byte(request))
		fmt.Printf("%s -> %q, %v\n", request, answer, err)
	}
	ask(time.Minute, "health healthy")
	ask(20*time.Millisecond, "sleep 200")
	ask(time.Minute, "health degraded")
	ask(time.Minute, "fly")

	// A component asks: the answer, or why there is none, comes to it as a
	// callback, exactly once.
	for _, command := range []string{
		"request demo:worker health healthy 60000", // the last word is the timeout
		"request demo:worker sleep 200 20",
		"request demo:nobody hello 60000",
	} {
		if err := tell(ctx, h, command); err != nil {
			return err
		}
	}
	// One that is taken back has no callback.
	if err := h.Send(ctx, worker, []byte("sleep 500")); err != nil { // so that the answer is not there at once
		return err
	}
	if err := h.Send(ctx, asker, []byte("request demo:worker whoami 60000")); err != nil {
		return err
	}
	return tell(ctx, h, "cancel 7") // the seventh request of this program
}

// tell sends a command to the asker and waits for all that follows from it.
func tell(ctx context.Context, h *runtime.Host, command string) error {
	if err := h.Send(ctx, asker, []byte(command)); err != nil {
		return err
	}
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
