package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/gen"
)

// newGenerateCommand is `witgen generate`.
func newGenerateCommand() *cobra.Command {
	var config, out, world string
	var check, asJSON, skip, doubles bool
	cmd := &cobra.Command{
		Use:   "generate [FILE|DIR]",
		Short: "Write the Go bindings of a WIT world",
		Long: `Write the Go packages of a WIT world: one for each interface, with its types and
the Host interface to implement or the Exports to call, and one for the world,
with Load and New. witgen.toml says which world, where to, and which capability
check stands before each import.

With a FILE or DIR nothing is read from witgen.toml: it is a WIT file, a WIT folder
or a component (.wasm), and --out says where the packages go.

Without one, witgen.toml is looked for in the current folder and those above it,
up to the one with go.mod.

Files that are right already stay untouched. Generated files below the output
folder that are needed no more are removed; files that a person wrote never are.

What bindings cannot express yet, all that is asynchronous, is refused by name and
place. With --skip-unsupported it is left out, and the report says what.

With --json the report is one object a world: world, out, files (how many there
are), changes (file and state: missing, out of date, left over), warnings, skipped.`,
		Example: `  witgen generate
  witgen generate --check          # in CI: fails where the files are out of date
  witgen generate plugin.wasm --out internal/plugin
  //go:generate go run github.com/airsstack/witgen/cmd/witgen generate`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := readConfig(config, cmd.Flags().Changed("config"))
			if len(args) == 1 {
				c, err = direct(args[0], out, world)
			}
			if err != nil {
				return err
			}
			all, err := generated(c, skip, doubles)
			if err != nil {
				return err
			}
			stale := false
			for _, files := range all {
				changes, err := apply(files, check)
				if err != nil {
					return err
				}
				stale = stale || len(changes) > 0
				r := generation{files.World, files.Out, len(files.Text), changes, files.Warnings, files.Skipped}
				if err := r.write(cmd, check, asJSON); err != nil {
					return err
				}
			}
			if check && stale {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&config, "config", gen.ConfigFile, "the `file` that says what to generate")
	cmd.Flags().StringVar(&out, "out", "", "with FILE or DIR, the `folder` for the packages")
	cmd.Flags().StringVar(&world, "world", "", "with FILE or DIR, the `world`, where there is more than one")
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; fail and name the files that are not as they should be")
	cmd.Flags().BoolVar(&skip, "skip-unsupported", false, "leave out what bindings cannot express yet, and say what")
	cmd.Flags().BoolVar(&doubles, "doubles", false, "write test doubles of what the world imports, too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a world")
	return cmd
}

// readConfig reads the config; one that nobody named may lie in a folder above.
func readConfig(file string, named bool) (*gen.Config, error) {
	found := file
	if !named {
		found = gen.FindConfig()
	}
	c, err := gen.ReadConfig(found)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file; write one, for example\n\n  world = \"demo:shop/plugin\"\n  out   = \"internal/bindings\"\n\nor name another with --config", file)
	}
	return c, err
}

// direct is a config for what the command line says.
func direct(file, out, world string) (*gen.Config, error) {
	if out == "" {
		return nil, fmt.Errorf("--out is missing: the folder that the packages of %s go to", file)
	}
	text := fmt.Sprintf("wit = %q\nout = %q\n", filepath.ToSlash(file), filepath.ToSlash(out))
	if world != "" {
		text += fmt.Sprintf("world = %q\n", world)
	}
	return gen.ParseConfig("the command line", []byte(text))
}

// generated makes the files of every world of a config.
func generated(c *gen.Config, skip, doubles bool) ([]*gen.Files, error) {
	var all []*gen.Files
	for _, w := range c.Worlds() {
		w.SkipUnsupported, w.Doubles = w.SkipUnsupported || skip, w.Doubles || doubles
		files, err := gen.Generate(w)
		if err != nil {
			return nil, err
		}
		all = append(all, files)
	}
	return all, nil
}

func apply(files *gen.Files, check bool) ([]gen.Change, error) {
	if check {
		return files.Check()
	}
	return files.Write()
}

// generation says what was generated and what that changed.
type generation struct {
	World    string       `json:"world"`
	Out      string       `json:"out"`
	Files    int          `json:"files"`
	Changes  []gen.Change `json:"changes"`
	Warnings []string     `json:"warnings"`
	Skipped  []string     `json:"skipped"`
}

func (r generation) write(cmd *cobra.Command, check, asJSON bool) error {
	if asJSON {
		return r.writeJSON(cmd.OutOrStdout())
	}
	r.writeText(cmd.OutOrStdout(), cmd.ErrOrStderr(), check)
	return nil
}

func (r generation) writeJSON(w io.Writer) error {
	if r.Changes == nil {
		r.Changes = []gen.Change{}
	}
	if r.Warnings == nil {
		r.Warnings = []string{}
	}
	if r.Skipped == nil {
		r.Skipped = []string{}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

func (r generation) writeText(out, errOut io.Writer, check bool) {
	for _, warning := range r.Warnings {
		fmt.Fprintln(errOut, "warning:", warning)
	}
	for _, s := range r.Skipped {
		fmt.Fprintln(errOut, "left out:", s)
	}
	if check && len(r.Changes) > 0 {
		for _, c := range r.Changes {
			fmt.Fprintf(errOut, "%s is %s\n", c.Name, c.Kind)
		}
		fmt.Fprintln(errOut, "run `witgen generate`")
		return
	}
	fmt.Fprintf(out, "%s: %d files in %s, %s\n", r.World, r.Files, r.Out, r.summary())
}

// summary counts what was changed.
func (r generation) summary() string {
	var written, removed int
	for _, c := range r.Changes {
		if c.Kind == gen.Leftover {
			removed++
		} else {
			written++
		}
	}
	switch {
	case written+removed == 0:
		return "all up to date"
	case removed == 0:
		return fmt.Sprintf("%d written", written)
	}
	return fmt.Sprintf("%d written, %d removed", written, removed)
}
