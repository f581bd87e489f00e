package wasi_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

// TestKeptPrograms runs what C makes through the adapter.
func TestKeptPrograms(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"c-cli"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newRunner(t, kept(t, name)).run(wasi.Config{Args: []string{"prog", "one", "two"}, Env: []string{"NAME=value"}},
				component.WithGrants(clocksAndRandom...))
			if got.err != nil || !strings.Contains(got.out+got.errors, "one") {
				t.Errorf("it ended with %d, %v; out %q, err %q", got.code, got.err, got.out, got.errors)
			}
		})
	}
}

// TestProgram asks a program of plain Rust for each thing that it is given.
func TestProgram(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-files"))
	tests := []struct {
		name   string
		config wasi.Config
		want   outcome
	}{
		{"echo", wasi.Config{Stdin: reader(strings.Repeat("line\n", 50_000))}, outcome{out: strings.Repeat("line\n", 50_000)}},
		{"env", wasi.Config{Env: []string{"A=1", "B=x=y"}}, outcome{out: "A=1\nB=x=y\n"}},
		{"args 1 x", wasi.Config{}, outcome{out: "[\"1\", \"x\"]\n"}},
		{"clock", wasi.Config{}, outcome{out: "true true\n"}},
		{"random", wasi.Config{}, outcome{out: "10\n"}},
		{"exit 0", wasi.Config{}, outcome{}},
		{"exit 1", wasi.Config{}, outcome{code: 1}},
		{"cat /etc/passwd", wasi.Config{}, outcome{code: 1, errors: "error: uncategorized error\n"}},
		// nothing is given
		{"env", wasi.Config{}, outcome{}},
		{"args", wasi.Config{}, outcome{out: "[]\n"}},
		{"echo", wasi.Config{}, outcome{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.config.Args = append([]string{"prog"}, strings.Fields(test.name)...)
			if got := r.run(test.config, component.WithGrants(clocksAndRandom...)); got != test.want {
				t.Errorf("it ended with %d, %v; out %.100q, err %q, want %d, out %.100q, err %q", got.code, got.err, got.out, got.errors, test.want.code, test.want.out, test.want.errors)
			}
		})
	}
}

// TestPanic shows that what a program says at its end is seen without any grant.
func TestPanic(t *testing.T) {
	t.Parallel()
	got := newRunner(t, kept(t, "rust-files")).run(wasi.Config{Args: []string{"prog", "panic"}})
	if got.err == nil || !strings.Contains(got.errors, "on purpose") {
		t.Errorf("it ended with %d, %v; err %q", got.code, got.err, got.errors)
	}
}

// TestOlderVersion runs a program that was built for an earlier 0.2.
func TestOlderVersion(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"@0.2.10", "@0.2.11"} {
		older := bytes.ReplaceAll(kept(t, "rust-files"), []byte("@0.2.12"), []byte(version))
		got := newRunner(t, older).run(wasi.Config{Args: []string{"prog", "args", "x"}})
		if got.err != nil || got.out != "[\"x\"]\n" {
			t.Errorf("%s: it ended with %d, %v; out %q", version, got.code, got.err, got.out)
		}
	}
}

// TestCancel ends a program that waits for input that does not come.
func TestCancel(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-files"))
	in, feed := io.Pipe()
	defer feed.Close()
	ctx, cancel := context.WithCancel(context.Background())
	started := make(chan struct{})
	done := make(chan error, 1)
	go func() {
		_, err := wasi.Run(ctx, r.factory, wasi.Config{Args: []string{"prog", "echo"}, Stdin: in, Stdout: tell(started)}, component.WithGrants(clocksAndRandom...))
		done <- err
	}()
	if _, err := feed.Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	<-started
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("it still waits")
	}
}

// tell closes itself at the first write.
type tell chan struct{}

func (c tell) Write(b []byte) (int, error) {
	close(c)
	return len(b), nil
}
