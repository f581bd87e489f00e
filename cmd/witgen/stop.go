package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/control"
)

// newStopCommand is `witgen stop`.
func newStopCommand() *cobra.Command {
	var o controlOptions
	var all bool
	cmd := &cobra.Command{
		Use:   "stop ACTOR... | stop --all",
		Short: "Stop components that run, or a whole run",
		Long: `Stop components one after another: each takes no new messages, handles those that
wait, is asked to stop, and is cut short when its shutdown timeout has passed. It
is not restarted, but by restart or reload. With --all the whole run ends, as by
an interrupt.

The command ends when what it stops has.`,
		Example: `  witgen stop orders:ledger
  witgen stop --all --run orders`,
		Args: func(_ *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return errors.New("stop what? Name components, as in `witgen stop orders:ledger`, or say --all for the whole run")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.with(cmd, func(ctx context.Context, c *control.Client) error {
				if all {
					defer slow(cmd, "stopping "+c.Run().Name)()
					return c.Shutdown(ctx)
				}
				return each(cmd, args, "stopping", func(name string) error { return c.Stop(ctx, name) })
			})
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "end the whole run")
	return cmd
}

// newRestartCommand is `witgen restart`.
func newRestartCommand() *cobra.Command {
	var o controlOptions
	cmd := &cobra.Command{
		Use:   "restart ACTOR...",
		Short: "Have components that run go on with fresh instances",
		Long: `Have components go on with fresh instances, one after another: each finishes the
message in hand, is asked to stop, and its fresh instance takes over the mailbox.
One that has ended is started again. No restart is counted, and the others of its
group go on.

The command ends when the fresh instances are ready.`,
		Example: `  witgen restart orders:ledger`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.with(cmd, func(ctx context.Context, c *control.Client) error {
				return each(cmd, args, "restarting", func(name string) error { return c.Restart(ctx, name) })
			})
		},
	}
	o.flags(cmd)
	return cmd
}

// each does something with every component, whatever becomes of the others.
func each(cmd *cobra.Command, names []string, what string, do func(name string) error) error {
	var errs []error
	for _, name := range names {
		done := slow(cmd, what+" "+name)
		err := do(name)
		done()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// newReloadCommand is `witgen reload`.
func newReloadCommand() *cobra.Command {
	var o controlOptions
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Have a run take up components that have changed",
		Long: `Have a run look at its manifests and components, and take up those that have
changed or are new: each finishes the message in hand, and the new version takes
over the mailbox. One that cannot be loaded or does not start changes nothing:
the version before goes on.

With --json each is one object a line: path (of the manifest), actor, outcome
("reloaded", "started" or "failed"), error.

The exit status is 1 when one failed.`,
		Example: `  witgen reload --run orders`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.with(cmd, func(ctx context.Context, c *control.Client) error {
				done := slow(cmd, "loading")
				changes, err := c.Reload(ctx)
				done()
				if err != nil {
					return err
				}
				return printChanges(cmd, o.json, changes)
			})
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line")
	return cmd
}

func printChanges(cmd *cobra.Command, asJSON bool, changes []control.Change) (failed error) {
	if len(changes) == 0 && !asJSON {
		fmt.Fprintln(cmd.OutOrStdout(), "nothing has changed")
	}
	for _, change := range changes {
		if change.Error != "" {
			failed = errReported
		}
		if asJSON {
			printLine(cmd, change)
			continue
		}
		name := change.Actor
		if name == "" {
			name = change.Path
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", name, change.Outcome)
		if change.Error != "" {
			fmt.Fprintf(cmd.OutOrStdout(), "  %s\n", change.Error)
		}
	}
	return failed
}
