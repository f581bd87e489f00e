package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/control"
	"github.com/airsstack/witgen/runtime/quota"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// host is a system of actors that answer with what they are asked.
type host struct{ *actor.System }

func (h host) Send(ctx context.Context, to actor.Address, payload []byte) error {
	return h.System.Send(ctx, actor.Address{}, to, payload)
}

func (h host) Limits(_ context.Context, a actor.Address) []quota.Status {
	info, _ := h.Actor(a)
	return info.Limits
}

func (h host) StopComponent(ctx context.Context, a actor.Address) error { return h.StopActor(ctx, a) }

type echo struct{}

func (echo) Start(context.Context) error                  { return nil }
func (echo) Handle(context.Context, *actor.Message) error { return nil }
func (echo) Health(context.Context) (actor.Health, error) { return actor.Healthy, nil }
func (echo) Stop(context.Context) error                   { return nil }
func (echo) Close(context.Context) error                  { return nil }
func (echo) Callback(context.Context, *actor.Message, error) error {
	return nil
}

func (echo) Answer(ctx context.Context, m *actor.Message) ([]byte, error) {
	switch string(m.Payload) {
	case "hang":
		<-ctx.Done()
		return nil, actor.Crash(ctx.Err())
	case "fail":
		return nil, errors.New("no such thing")
	}
	return append([]byte("re: "), m.Payload...), nil
}

