package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/trust/approval"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// newApprovalsCommand is `witgen approvals`.
func newApprovalsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approvals",
		Short: "Look at and decide what components ask for",
		Long: `Components that come from no trusted source wait until somebody approves them.
What is approved is one component, byte for byte, with one set of capabilities:
when either changes it is asked for anew. Components that ask for the same share
a request.

What a manifest calls optional can be withheld; the component runs without.

A request is pending, then reviewing, then approved or denied; whatever was
decided can be reviewed again. Each step is in the audit log before it counts.
Denying what runs takes everything back from it, at once, and stops it.`,
		Example: `  witgen approvals list
  witgen approvals show 3fb2c4d19a77
  witgen approvals review 3fb2c4d19a77
  witgen approvals approve 3fb2c4d19a77 --reason 'read the source'
  witgen approvals approve 3fb2c4d19a77 --without 'network connect api.example:443'`,
	}
	cmd.AddCommand(newApprovalsList(), newApprovalsShow(),
		newApprovalsStep("review", "Take a request, or a decision, under review", (*approval.Store).Review),
		newApprovalsApprove(),
		newApprovalsStep("deny", "Keep what a request asks for from running", (*approval.Store).Deny))
	return cmd
}

func newApprovalsList() *cobra.Command {
	var state stateOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List all requests, those that wait first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := state.folder()
			if err != nil {
				return err
			}
			all, err := gate.Look(dir).List()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSONLines(cmd.OutOrStdout(), all)
			}
			if len(all) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "nothing was asked for yet")
				return nil
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "request\tstate\tsince\tby\tcapabilities\tcomponent")
			for _, r := range all {
				last := r.Last()
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Short(), r.State, stamp(last.Time), last.By, capabilityCount(r), strings.Join(r.Askers, ", "))
			}
			return w.Flush()
		},
	}
	state.flags(cmd, false)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

// capabilityCount is how many capabilities a request asks for, and how many of them are optional.
func capabilityCount(r *approval.Request) string {
	if len(r.Optional) == 0 {
		return strconv.Itoa(len(r.Grants))
	}
	return fmt.Sprintf("%d + %d optional", len(r.Grants), len(r.Optional))
}

func writeJSONLines[T any](w io.Writer, all []T) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, v := range all {
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05Z07:00") }

func newApprovalsShow() *cobra.Command {
	var state stateOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show REQUEST", Short: "Show what a request asks for, and what is different from before", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := state.folder()
			if err != nil {
				return err
			}
			r, before, err := gate.Look(dir).Get(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSONLines(cmd.OutOrStdout(), []*approval.Request{r})
			}
			showRequest(cmd.OutOrStdout(), r, before)
			return nil
		},
	}
	state.flags(cmd, false)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func showRequest(w io.Writer, r, before *approval.Request) {
	fmt.Fprintf(w, "request    %s\nstate      %s\nasked by   %s\nsha256     %s\nworld      %s\n", r.ID, r.State, strings.Join(r.Askers, ", "), r.SHA256, r.World)
	if r.Signer != "" {
		fmt.Fprintf(w, "signed by  %s\n", r.Signer)
	}
	fmt.Fprintln(w, "\nit asks to")
	showGrants(w, "  ", r.Grants)
	if len(r.Optional) > 0 {
		fmt.Fprintln(w, "\nand can do without; to withhold one: witgen approvals approve --without 'TEXT'")
	}
	for _, g := range r.Optional {
		note := ""
		if slices.Contains(r.Withheld, g) {
			note = "  (withheld)"
		}
		fmt.Fprintf(w, "  %s: %s%s\n", quoteIfControl(g.String()), quoteIfControl(g.Words()), note)
	}
	if before != nil {
		more, less := r.Difference(before)
		fmt.Fprintf(w, "\nagainst what was approved before, %s (%s):\n", before.Short(), stamp(before.Last().Time))
		switch {
		case len(more)+len(less) == 0 && r.SHA256 != before.SHA256:
			fmt.Fprintln(w, "  the same capabilities, in a component of other bytes")
		case len(more)+len(less) == 0:
			fmt.Fprintln(w, "  the same capabilities and bytes, of another world or signer")
		}
		showGrants(w, "  + ", more)
		showGrants(w, "  - ", less)
	}
	fmt.Fprintln(w, "\nhistory")
	for _, s := range r.History {
		fmt.Fprintf(w, "  %s  %s by %s", stamp(s.Time), s.To, quoteIfControl(s.By))
		if s.Reason != "" {
			fmt.Fprintf(w, ": %s", quoteIfControl(s.Reason))
		}
		fmt.Fprintln(w)
	}
}

func showGrants(w io.Writer, indent string, grants []capability.Grant) {
	if len(grants) == 0 && indent == "  " {
		fmt.Fprintln(w, "  nothing but compute")
	}
	for _, g := range grants {
		fmt.Fprintln(w, indent+quoteIfControl(g.Words()))
	}
}

// newApprovalsApprove is the step that can leave something out.
func newApprovalsApprove() *cobra.Command {
	var without []string
	var least bool
	cmd := newApprovalsStep("approve", "Let what a request asks for run", func(s *approval.Store, id, by, reason string) (*approval.Request, error) {
		if !least && len(without) == 0 {
			return s.Approve(id, by, reason)
		}
		r, _, err := s.Get(id)
		if err != nil {
			return nil, err
		}
		if least {
			return s.Approve(id, by, reason, r.Optional...)
		}
		var withheld []capability.Grant
		for _, text := range without {
			i := slices.IndexFunc(r.Optional, func(g capability.Grant) bool { return g.String() == text || g.Words() == text })
			if i < 0 {
				return nil, fmt.Errorf("--without %q: that is not optional in %s; witgen approvals show %[2]s", text, r.Short())
			}
			withheld = append(withheld, r.Optional[i])
		}
		return s.Approve(id, by, reason, withheld...)
	})
	cmd.Flags().StringArrayVar(&without, "without", nil, "withhold this `CAPABILITY`, of those that are optional")
	cmd.Flags().BoolVar(&least, "without-optional", false, "withhold all that is optional")
	cmd.MarkFlagsMutuallyExclusive("without", "without-optional")
	return cmd
}

// newApprovalsStep is a command that decides.
func newApprovalsStep(name, short string, step func(s *approval.Store, id, by, reason string) (*approval.Request, error)) *cobra.Command {
	var state stateOptions
	var reason string
	cmd := &cobra.Command{
		Use: name + " REQUEST...", Short: short, Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return state.with(func(g *gate.Gate) error {
				for _, id := range args {
					r, err := step(g.Approvals(), id, state.who(), reason)
					if err != nil {
						return err
					}
					fmt.Fprintf(cmd.OutOrStdout(), "%s  %s  %s\n", r.Short(), r.State, strings.Join(r.Askers, ", "))
				}
				return nil
			})
		},
	}
	state.flags(cmd, true)
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the records")
	return cmd
}
