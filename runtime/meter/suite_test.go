package meter_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/meter"
)

var suiteDir = flag.String("suite", "", "run the core specification's scripts in this `folder`, as wasm-tools json-from-wast writes them")

//go:embed testdata/spectest.wasm
var spectestWasm []byte

// A suiteMode is how a script's modules are metered.
type suiteMode struct {
	name  string
	slice int64 // that a guest is given at a time, 0 where it is not metered
}

// The smallest slice is what the guest must pay now and nothing more, so that it
// asks at every entry and head of a loop.
var suiteModes = []suiteMode{{"unmetered", 0}, {"metered", 1 << 40}, {"smallest slice", 1}}

const suiteDepth = 1_500 // the interpreter's frames are no more than 2,000

var errTooDeep = errors.New("stack overflow") // the engine's words

// TestSuite runs the core specification's scripts on modules as the host runs
// them: taken apart where they have several memories, and metered in several
// ways, which must make no difference. What the engine does not run is skipped
// by name.
func TestSuite(t *testing.T) {
	if *suiteDir == "" {
		t.Skip("no -suite is given")
	}
	paths, err := filepath.Glob(filepath.Join(*suiteDir, "*", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts in %s: %v", *suiteDir, err)
	}
	for name, config := range engines {
		t.Run(name, func(t *testing.T) {
			total := make([]suiteCount, len(suiteModes))
			for _, path := range paths {
				script, err := filepath.Rel(*suiteDir, filepath.Dir(path))
				if err != nil {
					t.Fatal(err)
				}
				t.Run(script, func(t *testing.T) {
					var outcomes [][]string
					for i, mode := range suiteModes {
						s := newSuite(t, config(), path, mode)
						s.run(filepath.Dir(path))
						total[i].add(s.suiteCount)
						outcomes = append(outcomes, s.outcomes)
						if !slices.Equal(outcomes[0], s.outcomes) {
							t.Errorf("%s: %v\n%s: %v", suiteModes[0].name, outcomes[0], mode.name, s.outcomes)
						}
					}
				})
			}
			for i, mode := range suiteModes {
				t.Logf("suite, %s: %+v", mode.name, total[i])
			}
		})
	}
}

type suiteCount struct{ passed, failed, skipped, split int }

func (c *suiteCount) add(d suiteCount) {
	c.passed, c.failed = c.passed+d.passed, c.failed+d.failed
	c.skipped, c.split = c.skipped+d.skipped, c.split+d.split
}

type (
	suiteCommand struct {
		Type, Name, Filename, As, Text, Module, Instance string
		ModuleType                                       string `json:"module_type"`
		Line                                             int
		Action                                           *suiteAction
		Expected                                         []suiteValue
	}
	suiteAction struct {
		Type, Module, Field string
		Args                []suiteValue
	}
	suiteValue struct {
		Type     string
		LaneType string `json:"lane_type"`
		Value    json.RawMessage
		Values   []suiteValue
	}
	// An item is what an instance exports, where the engine has it.
	item struct{ instance, name string }
	// An instance is a module of a script; items is nil for one that is skipped.
	instance struct {
		module api.Module
		items  map[string]item
		err    error
	}
	suite struct {
		suiteCount
		mode        suiteMode
		outcomes    []string // of the commands that did not pass
		t           *testing.T
		rt          wazero.Runtime
		commands    []suiteCommand
		definitions map[string][]byte
		named       map[string]*instance // by their names in the script
		registered  map[string]*instance
		last        *instance
		made        int
		depths      []api.MutableGlobal
	}
)

func newSuite(t *testing.T, config wazero.RuntimeConfig, path string, mode suiteMode) *suite {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Commands []suiteCommand }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	s := &suite{
		mode: mode, t: t, rt: wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(features)), commands: file.Commands,
		definitions: map[string][]byte{}, named: map[string]*instance{}, registered: map[string]*instance{},
	}
	t.Cleanup(func() { _ = s.rt.Close(ctx) })
	i64 := []api.ValueType{api.ValueTypeI64}
	_, err = s.rt.NewHostModuleBuilder("meter").
		NewFunctionBuilder().WithGoFunction(api.GoFunc(s.refill), i64, i64).Export("refill").
		Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.registered["spectest"] = s.instantiate(spectestWasm)
	return s
}

// deepen lets calls nest again as deep as at first: a trap leaves functions
// without giving anything back, and scripts go on behind one.
func (s *suite) deepen() {
	for _, g := range s.depths {
		g.Set(suiteDepth)
	}
}

// refill pays for what the guest wants, and a slice more.
func (s *suite) refill(_ context.Context, stack []uint64) {
	if int64(stack[0]) == meter.TooDeep {
		panic(errTooDeep)
	}
	stack[0] = uint64(s.mode.slice - 1)
}

var errSkipped = errors.New("skipped")