// newHost runs actors under these addresses.
func newHost(t *testing.T, names ...string) host {
	t.Helper()
	h := host{actor.New()}
	t.Cleanup(func() {
		if err := h.System.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for _, name := range names {
		a, err := actor.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		err = h.Spawn(t.Context(), actor.Spec{Address: a, StopTimeout: time.Millisecond, Factory: func(context.Context, actor.Address) (actor.Contract, error) { return echo{}, nil }})
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// shortDir is a folder whose path leaves room for a socket's name.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "run")
}

func listen(t *testing.T, cfg control.Config) *control.Server {
	t.Helper()
	s, err := control.Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dial(t *testing.T, dir, name string) *control.Client {
	t.Helper()
	c, err := control.Dial(t.Context(), dir, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestActors(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	h := newHost(t, "shop:a", "shop:b", "other:b")
	listen(t, control.Config{Host: h, Dir: dir, Name: "shop"})
	c, ctx := dial(t, dir, ""), t.Context()

	if err := c.Send(ctx, "a", []byte("hello")); err != nil {
		t.Error(err)
	}
	if err := c.Send(ctx, "shop:b", nil); err != nil {
		t.Error(err)
	}
	if err := h.WaitIdle(ctx); err != nil {
		t.Fatal(err)
	}
	all, err := c.Actors(ctx)
	if err != nil || len(all) != 3 || all[0].Address != "shop:a" || all[0].State != "ready" || all[0].Handled != 1 ||
		!slices.Equal(all[0].Limits, []quota.Status{{Of: actor.LimitMessages, Usage: quota.Usage{Limit: actor.DefaultMailboxSize}}}) {
		t.Errorf("%+v, %v", all, err)
	}
	long := strings.Repeat("x", control.MaxPayload)
	for _, ask := range []string{"", "what?", long} {
		if reply, err := c.Request(ctx, "a", []byte(ask)); string(reply) != "re: "+ask || err != nil {
			t.Errorf("%.20s, %v", reply, err)
		}
	}
	for _, test := range []struct {
		err  error
		code string
		want string
	}{
		{c.Send(ctx, "b", nil), "bad-request", "b names several: write shop:b or other:b"},
		{c.Send(ctx, "c", nil), "not-found", "no actor is called c; there are other:b, shop:a, shop:b"},
		{c.Send(ctx, "shop:c", nil), "not-found", "no actor has this address"},
		{c.Send(ctx, "shop:", nil), "bad-request", "the name is empty"},
		{c.Send(ctx, "a", []byte(long+"x")), "bad-request", "too large"},
		{second(c.Request(ctx, "a", []byte("fail"))), "failed", "no such thing"},
		{second(c.Reload(ctx)), "unsupported", "does not offer"},
		{c.Shutdown(ctx), "unsupported", "does not offer"},
	} {
		e, ok := errors.AsType[*control.Error](test.err)
		if !ok || e.Code != test.code || !strings.Contains(e.Message, test.want) {
			t.Errorf("%v; want %s: %s", test.err, test.code, test.want)
		}
	}
	if err := c.Send(ctx, "c", nil); !errors.Is(err, actor.ErrNotFound) {
		t.Error("the kind is lost")
	}

	// Stopping and starting.
	if err := errors.Join(c.Restart(ctx, "a"), c.Stop(ctx, "a")); err != nil {
		t.Error(err)
	}
	if err := c.Send(ctx, "a", nil); !errors.Is(err, actor.ErrNotRunning) {
		t.Error(err)
	}
	if err := c.Restart(ctx, "a"); err != nil {
		t.Error(err)
	}
	if reply, err := c.Request(ctx, "a", []byte("again")); string(reply) != "re: again" || err != nil {
		t.Errorf("%s, %v", reply, err)
	}

	// Who asks may give up.
	limited, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := c.Request(limited, "a", []byte("hang")); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

// A run that is there and does not answer is not taken for one that is over.
func TestSilentRun(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "silent.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := control.Runs(ctx, dir); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "silent.sock: the run is there and does not answer") {
		t.Errorf("got %v", err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	dir, h := shortDir(t), newHost(t)
	if runs, err := control.Runs(t.Context(), dir); err != nil || len(runs) != 0 {
		t.Errorf("%v, %v", runs, err)
	}
	if _, err := control.Dial(t.Context(), dir, ""); !errors.Is(err, control.ErrNoRun) {
		t.Error(err)
	}

	path, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	first := listen(t, control.Config{Host: h, Dir: dir, Name: "my shop!", Paths: []string{path}})
	if _, err := control.Dial(t.Context(), dir, "other"); err == nil || !strings.Contains(err.Error(), "no run is called other") {
		t.Error(err)
	}
	second := listen(t, control.Config{Host: h, Dir: dir, Name: "my shop!"})
	listen(t, control.Config{Host: h, Dir: dir})
	runs, err := control.Runs(t.Context(), dir)
	var names []string
	for _, r := range runs {
		names = append(names, r.Name)
	}
	if err != nil || !slices.Equal(names, []string{"my-shop-2", "my-shop", "run"}) {
		t.Errorf("%q, %v", names, err)
	}
	if c := dial(t, dir, "my-shop"); c.Run().PID != os.Getpid() {
		t.Errorf("%+v", c.Run())
	}
	if c := dial(t, dir, "testdata"); c.Run().Name != "my-shop" {
		t.Errorf("%+v", c.Run())
	}
	var choose *control.ChooseError
	if _, err := control.Dial(t.Context(), dir, ""); !errors.As(err, &choose) || len(choose.Runs) != 3 || !strings.Contains(err.Error(), "3 runs are there; say which one:\n  my-shop") {
		t.Error(err)
	}

	// A name is free again when its run has ended.
	for _, s := range []*control.Server{first, second, second} {
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if s := listen(t, control.Config{Host: h, Dir: dir, Name: "my-shop"}); s.Run().Name != "my-shop" {
		t.Errorf("%+v", s.Run())
	}
}

func TestSocketOfADeadRun(t *testing.T) {
	t.Parallel()
	dir, h := shortDir(t), newHost(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(dir, "shop.sock"))
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // as a process leaves it that is killed
	l.Close()
	if runs, err := control.Runs(t.Context(), dir); err != nil || len(runs) != 0 {
		t.Errorf("%v, %v", runs, err)
	}
	if s := listen(t, control.Config{Host: h, Dir: dir, Name: "shop"}); s.Run().Name != "shop" {
		t.Errorf("%+v", s.Run())
	}
	if c := dial(t, dir, "shop"); c.Run().Name != "shop" {
		t.Errorf("%+v", c.Run())
	}
}

func TestFoldersThatOthersCanEnter(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("folders have no such modes")
	}
	h, safe := newHost(t), shortDir(t)
	s := listen(t, control.Config{Host: h, Dir: safe})
	for path, want := range map[string]os.FileMode{safe: 0o700, filepath.Join(safe, s.Run().Name+".sock"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	open, link, file := shortDir(t), shortDir(t), shortDir(t)
	if err := errors.Join(os.Mkdir(open, 0o700), os.Chmod(open, 0o750), os.Symlink(safe, link), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{open, link, file, filepath.Join(filepath.Dir(safe), strings.Repeat("x", 100))} {
		if _, err := control.Listen(control.Config{Host: h, Dir: dir}); !isDirError(err) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	for _, dir := range []string{open, link, file} {
		if _, err := control.Runs(t.Context(), dir); !isDirError(err) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func isDirError(err error) bool {
	_, ok := errors.AsType[*control.DirError](err)
	return ok
}

func TestJournal(t *testing.T) {
	t.Parallel()
	dir, h, j := shortDir(t), newHost(t, "shop:a", "shop:b"), new(control.Journal)
	add := func(n int, who string) {
		j.Add(control.Record{Event: "log", Actor: who, Text: fmt.Sprint(n), Facts: json.RawMessage(`{"n":1}`)})
	}
	for n := range 4 {
		add(n, []string{"shop:a", "shop:b"}[n%2])
	}
	s := listen(t, control.Config{Host: h, Dir: dir, Journal: j})
	c := dial(t, dir, "")
	read := func(q control.Query, each func(n int)) (texts []string) {
		t.Helper()
		for r, err := range c.Journal(t.Context(), q) {
			if err != nil {
				t.Error(err)
			}
			texts = append(texts, r.Text)
			if each != nil {
				each(len(texts))
			}
		}
		return texts
	}
	for _, test := range []struct {
		q    control.Query
		want string
	}{
		{control.Query{Last: -1}, "[0 1 2 3]"},
		{control.Query{Last: 3}, "[1 2 3]"},
		{control.Query{Last: 0}, "[]"},
		{control.Query{Last: 9, Actor: "b"}, "[1 3]"},
		{control.Query{Last: 1, Actor: "shop:a"}, "[2]"},
	} {
		if got := fmt.Sprint(read(test.q, nil)); got != test.want {
			t.Errorf("%+v: %s, want %s", test.q, got, test.want)
		}
	}

	// Who follows gets what comes, and an end with the run.
	got := read(control.Query{Last: 1, Follow: true}, func(n int) {
		if n < 4 {
			add(10+n, "shop:a")
		} else {
			go s.Close(context.Background())
		}
	})
	if fmt.Sprint(got) != "[3 11 12 13]" {
		t.Error(got)
	}
}

// What a slow reader has missed is said.
func TestJournalIsBounded(t *testing.T) {
	t.Parallel()
	dir, h, j := shortDir(t), newHost(t), new(control.Journal)
	listen(t, control.Config{Host: h, Dir: dir, Journal: j})
	c := dial(t, dir, "")
	count := 0
	text := strings.Repeat("x", 1<<20)
	j.Add(control.Record{Text: "first"})
	for r, err := range c.Journal(t.Context(), control.Query{Last: -1, Follow: true}) {
		if err != nil {
			t.Fatal(err)
		}
		count++
		if count == 1 {
			for range 100 {
				j.Add(control.Record{Text: text})
			}
			j.Add(control.Record{Event: "last"})
		}
		if r.Event == "last" {
			break
		}
	}
	if count > 60 { // the journal holds 8, and the connection some
		t.Errorf("%d records of 1 MiB", count)
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	dir, h := shortDir(t), newHost(t)
	end := make(chan struct{})
	s := listen(t, control.Config{Host: h, Dir: dir, Shutdown: func() { close(end) }})
	ended := make(chan error)
	c := dial(t, dir, "")
	go func() { ended <- c.Shutdown(t.Context()) }()
	<-end
	select {
	case err := <-ended:
		t.Errorf("before the run has ended: %v", err)
	default:
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
