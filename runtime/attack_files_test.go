package runtime_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/airsstack/witgen/runtime/audit"
)

var fileAttacks = []attack{
	{class: "path-traversal", do: traversal},
	{class: "absolute-path", do: absolutePaths},
	{class: "symbolic-link", do: symbolicLinks},
	{class: "rename-race", do: renameRace},
	{class: "file-handle", do: fileHandles},
}

// tree makes files below /data, folders among them; "->" makes links.
func (a *arena) tree(files map[string]string) {
	a.t.Helper()
	for name, text := range files {
		name = filepath.Join(a.data, name)
		a.must(os.MkdirAll(filepath.Dir(name), 0o755))
		if target, ok := strings.CutPrefix(text, "->"); ok {
			a.must(os.Symlink(target, name))
			continue
		}
		writeFile(a.t, name, []byte(text))
	}
}

const inOnly = "[capabilities]\nimports = [\"airssys:core/host-services\"]\n" +
	"filesystem = { read = [\"/data/in/**\"], write = [\"/data/in/**\"], delete = [\"/data/in/**\"], list_dir = [\"/data/in/**\"] }\n"

func file(action, resource string) audit.Record {
	return audit.Record{Kind: "filesystem", Action: action, Resource: resource}
}

// secret starts a guest that may do all below /data/in, and says what lies beside.
func (a *arena) secret() {
	a.t.Helper()
	a.tree(map[string]string{"in/mine": "mine", "hidden/key": "secret"})
	writeFile(a.t, filepath.Join(filepath.Dir(a.data), filepath.Base(a.data)+".outside"), []byte("secret"))
	a.t.Cleanup(func() { _ = os.Remove(a.data + ".outside") })
	a.start("evil:handyman", "handyman", inOnly)
	a.does("evil:handyman", "open /data/in/mine rw", "1")
	a.does("evil:handyman", "read 1 10", "4 mine")
	a.does("evil:handyman", "close 1", "ok")
	a.does("evil:handyman", "cp /data/in/mine /data/in/copy", "ok")
	// With the grant the same is done.
	a.start("good:handyman", "handyman", strings.ReplaceAll(inOnly, "/data/in/**", "/data/**"))
	a.does("good:handyman", "open /data/hidden/key r", "1")
	a.does("good:handyman", "read 1 10", "6 secret")
}

// untouched looks whether the secret is as it was.
func (a *arena) untouched() {
	a.t.Helper()
	for _, name := range []string{filepath.Join(a.data, "hidden", "key"), a.data + ".outside"} {
		if got := read(a.t, name); got != "secret" {
			a.t.Errorf("%s is %q now", name, got)
		}
	}
}

func traversal(a *arena) {
	a.secret()
	for _, path := range []string{
		"/data/in/../hidden/key", "/data/in/./../hidden/key", "/data/in//../hidden/key", "/data/in/..", "/../data/hidden/key",
		"/data/in/../../" + filepath.Base(a.data) + ".outside", "/data/hidden/key", "/data/in/..\\hidden\\key", "/data/in/\x00/../hidden/key",
	} {
		for _, do := range [][2]string{{"open " + path + " r", "read"}, {"open " + path + " w", "write"}, {"rm " + path, "delete"}, {"ls " + path, "list_dir"}} {
			a.denied("evil:handyman", do[0], "PermissionDenied(", file(do[1], path))
		}
		a.denied("evil:handyman", "exists "+path, "false", file("read", path))
	}
	// Names that look like it and are none lead nowhere.
	a.does("evil:handyman", "open /data/in/%2e%2e/hidden/key r", "NotFound(")
	a.does("evil:handyman", "open /data/in/.../hidden/key r", "NotFound(")
	a.untouched()
}

func absolutePaths(a *arena) {
	a.secret()
	outside := filepath.ToSlash(a.data + ".outside")
	for _, path := range []string{outside, "/etc/passwd", "/data/hidden/key", "/proc/self/environ"} {
		a.denied("evil:handyman", "open "+path+" r", "PermissionDenied(", file("read", path))
		a.denied("evil:handyman", "cp "+path+" /data/in/copy", "PermissionDenied(", file("read", path))
		a.denied("evil:handyman", "mv /data/in/mine "+path, "PermissionDenied(", file("write", path))
		a.denied("evil:handyman", "mv "+path+" /data/in/x", "PermissionDenied(", file("delete", path))
		a.denied("evil:handyman", "batch /data/in/mine,"+path, "PermissionDenied(", file("read", path))
		a.denied("evil:handyman", "cd "+path, "PermissionDenied(", file("read", path))
	}
	// Who is granted a path that is not mounted finds nothing there.
	a.start("evil:wide", "handyman", strings.ReplaceAll(inOnly, "/data/in/**", "/**"))
	a.does("evil:wide", "open "+outside+" r", "NotFound(")
	a.untouched()
}