func (s *suite) run(dir string) {
	for _, c := range s.commands {
		err := s.command(dir, c)
		switch {
		case err == nil:
			s.passed++
		case errors.Is(err, errSkipped):
			s.skipped++
			s.outcomes = append(s.outcomes, fmt.Sprintf("%d: skipped", c.Line))
		default:
			s.failed++
			s.outcomes = append(s.outcomes, fmt.Sprintf("%d: %v", c.Line, err))
			s.t.Errorf("%d: %s: %v", c.Line, c.Type, err)
		}
	}
}

func (s *suite) command(dir string, c suiteCommand) error {
	var wasm []byte
	if c.Filename != "" {
		if c.ModuleType == "text" {
			if c.Type == "module" {
				s.define(c.Name, &instance{err: errSkipped})
			}
			return errSkipped
		}
		var err error
		if wasm, err = os.ReadFile(filepath.Join(dir, c.Filename)); err != nil {
			return err
		}
	}
	switch c.Type {
	case "module":
		s.define(c.Name, s.instantiate(wasm))
		return s.last.err
	case "module_definition":
		s.definitions[c.Name] = wasm
		return nil
	case "module_instance":
		s.define(c.Instance, s.instantiate(s.definitions[c.Module]))
		return s.last.err
	case "register":
		in := s.find(c.Name)
		s.registered[c.As] = in
		return in.err
	case "assert_invalid", "assert_malformed", "assert_unlinkable", "assert_uninstantiable":
		if in := s.instantiate(wasm); in.err == nil {
			return fmt.Errorf("accepted, but %s", c.Text)
		} else if c.Type == "assert_uninstantiable" && !errors.Is(in.err, errSkipped) && !strings.Contains(in.err.Error(), c.Text) {
			return fmt.Errorf("%w, want %s", in.err, c.Text)
		}
		return nil
	case "action":
		_, err := s.act(c.Action)
		return err
	case "assert_return":
		return s.returns(c)
	case "assert_trap", "assert_exhaustion":
		if _, err := s.act(c.Action); errors.Is(err, errSkipped) {
			return err
		} else if err == nil || !strings.Contains(err.Error(), trapText(c.Text)) {
			return fmt.Errorf("%w, want %s", err, c.Text)
		}
		return nil
	}
	return errSkipped
}

// trapText is the engine's text for that of a script.
func trapText(text string) string {
	for _, known := range [][2]string{
		{"out of bounds table access", "table access"},
		{"undefined element", "table access"},
		{"uninitialized element", "table access"},
		{"indirect call type mismatch", "indirect call"},
		{"integer overflow", "integer overflow"},
		{"call stack exhausted", "stack overflow"},
		{"null function reference", "null"},
		{"null exception", "null"},
	} {
		if strings.HasPrefix(text, known[0]) {
			return known[1]
		}
	}
	return text
}

func (s *suite) define(name string, in *instance) {
	s.last = in
	if name != "" {
		s.named[name] = in
	}
}

func (s *suite) find(name string) *instance {
	if name == "" {
		return s.last
	}
	if in, ok := s.named[name]; ok {
		return in
	}
	return &instance{err: errSkipped}
}

// instantiate makes an instance of a module, and of its satellites before.
func (s *suite) instantiate(wasm []byte) *instance {
	m, err := corewasm.Decode(wasm)
	if err != nil {
		if e, ok := errors.AsType[*corewasm.Error](err); ok && e.Feature != "" {
			err = fmt.Errorf("%w: %w", errSkipped, err)
		}
		return &instance{err: err}
	}
	split, err := m.Split()
	if err != nil {
		return &instance{err: err}
	}
	s.made++
	name := fmt.Sprintf("i%d", s.made)
	main, given := m, map[string]*instance{}
	var memories []item
	if split != nil {
		s.split++
		main = split.Main
		for i, sat := range split.Satellites {
			in := s.part(sat.Module, fmt.Sprintf("%s.%d", name, i), nil)
			if in.err != nil {
				return in
			}
			given[sat.Name] = in
			memories = append(memories, in.items[corewasm.SatelliteMemory])
		}
	}
	in := s.part(main, name, given)
	if in.err != nil {
		return in
	}
	for _, e := range m.Exports {
		if e.Kind == corewasm.KindMemory && e.Index > 0 {
			in.items[e.Name] = memories[e.Index-1]
		}
	}
	return in
}

// part makes an instance of a module of one memory, under a name in the engine.
func (s *suite) part(m *corewasm.Module, name string, given map[string]*instance) *instance {
	var unknown error
	e := corewasm.Edit{ModuleName: name, TraceOffsets: true, Rename: func(im corewasm.Import) (string, string) {
		from := given[im.Module]
		if from == nil {
			from = s.registered[im.Module]
		}
		if from != nil && from.err != nil && unknown == nil {
			unknown = from.err
		}
		if from == nil || from.err != nil {
			return "nowhere", im.Name
		}
		to, ok := from.items[im.Name]
		if !ok {
			return "nowhere", im.Name
		}
		return to.instance, to.name
	}}
	if s.mode.slice > 0 {
		if err := meter.Add(&e, m, meter.Refill{Module: "meter", Name: "refill", Depth: suiteDepth}); err != nil {
			return &instance{err: err}
		}
	}
	out, err := m.Rewrite(e)
	if err == nil && unknown != nil {
		err = unknown
	}
	if err != nil {
		return &instance{err: err}
	}
	module, err := s.rt.InstantiateWithConfig(context.Background(), out.Wasm, wazero.NewModuleConfig().WithName(name).WithStartFunctions())
	if err != nil {
		return &instance{err: err}
	}
	if g, ok := module.ExportedGlobal(meter.DepthExport).(api.MutableGlobal); ok {
		s.depths = append(s.depths, g)
	}
	in := &instance{module: module, items: map[string]item{}}
	for _, e := range m.Exports {
		in.items[e.Name] = item{name, e.Name}
	}
	return in
}

