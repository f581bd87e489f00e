package wasi

import (
	"context"
	"errors"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi/program"
)

// Load reads a program, a component that exports wasi:cli/run.
func Load(ctx context.Context, rt *component.Runtime, wasm []byte, opts ...component.LoadOption) (*program.Factory, error) {
	return program.Load(ctx, rt, wasm, append(Providers(), opts...)...)
}

// Run runs a program once, in an instance of its own, and gives its exit code when
// what it wrote to its standard streams has been written, or ctx has ended.
// An error is for what was no end of the program's own: a trap, or ctx.
func Run(ctx context.Context, f *program.Factory, c Config, opts ...component.Option) (code int, err error) {
	conns := &connections{config: &c}
	h := newHosts(&c, conns)
	p, err := f.New(ctx, program.Imports{}, append(h.options(), opts...)...)
	if err == nil {
		defer conns.close()
		err = p.Run().Run(ctx)
		err = errors.Join(err, p.Close(context.WithoutCancel(ctx)))
		h.written(ctx)
	}
	if err == nil {
		return 0, nil
	}
	if code, ok := ExitCode(err); ok {
		return code, nil
	}
	return 1, err
}

// ExitCode tells from what wasi:cli/run gave whether the program ended by itself,
// and with which code.
func ExitCode(err error) (code int, ended bool) {
	if err == nil {
		return 0, true
	}
	if trap, ok := errors.AsType[*component.Trap](err); ok {
		// An import's error is not among what a trap unwraps to.
		exit, ok := errors.AsType[*ExitError](trap.Cause)
		if !ok {
			return 0, false
		}
		return exit.Code, true
	}
	_, failed := errors.AsType[*cm.Error[cm.Unit]](err)
	return 1, failed
}
