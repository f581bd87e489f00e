// Package layout holds the test that keeps the arrows between packages as
// docs/architecture.md draws them. It holds no code.
package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/airsstack/witgen/"

// arrows says which packages of this module a package may import. A name with
// "/..." stands for the packages below as well; nothing may import cmd.
var arrows = []struct {
	pkg string
	may []string
}{
	{"internal/tomlpos", nil},
	{"internal/durable", nil},
	{"internal/layout", nil},
	{"wit", []string{"wit/syntax"}},
	{"wit/syntax", nil},
	{"wit/internal/oracle", nil},
	{"wit/packages", nil},
	{"templates", nil},

	{"runtime/cm", nil},
	{"runtime/capability", nil},
	{"runtime/corewasm", nil},
	{"runtime/quota", nil},
	{"runtime/memory", []string{"runtime/quota"}},
	{"runtime/meter", []string{"runtime/corewasm"}},
	{"runtime/abi", []string{"runtime/cm"}},
	{"runtime/wave", []string{"runtime/abi"}},
	{"runtime/component/binary", nil},
	{"runtime/component/validate", []string{"runtime/component/binary", "runtime/corewasm"}},
	{"runtime/component", []string{
		"runtime/component/binary", "runtime/component/validate", "runtime/abi", "runtime/cm", "runtime/capability", "runtime/corewasm", "runtime/meter",
		"runtime/memory", "runtime/quota",
	}},
	{"runtime/netguard", []string{"runtime/capability"}},
	{"runtime/manifest", []string{"runtime/capability", "internal/tomlpos"}},
	{"runtime/learn", []string{"runtime/capability", "runtime/manifest"}},
	{"runtime/trust/signature", nil},
	{"runtime/trust/approval", []string{"runtime/trust", "runtime/capability", "internal/durable"}},
	{"runtime/trust/gate", []string{
		"runtime/trust", "runtime/trust/approval", "runtime/trust/signature", "runtime/audit", "runtime/capability", "internal/tomlpos", "internal/durable",
	}},
	{"runtime/audit", []string{"runtime/trust/signature", "runtime/capability", "internal/durable"}},
	{"runtime/trust", []string{"runtime/trust/signature", "runtime/capability", "internal/tomlpos", "internal/durable"}},
	{"runtime/actor", []string{"runtime/quota"}},
	{"runtime/store", nil},
	{"runtime/files", nil},
	{"runtime/broker", []string{"runtime/actor"}},
	{"runtime/control", []string{"runtime/actor", "runtime/quota"}},
	{"runtime/metrics", []string{"runtime/actor", "runtime/component", "runtime/quota"}},
	{"runtime/host/bindings/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/host/bindings/...",
	}},
	{"runtime/host/listener/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/host/listener/...",
	}},
	{"runtime/host/runtimehost/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/host/runtimehost/...",
	}},
	{"runtime/host/filesystem/bindings/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/host/filesystem/bindings/...",
	}},
	{"runtime/host/filesystem", []string{
		"runtime/host/filesystem/bindings/...", "runtime/files", "runtime/quota", "runtime/actor", "runtime/component", "runtime/capability",
	}},
	{"runtime/host/network/bindings/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/host/network/bindings/...",
	}},
	{"runtime/host/network", []string{
		"runtime/host/network/bindings/...", "runtime/netguard", "runtime/quota", "runtime/actor", "runtime/component", "runtime/capability", "runtime/cm",
	}},
	{"runtime/host/process/bindings/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/host/process/bindings/...",
	}},
	{"runtime/host/process", []string{
		"runtime/host/process/bindings/...", "runtime/actor", "runtime/component", "runtime/capability", "runtime/cm",
	}},
	{"runtime/host/delegation/bindings/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/host/delegation/bindings/...",
	}},
	{"runtime/host/delegation", []string{
		"runtime/host/delegation/bindings/...", "runtime/actor", "runtime/component", "runtime/capability", "runtime/cm",
	}},
	{"runtime/host", []string{
		"runtime/host/bindings/...", "runtime/wasi", "runtime/host/listener/...", "runtime/host/runtimehost/...", "runtime/store", "runtime/netguard", "runtime/actor", "runtime/broker", "runtime/component", "runtime/abi", "runtime/quota", "runtime/capability", "runtime/cm",
	}},
	{"runtime/wasi/bindings/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/wasi/bindings/...",
	}},
	{"runtime/wasi/program/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/wasi/program/...",
	}},
	{"runtime/wasi/proxy/...", []string{
		"runtime/cm", "runtime/abi", "runtime/component", "runtime/capability", "runtime/wasi/bindings/...", "runtime/wasi/proxy/...",
	}},
	{"runtime/wasi", []string{
		"runtime/wasi/proxy/...", "runtime/wasi/bindings/...", "runtime/wasi/program/...", "runtime/files", "runtime/netguard", "runtime/quota", "runtime/component", "runtime/abi", "runtime/capability", "runtime/cm",
	}},
	{"runtime", []string{"runtime/..."}},

	{"gen/model", []string{"wit", "runtime/abi", "runtime/capability"}},
	{"gen/emit", []string{"gen/model", "runtime/abi"}},
	{"gen/fromwasm", []string{"wit", "runtime/component", "runtime/abi"}},
	{"gen/internal/bootstrap", []string{"gen", "wit/packages"}},
	{"gen", []string{"gen/model", "gen/emit", "gen/fromwasm", "wit", "runtime/component", "internal/tomlpos"}},

	{"internal/roundtrip/...", []string{"runtime/...", "internal/roundtrip/..."}},
	{"internal/synth", []string{"runtime/abi"}},
	{"internal/randomgen", nil},

	{"cmd/witgen", []string{"..."}},
	{"examples/...", []string{"runtime/...", "examples/..."}},
}

