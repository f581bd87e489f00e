package component

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"

	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/component/validate"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// cores decodes core modules, each once.
type cores map[*binary.CoreModule]*corewasm.Module

func (c cores) decode(d *binary.CoreModule) (*corewasm.Module, error) {
	if m, ok := c[d]; ok {
		return m, nil
	}
	m, err := corewasm.Decode(d.Bytes)
	if err != nil {
		return nil, err
	}
	c[d] = m
	return m, nil
}

// open decodes a component, validates and resolves it together with what stands
// in for its imports.
func open(wasm []byte, gifts []gift) (*binary.Component, *resolved, error) {
	tree, err := binary.Decode(wasm)
	if err != nil {
		return nil, nil, err
	}
	modules := cores{}
	given, err := readGiven(gifts, modules)
	if err != nil {
		return nil, nil, err
	}
	if err := valid(tree, modules.decode, given); err != nil {
		return nil, nil, err
	}
	r, err := resolve(tree, modules, given)
	if err != nil {
		return nil, nil, err
	}
	return tree, r, r.untaken(gifts)
}

// untaken is an error where something is given for no import.
func (r *resolved) untaken(gifts []gift) error {
	for _, g := range gifts {
		if slices.Contains(r.taken, g.name) {
			continue
		}
		names := slices.Clone(r.taken)
		for _, a := range r.absent {
			names = append(names, a.name)
		}
		has := "none at all"
		if len(names) > 0 {
			has = strings.Join(names, ", ")
		}
		return fmt.Errorf("given for import %q: the component imports no component and no core module of that name; those that it imports: %s", g.name, has)
	}
	return nil
}

// valid is validation with what is valid and not run here told apart.
func valid(tree *binary.Component, decode validate.Decode, given given) error {
	err := validate.Linked(tree, decode, given)
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
		if _, known := modules[d]; known {
			return modules.decode(d)
		}
		m, err := modules.decode(d)
		if err != nil {
			return nil, err
		}
		parts := []*corewasm.Module{m}
		switch split, err := m.Split(); {
		case err != nil:
			return nil, err
		case split != nil:
			parts[0] = split.Main
			for _, s := range split.Satellites {
				parts = append(parts, s.Module)
			}
		}
		for _, part := range parts {
			if err := compiles(ctx, engine, part); err != nil {
				return nil, err
			}
		}
		return m, nil
	}, nil)
}

// compiles reports whether the engine takes a core module.
func compiles(ctx context.Context, engine wazero.Runtime, m *corewasm.Module) error {
	// The engine takes no import from a module without a name.
	named, err := m.Rewrite(corewasm.Edit{Rename: func(im corewasm.Import) (module, name string) {
		return "of " + im.Module, im.Name
	}})
	if err != nil {
		return err
	}
	code, err := compile(ctx, engine, named.Wasm)
	if err != nil {
		return err
	}
	return code.Close(ctx)
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
