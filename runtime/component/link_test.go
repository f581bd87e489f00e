package component_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden holds text to the file of that name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(readFile(t, path)), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// linkError loads a component that does not fit the world.
func linkError(t *testing.T, rt *component.Runtime, wasm []byte, w *component.World) *component.LinkError {
	t.Helper()
	_, err := rt.Load(context.Background(), wasm, w)
	var link *component.LinkError
	if !errors.As(err, &link) {
		t.Errorf("%s: Load gives %v (%T), want a *LinkError", w.Name, err, err)
		return &component.LinkError{World: w.Name}
	}
	return link
}

func takes(t *abi.Type) *abi.FuncType {
	return &abi.FuncType{Params: []abi.Field{{Label: "v", Type: t}}}
}

// TestTypesThatDiffer compares exports of every kind of type with a world that
// wants others.
func TestTypesThatDiffer(t *testing.T) {
	t.Parallel()
	field := func(label string, t *abi.Type) abi.Field { return abi.Field{Label: label, Type: t} }
	kase := func(label string, t *abi.Type) abi.Case { return abi.Case{Label: label, Type: t} }
	point := abi.Record("point", field("x", abi.U32), field("y", abi.U32))
	tests := []struct {
		fn   string
		want *abi.FuncType
	}{
		{"number", takes(abi.U64)},
		{"number", takes(point)},
		{"number", takes(abi.List(abi.U8))},
		{"number", &abi.FuncType{}},
		{"number", &abi.FuncType{Params: []abi.Field{{Label: "w", Type: abi.U32}}}},
		{"number", &abi.FuncType{Params: []abi.Field{{Label: "v", Type: abi.U32}}, Result: abi.U32}},
		{"number", &abi.FuncType{Params: []abi.Field{{Label: "v", Type: abi.U32}}, Async: true}},
		{"none", &abi.FuncType{}},
		{"none", &abi.FuncType{Result: abi.String}},
		{"record", takes(abi.Record("point", field("x", abi.U32)))},
		{"record", takes(abi.Record("point", field("x", abi.U32), field("y", abi.U32), field("z", abi.U32)))},
		{"record", takes(abi.Record("point", field("x", abi.U32), field("z", abi.U32)))},
		{"record", takes(abi.Record("point", field("x", abi.U32), field("y", abi.S32)))},
		{"record", takes(abi.Tuple(abi.U32, abi.U32))},
		{"variant", takes(abi.Variant("shape", kase("dot", nil)))},
		{"variant", takes(abi.Variant("shape", kase("dot", nil), kase("circle", abi.U32), kase("square", nil)))},
		{"variant", takes(abi.Variant("shape", kase("dot", nil), kase("round", abi.U32)))},
		{"variant", takes(abi.Variant("shape", kase("dot", nil), kase("circle", abi.Float64)))},
		{"variant", takes(abi.Variant("shape", kase("dot", abi.U8), kase("circle", abi.U32)))},
		{"variant", takes(abi.Variant("shape", kase("dot", nil), kase("circle", nil)))},
		{"enum", takes(abi.Enum("color", "red"))},
		{"enum", takes(abi.Enum("color", "red", "green", "blue"))},
		{"enum", takes(abi.Enum("color", "red", "blue"))},
		{"flags", takes(abi.Flags("perms", "read"))},
		{"flags", takes(abi.Flags("perms", "read", "write", "exec"))},
		{"flags", takes(abi.Flags("perms", "read", "exec"))},
		{"tuple", takes(abi.Tuple(abi.U32))},
		{"tuple", takes(abi.Tuple(abi.U32, abi.U32, abi.U32))},
		{"tuple", takes(abi.Tuple(abi.U32, abi.Bool))},
		{"option", takes(abi.Option(abi.U16))},
		{"result", takes(abi.Result(abi.U32, nil))},
		{"result", takes(abi.Result(nil, abi.U32))},
		{"result", takes(abi.Result(abi.U32, abi.String))},
		{"list", takes(abi.List(abi.U16))},
		{"nested", takes(abi.List(abi.Option(abi.Record("point", field("x", abi.U32), field("y", abi.U64)))))},
	}
	rt := newRuntime(t, component.Config{})
	var got strings.Builder
	for _, test := range tests {
		w := &component.World{Name: "demo:kinds/world", Exports: []*component.Export{
			{Funcs: []component.ExportFunc{{Name: test.fn, Type: test.want}}},
		}}
		fmt.Fprintf(&got, "# %s, wanted as %s\n%s\n\n", test.fn, test.want, strings.Join(linkError(t, rt, handmade(t, "kinds"), w).Problems, "\n"))
	}
	golden(t, "types", got.String())
}

