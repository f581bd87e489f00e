// Package gen turns WIT worlds into Go packages: it reads witgen.toml, asks wit
// for the world, gen/model for its shape in Go and gen/emit for the text. It
// holds none of those steps itself.
//
//	witgen.toml ─ ReadConfig ─▶ Config ─ Generate ─▶ Files ─▶ Write, Check
//
// The same input gives the same bytes, on every machine.
package gen

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/airsstack/witgen/gen/emit"
	"github.com/airsstack/witgen/gen/fromwasm"
	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/wit"
)

// Generate makes the Go packages of a config's world. It writes nothing; see
// [Files.Write]. Mistakes in the config are *[tomlpos.Error]s, each with its
// place; mistakes in the WIT are those of [wit.Load]; what bindings cannot
// express yet is a *[model.UnsupportedError].
func Generate(c *Config) (*Files, error) {
	if len(c.Generate) > 0 {
		return nil, c.mistake("the config has several worlds", "generate each of Config.Worlds", "generate")
	}
	resolve, err := c.load()
	if err != nil {
		return nil, err
	}
	if c.unusedFeatures(resolve); c.err() != nil {
		return nil, c.err()
	}
	world, err := c.world(resolve)
	if err != nil {
		return nil, err
	}
	root, err := c.importPath()
	if err != nil {
		return nil, err
	}
	options := model.Options{Root: root, Skip: c.SkipUnsupported}
	c.reuse(world, &options)
	if err := c.err(); err != nil {
		return nil, err
	}
	m, err := model.Build(world, options)
	if err != nil {
		return nil, err
	}
	m.Doubles = c.Doubles
	c.apply(m)
	c.options(m)
	if err := c.known(m); err != nil {
		return nil, err
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	text, err := emit.World(m, c.digest(resolve))
	if err != nil {
		return nil, err
	}
	f := &Files{Dir: c.Dir, Out: c.Out, World: world.ID(), Text: map[string][]byte{}, Skipped: m.Skipped}
	f.Warnings = append(slices.Clone(resolve.Warnings), m.Warnings...)
	for name, b := range text {
		f.Text[path.Join(c.Out, name)] = b
	}
	return f, nil
}

// load reads the WIT, or that of a component.
func (c *Config) load() (*wit.Resolve, error) {
	file := filepath.Join(c.Dir, filepath.FromSlash(c.WIT))
	if filepath.IsAbs(c.WIT) {
		file = c.WIT
	}
	if strings.EqualFold(filepath.Ext(file), ".wasm") {
		return loadComponent(file)
	}
	features := wit.WithFeatures(c.Features...)
	if c.AllFeatures {
		features = wit.WithAllFeatures()
	}
	return wit.Load(file, features)
}

// loadComponent reads the world of a component, which does not say what that is
// called: it gets the name of the file.
func loadComponent(file string) (*wit.Resolve, error) {
	wasm, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	d, err := component.Describe(wasm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.ToSlash(file), err)
	}
	r := fromwasm.Resolve(d)
	if name := strings.ToLower(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))); worldName.MatchString(name) {
		r.Main.Worlds[0].Name = name
	}
	sum := sha256.Sum256(wasm)
	r.Digest = hex.EncodeToString(sum[:])
	return r, nil
}

// worldName is what a world can be called.
var worldName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$`)

// world is the one that the config names; without a name, the only one there is.
func (c *Config) world(r *wit.Resolve) (*wit.World, error) {
	var names []string
	for _, w := range r.Worlds() {
		if w.Package == r.Main {
			names = append(names, w.ID())
		}
	}
	if c.World == "" {
		if len(names) == 1 {
			return r.FindWorlds(names[0])[0], nil
		}
		return nil, c.mistake(fmt.Sprintf("`world` is missing, and %s has %s", c.WIT, list(names, "no world")), "", "world")
	}
	found := r.FindWorlds(c.World)
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		for _, w := range r.Worlds() {
			names = append(names, w.ID(), w.Name)
		}
		return nil, c.mistake(fmt.Sprintf("there is no world %q in %s", c.World, c.WIT), didYouMean(c.World, names), "world")
	}
	names = nil
	for _, w := range found {
		names = append(names, w.ID())
	}
	return nil, c.mistake(fmt.Sprintf("%q can be each of %s", c.World, strings.Join(names, ", ")), "write the version, too", "world")
}

func list(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	return "the worlds " + strings.Join(names, ", ")
}

// importPath is that of the output folder.
func (c *Config) importPath() (string, error) {
	if c.Package != "" {
		return c.Package, nil
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil {
			module := modfile.ModulePath(text)
			if module == "" {
				return "", fmt.Errorf("%s names no module", filepath.Join(at, "go.mod"))
			}
			rel, err := filepath.Rel(at, filepath.Join(dir, filepath.FromSlash(c.Out)))
			if err != nil {
				return "", err
			}
			return path.Join(module, filepath.ToSlash(rel)), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if filepath.Dir(at) == at {
			return "", c.mistake("the import path of the output is not known, since no folder above has a go.mod", "run `go mod init`, or set `package`", "package")
		}
	}
}

// digest is of all that the output depends on, but for this program.
func (c *Config) digest(r *wit.Resolve) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00", r.Digest, strings.ReplaceAll(string(c.src), "\r\n", "\n"))
	return hex.EncodeToString(h.Sum(nil))
}

func didYouMean(name string, candidates []string) string {
	if near := tomlpos.Nearest(name, candidates); near != "" {
		return fmt.Sprintf("did you mean `%s`?", near)
	}
	return ""
}
