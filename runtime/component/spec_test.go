package component_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/component/binary"
)

var ownScripts = filepath.Join("testdata", "spec")

var specDir = flag.String("spec", ownScripts, "run the scripts in this `folder`, as wasm-tools json-from-wast writes them")

// TestSpec runs scripts of the form of the specification's own suite. Without
// -spec it runs those that are checked in, of which nothing may be skipped.
func TestSpec(t *testing.T) {
	var total specCount
	scripts := 0
	err := filepath.WalkDir(*specDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		scripts++
		name, _ := filepath.Rel(*specDir, path)
		t.Run(filepath.ToSlash(strings.TrimSuffix(name, ".json")), func(t *testing.T) {
			s := newScript(t, path, engineConfig())
			s.run()
			t.Logf("spec: %s: %s", s.source, s.specCount)
			total.add(s.specCount)
		})
		return nil
	})
	switch {
	case err != nil:
		t.Fatal(err)
	case scripts == 0:
		t.Fatalf("no script in %s: wasm-tools json-from-wast makes them", *specDir)
	case *specDir == ownScripts && total.skipped > 0:
		t.Errorf("%d commands of our own scripts were skipped", total.skipped)
	}
	t.Logf("spec: %s", total)
	fmt.Println("spec:", total)
}

type specCount struct{ passed, failed, skipped int }

func (c *specCount) add(d specCount) {
	c.passed, c.failed, c.skipped = c.passed+d.passed, c.failed+d.failed, c.skipped+d.skipped
}

func (c specCount) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

// A specCommand is one command of a script.
type specCommand struct {
	Type       string      `json:"type"`
	Line       int         `json:"line"`
	Name       string      `json:"name"`
	Filename   string      `json:"filename"`
	ModuleType string      `json:"module_type"`
	Instance   string      `json:"instance"`
	Module     string      `json:"module"`
	Text       string      `json:"text"`
	Action     *specAction `json:"action"`
	Expected   []specValue `json:"expected"`
}

type specAction struct {
	Type   string      `json:"type"`
	Module string      `json:"module"`
	Field  string      `json:"field"`
	Args   []specValue `json:"args"`
}

type specValue struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value"`
}

// A script runs the commands of one file, in order.
type script struct {
	specCount
	t           *testing.T
	dir, source string
	commands    []specCommand
	rt          *component.Runtime
	opts        []component.LoadOption
	definitions map[string][]byte
	instances   map[string]*specInstance
	last        *specInstance
}

// A specInstance is a live component and its functions by name.
type specInstance struct {
	funcs   map[string]component.Func
	leftOut map[string]bool // those whose types cannot cross yet
	err     error           // why there is none
}

