package runtime_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/manifest"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := filepath.Join(dir, "one")
	if err := os.Mkdir(one, 0o700); err != nil {
		t.Fatal(err)
	}
	m := proberAt(t, one, "1.0.0", "")
	h, rec := newHost(t, nil)
	w := h.Watch([]*manifest.Manifest{m}, dir)
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	version := func() string {
		t.Helper()
		answer, err := h.Ask(t.Context(), proberAddress, []byte("meta demo:prober"))
		if err != nil {
			t.Fatal(err)
		}
		_, v, _ := strings.Cut(string(answer), "@")
		v, _, _ = strings.Cut(v, " ")
		return v
	}
	look := func(want ...string) []runtime.Change {
		t.Helper()
		changes := w.Reload(t.Context())
		if len(changes) != len(want) {
			t.Fatalf("%d changes, want %d: %+v", len(changes), len(want), changes)
		}
		for i, c := range changes {
			switch {
			case want[i] == "" && c.Err != nil, want[i] != "" && (c.Err == nil || !strings.Contains(c.Err.Error(), want[i])):
				t.Errorf("%s: %v, want %q", c.Path, c.Err, want[i])
			}
		}
		return changes
	}
	look()
	proberAt(t, one, "1.0.0", "") // written, and the same
	look()
	proberAt(t, one, "1.0.1", "")
	if c := look("")[0]; c.Started || c.Manifest.Version != "1.0.1" || version() != "1.0.1" {
		t.Errorf("%+v, %s", c, version())
	}
	look()

	// Mistakes are told once, and change nothing.
	writeFile(t, filepath.Join(one, manifest.FileName), []byte("[component]\nnmae = 1\n"))
	look("unknown key `nmae`")
	look()
	writeFile(t, filepath.Join(one, "prober.wasm"), []byte("damaged"))
	proberAt(t, one, "1.0.2", "")
	look("not a component")
	writeFile(t, filepath.Join(one, manifest.FileName), []byte("component = { name = \"demo:other\", version = \"1.0.0\" }"))
	look("component.name")
	if err := os.Remove(filepath.Join(one, manifest.FileName)); err != nil {
		t.Fatal(err)
	}
	if c := look("")[0]; !c.Stopped || c.Manifest.Version != "1.0.1" || len(h.Actors()) != 0 {
		t.Errorf("%+v", c)
	}
	look()
	copyFile(t, "../testdata/guests/prober/prober.wasm", filepath.Join(one, "prober.wasm"))
	proberAt(t, one, "1.0.3", "")
	if c := look("")[0]; !c.Started || version() != "1.0.3" {
		t.Errorf("%+v, %s", c, version())
	}

	// A new folder is a new component, whose name must be free.
	two := filepath.Join(dir, "two")
	if err := os.Mkdir(two, 0o700); err != nil {
		t.Fatal(err)
	}
	proberAt(t, two, "1.0.0", "")
	look("the name demo:prober is taken by " + filepath.Join(one, manifest.FileName))
	writeFile(t, filepath.Join(two, manifest.FileName), []byte("component = { name = \"demo:second\", version = \"1.0.0\" }"))
	if c := look("")[0]; !c.Started {
		t.Errorf("%+v", c)
	}
	if len(h.Actors()) != 2 {
		t.Errorf("%+v", h.Actors())
	}
	if loaded := find[runtime.Loaded](rec); len(loaded) != 4 || loaded[2].Manifest.Version != "1.0.3" {
		t.Errorf("%+v", loaded)
	}
}

// A component whose manifest is gone handles what waits for it first; one whose manifest only moved goes on from there.
func TestWatchRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	for _, d := range []string{one, two} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	m := proberAt(t, one, "1.0.0", "")
	h, rec := newHost(t, nil)
	w := h.Watch([]*manifest.Manifest{m}, dir)
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	const messages = 200
	for range messages {
		if err := h.Send(t.Context(), proberAddress, []byte("log hello")); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(filepath.Join(one, manifest.FileName), filepath.Join(two, manifest.FileName)); err != nil {
		t.Fatal(err)
	}
	copyFile(t, m.File, filepath.Join(two, "prober.wasm"))
	changes := w.Reload(t.Context())
	if len(changes) != 2 || !changes[0].Stopped || !changes[1].Started || changes[0].Err != nil || changes[1].Err != nil {
		t.Fatalf("%+v", changes)
	}
	if stopped := find[actor.Stopped](rec); len(stopped) != 1 || stopped[0].Left != 0 || stopped[0].Err != nil {
		t.Errorf("%+v", stopped)
	}
	if _, dead := h.DeadLetters(); dead != 0 {
		t.Errorf("%d dead letters", dead)
	}
	if err := os.Remove(filepath.Join(two, manifest.FileName)); err != nil {
		t.Fatal(err)
	}
	if changes := w.Reload(t.Context()); len(changes) != 1 || !changes[0].Stopped {
		t.Errorf("%+v", changes)
	}
	if err := h.Send(t.Context(), proberAddress, nil); err == nil || h.Refused() != 1 {
		t.Errorf("it is there: %v", err)
	}
	if changes := w.Reload(t.Context()); len(changes) != 0 {
		t.Errorf("%+v", changes)
	}
}

// What is still being written is left alone until it is the same twice.
func TestWatchIsPatient(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := proberAt(t, dir, "1.0.0", "")
	h, _ := newHost(t, nil)
	w := h.Watch([]*manifest.Manifest{m}, dir)
	if err := h.Start(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	clock := actor.NewManualClock(epoch)
	ctx, cancel := context.WithCancel(t.Context())
	changes, ended := make(chan runtime.Change), make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx, clock, time.Second, func(c runtime.Change) { changes <- c })
	}()
	looked := func() {
		t.Helper()
		if err := clock.BlockUntil(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	looked()
	for _, half := range []string{"comp", "component = {", "component = { name = \"demo:prober\""} {
		writeFile(t, filepath.Join(dir, manifest.FileName), []byte(half))
		clock.Advance(time.Second)
		looked() // and found no mistake: telling of it would wait here for ever
	}
	proberAt(t, dir, "2.0.0", "")
	clock.Advance(time.Second)
	looked()
	clock.Advance(time.Second)
	if c := <-changes; c.Err != nil || c.Manifest.Version != "2.0.0" {
		t.Errorf("%+v", c)
	}
	// What is gone at one look may be there at the next.
	src := filepath.Join(dir, manifest.FileName)
	if err := os.Rename(src, src+".old"); err != nil {
		t.Fatal(err)
	}
	looked()
	clock.Advance(time.Second)
	looked()
	if err := os.Rename(src+".old", src); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	looked()
	if err := os.Remove(src); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	looked()
	clock.Advance(time.Second)
	if c := <-changes; c.Err != nil || !c.Stopped || len(h.Actors()) != 0 {
		t.Errorf("%+v", c)
	}
	cancel()
	<-ended
	if n := clock.Pending(); n != 0 {
		t.Errorf("%d timers are left", n)
	}
}
