package component_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

var specDir = flag.String("spec", filepath.Join("testdata", "spec"), "run the scripts in this `folder`, as wasm-tools json-from-wast writes them")

// TestSpec runs scripts of the form of the specification's own suite. Without
// -spec it runs those that are checked in.
func TestSpec(t *testing.T) {
	var total specCount
	err := filepath.WalkDir(*specDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		name, _ := filepath.Rel(*specDir, path)
		t.Run(filepath.ToSlash(strings.TrimSuffix(name, ".json")), func(t *testing.T) {
			s := newScript(t, path)
			s.run()
			t.Logf("spec: %s: %s", s.source, s.specCount)
			total.add(s.specCount)
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("spec: %s", total)
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
	definitions map[string][]byte
	instances   map[string]*specInstance
	last        *specInstance
}

// A specInstance is a live component and its functions by name.
type specInstance struct {
	funcs map[string]component.Func
	err   error // why there is none
}

func newScript(t *testing.T, path string) *script {
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
	rt, err := component.NewRuntime(t.Context(), engineConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &script{
		t: t, dir: filepath.Dir(path), source: filepath.Base(file.Source), commands: file.Commands, rt: rt,
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
		if runsAsync(err) {
			err = fmt.Errorf("%w: it runs the async ABI: %w", errSkip, err)
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

// runsAsync reports whether a command fails since something in it is of the
// asynchronous ABI, which the error names.
func runsAsync(err error) bool {
	return err != nil && strings.Contains(err.Error(), "not supported yet")
}

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
	case "assert_uninstantiable", "assert_unlinkable":
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
	return component.Validate(wasm)
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
	f, err := s.rt.Load(s.t.Context(), wasm, world)
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
	out := &specInstance{funcs: map[string]component.Func{}}
	for i, e := range world.Exports {
		for j, fn := range in.Funcs(i) {
			name := e.Funcs[j].Name
			if e.Name != "" {
				name = e.Name + "#" + name
			}
			out.funcs[name] = fn
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
	if !ok {
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
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
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
		return trapOf(s.instantiate(wasm).err, c.Text)
	}
	_, err := s.invoke(c.Action)
	return trapOf(err, c.Text)
}

// trapOf wants a trap of the class that the text names.
func trapOf(err error, text string) error {
	trap, ok := errors.AsType[*component.Trap](err)
	if !ok {
		return fmt.Errorf("no trap but %v, want %q", err, text)
	}
	msg := trap.Cause.Error()
	for _, class := range trapClasses {
		if strings.Contains(text, class.text) {
			if !slices.ContainsFunc(class.ours, func(o string) bool { return strings.Contains(msg, o) }) {
				return fmt.Errorf("trapped by %q, want %q", msg, text)
			}
			return nil
		}
	}
	return fmt.Errorf("trapped by %q, want %q, which is of no class that the runner knows", msg, text)
}

// trapClasses are the texts of the scripts, by a part of them, and parts of
// what this runtime says.
var trapClasses = []struct {
	text string
	ours []string
}{
	{"unaligned pointer", []string{"unaligned pointer"}},
	{"not aligned", []string{"unaligned pointer"}},
	{"unreachable", []string{"unreachable"}},
	{"out-of-bounds", []string{"out of bounds"}},
	{"out of bounds", []string{"out of bounds"}},
	{"beyond end of memory", []string{"out of bounds"}},
	{"`char`", []string{"not a char"}},
	{"cannot leave component instance", []string{"cannot leave", "may not leave"}},
	{"cannot enter component instance", []string{"cannot enter"}},
	{"discriminant", []string{"invalid discriminant"}},
	{"invalid utf-8", []string{"invalid UTF-8"}},
	{"utf-8 byte sequence", []string{"invalid UTF-8"}},
	{"utf-16", []string{"invalid UTF-16"}},
	{"surrogate", []string{"invalid UTF-16"}},
	{"unknown handle index", []string{"unknown handle index"}},
	{"handle index", []string{"handle index"}},
	{"borrow handles still remain", []string{"borrow handles still remain"}},
	{"while borrowed", []string{"while borrowed"}},
	{"lent", []string{"while borrowed"}},
}

// value is the value of a script as one of type t.
func (v specValue) value(t *abi.Type) (abi.Value, error) {
	if err := v.fits(t); err != nil {
		return nil, err
	}
	var text string
	var list []specValue
	switch v.Type {
	case "bool":
		var b bool
		return b2(json.Unmarshal(v.Value, &b), &b)
	case "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "f32", "f64":
		if err := json.Unmarshal(v.Value, &text); err != nil {
			return nil, err
		}
		return number(v.Type, text)
	case "char":
		err := json.Unmarshal(v.Value, &text)
		return abi.CharValue([]rune(text + " ")[0]), err
	case "string":
		err := json.Unmarshal(v.Value, &text)
		return text, err
	case "list", "fixed-size-list":
		if err := json.Unmarshal(v.Value, &list); err != nil {
			return nil, err
		}
		return listValue(t, list)
	case "tuple":
		if err := json.Unmarshal(v.Value, &list); err != nil {
			return nil, err
		}
		return fields(t, list)
	case "record":
		return v.record(t)
	case "enum":
		err := json.Unmarshal(v.Value, &text)
		return abi.VariantValue{Case: caseIndex(t, text)}, err
	case "flags":
		return v.flags(t)
	}
	return v.cases(t)
}

func b2(err error, b *bool) (abi.Value, error) { return *b, err }

func (v specValue) fits(t *abi.Type) error {
	if kind := strings.TrimPrefix(v.Type, "fixed-size-"); t.Kind.String() != kind && t.Kind != abi.KindFixedList && t.Kind != abi.KindMap {
		return fmt.Errorf("a %s given for %s", v.Type, t)
	}
	return nil
}

func number(kind, text string) (abi.Value, error) {
	bits, _ := strconv.Atoi(kind[1:])
	switch kind[0] {
	case 'u':
		n, err := strconv.ParseUint(text, 10, bits)
		return map[int]abi.Value{8: uint8(n), 16: uint16(n), 32: uint32(n), 64: n}[bits], err
	case 's':
		n, err := strconv.ParseInt(text, 10, bits)
		return map[int]abi.Value{8: int8(n), 16: int16(n), 32: int32(n), 64: n}[bits], err
	}
	n, err := strconv.ParseUint(text, 10, bits) // the bits
	return map[int]abi.Value{32: math.Float32frombits(uint32(n)), 64: math.Float64frombits(n)}[bits], err
}

func listValue(t *abi.Type, list []specValue) (abi.Value, error) {
	out := make([]abi.Value, len(list))
	bytes := make([]byte, len(list))
	for i, e := range list {
		var err error
		if out[i], err = e.value(t.Elem); err != nil {
			return nil, err
		}
		bytes[i], _ = out[i].(byte)
	}
	if t.Elem.Kind == abi.KindU8 && t.Kind == abi.KindList {
		return bytes, nil
	}
	return out, nil
}

func fields(t *abi.Type, list []specValue) (abi.Value, error) {
	if len(list) != len(t.Fields) {
		return nil, fmt.Errorf("%d values given for %s", len(list), t)
	}
	out := make(abi.RecordValue, len(list))
	for i, e := range list {
		var err error
		if out[i], err = e.value(t.Fields[i].Type); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (v specValue) record(t *abi.Type) (abi.Value, error) {
	var pairs [][2]json.RawMessage
	if err := json.Unmarshal(v.Value, &pairs); err != nil {
		return nil, err
	}
	list := make([]specValue, len(pairs))
	for i, p := range pairs {
		if err := json.Unmarshal(p[1], &list[i]); err != nil {
			return nil, err
		}
	}
	return fields(t, list)
}

func (v specValue) flags(t *abi.Type) (abi.Value, error) {
	var labels []string
	if err := json.Unmarshal(v.Value, &labels); err != nil {
		return nil, err
	}
	var out abi.FlagsValue
	for _, l := range labels {
		out |= 1 << slices.Index(t.Labels, l)
	}
	return out, nil
}

// cases is a variant, an option or a result.
func (v specValue) cases(t *abi.Type) (abi.Value, error) {
	label, payload := "none", (*specValue)(nil)
	switch v.Type {
	case "option":
		if string(v.Value) != "null" {
			label, payload = "some", &specValue{}
			if err := json.Unmarshal(v.Value, payload); err != nil {
				return nil, err
			}
		}
	case "result":
		var r struct{ Ok, Err *specValue }
		if err := json.Unmarshal(v.Value, &r); err != nil {
			return nil, err
		}
		label, payload = "ok", r.Ok
		if strings.Contains(string(v.Value), `"Err"`) {
			label, payload = "error", r.Err
		}
	case "variant":
		var c struct {
			Case    string     `json:"case"`
			Payload *specValue `json:"payload"`
		}
		if err := json.Unmarshal(v.Value, &c); err != nil {
			return nil, err
		}
		label, payload = c.Case, c.Payload
	default:
		return nil, fmt.Errorf("a value of type %q, which the runner does not know", v.Type)
	}
	out := abi.VariantValue{Case: caseIndex(t, label)}
	if payload == nil || int(out.Case) >= len(t.Cases) {
		return out, nil
	}
	var err error
	out.Payload, err = payload.value(t.Cases[out.Case].Type)
	return out, err
}

func caseIndex(t *abi.Type, label string) uint32 {
	return uint32(slices.IndexFunc(t.Cases, func(c abi.Case) bool { return c.Label == label }))
}
