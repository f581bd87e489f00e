package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/control"
)

// controlOptions are the flags of the commands that talk to a run.
type controlOptions struct {
	run  string
	wait time.Duration
	json bool
}

func (o *controlOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.run, "run", "", "which run, by its name or its folder, where several are there")
	cmd.Flags().DurationVar(&o.wait, "wait", 0, "wait so long for the run to begin")
}

// How often a run that is waited for is looked for.
const lookEvery = 50 * time.Millisecond

// dial finds the run that is meant.
func (o *controlOptions) dial(ctx context.Context) (*control.Client, error) {
	client, err := control.Dial(ctx, "", o.run)
	if !missing(err) || o.wait <= 0 {
		return client, explain(err)
	}
	limit := time.NewTimer(o.wait)
	defer limit.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if client, err = control.Dial(ctx, "", o.run); !missing(err) {
				return client, explain(err)
			}
		case <-limit.C:
			return nil, explain(err)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// missing reports whether a run may still come, or come to answer.
func missing(err error) bool {
	choose, ok := errors.AsType[*control.ChooseError](err)
	return errors.Is(err, control.ErrNoRun) || errors.Is(err, context.DeadlineExceeded) || ok && choose.Name != ""
}

func explain(err error) error {
	if errors.Is(err, control.ErrNoRun) {
		return errors.New("nothing runs: start it with `witgen run`, as the same user")
	}
	return err
}

// with gives f the run that is meant, and a context that an interrupt ends.
func (o *controlOptions) with(cmd *cobra.Command, f func(ctx context.Context, c *control.Client) error) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	found := slow(cmd, "waiting for the run to answer")
	client, err := o.dial(ctx)
	found()
	if err != nil {
		return err
	}
	defer client.Close()
	return f(ctx, client)
}

// slow tells people what is waited for when it takes longer than a second; who
// keeps what a command prints gets only what comes of it. The function that it
// gives ends that.
func slow(cmd *cobra.Command, what string) func() {
	if !isTerminal(cmd.ErrOrStderr()) {
		return func() {}
	}
	timer := time.AfterFunc(time.Second, func() { fmt.Fprintf(cmd.ErrOrStderr(), "%s …\n", what) })
	return func() { timer.Stop() }
}
