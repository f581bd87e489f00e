package benchmarks

import (
	"context"
	"testing"

	"github.com/samyfodil/wazy"
	wazycomponent "github.com/samyfodil/wazy/component"
)

func newWazy(b *testing.B) wazy.Runtime {
	b.Helper()
	rt := wazy.NewRuntime(b.Context())
	b.Cleanup(func() { check(b, rt.Close(context.Background())) })
	return rt
}

// wazyScalars is the guest scalars on the peer.
func wazyScalars(b *testing.B) *wazycomponent.Instance {
	b.Helper()
	in, err := wazycomponent.Instantiate(b.Context(), newWazy(b), file(b, scalarsFile), wazyImports()...)
	check(b, err)
	b.Cleanup(func() { check(b, in.Close(context.Background())) })
	return in
}

// wazyImports answer the imports of the guest scalars.
func wazyImports() []wazycomponent.Option {
	const iface = "demo:scalars/host@0.1.0"
	type values = []wazycomponent.Value
	u32 := []wazycomponent.TypeDesc{wazycomponent.PrimitiveDesc{Prim: "u32"}}
	str := []wazycomponent.TypeDesc{wazycomponent.PrimitiveDesc{Prim: "string"}}
	return []wazycomponent.Option{
		wazycomponent.WithImport(iface, "tick", func(_ context.Context, args []wazycomponent.Value) ([]wazycomponent.Value, error) {
			return values{args[0].(uint32) + 1}, nil
		}, u32, u32),
		wazycomponent.WithImport(iface, "say", func(_ context.Context, args []wazycomponent.Value) ([]wazycomponent.Value, error) {
			return values{uint32(len(args[0].(string)))}, nil
		}, str, u32),
		wazycomponent.WithImport(iface, "repeat", func(_ context.Context, args []wazycomponent.Value) ([]wazycomponent.Value, error) {
			return args, nil
		}, str, str),
	}
}

// wazyCall calls a function of the guest scalars that has one result.
func wazyCall[T any](ctx context.Context, in *wazycomponent.Instance, name string, args ...wazycomponent.Value) (T, error) {
	out, err := in.CallExport(ctx, "demo:scalars/api@0.1.0", name, args...)
	if err != nil {
		var zero T
		return zero, err
	}
	return out[0].(T), nil
}
