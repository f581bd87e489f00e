package wasi_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

// built is a guest that is too large to be kept; the test is skipped where it was
// not built.
func built(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(guests, name, name+".wasm"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s.wasm is not built; testdata/guests/build.sh %s makes it", name, name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGoProgram asks a program of plain Go for each thing that it is given.
func TestGoProgram(t *testing.T) {
	t.Parallel()
	r := newRunner(t, built(t, "go-files"))
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tests := []struct {
		args   []string
		config wasi.Config
		want   outcome
	}{
		{[]string{"args", "1", "x y"}, wasi.Config{}, outcome{out: "[\"1\" \"x y\"]\n"}},
		{[]string{"env"}, wasi.Config{Env: []string{"A=1", "B=x=y"}}, outcome{out: "A=1\nB=x=y\n"}},
		{[]string{"words"}, wasi.Config{Stdin: reader(strings.Repeat("two words\n", 20_000))}, outcome{out: "40000\n"}},
		{[]string{"sleep"}, wasi.Config{}, outcome{out: "true true\n"}},
		{[]string{"garbage"}, wasi.Config{}, outcome{out: "2000\n"}},
		{[]string{"write", "/data/a.txt", "by Go"}, wasi.Config{}, outcome{}},
		{[]string{"cat", "/data/a.txt"}, wasi.Config{}, outcome{out: "by Go"}},
		{[]string{"ls", "/data"}, wasi.Config{}, outcome{out: "a.txt false\n"}},
		{[]string{"cat", "/data/../../etc/passwd"}, wasi.Config{}, outcome{code: 1, errors: "error: open /data/../../etc/passwd: Bad file number\n"}},
		{[]string{"write", "/data/b.secret", "x"}, wasi.Config{}, outcome{code: 1, errors: "error: open /data/b.secret: Operation not permitted\n"}},
		{[]string{"remove", "/data/a.txt"}, wasi.Config{}, outcome{}},
		{[]string{"ls", "/data"}, wasi.Config{}, outcome{}},
		{[]string{"what"}, wasi.Config{}, outcome{code: 1, errors: "error: no verb what\n"}},
	}
	for _, test := range tests {
		test.config.Args = append([]string{"prog"}, test.args...)
		test.config.Mounts = []wasi.Mount{{Path: "/data", Root: root}}
		got := r.run(test.config, component.WithGrants(files("read /data", "read /data/*.txt", "write /data/*.txt", "delete /data/*.txt")...))
		if got != test.want {
			t.Errorf("%v ends with %d, %v; out %.200q, err %.200q, want %d, out %.200q, err %.200q",
				test.args, got.code, got.err, got.out, got.errors, test.want.code, test.want.out, test.want.errors)
		}
	}
	if got := r.run(wasi.Config{Args: []string{"prog", "panic"}}, component.WithGrants(clocksAndRandom...)); !strings.Contains(got.errors, "panic: as asked") || got.code == 0 && got.err == nil {
		t.Errorf("a panic ends with %d, %v; err %.200q", got.code, got.err, got.errors)
	}
}
