package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/gen/fromwasm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/wit"
)

// newWITCommand is `witgen wit`.
func newWITCommand() *cobra.Command {
	var asJSON, deps, all bool
	var out string
	var features, with []string
	cmd := &cobra.Command{
		Use:   "wit FILE|DIR",
		Short: "Print WIT in canonical form, or the WIT of a component",
		Long: `Print a WIT file, or a WIT folder with its deps/, as one file in canonical form,
with its docs. What a world includes, and the interfaces that it needs for their
types, are written out. Items that are @unstable are left out unless their
feature is named with --features.

Of a component (.wasm) its world is printed, with all packages that it names. A
component does not say what that world is called, and has no docs.

With --json the report is one object: package, worlds and interfaces (names),
wit (the text), and digest (SHA-256 of the sources; not of a component).`,
		Example: `  witgen wit shop.wit
  witgen wit --deps --out all.wit wit
  witgen wit --features clocks-timezone wit/deps/clocks
  witgen wit plugin.wasm`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts := []wit.LoadOption{wit.WithFeatures(features...), wit.WithDependencies(with...)}
			if all {
				opts = append(opts, wit.WithAllFeatures())
			}
			p, err := printWIT(args[0], deps, opts)
			if err != nil {
				return err
			}
			for _, w := range p.Warnings {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning:", w)
			}
			text := []byte(p.WIT)
			if asJSON {
				if text, err = json.MarshalIndent(p, "", "  "); err != nil {
					return err
				}
				text = append(text, '\n')
			}
			if out != "" {
				return os.WriteFile(out, text, 0o644)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&deps, "deps", false, "print the other packages as well, nested")
	cmd.Flags().StringSliceVar(&features, "features", nil, "keep what is @unstable with one of these `names`")
	cmd.Flags().BoolVar(&all, "all-features", false, "keep all that is @unstable")
	cmd.Flags().StringArrayVar(&with, "with", nil, "look for packages in this `file or folder`, too")
	cmd.Flags().StringVar(&out, "out", "", "write to this `file`")
	return cmd
}

// printedWIT is what `witgen wit` found; --json prints it as it is.
type printedWIT struct {
	Package    string   `json:"package"`
	Worlds     []string `json:"worlds"`
	Interfaces []string `json:"interfaces"`
	WIT        string   `json:"wit"`
	Digest     string   `json:"digest,omitempty"`
	Warnings   []string `json:"warnings,omitempty"`
}

// printWIT prints WIT, or the world of a component; that with all its packages.
func printWIT(path string, deps bool, opts []wit.LoadOption) (*printedWIT, error) {
	var r *wit.Resolve
	var err error
	if strings.EqualFold(filepath.Ext(path), ".wasm") {
		deps = true
		r, err = componentWIT(path)
	} else {
		r, err = wit.Load(path, opts...)
	}
	if err != nil {
		return nil, err
	}
	var nested []*wit.Package
	if deps {
		nested = r.Packages
	}
	var text bytes.Buffer
	if err := wit.Print(&text, r.Main, nested...); err != nil {
		return nil, err
	}
	p := &printedWIT{
		Package: r.Main.Name.String(), Worlds: []string{}, Interfaces: []string{},
		WIT: text.String(), Digest: r.Digest, Warnings: r.Warnings,
	}
	for _, w := range r.Main.Worlds {
		p.Worlds = append(p.Worlds, w.ID())
	}
	for _, i := range r.Main.Interfaces {
		p.Interfaces = append(p.Interfaces, i.ID())
	}
	return p, nil
}

func componentWIT(path string) (*wit.Resolve, error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d, err := component.Describe(wasm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.ToSlash(path), err)
	}
	return fromwasm.Resolve(d), nil
}
