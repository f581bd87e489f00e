package gen_test

import (
	"context"
	"errors"
	"os"
	"testing"

	components "github.com/airsstack/witgen/gen/testdata/component-both/want"
	componentstore "github.com/airsstack/witgen/gen/testdata/component-both/want/demo/vault/store"
	coveredby "github.com/airsstack/witgen/gen/testdata/covered-by/want"
	coveredfs "github.com/airsstack/witgen/gen/testdata/covered-by/want/demo/t/fs"
	implements "github.com/airsstack/witgen/gen/testdata/implements/want"
	"github.com/airsstack/witgen/gen/testdata/implements/want/demo/t/w/backup"
	"github.com/airsstack/witgen/gen/testdata/implements/want/demo/t/w/primary"
	"github.com/airsstack/witgen/gen/testdata/with-type/geo"
	withtype "github.com/airsstack/witgen/gen/testdata/with-type/want"
	plottypes "github.com/airsstack/witgen/gen/testdata/with-type/want/demo/t/types"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

func newRuntime(t *testing.T) *component.Runtime {
	t.Helper()
	rt, err := component.NewRuntime(t.Context(), component.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return rt
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A shelf is a bucket that gives a number. One type serves both names.
type shelf uint8

func (s shelf) Get(context.Context) (uint8, error) { return uint8(s), nil }
func (shelf) Drop(context.Context)                 {}

type primaries struct{ opened []string }

func (p *primaries) Open(_ context.Context, name string) (primary.Bucket, error) {
	p.opened = append(p.opened, name)
	return shelf(40), nil
}

type backups struct{}

func (backups) Open(context.Context, string) (backup.Bucket, error) { return shelf(2), nil }

// TestInterfacesUnderNamesOfTheirOwn runs a component that imports one interface
// twice and exports it, each under a name of the world's.
func TestInterfacesUnderNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	ctx, p := t.Context(), &primaries{}
	f, err := implements.Load(ctx, newRuntime(t), read(t, "testdata/implements/both.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.New(ctx, implements.Imports{Primary: p, Backup: backups{}}, component.WithGrants(
		capability.Grant{Kind: capability.Import, Resource: "primary"}, capability.Grant{Kind: capability.Import, Resource: "backup"}))
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.Main().Open(ctx, "x")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := b.Get(ctx); n != 42 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if len(p.opened) != 1 || p.opened[0] != "x" {
		t.Errorf("opened %q", p.opened)
	}
	half, err := f.New(ctx, implements.Imports{Primary: p, Backup: backups{}}, component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "primary"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := half.Main().Open(ctx, "x"); !isDenied(err) {
		t.Errorf("without the grant for backup: %v", err)
	}
}

func isDenied(err error) bool {
	_, ok := errors.AsType[*capability.Denial](err)
	return ok
}

// nothing implements the store of the guest vault by refusing.
type nothing struct{ componentstore.Host }

func (nothing) BucketOpen(context.Context, string) (componentstore.Bucket, error) {
	return nil, componentstore.ErrorCodeFull
}

// TestBindingsOfAComponent loads a component with the bindings that were
// generated from itself.
func TestBindingsOfAComponent(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f, err := components.Load(ctx, newRuntime(t), read(t, "../testdata/guests/vault/vault.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	appraise := func(context.Context, componentstore.Bucket) (uint32, error) { return 0, nil }
	v, err := f.New(ctx, components.Imports{Store: nothing{}, Appraise: appraise},
		component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "demo:vault/store"}))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := v.Live(ctx); n != 0 || err != nil {
		t.Errorf("live: %d, %v", n, err)
	}
	_, err = v.Store().BucketOpen(ctx, "x")
	if err == nil || err.Error() != "full" {
		t.Errorf("open: %v", err)
	}
}

// plotter gives back what it is to draw, or the last place where there is no
// drawing.
type plotter struct{}

func (plotter) Draw(_ context.Context, p []geo.Place, b plottypes.Both) (plottypes.Both, error) {
	if len(p) > 1 {
		return plottypes.Both{}, &p[len(p)-1]
	}
	b.P = geo.Place{X: b.P.X + p[0].X, Y: b.P.Y + p[0].Y}
	return b, nil
}

// TestTypesThatAPersonWrote sends values of types that were not generated through
// a component, and an error of such a type.
func TestTypesThatAPersonWrote(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f, err := withtype.Load(ctx, newRuntime(t), read(t, "testdata/with-type/echo.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.New(ctx, withtype.Imports{Plot: plotter{}}, component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "demo:t/plot"}))
	if err != nil {
		t.Fatal(err)
	}
	both := plottypes.Both{P: geo.Place{X: 1, Y: 2}, L: 1, F: 3}
	got, err := w.Plot().Draw(ctx, []geo.Place{{X: 10, Y: 20}}, both)
	if want := (plottypes.Both{P: geo.Place{X: 11, Y: 22}, L: 1, F: 3}); got != want || err != nil {
		t.Errorf("drawn: %v, %v", got, err)
	}
	_, err = w.Plot().Draw(ctx, []geo.Place{{}, {X: 7, Y: 8}}, both)
	if at, ok := errors.AsType[*geo.Place](err); !ok || *at != (geo.Place{X: 7, Y: 8}) {
		t.Errorf("refused: %v", err)
	}
}

// numbered gives out numbers for open files.
type numbered struct {
	coveredfs.Host
	next uint64
}

func (n *numbered) Open(context.Context, string, bool) (uint64, error) {
	n.next++
	return n.next, nil
}

func (*numbered) Read(context.Context, uint64, uint64) ([]byte, error) { return nil, nil }
func (*numbered) Close(context.Context, uint64) error                  { return nil }

// TestNumbersThatAreCovered works with numbers that a function gave out: others
// reach nothing, one that was closed neither, and none when the grant is revoked.
func TestNumbersThatAreCovered(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	f, err := coveredby.Load(ctx, newRuntime(t), read(t, "testdata/covered-by/step.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	readA := capability.Grant{Kind: capability.Filesystem, Action: "read", Resource: "/a"}
	w, err := f.New(ctx, coveredby.Imports{Fs: &numbered{next: 6}}, component.WithGrants(readA))
	if err != nil {
		t.Fatal(err)
	}
	const open, read, closing = 0, 1, 2
	step := func(what uint32, handle, want uint64) {
		t.Helper()
		if got, err := w.Step(ctx, what, handle); got != want || err != nil {
			t.Errorf("step %d of %d: %d, %v, want %d", what, handle, got, err, want)
		}
	}
	step(open, 0, 7)
	step(open, 0, 8)
	step(read, 7, 0)
	step(read, 6, 1) // forged: the error denied
	step(closing, 7, 0)
	step(read, 7, 1)
	step(read, 8, 0)
	w.Instance().Guard().Revoke(readA)
	step(read, 8, 1)
	if _, err := w.Step(ctx, closing, 7); !isDenied(err) { // close has no error to answer with
		t.Errorf("closed twice: %v", err)
	}
}
