package host_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/host/filesystem"
)

// plant makes a folder with the texts as files, "->…" as links and "" as folders,
// mounted as /data; beside it lies a file with a secret.
func plant(t *testing.T, texts map[string]string) (dir string, mounts []files.Mount) {
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
	return dir, []files.Mount{{Path: "/data", Root: root}}
}

// mine are grants of files, each as "action pattern".
func mine(words ...string) []capability.Grant {
	var grants []capability.Grant
	for _, w := range words {
		action, pattern, _ := strings.Cut(w, " ")
		grants = append(grants, capability.Grant{Kind: capability.Filesystem, Action: action, Resource: pattern})
	}
	return grants
}

// handy is an actor with an extension.
func handy(e host.Extension, grants ...capability.Grant) spec {
	return spec{of: handyman, Setup: host.Setup{Grants: slices.Clip(grants), Extensions: []host.Extension{e}}}
}

var everything = mine("read /data/**", "write /data/**", "delete /data/**", "list_dir /data/**")

func TestFiles(t *testing.T) {
	t.Parallel()
	dir, mounts := plant(t, map[string]string{"a": "hello", "sub/b": "below", "sub/deep/c": "cc", "to-a": "->a", "empty": ""})
	s := newSystem(t)
	s.start("demo:a", handy(filesystem.New(mounts, filesystem.Limits{Open: 3, Read: 4}), everything...))
	s.does("demo:a",
		"open /data/a r -> 1",
		"read 1 3 -> 3 hel",
		"tell 1 -> 3",
		"read 1 100 -> 2 lo",
		"read 1 100 -> 0 ",
		"seek 1 1 -> 1",
		"read 1 100 -> 4 ello", // no more than the limit
		"seek 1 18446744073709551615 -> InvalidArgument(…",
		"write 1 x -> InvalidArgument(\"file 1 was not opened to be written\")",
		"open /data/new w -> NotFound(\"/data/new\")",
		"open /data/new w c -> 2",
		"write 2 text -> 4",
		"read 2 1 -> InvalidArgument(\"file 2 was not opened to be read\")",
		"open /data/new a -> 3",
		"write 3 !! -> 2",
		"tell 3 -> 6",
		"open /data/a r -> ResourceExhausted(…",
		"close 2 -> ok",
		"close 2 -> PermissionDenied(…", // it is nothing that was opened
		"close 3 -> ok",
		"open /data/new rw n -> AlreadyExists(\"/data/new\")",
		"open /data/new rw t -> 4",
		"write 4 ab -> 2",
		"seek 4 0 -> 0",
		"read 4 9 -> 2 ab",
		"close 4 -> ok",
		"open /data/a r t -> InvalidArgument(…",
		"open /data/sub r -> NotAFile(\"/data/sub\")",
		"open /data/a/x r -> NotADirectory(\"/data/a/x\")",
		"open /data/to-a r -> 5",
		"close 5 -> ok",

		"mkdir /data/made 750 -> ok",
		"mkdir /data/made 750 -> AlreadyExists(\"/data/made\")",
		"mkdir /data/made/x 7777 -> InvalidArgument(…",
		"rmdir /data/sub -> DirectoryNotEmpty(\"/data/sub\")",
		"rmdir /data/made -> ok",
		"rmdir /data/a -> NotADirectory(\"/data/a\")",
		"rm /data/sub -> NotAFile(\"/data/sub\")",
		"mv /data/new /data/sub/new -> ok",
		"cp /data/sub/new /data/copy -> ok",
		"cp /data/a /data/to-a -> InvalidArgument(…",
		"cp /data/sub /data/x -> NotAFile(\"/data/sub\")",
		"exists /data/copy -> true",
		"exists /data/gone -> false",
		"chmod /data/copy 600 -> ok",
		"times /data/copy 100 200 -> ok",
		"stat /data/copy -> /data/copy FileType::Regular 2 600 200",
		"stat /data/gone -> NotFound(\"/data/gone\")",
		"symlink a /data/l1 -> ok",
		"symlink /data/a /data/sub/l2 -> ok",
		"readlink /data/l1 -> /data/a",
		"readlink /data/sub/l2 -> /data/a",
		"readlink /data/a -> InvalidArgument(\"/data/a\")",
		"same /data/a /data/sub/l2 -> true",
		"same /data/a /data/copy -> false",
		"canon /data/sub/l2 -> /data/a",
		"batch /data/copy,/data/gone -> NotFound(\"/data/gone\")",
		"batch /data/copy -> /data/copy FileType::Regular 2 600 200",
		"all /data/a,/data/copy -> true",
		"all /data/a,/data/gone -> false",
		"any /data/gone,/data/a -> true",
		"any  -> false",
		"all  -> true",

		"ls /data/sub -> /data/sub 4: b Regular, deep Directory, l2 Symlink, new Regular",
		"tree /data 1 -> a Regular, copy Regular, empty Directory, l1 Symlink, sub Directory, to-a Symlink",
		"tree /data/sub 2 -> b Regular, deep Directory, deep/c Regular, l2 Symlink, new Regular",
		"tree /data/sub 0 -> ok",
		"find /data ? -> /data/a /data/sub/b /data/sub/deep/c",
		"find /data [ -> InvalidArgument(…",
		"type /data directory -> /data/empty /data/sub /data/sub/deep",
		"size /data/sub -> 9",
		"ls /data/a -> NotADirectory(\"/data/a\")",
		"rmall /data/sub -> ok",
		"exists /data/sub -> false",
		"exists /data/a -> true", // a link led there
		"cwd -> /",
		"cd /data/empty -> ok",
		"cwd -> /data/empty",
		"cd /data/a -> NotADirectory(\"/data/a\")",
		"rmall /data -> InvalidArgument(\"/data\")",
		"rm /data/to-a -> ok",
		"exists /data/a -> true",
		"open /other/a r -> PermissionDenied(…",
	)
	if text, err := os.ReadFile(filepath.Join(dir, "copy")); string(text) != "ab" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

// Nothing leads to what is not granted: not as it is written, and not by links.
func TestFilesAttacks(t *testing.T) {
	t.Parallel()
	some := mine("read /data/in/**", "write /data/in/**", "delete /data/in/**", "list_dir /data/in/**",
		"read /data/only.txt", "read /data/one/*", "delete /data/one/*", "list_dir /data/one", "delete /data/one")
	texts := func() map[string]string {
		return map[string]string{
			"secret": "secret", "only.txt": "only", "in/a": "a", "in/link": "->../secret", "hidden/key": "secret", "in/folder": "->../hidden",
			"in/out": "->../../outside.txt", "in/absolute": "->/etc/passwd", "one/d/key": "secret", "in/loop": "->loop", "in/only": "->../only.txt",
		}
	}
	_, mounts := plant(t, texts())
	dir, err := filepath.Abs(mounts[0].Root.Name())
	if err != nil {
		t.Fatal(err)
	}
	s := newSystem(t)
	s.start("demo:a", handy(filesystem.New(mounts, filesystem.Limits{}), some...))
	for _, step := range []string{
		"open /data/secret r", "open /data/none r", "open /data/in/../secret r", "open /data/in/./a r", "open /data//in/a r", "open data/in/a r",
		"open /data/in/link r", "open /data/in/link w", "open /data/in/link w t", "open /data/in/folder/key r", "open /data/in/folder/new w c",
		"open /data/in/out r", "open /data/in/absolute r", "open /etc/passwd r", "open /data/../outside.txt r", "open /data/in/a\x00b r",
		"open /data/only.txt w", "open /data/only.txt r t", "open /data/in/only w", "open /data/only.txt rw", "open /data/only.txt a", "open /data/only.txt r c",
		"rm /data/secret", "rm /data/only.txt", "rm /data/in/folder/key", "mkdir /data/in/folder/x", "mkdir /data/x", "rmdir /data/hidden",
		"rmall /data/one", "rmall /data/hidden",
		"mv /data/secret /data/in/s", "mv /data/in/a /data/b", "mv /data/one/d /data/in/d", "mv /data/in/a /data/in/folder/a", "mv /data/in/folder/key /data/in/k",
		"cp /data/secret /data/in/s", "cp /data/in/link /data/in/s", "cp /data/in/folder/key /data/in/s", "cp /data/in/a /data/in/link", "cp /data/in/a /data/only.txt",
		"stat /data/secret", "stat /data/in/link", "stat /data/none", "chmod /data/in/link 777", "chmod /data/only.txt 777", "times /data/in/link 1 1",
		"symlink ../secret /data/in/s", "symlink /etc/passwd /data/in/s", "symlink ../../outside.txt /data/in/s", "symlink /data/secret /data/in/s", "symlink a /data/s",
		"readlink /data/in/absolute", "readlink /data/in/out",
		"ls /data", "ls /data/in/folder", "tree /data/one 2", "find /data/one *", "type /data/hidden regular", "size /data/one", "size /data/in/folder",
		"same /data/in/a /data/secret", "same /data/in/a /data/in/link", "canon /data/in/link", "batch /data/in/a,/data/secret", "batch /data/in/link",
		"cd /data/hidden", "cd /data/in/folder",
	} {
		if got := s.do("demo:a", step); !strings.HasPrefix(got, "PermissionDenied(") || strings.Contains(got, "secret") && !strings.Contains(step, "secret") || strings.Contains(got, "hidden") && !strings.Contains(step, "hidden") {
			t.Errorf("%s gives %s", step, got)
		}
	}
	for _, step := range []string{"exists /data/secret", "exists /data/in/link", "exists /data/in/out", "all /data/in/a,/data/secret", "any /data/in/link"} {
		if got := s.do("demo:a", step); got != "false" {
			t.Errorf("%s gives %s", step, got)
		}
	}
	s.does("demo:a", "rmall /data/in/folder -> NotADirectory(\"/data/in/folder\")", "open /data/in/loop r -> TooManySymlinks(\"/data/in/loop\")", "open /data/in/only r -> 1", "read 1 9 -> 4 only",
		"read 2 9 -> PermissionDenied(…", "open /data/in/"+strings.Repeat("n", 300)+" r -> NameTooLong(…")
	for name, want := range map[string]string{
		"secret": "secret", "only.txt": "only", "../outside.txt": "outside", "hidden/key": "secret", "one/d/key": "secret", "in/a": "a", "in/s": "", "b": "", "in/d/key": "", "hidden/a": "",
	} {
		if text, _ := os.ReadFile(filepath.Join(dir, name)); string(text) != want {
			t.Errorf("%s is %q now", name, text)
		}
	}
}

// The guest's own moves do not lead it out: neither through a hard link, which
// nobody can make, nor by exchanging a folder for a link.
func TestFilesExchanged(t *testing.T) {
	t.Parallel()
	dir, mounts := plant(t, map[string]string{"in/d/f": "fine", "hidden/f": "secret"})
	s := newSystem(t)
	s.start("demo:a", handy(filesystem.New(mounts, filesystem.Limits{}), mine("read /data/in/**", "write /data/in/**", "delete /data/in/**")...))
	s.does("demo:a",
		"open /data/in/d/f rw -> 1",
		"mv /data/in/d /data/in/e -> ok",
		"symlink ../hidden /data/in/d -> PermissionDenied(…",
		"write 1 still -> 5", // it is the same file
	)
	if err := os.Symlink("../hidden", filepath.Join(dir, "in/d")); err != nil { // somebody else does
		t.Fatal(err)
	}
	s.does("demo:a", "open /data/in/d/f r -> PermissionDenied(…", "open /data/in/e/f r -> 2", "read 2 9 -> 5 still")
	if text, _ := os.ReadFile(filepath.Join(dir, "hidden/f")); string(text) != "secret" {
		t.Errorf("it is %q", text)
	}
}

// A grant that is taken back stops open files at once, those opened through a link
// to it among them; the others go on. What an instance left open is closed.
func TestFilesRevoked(t *testing.T) {
	t.Parallel()
	_, mounts := plant(t, map[string]string{"a": "aaaa", "b": "bbbb", "link": "->b"})
	s := newSystem(t)
	a, b := mine("read /data/a")[0], mine("read /data/b")[0]
	s.start("demo:a", handy(filesystem.New(mounts, filesystem.Limits{}), a, b, mine("read /data/link")[0]))
	s.does("demo:a", "open /data/a r -> 1", "open /data/b r -> 2", "open /data/link r -> 3", "read 1 1 -> 1 a", "read 3 1 -> 1 b")
	if !s.leash.Revoke(b) || s.leash.Revoke(mine("read /data/c")[0]) {
		t.Error("what was granted is not what was taken back")
	}
	s.does("demo:a", "read 1 1 -> 1 a", "read 2 1 -> PermissionDenied(…", "read 3 1 -> PermissionDenied(…", "open /data/b r -> PermissionDenied(…", "open /data/link r -> PermissionDenied(…")

	s.tell("demo:a", "trap")
	s.settle()
	s.does("demo:a", "read 1 1 -> PermissionDenied(…", "open /data/a r -> 1", "open /data/b r -> PermissionDenied(…") // for good
}

// Without an extension of its own an actor has none.
func TestFilesNotGiven(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{of: handyman, Setup: host.Setup{Grants: everything}})
	s.does("demo:a", "open /data/a r -> NotFound(\"/data/a\")", "stat /data/a -> NotFound(\"/data/a\")", "ls /data -> NotFound(\"/data\")", "cwd -> PermissionDenied(…")
}