// TestTypesThatFit compares by structure: names do not matter.
func TestTypesThatFit(t *testing.T) {
	t.Parallel()
	wasm := handmade(t, "kinds")
	w := describe(t, wasm)
	for i, f := range w.Exports[0].Funcs {
		for _, p := range f.Type.Params {
			if p.Type.Name != "" {
				renamed := *f.Type
				renamed.Params = []abi.Field{{Label: p.Label, Type: p.Type.Named("other")}}
				w.Exports[0].Funcs[i].Type = &renamed
			}
		}
	}
	if _, err := newRuntime(t, component.Config{}).Load(context.Background(), wasm, w); err != nil {
		t.Error(err)
	}
}

// TestWhatIsMissing lets worlds and components miss each other.
func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	nop := &abi.FuncType{}
	text := takes(abi.String)
	text.Params[0].Label = "path"
	size := &abi.FuncType{Params: text.Params, Result: abi.U64}
	offer := func(name string, fns ...component.NamedFunc) *component.Import {
		return component.DynamicImport(name, fns)
	}
	open, sizeOf := component.NamedFunc{Name: "open", Type: text}, component.NamedFunc{Name: "size", Type: size}
	bare, tick := offer("demo:shop/bare", component.NamedFunc{Name: "go", Type: nop}),
		offer("", component.NamedFunc{Name: "tick", Type: &abi.FuncType{Params: []abi.Field{{Label: "v", Type: abi.U32}}}})
	noPoint := offer("demo:shop/files@0.1.2", open, sizeOf)
	noPoint.Funcs[0].Points = nil
	want := func(name string, fns ...component.ExportFunc) *component.Export {
		return &component.Export{Name: name, Funcs: fns}
	}

	tests := []struct {
		name, component string
		world           component.World
	}{
		{"nothing offered", "imports", component.World{}},
		{"all but resources offered", "imports", component.World{Imports: []*component.Import{
			bare, tick, offer("demo:shop/files@0.1.2", open, sizeOf),
			offer("demo:shop/store@1.0.0", component.NamedFunc{Name: "empty", Type: nop}),
		}}},
		{"a newer compatible version without one function", "imports", component.World{Imports: []*component.Import{
			bare, tick, offer("demo:shop/files@0.1.5", sizeOf),
		}}},
		{"versions that are not compatible", "imports", component.World{Imports: []*component.Import{
			bare, tick, offer("demo:shop/files@0.2.0", open, sizeOf), offer("demo:shop/store@1.0.0-rc.1"),
		}}},
		{"versions here and none there", "imports", component.World{Imports: []*component.Import{
			offer("demo:shop/bare@1.0.0"), offer("demo:shop/files", open, sizeOf),
		}}},
		{"another function of a like name, and another type", "imports", component.World{Imports: []*component.Import{
			bare, tick, offer("demo:shop/files@0.1.2", component.NamedFunc{Name: "open-file", Type: text}, component.NamedFunc{Name: "size", Type: text}),
		}}},
		{"a host function without a point", "imports", component.World{Imports: []*component.Import{bare, tick, noPoint}}},
		{"exports that are missing", "kinds", component.World{Exports: []*component.Export{
			want("", component.ExportFunc{Name: "numbers", Type: nop}, component.ExportFunc{Name: "color", Type: nop}),
			want("demo:kinds/api@1.0.0", component.ExportFunc{Name: "number", Type: nop}),
		}}},
		{"an export of another version", "scalars", component.World{Exports: []*component.Export{
			want("demo:scalars/api@0.2.0"),
		}}},
		{"imports and exports at once", "scalars", component.World{Exports: []*component.Export{
			want("demo:scalars/api@0.1.0", component.ExportFunc{Name: "add", Type: nop}, component.ExportFunc{Name: "subtract", Type: nop}),
		}}},
		{"resources", "c-kit", component.World{Imports: []*component.Import{
			offer("demo:c/host@0.1.0",
				component.NamedFunc{Name: "log", Type: nop},
				component.NamedFunc{Name: "[constructor]sink", Type: nop},
				component.NamedFunc{Name: "[method]sink.push", Type: nop}),
		}}},
	}
	rt := newRuntime(t, component.Config{})
	var got strings.Builder
	for _, test := range tests {
		wasm := handmadeOrGuest(t, test.component)
		test.world.Name = "demo:shop/plugin@0.1.0"
		fmt.Fprintf(&got, "# %s: %s\n%v\n\n", test.component, test.name, linkError(t, rt, wasm, &test.world))
	}
	golden(t, "missing", got.String())
}

