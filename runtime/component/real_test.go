package component_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

var realDir = flag.String("real", filepath.Join("..", "..", "testdata", "guests"), "instantiate every component in this `folder`")

// TestReal decodes, validates and instantiates every component in a folder,
// each import answered by a stub that traps: the guests of this tree without
// -real. What is refused is told with its reason, which a person has to agree
// with; a host panic or a hang fails.
func TestReal(t *testing.T) {
	t.Parallel()
	var ran, refused, broken int
	err := filepath.WalkDir(*realDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".wasm" {
			return err
		}
		wasm, err := os.ReadFile(path)
		if err != nil || !isComponent(wasm) {
			return err
		}
		name, _ := filepath.Rel(*realDir, path)
		outcome := "instantiated"
		err = instantiateStubbed(t.Context(), wasm)
		var notYet *component.UnsupportedError
		var trap *component.Trap
		switch {
		case err == nil:
			ran++
		case errors.As(err, &trap): // a start function that calls an import
			ran++
			outcome = "started, and trapped: " + trap.Cause.Error()
		case errors.As(err, &notYet):
			refused++
			outcome = err.Error()
		default:
			broken++
			outcome = "REFUSED: " + err.Error()
		}
		t.Logf("%s\t%x\t%s", filepath.ToSlash(name), sha256.Sum256(wasm), strings.ReplaceAll(outcome, "\n", " "))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("components: %d instantiated, %d not supported yet, %d refused", ran, refused, broken)
	if ran == 0 || *realDir == filepath.Join("..", "..", "testdata", "guests") && refused+broken > 0 {
		t.Errorf("%d instantiated, %d not", ran, refused+broken)
	}
}

func isComponent(wasm []byte) bool {
	return len(wasm) > 8 && string(wasm[:8]) == "\x00asm\x0d\x00\x01\x00"
}

func instantiateStubbed(ctx context.Context, wasm []byte) error {
	if err := component.Validate(context.Background(), wasm); err != nil {
		return fmt.Errorf("validate: %w", err)
	}
	rt, err := component.NewRuntime(ctx, engineConfig())
	if err != nil {
		return err
	}
	defer rt.Close(ctx)
	d, err := component.Describe(wasm)
	if err != nil {
		return err
	}
	world := component.DynamicWorld("real:test/component", d)
	f, err := rt.Load(ctx, wasm, world)
	if err != nil {
		return err
	}
	var grants []capability.Grant
	hosts := make([]any, len(world.Imports))
	for i, im := range world.Imports {
		hosts[i] = component.DynamicHost(func(_ context.Context, fn string, _ []abi.Value) (abi.Value, error) {
			return nil, fmt.Errorf("the stub of %s was called", fn)
		})
		names := []string{im.Name}
		if im.Name == "" {
			names = nil
			for _, fn := range im.Funcs {
				names = append(names, fn.Name)
			}
		}
		for _, name := range names {
			grants = append(grants, capability.Grant{Kind: capability.Import, Resource: name})
		}
	}
	_, err = f.New(ctx, hosts, component.WithGrants(grants...))
	return err
}