// generated are the packages that generated code may pull in, beside the
// standard library: using it must cost a module nothing but wazero.
var generated = []string{
	module + "runtime/cm", module + "runtime/abi", module + "runtime/component",
	module + "runtime/capability", "github.com/tetratelabs/wazero",
}

// oracle is the one package that knows the Bytecode Alliance's toolkit for WIT.
// Only tests import it, so that users never pull the toolkit in.
const oracle = "wit/internal/oracle"

type goPackage struct {
	ImportPath string
	Imports    []string
	Standard   bool
}

func list(t *testing.T, args ...string) []goPackage {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Standard"}, args...)...)
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, stderr.Bytes())
	}
	var pkgs []goPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// covers reports whether pattern names the package.
func covers(pattern, pkg string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(pkg+"/", prefix)
	}
	return pattern == pkg
}

func TestArrows(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module)
		rule := slices.IndexFunc(arrows, func(a struct {
			pkg string
			may []string
		},
		) bool {
			return covers(a.pkg, name)
		})
		if rule < 0 {
			t.Errorf("%s stands in no row of the table: say what it may import", name)
			continue
		}
		for _, im := range p.Imports {
			to, ours := strings.CutPrefix(im, module)
			if ours && !slices.ContainsFunc(arrows[rule].may, func(m string) bool { return covers(m, to) }) {
				t.Errorf("%s imports %s, which the table does not allow", name, to)
			}
			if strings.HasPrefix(im, "go.bytecodealliance.org") && name != oracle {
				t.Errorf("%s imports %s: only %s knows the toolkit", name, im, oracle)
			}
			if to == oracle {
				t.Errorf("%s imports %s, which is for tests", name, oracle)
			}
		}
	}
}

func TestGeneratedCodePullsInWazeroOnly(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "-deps", "./examples/quickstart/shop/...") {
		first, _, _ := strings.Cut(p.ImportPath, "/")
		switch {
		case p.Standard || !strings.Contains(first, "."):
		case strings.HasPrefix(p.ImportPath, module+"examples/quickstart/shop"):
		case slices.ContainsFunc(generated, func(g string) bool { return strings.HasPrefix(p.ImportPath+"/", g+"/") }):
		case strings.HasPrefix(p.ImportPath, module+"runtime/corewasm"), strings.HasPrefix(p.ImportPath, module+"runtime/meter"),
			p.ImportPath == module+"runtime/memory", p.ImportPath == module+"runtime/quota":
			// what runtime/component is made of
		case strings.HasPrefix(p.ImportPath, "golang.org/x/sys/"):
			// wazero's own
		default:
			t.Errorf("generated code pulls in %s", p.ImportPath)
		}
	}
}