func handmadeOrGuest(t *testing.T, name string) []byte {
	t.Helper()
	if _, err := os.Stat(filepath.Join("testdata", name+".wasm")); err == nil {
		return handmade(t, name)
	}
	return guest(t, name)
}

// TestVersionsThatFit links a component to other versions than it was built
// for, and takes the newest where there are several.
func TestVersionsThatFit(t *testing.T) {
	t.Parallel()
	wasm := guest(t, "scalars") // built for 0.1.0
	rt := newRuntime(t, component.Config{})
	answer := func(n uint32) any {
		return ticker(func(context.Context, uint32) (uint32, error) { return n, nil })
	}
	tests := []struct {
		offers []string
		want   uint32 // which answers
	}{
		{[]string{"0.1.0"}, 0},
		{[]string{"0.1.5"}, 0},
		{[]string{"0.1.5", "0.1.12", "0.2.0"}, 1},
		{[]string{"0.1.12", "0.1.0"}, 1},
		{[]string{"0.1.3+build.7"}, 0},
	}
	for _, test := range tests {
		w := describe(t, wasm)
		funcs := w.Imports[0].Funcs
		w.Imports = nil
		var hosts []any
		for i, v := range test.offers {
			w.Imports = append(w.Imports, &component.Import{Name: "demo:scalars/host@" + v, Funcs: funcs})
			hosts = append(hosts, answer(uint32(i)))
		}
		w.Exports[0].Name = "demo:scalars/api@0.1.9"
		f, err := rt.Load(context.Background(), wasm, w)
		if err != nil {
			t.Errorf("%v: %v", test.offers, err)
			continue
		}
		in, err := f.New(context.Background(), hosts, component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "demo:scalars/*"}))
		if err != nil {
			t.Fatal(err)
		}
		if v := named(in, w).must(t, "twice", uint32(1)); v != test.want {
			t.Errorf("%v: offer %v answers, want %d", test.offers, v, test.want)
		}
	}
}

// TestVersionsOfWhichOneFits takes an older version where the newest has not what
// the component asks for, and says what the newest lacks where none has.
func TestVersionsOfWhichOneFits(t *testing.T) {
	t.Parallel()
	wasm := guest(t, "scalars")
	rt := newRuntime(t, component.Config{})
	funcs := describe(t, wasm).Imports[0].Funcs
	less := slices.DeleteFunc(slices.Clone(funcs), func(h component.HostFunc) bool { return h.Name == "tick" })
	other := slices.Clone(funcs)
	for i := range other {
		if other[i].Name == "tick" {
			other[i].Type = &abi.FuncType{Params: []abi.Field{{Label: "v", Type: abi.U64}}, Result: abi.U32}
		}
	}
	for _, test := range []struct {
		what          string
		newest, older []component.HostFunc
		want          string
	}{
		{"the newest lacks a function", less, funcs, ""},
		{"the newest has another type", other, funcs, ""},
		{"none fits", other, less, `import demo:scalars/host@0.1.0, function tick: the component's differs`},
	} {
		w := describe(t, wasm)
		w.Imports = []*component.Import{{Name: "demo:scalars/host@0.1.2", Funcs: test.older}, {Name: "demo:scalars/host@0.1.9", Funcs: test.newest}}
		f, err := rt.Load(t.Context(), wasm, w)
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v", test.what, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.what, err)
			continue
		}
		hosts := []any{ticker(func(context.Context, uint32) (uint32, error) { return 2, nil }), ticker(func(context.Context, uint32) (uint32, error) { return 9, nil })}
		in, err := f.New(t.Context(), hosts, component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "demo:scalars/*"}))
		if err != nil {
			t.Fatal(err)
		}
		if v := named(in, w).must(t, "twice", uint32(1)); v != uint32(2) {
			t.Errorf("%s: the version 0.1.%v answers", test.what, v)
		}
	}
}

// TestDynamicWorldHasResources describes a component with a resource of its own.
func TestDynamicWorldHasResources(t *testing.T) {
	t.Parallel()
	var names []string
	for _, e := range describe(t, guest(t, "rust-kit")).Exports {
		for _, f := range e.Funcs {
			names = append(names, f.Name)
		}
	}
	if diff := cmp.Diff([]string{"[constructor]bag", "[method]bag.add", "[method]bag.items", "total", "describe", "spin"}, names); diff != "" {
		t.Errorf("exports (-want +got):\n%s", diff)
	}
}
