package component

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"

	componentbinary "github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/corewasm"
	"github.com/airsstack/witgen/runtime/meter"
)

// A compiledModule is a core module as it runs, and the way back to the file.
type compiledModule struct {
	source    *coreModule
	rewritten *corewasm.Rewritten
	code      wazero.CompiledModule
	keep      *memento
}

func (c *compiledModule) close() error {
	if c == nil {
		return nil
	}
	return c.code.Close(context.Background())
}

func (f *Factory) compileModule(ctx context.Context, pi *planInst, at int, o *loadOptions) (*compiledModule, error) {
	if err := f.limits.allowModule(pi.module.module); err != nil {
		return nil, fmt.Errorf("%s: %w", pi.module, err)
	}
	out, keep, err := f.rewrite(pi, at, o)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	code, err := compile(ctx, f.rt.engine, out.Wasm)
	switch {
	case errors.As(err, new(*CacheError)):
		return nil, err
	case err != nil:
		return nil, &componentbinary.Error{
			Offset: pi.module.offset, Section: "core module",
			Msg: fmt.Sprintf("%s is not valid: %v", pi.module, err),
		}
	}
	out.Wasm = nil
	return &compiledModule{source: pi.module, rewritten: out, code: code, keep: keep}, nil
}

// rewrite makes of a core module what the engine compiles, or finds it in the
// cache.
func (f *Factory) rewrite(pi *planInst, at int, o *loadOptions) (*corewasm.Rewritten, *memento, error) {
	m := pi.module.module
	edit := corewasm.Edit{ModuleName: fmt.Sprintf("m%d", at), Rename: pi.rename(), TraceOffsets: true}
	if o.unmetered {
		edit.TableMax = f.limits.TableElements
	}
	key := f.rewriteKey(pi, &edit, o)
	if saved, ok := f.rt.cache.get(rewrittenEntry, key); ok {
		if keep, saved := savedMemento(saved); keep != nil {
			if out, err := m.Saved(saved); err == nil {
				return out, keep, nil
			}
		}
	}
	var err error
	if f.complexity, err = f.limits.allowCompiling(m, f.complexity); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", pi.module, err)
	}
	keep, exports := remember(m)
	edit.Exports = exports
	if !o.unmetered {
		if err := meter.Add(&edit, m, meter.Refill{
			Module: hostName, Name: refillName, Depth: f.limits.Depth, Tables: true, Inward: pi.inward(),
		}); err != nil {
			return nil, nil, err
		}
		if keep.lost == "" {
			keep.globals = append(keep.globals, meter.FuelExport, meter.DepthExport)
		}
	}
	out, err := m.Rewrite(edit)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", pi.module, err)
	}
	if f.rt.cache == nil {
		return out, keep, nil
	}
	return out, keep, f.rt.cache.put(rewrittenEntry, key, append(keep.save(), out.Save()...))
}

// rewriteKey is of everything that what rewrite makes depends on, but for what
// the name of the cache's folder tells.
func (f *Factory) rewriteKey(pi *planInst, edit *corewasm.Edit, o *loadOptions) (key cacheKey) {
	if f.rt.cache == nil {
		return key
	}
	b := appendString(nil, edit.ModuleName)
	b = binary.AppendUvarint(b, uint64(edit.TableMax))
	b = binary.AppendUvarint(b, uint64(f.limits.Depth))
	b = appendBool(b, o.unmetered)
	inward := pi.inward()
	for _, im := range pi.module.module.Imports {
		module, name := edit.Rename(im)
		b = appendString(appendString(b, module), name)
		b = appendBool(b, inward(im))
	}
	h := sha256.New()
	h.Write(appendString(nil, string(b)))
	h.Write(pi.module.module.Binary())
	h.Sum(key[:0])
	return key
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
