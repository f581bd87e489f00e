package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// newInspectCommand is `witgen inspect`.
func newInspectCommand() *cobra.Command {
	var asJSON, risk bool
	var config string
	cmd := &cobra.Command{
		Use:   "inspect FILE|DIR",
		Short: "Show what a component or a WIT world imports and exports",
		Long: `Show what a component (.wasm), a WIT file or a WIT folder imports and exports:
the functions with their types, the types that they use, and what each import
needs, which is what a Component.toml has to grant for it.

A function that no capability point is known for needs its whole interface:
"import demo:shop/files". Points are known for the interfaces of this system;
for others they come from a witgen.toml: the one that --config names, or, for
WIT, the one that lies in the folder or beside it.

With --json the report is one object:

  file        what was named
  kind        "component" or "wit"
  component   size (bytes), sha256, core_modules, producers; components only
  worlds      one for each world: name (a component does not carry it; it is
              there where the exports tell), imports, exports, and the parts of
              the summary: could, cannot, unknown
  interfaces  the interfaces of a WIT package that has no world

An import or export has name, kind ("interface", "func", "types", ...), types
(name, type, of) and functions (name, type, params, and needs: kind, action,
resource, when).`,
		Example: `  witgen inspect plugin.wasm
  witgen inspect --risk plugin.wasm
  witgen inspect --json plugin.wasm
  witgen inspect wit
  witgen inspect --config host/witgen.toml plugin.wasm`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := inspect(args[0], config)
			if err != nil {
				return err
			}
			if risk {
				return in.writeRisks(cmd.OutOrStdout(), asJSON)
			}
			if asJSON {
				return in.writeJSON(cmd.OutOrStdout())
			}
			return in.writeText(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&risk, "risk", false, "say in words what it could do, and the worst of it")
	cmd.Flags().StringVar(&config, "config", "", "take capability points from this `witgen.toml`")
	return cmd
}

// inspect looks at a component or at WIT, whichever path is.
func inspect(path, config string) (*inspection, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such file or folder", filepath.ToSlash(path))
	case err != nil:
		return nil, err
	case info.IsDir():
		return inspectDir(path, config)
	case strings.EqualFold(filepath.Ext(path), ".wit"):
		return inspectWITWith(path, filepath.Dir(path), config)
	}
	return inspectFile(path, config)
}

// inspectFile looks at a component.
func inspectFile(path, config string) (*inspection, error) {
	wasm, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	points, err := loadCatalogue(config)
	if err != nil {
		return nil, err
	}
	in, err := inspectComponent(filepath.ToSlash(path), wasm, points)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.ToSlash(path), err)
	}
	return in, nil
}

// inspectDir looks at a folder of WIT, one with WIT in a folder wit, or one with
// a component.
func inspectDir(dir, config string) (*inspection, error) {
	if matches(dir, "*.wit") {
		return inspectWITWith(dir, dir, config)
	}
	if sub := filepath.Join(dir, "wit"); matches(sub, "*.wit") {
		return inspectWITWith(sub, dir, config)
	}
	components, _ := fs.Glob(os.DirFS(dir), "*.wasm")
	if len(components) == 1 {
		return inspectFile(filepath.Join(dir, components[0]), config)
	}
	below, _ := fs.Glob(os.DirFS(dir), "*/*.wasm")
	if components = append(components, below...); len(components) > 0 {
		return nil, fmt.Errorf("%s: which of the components in it? name one: %s", filepath.ToSlash(dir), strings.Join(components, ", "))
	}
	return nil, fmt.Errorf("%s: neither WIT nor a component in it; name a component (.wasm) or a folder of WIT", filepath.ToSlash(dir))
}

// inspectWITWith looks at WIT with the points of config or, where that is "",
// of a witgen.toml in dir or beside it.
func inspectWITWith(path, dir, config string) (*inspection, error) {
	if config == "" {
		config = besideWIT(dir)
	}
	points, err := loadCatalogue(config)
	if err != nil {
		return nil, err
	}
	return inspectWIT(path, points)
}

// besideWIT is the witgen.toml in dir, or in the folder above where dir is one of
// the name wit; "" where there is none.
func besideWIT(dir string) string {
	dirs := []string{dir}
	if abs, err := filepath.Abs(dir); err == nil && filepath.Base(abs) == "wit" {
		dirs = append(dirs, filepath.Join(dir, ".."))
	}
	for _, d := range dirs {
		if path := filepath.Join(d, "witgen.toml"); isFile(path) {
			return path
		}
	}
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func matches(dir, pattern string) bool {
	found, err := fs.Glob(os.DirFS(dir), pattern)
	return err == nil && len(found) > 0
}

func (in *inspection) writeJSON(w io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // list<u8> is to be read by people, too
	e.SetIndent("", "  ")
	if err := e.Encode(in); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}
