package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/gen"
	"github.com/airsstack/witgen/templates"
)

// newNewCommand is `witgen new`.
func newNewCommand() *cobra.Command {
	var names, list []string
	for _, t := range templates.All {
		names = append(names, t.Name)
		list = append(list, fmt.Sprintf("  %-12s %s", t.Name, t.Short))
	}
	return &cobra.Command{
		Use:   "new {" + strings.Join(names, "|") + "} NAME",
		Short: "Start a project: a host in Go, or a component",
		Long: `Start a project in a new folder called NAME:

` + strings.Join(list, "\n") + `

All are of the same small world, in wit/hello.wit, so that a guest runs in the
host right away: change the world, then both. A guest in Go needs WASI, too: see
component.WithProvider and wasi.Providers.

A host comes with its bindings and with a component that was built before, and
runs as it is. A guest comes with a script that builds it and says which tools
that needs.`,
		Example: `  witgen new host shop
  witgen new guest-rust pricing`,
		Args:      cobra.ExactArgs(2),
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			t, ok := templates.Find(args[0])
			if !ok {
				return fmt.Errorf("there is no template %q; there are %s", args[0], strings.Join(names, ", "))
			}
			if err := templates.CheckName(args[1]); err != nil {
				return err
			}
			written, err := create(t, args[1])
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, name := range written {
				fmt.Fprintln(out, name)
			}
			fmt.Fprintf(out, "\nnext:\n  %s\n", strings.Join(t.Steps(args[1]), "\n  "))
			return nil
		},
	}
}

// create writes a project's files, and gives their names. What is there already
// stays as it is.
func create(t templates.Template, project string) (written []string, err error) {
	if err := os.Mkdir(project, 0o755); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("%s is there already: choose another name, or remove it", project)
		}
		return nil, err
	}
	defer func() {
		if err != nil { // nothing is left half done
			err = errors.Join(err, os.RemoveAll(project))
		}
	}()
	files, err := t.Files(project)
	if err != nil {
		return nil, err
	}
	for _, name := range templates.Names(files) {
		to := filepath.Join(project, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(to, files[name], 0o644); err != nil {
			return nil, err
		}
		written = append(written, filepath.ToSlash(to))
	}
	bindings, err := bindingsOf(project)
	return append(written, bindings...), err
}

// bindingsOf generates the bindings of a project that has a config.
func bindingsOf(project string) ([]string, error) {
	c, err := gen.ReadConfig(filepath.Join(project, gen.ConfigFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	files, err := gen.Generate(c)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range files.Names() {
		names = append(names, filepath.ToSlash(filepath.Join(project, name)))
	}
	_, err = files.Write()
	return names, err
}
