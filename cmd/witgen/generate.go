package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/gen"
)

// newGenerateCommand is `witgen generate`.
func newGenerateCommand() *cobra.Command {
	var config string
	var check, asJSON bool
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Write the Go bindings of a WIT world",
		Long: `Write the Go packages of a WIT world: one for each interface, with its types and
the Host interface to implement or the Exports to call, and one for the world,
with Load and New. witgen.toml says which world, where to, and which capability
check stands before each import.

Files that are right already stay untouched. Generated files below the output
folder that are needed no more are removed; files that a person wrote never are.

With --json the report is one object: world, out, files (how many there are),
changes (file and state: missing, out of date, left over), warnings.`,
		Example: `  witgen generate
  witgen generate --check          # in CI: fails where the files are out of date
  //go:generate go run github.com/airsstack/witgen/cmd/witgen generate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			files, err := generated(config)
			if err != nil {
				return err
			}
			var changes []gen.Change
			if check {
				changes, err = files.Check()
			} else {
				changes, err = files.Write()
			}
			if err != nil {
				return err
			}
			r := generation{World: files.World, Out: files.Out, Files: len(files.Text), Changes: changes, Warnings: files.Warnings}
			if asJSON {
				err = r.writeJSON(cmd.OutOrStdout())
			} else {
				r.writeText(cmd.OutOrStdout(), cmd.ErrOrStderr(), check)
			}
			if err == nil && check && len(changes) > 0 {
				return errReported
			}
			return err
		},
	}
	cmd.Flags().StringVar(&config, "config", gen.ConfigFile, "the `file` that says what to generate")
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; fail and name the files that are not as they should be")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func generated(config string) (*gen.Files, error) {
	c, err := gen.ReadConfig(config)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such file; write one, for example\n\n  world = \"demo:shop/plugin\"\n  out   = \"internal/bindings\"\n\nor name another with --config", config)
	}
	if err != nil {
		return nil, err
	}
	return gen.Generate(c)
}

// generation says what was generated and what that changed.
type generation struct {
	World    string       `json:"world"`
	Out      string       `json:"out"`
	Files    int          `json:"files"`
	Changes  []gen.Change `json:"changes"`
	Warnings []string     `json:"warnings"`
}

func (r generation) writeJSON(w io.Writer) error {
	if r.Changes == nil {
		r.Changes = []gen.Change{}
	}
	if r.Warnings == nil {
		r.Warnings = []string{}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

func (r generation) writeText(out, errOut io.Writer, check bool) {
	for _, warning := range r.Warnings {
		fmt.Fprintln(errOut, "warning:", warning)
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
