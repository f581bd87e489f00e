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
	var limits bool
	cmd := &cobra.Command{
		Use:   "ps",
		Short: "Show what runs",
		Long: `Show every run of this user, with its components.

With --json each component is one object a line: run, pid, actor, state
(creating, starting, ready, stopping, terminated, failed), health, reason (why it
failed), queued, uptime_ms, handled, rejected, denied, crashes, restarts,
dead_letters, and limits: of each limit the key of the manifest that sets it
("of"), used, limit, available and percentage.

With --limits every limit is a row; without, those of which 90 percent are used
stand below.

The exit status is 1 when nothing runs.`,
		Example: `  witgen ps
  witgen ps --run orders --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.run != "" || o.wait > 0 {
				return o.with(cmd, func(ctx context.Context, c *control.Client) error { return ps(ctx, cmd, o, limits, c) })
			}
			found := slow(cmd, "waiting for the runs to answer")
			runs, err := control.Runs(cmd.Context(), "")
			found()
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
				err = errors.Join(err, one.with(cmd, func(ctx context.Context, c *control.Client) error { return ps(ctx, cmd, o, limits, c) }))
			}
			return err
		},
	}
	o.flags(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line")
	cmd.Flags().BoolVar(&limits, "limits", false, "show the limits of each component, and what it uses of them")
	return cmd
}

func ps(ctx context.Context, cmd *cobra.Command, o controlOptions, limits bool, c *control.Client) error {
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
	if limits {
		psLimits(cmd.OutOrStdout(), actors)
		return nil
	}
	psText(cmd.OutOrStdout(), run, actors, time.Now())
	return nil
}

// psLimits prints a row for each limit. Of one that each thing is held to by
// itself nothing is used.
func psLimits(out io.Writer, actors []control.Actor) {
	rows := [][]string{{"actor", "limit", "used", "of", "available", "%"}}
	n := func(v uint64) string { return strconv.FormatUint(v, 10) }
	for _, a := range actors {
		for _, l := range a.Limits {
			rows = append(rows, []string{a.Address, l.Of, n(l.Used), n(l.Limit), n(l.Available()), strconv.Itoa(int(l.Percentage()))})
		}
	}
	table(out, rows)
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
		for _, l := range a.Limits {
			if l.Percentage() >= 90 {
				fmt.Fprintf(out, "%s uses %s\n", a.Address, l)
			}
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