func newScript(t *testing.T, path string, cfg component.Config, opts ...component.LoadOption) *script {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Source   string        `json:"source_filename"`
		Commands []specCommand `json:"commands"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	rt, err := component.NewRuntime(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &script{
		t: t, dir: filepath.Dir(path), source: filepath.Base(file.Source), commands: file.Commands, rt: rt, opts: opts,
		definitions: map[string][]byte{}, instances: map[string]*specInstance{},
	}
}

// engineConfig runs components as the environment says.
func engineConfig() component.Config {
	return component.Config{Interpreter: os.Getenv("WITGEN_INTERPRETER") != ""}
}

func (s *script) run() {
	for _, c := range s.commands {
		err := s.command(c)
		if what, ok := notRun(err); ok {
			err = fmt.Errorf("%w: this runtime does not run it: %s", errSkip, what)
		}
		switch {
		case err == nil:
			s.passed++
		case errors.Is(err, errSkip):
			s.skipped++
			s.t.Logf("%s:%d: %s: %v", s.source, c.Line, c.Type, err)
		default:
			s.failed++
			s.t.Errorf("%s:%d: %s: %v", s.source, c.Line, c.Type, err)
		}
	}
}

var errSkip = errors.New("skipped")

func (s *script) command(c specCommand) error {
	switch c.Type {
	case "module_definition":
		wasm, err := s.read(c.Filename)
		if err != nil {
			return err
		}
		s.definitions[c.Name] = wasm
		return s.valid(wasm)
	case "module":
		wasm, err := s.read(c.Filename)
		if err != nil {
			return err
		}
		s.define(c.Name, s.instantiate(wasm))
		return s.last.err
	case "module_instance":
		s.define(c.Instance, s.instantiate(s.definitions[c.Module]))
		return s.last.err
	case "assert_invalid", "assert_malformed":
		return s.refused(c)
	case "assert_uninstantiable":
		return s.traps(c)
	case "assert_unlinkable":
		wasm, err := s.read(c.Filename)
		if err != nil {
			return err
		}
		if in := s.instantiate(wasm); in.err == nil {
			return errors.New("it was instantiated")
		}
		return nil
	case "action":
		_, err := s.invoke(c.Action)
		return err
	case "assert_return":
		return s.returns(c)
	case "assert_trap":
		return s.traps(c)
	}
	return fmt.Errorf("a command of a kind that the runner does not know")
}

func (s *script) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(s.dir, name))
}

func (s *script) define(name string, in *specInstance) {
	s.last = in
	if name != "" {
		s.instances[name] = in
	}
}

func (s *script) valid(wasm []byte) error {
	return component.Validate(context.Background(), wasm)
}

// refused wants a component to be refused before anything of it runs.
func (s *script) refused(c specCommand) error {
	if c.ModuleType == "text" {
		return fmt.Errorf("%w: it is malformed as text", errSkip)
	}
	wasm, err := s.read(c.Filename)
	if err != nil {
		return err
	}
	if err := s.valid(wasm); err == nil {
		return fmt.Errorf("it was accepted, and should be refused: %s", c.Text)
	}
	return nil
}

func (s *script) instantiate(wasm []byte) *specInstance {
	fail := func(err error) *specInstance { return &specInstance{err: err} }
	d, err := component.Describe(wasm)
	if err != nil {
		return fail(err)
	}
	world := component.DynamicWorld("spec:test/script", d)
	f, err := s.rt.Load(s.t.Context(), wasm, world, s.opts...)
	if err != nil {
		return fail(err)
	}
	hosts := make([]any, len(world.Imports))
	var grants []capability.Grant
	for i, im := range world.Imports {
		hosts[i] = component.DynamicHost(func(context.Context, string, []abi.Value) (abi.Value, error) {
			return nil, errors.New("the host has none")
		})
		grants = append(grants, capability.Grant{Kind: capability.Import, Resource: im.Name})
	}
	in, err := f.New(s.t.Context(), hosts, component.WithGrants(grants...))
	if err != nil {
		return fail(err)
	}
	out := &specInstance{funcs: map[string]component.Func{}, leftOut: map[string]bool{}}
	for _, e := range d.Exports {
		if e.Func != nil {
			out.leftOut[e.Name] = true
		}
	}
	for i, e := range world.Exports {
		for j, fn := range in.Funcs(i) {
			name := e.Funcs[j].Name
			if e.Name != "" {
				name = e.Name + "#" + name
			}
			out.funcs[name] = fn
			delete(out.leftOut, name)
		}
	}
	return out
}

func (s *script) invoke(a *specAction) (abi.Value, error) {
	in := s.last
	if a.Module != "" {
		in = s.instances[a.Module]
	}
	switch {
	case in == nil:
		return nil, fmt.Errorf("there is no instance %q", a.Module)
	case in.err != nil:
		return nil, in.err
	}
	f, ok := in.funcs[a.Field]
	switch {
	case !ok && in.leftOut[a.Field]:
		return nil, fmt.Errorf("a value of %q is of a type that is not supported yet", a.Field)
	case !ok:
		return nil, fmt.Errorf("there is no function %q", a.Field)
	}
	args := make([]abi.Value, len(a.Args))
	for i, v := range a.Args {
		if i >= len(f.Type().Params) {
			return nil, errors.New("too many arguments")
		}
		var err error
		if args[i], err = v.value(f.Type().Params[i].Type); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	return f.Call(ctx, args...)
}

func (s *script) returns(c specCommand) error {
	got, err := s.invoke(c.Action)
	if err != nil {
		return err
	}
	in := s.last
	if c.Action.Module != "" {
		in = s.instances[c.Action.Module]
	}
	typ := in.funcs[c.Action.Field].Type().Result
	if len(c.Expected) == 0 || typ == nil {
		return nil
	}
	want, err := c.Expected[0].value(typ)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("(-want +got):\n%s", diff)
	}
	return nil
}

func (s *script) traps(c specCommand) error {
	if c.Action == nil {
		wasm, err := s.read(c.Filename)
		if err != nil {
			return err
		}
		// Active segments that do not fit are found before anything runs.
		err = s.instantiate(wasm).err
		if bad, ok := errors.AsType[*binary.Error](err); ok {
			return sameTrap(bad.Error(), c.Text)
		}
		return trapOf(err, c.Text)
	}
	_, err := s.invoke(c.Action)
	return trapOf(err, c.Text)
}
