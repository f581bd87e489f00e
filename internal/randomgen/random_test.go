package randomgen_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/gen"
	"github.com/airsstack/witgen/internal/synth"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

var (
	seed      = flag.Uint64("seed", rand.Uint64(), "what the random types and values of this run come from")
	functions = flag.Int("functions", 24, "how many function types are drawn")
	rounds    = flag.Int("rounds", 50, "how many random values each function is called with")
	keep      = flag.Bool("keep", false, "leave the module that was written, and say where it is")
)

// module is the path of the module that the test writes. It lies below this
// package's, so that the program may import internal packages.
const module = "github.com/airsstack/witgen/internal/randomgen/program"

// TestRandomTypes draws types of functions, generates bindings for a world of
// them, and runs a program that calls a guest through those and on the
// type-driven path.
func TestRandomTypes(t *testing.T) {
	t.Parallel()
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Skipf("this test builds a program: %v", err)
	}
	r := rand.New(rand.NewPCG(*seed, 1))
	types := synth.NewTypes(r)
	funcs := make([]synth.Func, *functions)
	for i := range funcs {
		funcs[i] = synth.Func{
			Name:     fmt.Sprintf("f%d", i),
			Type:     types.Func(),
			Encoding: []abi.Encoding{abi.UTF8, abi.UTF16, abi.Latin1UTF16}[r.IntN(3)],
		}
	}
	wasm := synth.Interfaces(imported, exported, funcs)
	if err := component.Validate(t.Context(), wasm); err != nil {
		t.Errorf("the component of -seed=%d: %v", *seed, err)
	}
	dir := t.TempDir()
	if *keep {
		if dir, err = os.MkdirTemp("", "randomgen-"); err != nil {
			t.Fatal(err)
		}
		t.Logf("the module is in %s", dir)
	}
	if err := writeModule(dir, wasm, witText(funcs, types.Named())); err != nil {
		t.Fatalf("-seed=%d: %v", *seed, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, goCommand, "run", "-ldflags=-s -w", ".", fmt.Sprintf("-seed=%d", *seed), fmt.Sprintf("-rounds=%d", *rounds))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the program of -seed=%d -functions=%d -rounds=%d: %v\n%s", *seed, *functions, *rounds, err, out)
	}
	t.Logf("-seed=%d: %s", *seed, out)
}

// writeModule writes a module of the component, bindings that are generated for
// its world, and the program in testdata.
func writeModule(dir string, wasm []byte, wit string) error {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "program"))); err != nil {
		return err
	}
	config := []byte("world = \"random\"\nout = \"random\"\n")
	for name, text := range map[string][]byte{
		"go.mod":         fmt.Appendf(nil, "module %s\n\ngo 1.26.0\n\nreplace github.com/airsstack/witgen => %q\n\nrequire github.com/airsstack/witgen v0.0.0\n", module, filepath.ToSlash(root)),
		"go.sum":         sums,
		"component.wasm": wasm,
		"wit/random.wit": []byte(wit),
		"witgen.toml":    config,
	} {
		if err := write(dir, name, text); err != nil {
			return err
		}
	}
	c, err := gen.ParseConfig(filepath.Join(dir, gen.ConfigFile), config)
	if err != nil {
		return err
	}
	files, err := gen.Generate(c)
	if err != nil {
		return err
	}
	if _, err := files.Write(); err != nil {
		return err
	}
	return writeWitnesses(dir, files)
}

// writeWitnesses writes what the program has for these bindings alone.
func writeWitnesses(dir string, files *gen.Files) error {
	const ifaces = "random/demo/random/"
	for _, iface := range []string{"host", "roundtrip"} {
		src, ok := files.Text[ifaces+iface+"/"+iface+".go"]
		if !ok {
			return fmt.Errorf("%s is not among the generated files %s", iface, strings.Join(files.Names(), ", "))
		}
		text, err := variantsText(module+"/"+ifaces+iface, iface+"Variants", src)
		if err != nil {
			return err
		}
		if err := write(dir, iface+"_variants.go", []byte(text)); err != nil {
			return err
		}
		if iface != "host" {
			continue
		}
		if text, err = hostText(module+"/"+ifaces+iface, src); err != nil {
			return err
		}
		if err := write(dir, "host.go", []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

func write(dir, name string, text []byte) error {
	to := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}