func symbolicLinks(a *arena) {
	a.secret()
	a.tree(map[string]string{
		"in/near": "->mine", "in/link": "->../hidden/key", "in/folder": "->../hidden", "in/out": "->../../" + filepath.Base(a.data) + ".outside", "in/abs": "->/etc/passwd",
		"in/ring": "->ring", "in/there": "->and-back", "in/and-back": "->there",
	})
	a.does("evil:handyman", "open /data/in/near r", "")
	a.denied("evil:handyman", "open /data/in/link r", "PermissionDenied(", file("read", "/data/hidden/key"))
	a.denied("evil:handyman", "open /data/in/link w", "PermissionDenied(", file("write", "/data/hidden/key"))
	a.denied("evil:handyman", "open /data/in/folder/key r", "PermissionDenied(", file("read", "/data/hidden/key"))
	a.denied("evil:handyman", "ls /data/in/folder", "PermissionDenied(", file("list_dir", "/data/hidden"))
	a.does("good:handyman", "open /data/in/link r", "")
	// Those that lead out of the mount, or nowhere, are so for everybody.
	for _, who := range []string{"evil:handyman", "good:handyman"} {
		for _, path := range []string{"/data/in/out", "/data/in/abs", "/data/in/ring", "/data/in/there"} {
			if got := a.does(who, "open "+path+" r", ""); !strings.HasSuffix(got, ")") {
				a.t.Errorf("%s opens %s: %s", who, path, got)
			}
		}
	}
	// A guest can make none that leads where it may not go.
	a.denied("evil:handyman", "symlink ../hidden/key /data/in/l", "PermissionDenied(", file("", "/data/hidden/key"))
	a.does("evil:handyman", "symlink mine /data/in/l", "ok")
	for _, target := range []string{"/etc/passwd", "../../" + filepath.Base(a.data) + ".outside"} {
		if got := a.does("evil:handyman", "symlink "+target+" /data/in/m", ""); got == "ok" {
			a.t.Errorf("it made a link to %s", target)
		}
	}
	a.untouched()
}

// renameRace exchanges a folder for a link to a secret while a guest opens, writes
// and lists below it.
func renameRace(a *arena) {
	a.secret()
	a.tree(map[string]string{"in/d/key": "public", "l": "->../hidden"})
	stop := make(chan struct{})
	var racing sync.WaitGroup
	racing.Go(func() {
		at := func(name string) string { return filepath.Join(a.data, name) }
		for {
			for _, move := range [][2]string{{"in/d", "d"}, {"l", "in/d"}, {"in/d", "l"}, {"d", "in/d"}} {
				if err := os.Rename(at(move[0]), at(move[1])); err != nil {
					a.t.Error(err)
					return
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	met := 0
	for range 1000 {
		if h := a.does("evil:handyman", "open /data/in/d/key r", ""); !strings.HasSuffix(h, ")") {
			if got := a.does("evil:handyman", "read "+h+" 10", ""); got != "6 public" {
				a.t.Errorf("it read %q", got)
			}
			a.does("evil:handyman", "close "+h, "ok")
			met++
		}
		if h := a.does("evil:handyman", "open /data/in/d/key w t", ""); !strings.HasSuffix(h, ")") {
			a.does("evil:handyman", "write "+h+" public", "6")
			a.does("evil:handyman", "close "+h, "ok")
		}
		_ = a.does("evil:handyman", "rm /data/in/d/other", "")
	}
	close(stop)
	racing.Wait()
	a.t.Logf("%d of 1000 met the folder", met)
	a.must(os.Rename(filepath.Join(a.data, "in/d"), filepath.Join(a.data, "d")))
	a.must(os.Rename(filepath.Join(a.data, "l"), filepath.Join(a.data, "in/d")))
	a.denied("evil:handyman", "open /data/in/d/key r", "PermissionDenied(", file("read", "/data/hidden/key"))
	a.untouched()
}

// fileHandles has a guest use numbers of files that it was never given: made up, of
// another instance, closed, and of another interface.
func fileHandles(a *arena) {
	a.secret() // good:handyman has the secret open as 1
	forged := audit.Record{Kind: "filesystem", Reason: "not opened"}
	for _, h := range []string{"1", "2", "99999", "18446744073709551615"} {
		for _, do := range []string{"read " + h + " 10", "write " + h + " x", "seek " + h + " 0", "tell " + h, "close " + h} {
			a.denied("evil:handyman", do, "PermissionDenied(", forged)
		}
	}
	a.does("evil:handyman", "open /data/in/mine r", "2")
	a.does("evil:handyman", "read 2 10", "4 mine")
	a.does("evil:handyman", "close 2", "ok")
	a.denied("evil:handyman", "close 2", "PermissionDenied(", forged)
	a.denied("evil:handyman", "read 2 10", "PermissionDenied(", forged)
	a.does("evil:handyman", "socket tcp4", "1")
	a.denied("evil:handyman", "read 1 10", "PermissionDenied(", forged)
	a.does("good:handyman", "tell 1", "6")
	a.untouched()
}