func (s *suite) act(a *suiteAction) ([]uint64, error) {
	in := s.find(a.Module)
	if in == nil || in.err != nil {
		return nil, errSkipped
	}
	if a.Type == "get" {
		g := in.module.ExportedGlobal(a.Field)
		if g == nil {
			return nil, errSkipped
		}
		return []uint64{g.Get()}, nil
	}
	f := in.module.ExportedFunction(a.Field)
	if f == nil {
		return nil, fmt.Errorf("no function %q", a.Field)
	}
	var args []uint64
	for _, v := range a.Args {
		words, err := v.words()
		if err != nil {
			return nil, err
		}
		args = append(args, words...)
	}
	stack := make([]uint64, max(len(args), 2*len(f.Definition().ResultTypes())))
	copy(stack, args)
	defer s.deepen()
	if err := f.CallWithStack(context.Background(), stack); err != nil {
		return nil, err
	}
	return stack, nil
}

func (s *suite) returns(c suiteCommand) error {
	got, err := s.act(c.Action)
	if err != nil {
		return err
	}
	for _, want := range c.Expected {
		n := 1
		if want.Type == "v128" || want.Type == "either" {
			n = 2
		}
		if ok, err := want.is(got[:n]); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("%s %s: %x, want %s %s", c.Action.Field, want.Type, got[:n], want.LaneType, want.Value)
		}
		got = got[n:]
	}
	return nil
}

// words are the value as the engine has it; text that is no number is none.
func (v suiteValue) words() ([]uint64, error) {
	switch v.Type {
	case "i32", "i64", "f32", "f64", "externref", "funcref":
		n, null, err := number(v.Value)
		switch {
		case v.Type == "funcref" && !null:
			return nil, errSkipped
		case v.Type == "i32":
			n = uint64(uint32(n))
		case v.Type == "externref" && !null:
			n++ // none is zero
		}
		return []uint64{n}, err
	case "v128":
		var lanes []json.RawMessage
		if err := json.Unmarshal(v.Value, &lanes); err != nil {
			return nil, err
		}
		words, bits := make([]uint64, 2), 128/len(lanes)
		for i, lane := range lanes {
			n, _, err := number(lane)
			if err != nil {
				return nil, err
			}
			if bits < 64 {
				n &= 1<<bits - 1
			}
			words[i*bits/64] |= n << (i * bits % 64)
		}
		return words, nil
	}
	return nil, errSkipped
}

func number(raw json.RawMessage) (n uint64, null bool, err error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return 0, false, err
	}
	if text == "null" {
		return 0, true, nil
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return u, false, nil
	}
	i, err := strconv.ParseInt(text, 10, 64)
	return uint64(i), false, err
}

// is compares: a NaN by its class.
func (v suiteValue) is(got []uint64) (bool, error) {
	switch v.Type {
	case "either":
		for _, one := range v.Values {
			if ok, err := one.is(got); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	case "funcref", "refnull":
		return strings.Contains(string(v.Value), "null") == (got[0] == 0) || len(v.Value) == 0, nil
	case "f32":
		if strings.Contains(string(v.Value), "nan:") {
			return math.IsNaN(float64(math.Float32frombits(uint32(got[0])))), nil
		}
	case "f64":
		if strings.Contains(string(v.Value), "nan:") {
			return math.IsNaN(math.Float64frombits(got[0])), nil
		}
	case "v128":
		if strings.Contains(string(v.Value), "nan:") {
			return v.nanLanes(got)
		}
	}
	want, err := v.words()
	if err != nil {
		return false, err
	}
	if v.Type == "i32" || v.Type == "f32" {
		return uint32(want[0]) == uint32(got[0]), nil
	}
	for i := range want {
		if want[i] != got[i] {
			return false, nil
		}
	}
	return true, nil
}

func (v suiteValue) nanLanes(got []uint64) (bool, error) {
	var lanes []json.RawMessage
	if err := json.Unmarshal(v.Value, &lanes); err != nil {
		return false, err
	}
	bits := 128 / len(lanes)
	for i, lane := range lanes {
		word := got[i*bits/64] >> (i * bits % 64)
		if bits < 64 {
			word &= 1<<bits - 1
		}
		if ok, err := (suiteValue{Type: v.LaneType, Value: lane}).is([]uint64{word}); !ok || err != nil {
			return ok, err
		}
	}
	return true, nil
}
