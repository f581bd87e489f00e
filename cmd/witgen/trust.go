package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/trust"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// newTrustCommand is `witgen trust`.
func newTrustCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Say whose components run without being asked about",
		Long: `Components from a trusted source run without being asked about, with what their
manifests grant: those of a Git repository (as recorded when they were fetched),
those signed with a key, those in a folder, or one file by its hash. The sources
stand in trust.toml in the state's folder, which may be edited by hand, too.`,
		Example: `  witgen trust add key release.pub --signer 'acme releases'
  witgen trust add git 'https://github.com/acme/*' --branch main
  witgen trust add path '/opt/components/**'
  witgen trust add hash plugin.wasm
  witgen trust list
  witgen trust origin plugin.wasm --url https://github.com/acme/tool --commit 8f1c…`,
	}
	cmd.AddCommand(newTrustList(), newTrustAdd(), newTrustRemove(), newTrustOrigin())
	return cmd
}

func newTrustList() *cobra.Command {
	var state stateOptions
	cmd := &cobra.Command{
		Use: "list", Short: "List the trusted sources", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := state.folder()
			if err != nil {
				return err
			}
			c, err := trust.Load(filepath.Join(dir, gate.TrustFile))
			if errors.Is(err, os.ErrNotExist) {
				c, err = &trust.Config{}, nil
			}
			if err != nil {
				return err
			}
			if c.DevMode {
				fmt.Fprintln(cmd.OutOrStdout(), "dev mode is on: every component that nobody denied runs")
			}
			if len(c.Sources) == 0 {
				fmt.Fprintln(cmd.OutOrStdout(), "no source is trusted")
			}
			for i, s := range c.Sources {
				fmt.Fprintf(cmd.OutOrStdout(), "%d  %s", i+1, s)
				if s.Note() != "" {
					fmt.Fprintf(cmd.OutOrStdout(), "  (%s)", quoteIfControl(s.Note()))
				}
				fmt.Fprintln(cmd.OutOrStdout())
			}
			return nil
		},
	}
	state.flags(cmd, false)
	return cmd
}

func newTrustAdd() *cobra.Command {
	var state stateOptions
	var branch, commit, signer, sum, note string
	cmd := &cobra.Command{
		Use: "add git|key|path|hash WHAT", Short: "Trust a source",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("name the kind of source and what it is: git URL-PATTERN, key FILE.pub, path PATTERN or hash FILE.wasm")
			}
			return nil
		},
		Example: `  witgen trust add key acme.pub --signer 'acme releases'
  witgen trust add git 'https://github.com/acme/*' --branch main
  witgen trust add path '/opt/components/**'
  witgen trust add hash plugin.wasm`,
		RunE: func(cmd *cobra.Command, args []string) error {
			var source trust.Source
			switch what := args[1]; args[0] {
			case "git":
				source = &trust.Git{URLPattern: what, Branch: branch, Commit: commit, Description: note}
			case "key":
				if signer == "" {
					return fmt.Errorf("whose key is %s? Say so with --signer 'acme releases'", what)
				}
				keys, _, err := readPublicKeys([]string{what})
				if err != nil {
					return err
				}
				source = &trust.Key{PublicKey: keys[0], Signer: signer, Description: note}
			case "path":
				source = &trust.Local{PathPattern: what, SHA256: sum, Description: note}
			case "hash":
				hash, err := hashOf(what)
				if err != nil {
					return err
				}
				source = &trust.Hash{SHA256: hash, Description: note}
			default:
				return fmt.Errorf("%q is no kind of source: git, key, path or hash", args[0])
			}
			return changeTrust(cmd, &state, func(c *trust.Config) (string, error) {
				c.Sources = append(c.Sources, source)
				return "trusted from now on: " + source.String(), nil
			})
		},
	}
	state.flags(cmd, true)
	cmd.Flags().StringVar(&branch, "branch", "", "with git: this branch only")
	cmd.Flags().StringVar(&commit, "commit", "", "with git: this commit only")
	cmd.Flags().StringVar(&signer, "signer", "", "with key: whose it is (needed)")
	cmd.Flags().StringVar(&sum, "sha256", "", "with path: a file of this hash only")
	cmd.Flags().StringVar(&note, "note", "", "a description, for those who read the list")
	return cmd
}

// hashOf is the hash that is written out, or that of a file.
func hashOf(what string) (string, error) {
	if _, err := hex.DecodeString(what); err == nil && len(what) == 2*sha256.Size {
		return what, nil
	}
	b, err := os.ReadFile(what)
	if err != nil {
		return "", err
	}
	return (&trust.Component{Wasm: b}).Hash(), nil
}

func newTrustRemove() *cobra.Command {
	var state stateOptions
	cmd := &cobra.Command{
		Use: "remove SOURCE", Short: "Trust a source no longer: its text, or a part of it that no other has", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return changeTrust(cmd, &state, func(c *trust.Config) (string, error) {
				var found []trust.Source
				for _, s := range c.Sources {
					if s.String() == args[0] {
						found = []trust.Source{s}
						break
					}
					if strings.Contains(s.String(), args[0]) {
						found = append(found, s)
					}
				}
				if len(found) != 1 {
					return "", fmt.Errorf("%s hold %q, and it must be one; witgen trust list shows them", plural(len(found), "source"), args[0])
				}
				c.Sources = slices.DeleteFunc(c.Sources, func(s trust.Source) bool { return s == found[0] })
				return "trusted no longer: " + found[0].String(), nil
			})
		},
	}
	state.flags(cmd, true)
	return cmd
}

func changeTrust(cmd *cobra.Command, state *stateOptions, change func(*trust.Config) (string, error)) error {
	return state.with(func(g *gate.Gate) error {
		var done string
		err := g.EditTrust(func(c *trust.Config) (err error) {
			done, err = change(c)
			return err
		})
		if err == nil {
			fmt.Fprintln(cmd.OutOrStdout(), done)
		}
		return err
	})
}

func newTrustOrigin() *cobra.Command {
	var state stateOptions
	var origin trust.Origin
	cmd := &cobra.Command{
		Use: "origin FILE.wasm", Short: "Record which Git repository a component was fetched from", Args: cobra.ExactArgs(1),
		Long: `Record, for a component byte for byte, which repository it was fetched from. It
is for those who fetched it: what a component says of itself is never believed.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			hash, err := hashOf(args[0])
			if err != nil {
				return err
			}
			return state.with(func(g *gate.Gate) error {
				if err := g.RecordOrigin(hash, &origin); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s is recorded as fetched from %s\n", filepath.ToSlash(args[0]), &origin)
				return nil
			})
		},
	}
	state.flags(cmd, true)
	cmd.Flags().StringVar(&origin.URL, "url", "", "the repository's `URL`")
	cmd.Flags().StringVar(&origin.Branch, "branch", "", "the branch")
	cmd.Flags().StringVar(&origin.Commit, "commit", "", "the commit, 40 hex digits")
	return cmd
}
