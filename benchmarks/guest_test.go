package benchmarks

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/benchmarks/internal/scalars"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/component/binary"
)

// The files that are measured, all of them components.
const (
	scalarsFile  = "../testdata/guests/scalars/scalars.wasm"
	counterFile  = "../testdata/guests/counter/counter.wasm"
	laterFile    = "../testdata/guests/turnstile/turnstile.wasm"
	ledgerFile   = "../testdata/guests/ledger/ledger.wasm"
	smallestFile = "../testdata/guests/wat-min/wat-min.wasm"
	echoFile     = "../testdata/guests/echo/echo.wasm"
	rustFile     = "../testdata/guests/rust-kit/rust-kit.wasm"
	runawayFile  = "../testdata/guests/runaway/runaway.wasm"
	pluginFile   = "../examples/quickstart/plugin.wasm"
)

// check ends the benchmark on an error.
func check(b *testing.B, err error) {
	if err != nil {
		b.Helper()
		b.Fatal(err)
	}
}

func file(b *testing.B, name string) []byte {
	b.Helper()
	wasm, err := os.ReadFile(filepath.FromSlash(name))
	check(b, err)
	return wasm
}

// cores are the core modules of a component, in the order of the file: the
// guest's own is the first.
func cores(b *testing.B, wasm []byte) [][]byte {
	b.Helper()
	tree, err := binary.Decode(wasm)
	check(b, err)
	var out [][]byte
	for _, def := range tree.Defs {
		if m, ok := def.(*binary.CoreModule); ok {
			out = append(out, m.Bytes)
		}
	}
	return out
}

// scalarsImport is the grant that the guest scalars needs.
var scalarsImport = component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "demo:scalars/host@0.1.0"})

// hostScalars answers the imports of the guest scalars.
type hostScalars struct{}

func (hostScalars) Tick(_ context.Context, v uint32) (uint32, error)   { return v + 1, nil }
func (hostScalars) Say(_ context.Context, s string) (uint32, error)    { return uint32(len(s)), nil }
func (hostScalars) Repeat(_ context.Context, s string) (string, error) { return s, nil }

func newRuntime(b *testing.B) *component.Runtime {
	b.Helper()
	rt, err := component.NewRuntime(b.Context(), component.Config{})
	check(b, err)
	b.Cleanup(func() { check(b, rt.Close(context.Background())) })
	return rt
}

// generated is an instance of the guest scalars behind generated bindings.
func generated(b *testing.B, opts ...component.LoadOption) *scalars.Scalars {
	b.Helper()
	f, err := scalars.Load(b.Context(), newRuntime(b), file(b, scalarsFile), opts...)
	check(b, err)
	p, err := f.New(b.Context(), scalars.Imports{Host: hostScalars{}}, scalarsImport)
	check(b, err)
	return p
}

// dynamic is the function of the guest scalars for the type-driven path.
func dynamic(b *testing.B, name string) component.Func {
	b.Helper()
	for _, f := range generated(b).Instance().Funcs(0) {
		if f.Name() == "demo:scalars/api@0.1.0#"+name {
			return f
		}
	}
	b.Fatalf("the guest has no function %s", name)
	panic("unreachable")
}

func newWazero(b *testing.B) wazero.Runtime {
	b.Helper()
	rt := wazero.NewRuntime(b.Context())
	b.Cleanup(func() { check(b, rt.Close(context.Background())) })
	return rt
}
