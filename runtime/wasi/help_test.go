package wasi_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/program"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const guests = "../../testdata/guests"

// A runner runs one program again and again.
type runner struct {
	factory *program.Factory
	met     []string // which limits were met
}

func newRunner(t *testing.T, wasm []byte) *runner {
	t.Helper()
	ctx := context.Background()
	r := new(runner)
	rt, err := component.NewRuntime(ctx, component.Config{Met: func(_ string, e *quota.ExceededError) { r.met = append(r.met, e.Error()) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close(ctx) })
	if r.factory, err = wasi.Load(ctx, rt, wasm); err != nil {
		t.Fatal(err)
	}
	return r
}

func kept(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(guests, name, name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type outcome struct {
	code        int
	out, errors string
	err         error
}

func (r *runner) run(c wasi.Config, opts ...component.Option) outcome {
	var out, errs bytes.Buffer
	if c.Stdout == nil {
		c.Stdout = &out
	}
	c.Stderr = &errs
	code, err := wasi.Run(context.Background(), r.factory, c, opts...)
	return outcome{code, out.String(), errs.String(), err}
}

func grant(kind capability.Kind, action, resource string) capability.Grant {
	return capability.Grant{Kind: kind, Action: action, Resource: resource}
}

// clocksAndRandom are what a Config does not give.
var clocksAndRandom = []capability.Grant{
	grant(capability.Import, "", "wasi:clocks/*"),
	grant(capability.Import, "", "wasi:random/random"),
}

// files grants actions on paths: "read /data/**".
func files(grants ...string) []capability.Grant {
	all := slices.Clone(clocksAndRandom)
	for _, g := range grants {
		action, path, _ := strings.Cut(g, " ")
		all = append(all, grant(capability.Filesystem, action, path))
	}
	return all
}

func reader(s string) io.Reader { return strings.NewReader(s) }
