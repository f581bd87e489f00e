package component

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// cores decodes the core modules of a file, each once.
type cores map[int]*corewasm.Module

func (c cores) decode(d *binary.CoreModule) (*corewasm.Module, error) {
	if m, ok := c[d.Offset]; ok {
		return m, nil
	}
	m, err := corewasm.Decode(d.Bytes)
	if err != nil {
		return nil, err
	}
	c[d.Offset] = m
	return m, nil
}

// open decodes a component, validates and resolves it.
func open(wasm []byte) (*binary.Component, *resolved, error) {
	tree, err := binary.Decode(wasm)
	if err != nil {
		return nil, nil, err
	}
	modules := cores{}
	if err := valid(tree, modules.decode); err != nil {
		return nil, nil, err
	}
	r, err := resolve(tree, modules)
	return tree, r, err
}

// valid is validation with what is valid and not run here told apart.
func valid(tree *binary.Component, decode validate.Decode) error {
	err := validate.Component(tree, decode)
	if e, ok := errors.AsType[*validate.Error](err); ok && e.Class == validate.ClassUnsupported {
		return &UnsupportedError{Offset: e.Offset, What: e.Section + ": " + e.Msg}
	}
	return err
}

// Validate decodes a component and checks all of it, the code of its core
// modules too. It asks nothing of a world, and what passes may still import
// what no host has. The error is a *binary.Error for bytes that have not the
// form of a component, a *validate.Error for a component that breaks a rule, an
// *UnsupportedError for one that this runtime cannot judge.
func Validate(ctx context.Context, wasm []byte) (err error) {
	tree, err := binary.Decode(wasm)
	if err != nil {
		return err
	}
	engine := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(coreFeatures))
	defer func() { err = errors.Join(err, engine.Close(ctx)) }()
	modules := cores{}
	return valid(tree, func(d *binary.CoreModule) (*corewasm.Module, error) {
		if _, known := modules[d.Offset]; known {
			return modules.decode(d)
		}
		m, err := modules.decode(d)
		if err != nil {
			return nil, err
		}
		// The engine takes no import from a module without a name.
		named, err := m.Rewrite(corewasm.Edit{Rename: func(im corewasm.Import) (module, name string) {
			return "of " + im.Module, im.Name
		}})
		if err != nil {
			return nil, err
		}
		code, err := compile(ctx, engine, named.Wasm)
		if err != nil {
			return nil, err
		}
		return m, code.Close(ctx)
	})
}

// compile compiles a core module. The engine validates the operands of its code
// and has been seen to panic at bad ones.
func compile(ctx context.Context, engine wazero.Runtime, wasm []byte) (code wazero.CompiledModule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the engine failed at it: %v", r)
		}
	}()
	return engine.CompileModule(ctx, wasm)
}
