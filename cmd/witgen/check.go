package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/manifest"
)

// newCheckCommand is `witgen check`.
func newCheckCommand() *cobra.Command {
	var asJSON, strict bool
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Check manifests, and what they grant against what their components import",
		Long: `Check manifests and their components without starting anything: all mistakes of a
manifest at once, each with its place and what to write; whether the component
loads and fits its world; and, as warnings, the grants that it has no import to
use, and the functions that it may call and that nothing grants.

A PATH is a Component.toml, a folder with one, or a folder whose folders have one
each.

With --json each manifest is one object a line: path, actor, ok, errors and
warnings, each with line and col (where there is a place), message, hint.

The exit status is 1 where something is wrong and, with --strict, where there are
warnings; 0 otherwise.`,
		Example: `  witgen check examples/orders
  witgen check --strict --json intake/Component.toml`,
		Args: func(_ *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return errors.New("check what? Name a Component.toml, or a folder with components: witgen check examples/orders")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, paths []string) error {
			done := slow(cmd, "loading")
			reports, err := runtime.Check(cmd.Context(), paths...)
			done()
			for _, r := range reports {
				c := newChecked(r)
				if asJSON {
					printLine(cmd, c)
				} else {
					c.text(cmd.OutOrStdout(), r.Err)
				}
				if err == nil && (!c.OK || strict && len(c.Warnings) > 0) {
					err = errReported
				}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	cmd.Flags().BoolVar(&strict, "strict", false, "let warnings fail the check")
	return cmd
}

// checked is what was found out about one manifest, in JSON.
type checked struct {
	Path     string    `json:"path"`
	Actor    string    `json:"actor,omitempty"`
	OK       bool      `json:"ok"`
	Errors   []finding `json:"errors"`
	Warnings []finding `json:"warnings"`
}

// A finding is an error or a warning.
type finding struct {
	Line    int    `json:"line,omitempty"`
	Col     int    `json:"col,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func newChecked(r runtime.Report) checked {
	c := checked{Path: filepath.ToSlash(r.Path), OK: r.Err == nil, Errors: []finding{}, Warnings: []finding{}}
	if r.Manifest != nil {
		c.Actor = r.Manifest.Name
	}
	if mistakes, ok := errors.AsType[manifest.Errors](r.Err); ok {
		for _, e := range mistakes {
			c.Errors = append(c.Errors, finding{e.Line, e.Col, e.Msg, e.Hint})
		}
	} else if r.Err != nil {
		c.Errors = append(c.Errors, finding{Message: r.Err.Error()})
	}
	for _, w := range r.Warnings {
		c.Warnings = append(c.Warnings, finding{w.Line, w.Col, w.Msg, w.Hint})
	}
	return c
}

// text prints it for people; the errors print themselves.
func (c checked) text(out io.Writer, err error) {
	warnings := plural(len(c.Warnings), "warning")
	switch {
	case err != nil && len(c.Warnings) > 0:
		fmt.Fprintf(out, "%v\nand %s\n", err, warnings)
	case err != nil:
		fmt.Fprintln(out, err)
	case len(c.Warnings) > 0:
		fmt.Fprintf(out, "%s is well, with %s\n", c.Path, warnings)
	default:
		fmt.Fprintf(out, "%s is well\n", c.Path)
	}
	width := 0
	for _, w := range c.Warnings {
		width = max(width, len(w.place()))
	}
	for _, w := range c.Warnings {
		line := "  "
		if width > 0 {
			line = fmt.Sprintf("  %-*s  ", width, w.place())
		}
		fmt.Fprintln(out, strings.TrimSuffix(line+w.Message+"; "+w.Hint, "; "))
	}
}

func (f finding) place() string {
	if f.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%d", f.Line, f.Col)
}
