package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/control"
)

// newPsCommand is `witgen ps`.
func newPsCommand() *cobra.Command {
	var o controlOptions
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "Show what runs",
		Long: `Show every run of this user, with its components.

With --json each component is one object a line: run, pid, actor, state
(creating, starting, ready, stopping, terminated, failed), health, reason (why it
failed), queued, uptime_ms, handled, rejected, denied, crashes, restarts,
dead_letters.

The exit status is 1 when nothing runs.`,
		Example: `  witgen ps
  witgen ps --run orders --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.run != "" || o.wait > 0 {
				return o.with(cmd, func(ctx context.Context, c *control.Client) error { return ps(ctx, cmd, o, c) })
			}
			runs, err := control.Runs(cmd.Context(), "")
			if err == nil && len(runs) == 0 {
				err = explain(control.ErrNoRun)
			}
			if err != nil {
				return err
			}
			for i, r := range runs {
				if i > 0 && !o.json {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				one := o
				one.run = r.Name
				err = errors.Join(err, one.with(cmd, func(ctx context.Context, c *control.Client) error { return ps(ctx, cmd, o, c) }))
			}
			return err
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line")
	return cmd
}

func ps(ctx context.Context, cmd *cobra.Command, o controlOptions, c *control.Client) error {
	actors, err := c.Actors(ctx)
	if err != nil {
		return err
	}
	run := c.Run()
	if o.json {
		for _, a := range actors {
			printLine(cmd, struct {
				Run string `json:"run"`
				PID int    `json:"pid"`
				control.Actor
			}{run.Name, run.PID, a})
		}
		return nil
	}
	psText(cmd.OutOrStdout(), run, actors, time.Now())
	return nil
}

func psText(out io.Writer, run control.Run, actors []control.Actor, now time.Time) {
	fmt.Fprintf(out, "%s   process %d, since %s   %s\n", run.Name, run.PID, span(now.Sub(run.Started)), strings.Join(homely(run.Paths), " "))
	if run.Metrics != "" {
		fmt.Fprintf(out, "metrics %s\n", run.Metrics)
	}
	rows := [][]string{{"actor", "state", "health", "queued", "handled", "denied", "crashes", "restarts", "dead letters", "up"}}
	n := func(v uint64) string { return strconv.FormatUint(v, 10) }
	for _, a := range actors {
		up := "-"
		if a.UptimeMS > 0 {
			up = span(time.Duration(a.UptimeMS * float64(time.Millisecond)))
		}
		rows = append(rows, []string{
			a.Address, a.State, a.Health, strconv.Itoa(a.Queued), n(a.Handled), n(a.Denied), n(a.Crashes), n(a.Restarts), n(a.DeadLetters), up,
		})
	}
	table(out, rows)
	for _, a := range actors {
		if a.Reason != "" {
			fmt.Fprintf(out, "%s failed: %s\n", a.Address, a.Reason)
		}
	}
}

// span is a long duration for people.
func span(d time.Duration) string {
	if d < time.Second {
		return brief(d)
	}
	d = d.Round(time.Second)
	if d > 48*time.Hour {
		return strconv.Itoa(int(d/(24*time.Hour))) + " d"
	}
	return d.String()
}

// homely writes paths below the user's own folder with a tilde.
func homely(paths []string) []string {
	home, err := os.UserHomeDir()
	if err != nil || home == "/" {
		return paths
	}
	var all []string
	for _, p := range paths {
		if rest, ok := strings.CutPrefix(p, home+string(os.PathSeparator)); ok {
			p = "~" + string(os.PathSeparator) + rest
		}
		all = append(all, p)
	}
	return all
}
