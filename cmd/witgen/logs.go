package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/control"
)

// newLogsCommand is `witgen logs`.
func newLogsCommand() *cobra.Command {
	var o controlOptions
	var q control.Query
	cmd := &cobra.Command{
		Use:   "logs [ACTOR]",
		Short: "Show what has happened to the components of a run",
		Long: `Show what has happened to the components of a run, or to one of them, as run
itself prints it. A run keeps the latest 10,000 events, and at most 8 MiB.

With --json each event is one object a line; run --help lists them.`,
		Example: `  witgen logs -f
  witgen logs ledger -n 20
  witgen logs --json --run orders`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				q.Actor = args[0]
			}
			return o.with(cmd, func(ctx context.Context, c *control.Client) error { return logs(ctx, cmd, o, c, q) })
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line")
	cmd.Flags().BoolVarP(&q.Follow, "follow", "f", false, "go on with what happens, until the run ends")
	cmd.Flags().IntVarP(&q.Last, "last", "n", -1, "begin with so many of the latest events (default all)")
	return cmd
}

func logs(ctx context.Context, cmd *cobra.Command, o controlOptions, c *control.Client, q control.Query) error {
	actors, err := c.Actors(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, a := range actors {
		names = append(names, a.Address)
	}
	p := newPrinter(cmd.OutOrStdout(), o.json, names)
	for r, err := range c.Journal(ctx, q) {
		if ctx.Err() != nil { // an interrupt is a way to end it
			return nil
		}
		if err != nil {
			return err
		}
		p.print(r)
	}
	return nil
}
