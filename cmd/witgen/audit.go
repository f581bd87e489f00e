package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// newAuditCommand is `witgen audit`.
func newAuditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Read and verify the audit log",
		Long: `The audit log holds every decision about components, every step of an approval,
every change of whom the host trusts, each start, stop, crash and limit, what
was refused, and how often what was granted. It is one JSON object a line; each
line carries the hash of all before it, and checkpoints sign it.`,
		Example: `  witgen audit tail -f
  witgen audit search --decision denied --component orders:intake
  witgen audit search --event approval --since 24h
  witgen audit verify
  witgen audit keep --age 2160h --bytes 1000000000`,
	}
	cmd.AddCommand(newAuditTail(), newAuditSearch(), newAuditVerify(), newAuditKeep())
	return cmd
}

func newAuditTail() *cobra.Command {
	var state stateOptions
	var last int
	var follow, asJSON bool
	cmd := &cobra.Command{
		Use: "tail", Short: "Print the latest records, and go on with -f", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := state.folder()
			if err != nil {
				return err
			}
			reader := audit.NewReader(gate.LogDir(dir))
			var records []audit.Record
			var first uint64
			err = reader.Read(func(r *audit.Record) {
				first = cmp.Or(first, r.Seq)
				if records = append(records, *r); len(records) > last {
					records = slices.Delete(records, 0, len(records)-last)
				}
			})
			tellDropped(cmd, first)
			out := recordPrinter{cmd.OutOrStdout(), asJSON}
			for i := range records {
				out.print(&records[i])
			}
			if err != nil || !follow {
				return err
			}
			return followLog(cmd, reader, out)
		},
	}
	state.flags(cmd, false)
	cmd.Flags().IntVarP(&last, "lines", "n", 20, "how many records")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on printing what comes, until an interrupt")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

// tellDropped says that a log does not begin with its first record any more.
func tellDropped(cmd *cobra.Command, first uint64) {
	if first > 1 {
		fmt.Fprintf(cmd.ErrOrStderr(), "records before %d are not kept any more; witgen audit search --event drop says since when\n", first)
	}
}

func followLog(cmd *cobra.Command, reader *audit.Reader, out recordPrinter) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := reader.Read(out.print); err != nil {
				return err
			}
		}
	}
}

func newAuditSearch() *cobra.Command {
	var state stateOptions
	var filter audit.Filter
	var since, until, event string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "search [TEXT]", Short: "Print the records that match", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if filter.Since, err = parseTime(since); err != nil {
				return fmt.Errorf("--since: %w", err)
			}
			if filter.Until, err = parseTime(until); err != nil {
				return fmt.Errorf("--until: %w", err)
			}
			filter.Event = audit.Event(event)
			filter.Text = strings.Join(args, "")
			dir, err := state.folder()
			if err != nil {
				return err
			}
			out := recordPrinter{cmd.OutOrStdout(), asJSON}
			var first uint64
			err = audit.NewReader(gate.LogDir(dir)).Read(func(r *audit.Record) {
				first = cmp.Or(first, r.Seq)
				if filter.Match(r) {
					out.print(r)
				}
			})
			tellDropped(cmd, first)
			return err
		},
	}
	state.flags(cmd, false)
	cmd.Flags().StringVar(&since, "since", "", "from that `TIME` on: 24h ago, or 2026-11-24T12:00:00Z")
	cmd.Flags().StringVar(&until, "until", "", "before that `TIME`")
	cmd.Flags().StringVar(&event, "event", "", "of that `EVENT`: access, approval, trust, start, crash, limit, …")
	cmd.Flags().StringVar(&filter.Component, "component", "", "of the component at that `ADDRESS`")
	cmd.Flags().StringVar(&filter.Decision, "decision", "", "with that `DECISION`: granted, denied, approved, …")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

// parseTime reads a time, or a span that lies back from now.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return time.Now().Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 24h, 2026-11-24 or 2026-11-24T12:00:00Z", text)
}

