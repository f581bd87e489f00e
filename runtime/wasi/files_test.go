package wasi_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/program"
)

// tree makes a folder with a file at each path, and one outside of it. A text
// that begins with -> is a link.
func tree(t *testing.T, texts map[string]string) (dir string, mounts []wasi.Mount) {
	t.Helper()
	outside := t.TempDir()
	dir = filepath.Join(outside, "data")
	texts["../outside.txt"] = "outside"
	texts["."] = ""
	for name, text := range texts {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch target, link := strings.CutPrefix(text, "->"); {
		case link:
			err = os.Symlink(target, path)
		case text == "":
			err = os.MkdirAll(path, 0o755)
		default:
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return dir, []wasi.Mount{{Path: "/data", Root: root}}
}

const (
	denied   = "error: permission denied\n"
	notFound = "error: entity not found\n"
)

// TestFiles works on files with what Rust's standard library has for them.
func TestFiles(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-files"))
	all := files("read /data/**", "write /data/**", "delete /data/**")
	tests := []struct {
		commands, out, errors string
		files                 map[string]string // afterwards; "" for none
	}{
		{commands: "cat /data/a.txt", out: "hello"},
		{commands: "cat /data/none", errors: notFound},
		{commands: "write /data/new.txt text", files: map[string]string{"new.txt": "text"}},
		{commands: "write /data/a.txt hi", files: map[string]string{"a.txt": "hi"}},
		{commands: "append /data/a.txt !; append /data/a.txt ?", files: map[string]string{"a.txt": "hello!?"}},
		{commands: "ls /data", out: "a.txt false\nsub true\nto-a false\n"},
		{commands: "stat /data/a.txt; stat /data/sub; lstat /data/to-a; readlink /data/to-a", out: "5 false\n4096 true\ntrue\na.txt\n"},
		{commands: "mkdir /data/x/y; write /data/x/y/z 1; rm /data/x/y/z; rmdir /data/x/y", files: map[string]string{"x/y": ""}},
		{commands: "rmdir /data/sub", errors: "error: uncategorized error\n"},
		{commands: "mv /data/a.txt /data/b.txt; mv /data/b.txt /data/sub/c.txt", files: map[string]string{"a.txt": "", "sub/c.txt": "hello"}},
		{commands: "mkdir /data/empty; mv /data/sub /data/empty; cat /data/empty/b.txt", out: "below"},
		{commands: "symlink a.txt /data/new/", errors: notFound},
		{commands: "ln /data/a.txt /data/new/", errors: notFound, files: map[string]string{"new": ""}},
		{commands: "mv /data/sub /data/moved; cat /data/moved/b.txt", out: "below"},
		{commands: "ln /data/a.txt /data/sub/l; append /data/sub/l !", files: map[string]string{"a.txt": "hello!"}},
		{commands: "symlink sub /data/s; cat /data/s/b.txt", out: "below"},
		{commands: "truncate /data/a.txt 2; cat /data/a.txt; touch /data/a.txt", out: "he"},
		{commands: "cat /data/sub/../a.txt; cat /data/to-a; cat /data/sub/up/a.txt", out: "hellohellohello"},
	}
	for _, test := range tests {
		t.Run(test.commands, func(t *testing.T) {
			dir, mounts := tree(t, map[string]string{"a.txt": "hello", "sub/b.txt": "below", "to-a": "->a.txt", "sub/up": "->.."})
			out, errs := "", ""
			for command := range strings.SplitSeq(test.commands, "; ") {
				got := r.run(wasi.Config{Args: append([]string{"prog"}, strings.Fields(command)...), Mounts: mounts}, component.WithGrants(all...))
				if got.err != nil {
					t.Fatal(got.err)
				}
				out, errs = out+got.out, errs+got.errors
			}
			if out != test.out || errs != test.errors {
				t.Errorf("it says %q and %q, want %q and %q", out, errs, test.out, test.errors)
			}
			for name, want := range test.files {
				if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

// TestFilesAttacks tries to come to what is not granted.
func TestFilesAttacks(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-files"))
	some := files("read /data/in/**", "write /data/in/**", "delete /data/in/**", "read /data/only.txt", "read /data/one/*", "delete /data/one/*")
	for _, command := range []string{
		"cat /data/secret", "cat /data/none", "cat /data/in/../secret", "cat /data/in/link", "cat /data/in/folder/key", "cat /data/in/out",
		"cat /data/in/absolute", "cat /etc/passwd", "cat /data/../outside.txt", "cat /data/in/../../outside.txt",
		"write /data/only.txt x", "write /data/in/link x", "write /data/new x", "append /data/in/link x", "truncate /data/in/link 0",
		"ln /data/secret /data/in/l", "ln /data/only.txt /data/in/l", "mv /data/secret /data/in/s", "mv /data/in/a /data/b", "mv /data/one/d /data/in/d",
		"symlink ../secret /data/in/s", "symlink /etc/passwd /data/in/s", "symlink ../../outside.txt /data/in/s",
		"rm /data/secret", "rm /data/only.txt", "ls /data", "ls /data/in/folder", "stat /data/secret", "stat /data/in/link", "mkdir /data/in/folder/x",
		"readlink /data/in/absolute", "cat /data/in/loop", "cat /data/in/pipe",
	} {
		t.Run(command, func(t *testing.T) {
			dir, mounts := tree(t, map[string]string{
				"secret": "secret", "only.txt": "only", "in/a": "a", "in/link": "->../secret", "hidden/key": "secret", "in/folder": "->../hidden",
				"in/out": "->../../outside.txt", "in/absolute": "->/etc/passwd", "one/d/key": "secret", "in/loop": "->loop",
			})
			makePipe(t, filepath.Join(dir, "in/pipe"))
			got := r.run(wasi.Config{Args: append([]string{"prog"}, strings.Fields(command)...), Mounts: mounts}, component.WithGrants(some...))
			if got.err != nil || got.code != 1 || got.out != "" || !strings.HasPrefix(got.errors, "error: ") {
				t.Errorf("it ended with %d, %v; out %q, err %q", got.code, got.err, got.out, got.errors)
			}
			if strings.HasPrefix(command, "cat /data/none") && got.errors != denied {
				t.Errorf("what is not granted and not there answers %q", got.errors)
			}
			for name, want := range map[string]string{"secret": "secret", "only.txt": "only", "../outside.txt": "outside", "in/s": "", "in/l": "", "new": "", "in/d/key": ""} {
				if text, _ := os.ReadFile(filepath.Join(dir, name)); string(text) != want {
					t.Errorf("%s is %q now", name, text)
				}
			}
		})
	}
}

// TestRevoke takes a grant back while a file is open.
func TestRevoke(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := newRunner(t, kept(t, "rust-files"))
	_, mounts := tree(t, map[string]string{"a.txt": "hello"})
	in, feed := io.Pipe()
	results, out := io.Pipe()
	config := wasi.Config{Args: []string{"prog", "hold", "/data/a.txt"}, Mounts: mounts, Stdin: in, Stdout: out}
	g := grant(capability.Filesystem, "read", "/data/**")
	p, err := r.factory.New(ctx, program.Imports{}, append(wasi.Options(config), component.WithGrants(append(files(), g)...))...)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- p.Run().Run(ctx)
		_ = out.Close()
	}()
	line := make([]byte, 16)
	for _, want := range []string{"h\n", "e\n"} {
		if _, err := io.WriteString(feed, "\n"); err != nil {
			t.Fatal(err)
		}
		if n, err := results.Read(line); err != nil || string(line[:n]) != want {
			t.Fatalf("it read %q, %v, want %q", line[:n], err, want)
		}
	}
	if !p.Instance().Guard().Revoke(g) {
		t.Fatal("there is no such grant")
	}
	_, _ = io.WriteString(feed, "\n")
	if n, err := results.Read(line); err != io.EOF {
		t.Errorf("after the grant was taken back it read %q, %v", line[:n], err)
	}
	if err := <-done; err == nil {
		t.Error("it ended well")
	}
	_ = feed.Close()
	if err := p.Close(ctx); err != nil {
		t.Error(err)
	}
}

// TestFilesRace exchanges a folder for a link to one that is not granted, again
// and again, while the program reads and writes below it.
func TestFilesRace(t *testing.T) {
	t.Parallel()
	r := newRunner(t, kept(t, "rust-files"))
	dir, mounts := tree(t, map[string]string{"in/d/key": "public", "hidden/key": "secret", "l": "->hidden"})
	some := files("read /data/in/**", "write /data/in/**")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		at := func(name string) string { return filepath.Join(dir, name) }
		for {
			select {
			case <-stop:
				return
			default:
			}
			for _, move := range [][2]string{{"in/d", "d"}, {"l", "in/d"}, {"in/d", "l"}, {"d", "in/d"}} {
				if err := os.Rename(at(move[0]), at(move[1])); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}()
	read := 0
	for range 100 {
		for _, command := range []string{"cat /data/in/d/key", "write /data/in/d/key public"} {
			got := r.run(wasi.Config{Args: append([]string{"prog"}, strings.Fields(command)...), Mounts: mounts}, component.WithGrants(some...))
			if got.err != nil || got.out != "" && got.out != "public" {
				t.Errorf("%s ended with %d, %v; out %q", command, got.code, got.err, got.out)
			}
			if got.out != "" {
				read++
			}
		}
	}
	close(stop)
	<-stopped
	if text, _ := os.ReadFile(filepath.Join(dir, "hidden/key")); string(text) != "secret" {
		t.Errorf("the file that is not granted is %q now", text)
	}
	t.Logf("%d of 100 reads met the folder", read)
}
