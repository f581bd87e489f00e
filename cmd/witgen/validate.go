package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
)

// newValidateCommand is `witgen validate`.
func newValidateCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check that components are valid",
		Long: `Check that components are valid by the component model: their form, their types,
the way their parts are put together, and the code of their core modules. Nothing
is run, and no world is asked for: what passes may still import what no host has.

Each file is one line, "valid" or what is wrong and at which byte. With --json it
is one object a line:

  file     what was named
  valid    true or false
  error    what is wrong; where it is known, message without the place, offset
           (bytes), section, class (one word for the kind of rule), name,
           expected, found

The exit status is 0 when all are valid, 1 otherwise.`,
		Example: `  witgen validate plugin.wasm
  witgen validate --json build/*.wasm`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			failed := false
			for _, file := range files {
				err := validateFile(cmd, file)
				failed = failed || err != nil
				if asJSON {
					printLine(cmd, newVerdict(file, err))
					continue
				}
				text := "valid"
				if err != nil {
					text = err.Error()
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", filepath.ToSlash(file), text)
			}
			if failed {
				return errReported
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func validateFile(cmd *cobra.Command, file string) error {
	wasm, err := readComponent(file)
	if err != nil {
		return err
	}
	return component.Validate(cmd.Context(), wasm)
}

// readComponent reads a file. The error does not name it.
func readComponent(file string) ([]byte, error) {
	wasm, err := os.ReadFile(file)
	var path *os.PathError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, errors.New("no such file")
	case errors.As(err, &path):
		return nil, path.Err
	}
	return wasm, err
}

// A verdict is what is known of one file, in JSON.
type verdict struct {
	File  string   `json:"file"`
	Valid bool     `json:"valid"`
	Error *mistake `json:"error,omitempty"`
}

// A mistake is why a component is not valid.
type mistake struct {
	Message  string `json:"message"`
	Offset   *int   `json:"offset,omitempty"`
	Section  string `json:"section,omitempty"`
	Class    string `json:"class,omitempty"`
	Name     string `json:"name,omitempty"`
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
}

func newVerdict(file string, err error) verdict {
	v := verdict{File: filepath.ToSlash(file), Valid: err == nil}
	if err == nil {
		return v
	}
	v.Error = &mistake{Message: err.Error()}
	if e, ok := errors.AsType[*validate.Error](err); ok {
		*v.Error = mistake{e.Msg, &e.Offset, e.Section, e.Class.String(), e.Name, e.Expected, e.Found}
	} else if e, ok := errors.AsType[*binary.Error](err); ok {
		*v.Error = mistake{Message: e.Msg, Offset: &e.Offset, Section: e.Section, Class: validate.ClassMalformed.String()}
	} else if e, ok := errors.AsType[*component.UnsupportedError](err); ok {
		*v.Error = mistake{Message: e.What, Offset: &e.Offset, Class: validate.ClassUnsupported.String()}
	}
	return v
}