func newAuditVerify() *cobra.Command {
	var state stateOptions
	var keys []string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "verify", Short: "Verify that the log is as it was written", Args: cobra.NoArgs,
		Long: `Verify every line's hash, every checkpoint's signature, and that the log reaches
its head. The exit status is 1 where it is not what was written; the place is
named. The key is the one beside the log unless --key gives it: whoever can
write that folder could have put another one there.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := state.folder()
			if err != nil {
				return err
			}
			public, _, err := readPublicKeys(keys)
			if err != nil {
				return err
			}
			r, err := gate.Verify(dir, public...)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSONLines(cmd.OutOrStdout(), []*audit.Report{r})
			}
			showReport(cmd.OutOrStdout(), r)
			return nil
		},
	}
	state.flags(cmd, false)
	cmd.Flags().StringArrayVarP(&keys, "key", "K", nil, "the log's public `KEY`: a file, or the key itself")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func showReport(w io.Writer, r *audit.Report) {
	fmt.Fprintf(w, "the log is as it was written: %s in %s, %s to %s, %s\n", plural(int(r.Records), "record"), plural(r.Files, "file"), stamp(r.From), stamp(r.To), plural(int(r.Checkpoints), "checkpoint"))
	if r.First > 1 {
		fmt.Fprintf(w, "it begins with record %d: %d records were dropped, by what was said of how much is kept\n", r.First, r.First-1)
	}
	for _, d := range r.Dropped {
		fmt.Fprintf(w, "  dropped %s: those before record %d, which are older than %s (%s)\n", stamp(d.Time), count(d.Meta["records"])+1, quoteIfControl(d.Meta["before"]), quoteIfControl(d.Meta["bound"]))
	}
	if r.Torn {
		fmt.Fprintln(w, "the last line was not written to its end; the next to open the log takes it away")
	}
	if r.Unsigned > 0 {
		fmt.Fprintf(w, "%d records follow the last checkpoint: only the chain holds them\n", r.Unsigned)
	}
	if r.Lost > 0 {
		fmt.Fprintf(w, "%d records found the buffer full and are lost, by the log's own account\n", r.Lost)
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(w, "gap before record %d, %s: %s\n", g.Seq, stamp(g.Time), g.Reason)
	}
}

// count reads a number that the log has written; 0 for what is none.
func count(text string) uint64 {
	n, _ := strconv.ParseUint(text, 10, 64)
	return n
}

func newAuditKeep() *cobra.Command {
	var state stateOptions
	var keep audit.Keep
	cmd := &cobra.Command{
		Use: "keep", Short: "Say how much of the log is kept, or show it", Args: cobra.NoArgs,
		Long: `Say how much of the audit log is kept: so many files, bytes, or records for so
long. The oldest files go first, each as a whole, when the next one begins; that
they are gone is a signed record, and what is kept verifies as before. Without a
flag it shows what was said. A flag that is left out, or 0, is no bound. Hosts
that run go by it within a second.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := state.folder()
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("files") || cmd.Flags().Changed("bytes") || cmd.Flags().Changed("age") {
				err = state.with(func(g *gate.Gate) error { return g.SetKeep(keep) })
			}
			if err == nil {
				keep, err = gate.LoadKeep(dir)
			}
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "kept of the audit log: %s\n", keep)
			}
			return err
		},
	}
	state.flags(cmd, true)
	cmd.Flags().IntVar(&keep.Files, "files", 0, "so many files of 16 MiB")
	cmd.Flags().Int64Var(&keep.Bytes, "bytes", 0, "so many `BYTES`")
	cmd.Flags().DurationVar(&keep.Age, "age", 0, "records for so long, 2160h for ninety days")
	return cmd
}

// A recordPrinter prints records, for people or as JSON.
type recordPrinter struct {
	out  io.Writer
	json bool
}

func (p recordPrinter) print(r *audit.Record) {
	if p.json {
		e := json.NewEncoder(p.out)
		_ = e.Encode(r) // to standard output, which nothing can be done about
		return
	}
	var facts []string
	add := func(words ...string) {
		for _, w := range words {
			if w != "" {
				facts = append(facts, quoteIfControl(w))
			}
		}
	}
	add(r.Component, strings.ToUpper(r.Decision))
	if r.Actor != "" {
		add("by " + r.Actor)
	}
	if r.Count > 0 {
		add("×" + strconv.FormatUint(r.Count, 10))
	}
	add(r.Function, r.Kind, r.Action, r.Resource, r.Trust)
	if r.Reason != "" {
		add("(" + r.Reason + ")")
	}
	for _, key := range sortedKeys(r.Meta) {
		if key != "sig" {
			add(key + "=" + r.Meta[key])
		}
	}
	fmt.Fprintf(p.out, "%6d  %s  %-10s  %s\n", r.Seq, stamp(r.Time), r.Event, strings.Join(facts, "  "))
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// quoteIfControl keeps what a guest said from writing lines, or looks, of its own.
func quoteIfControl(s string) string {
	if q := strconv.Quote(s); q != `"`+s+`"` && strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return q
	}
	return s
}
