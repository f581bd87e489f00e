package files_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/airsstack/witgen/runtime/files"
)

// mount makes a folder with the texts as files, "->…" as links and "" as folders,
// mounted as /data; beside it lies a file with a secret.
func mount(t *testing.T, texts map[string]string) (*files.Mount, string) {
	t.Helper()
	outside := t.TempDir()
	dir := filepath.Join(outside, "data")
	texts["../outside.txt"] = "secret"
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
	return &files.Mount{Path: "/data", Root: root}, dir
}

var errDenied = errors.New("denied")

func TestAt(t *testing.T) {
	t.Parallel()
	m, _ := mount(t, map[string]string{
		"a": "a", "sub/b": "b", "sub/up": "->../a", "sub/out": "->../../outside.txt", "sub/absolute": "->/etc/passwd", "folder": "->sub",
		"loop": "->loop", "deep": "->folder/up", "dangling": "->nothing",
	})
	for _, test := range []struct {
		path   string
		follow bool
		want   string   // where it leads
		asked  []string // all of them
		err    error
	}{
		{path: "a", want: "a", asked: []string{"/data/a"}},
		{path: "./sub//b", want: "sub/b", asked: []string{"/data/sub/b"}},
		{path: "sub/../a", want: "a", asked: []string{"/data/a"}},
		{path: "nothing", want: "nothing", asked: []string{"/data/nothing"}},
		{path: "nothing/below", err: fs.ErrNotExist, asked: []string{"/data/nothing/below"}},
		{path: "a/below", err: files.ErrNotDirectory, asked: []string{"/data/a/below"}},
		{path: "a/", err: files.ErrNotDirectory, asked: []string{"/data/a"}},
		{path: "sub/up", want: "sub/up", asked: []string{"/data/sub/up"}},
		{path: "sub/up", follow: true, want: "a", asked: []string{"/data/sub/up", "/data/a"}},
		{path: "folder/b", want: "sub/b", asked: []string{"/data/folder/b", "/data/sub/b"}},
		{path: "deep", follow: true, want: "a", asked: []string{"/data/deep", "/data/a"}},
		{path: "dangling", follow: true, want: "nothing", asked: []string{"/data/dangling", "/data/nothing"}},
		{path: "folder/..", want: "", asked: []string{"/data"}},
		{path: ".", want: "", asked: []string{"/data"}},
		{path: "", err: fs.ErrNotExist},
		{path: "/etc/passwd", err: files.ErrEscapes},
		{path: "..", err: files.ErrEscapes},
		{path: "../outside.txt", err: files.ErrEscapes},
		{path: "sub/../../outside.txt", err: files.ErrEscapes},
		{path: "sub/out", follow: true, err: files.ErrEscapes, asked: []string{"/data/sub/out"}},
		{path: "sub/absolute", follow: true, err: files.ErrEscapes, asked: []string{"/data/sub/absolute"}},
		{path: "loop", follow: true, err: files.ErrLoop, asked: []string{"/data/loop"}},
	} {
		var asked []string
		p, err := files.Folder{Mount: m}.At(test.path, test.follow, func(path string) error {
			asked = append(asked, path)
			return nil
		})
		if !errors.Is(err, test.err) || !slices.Equal(asked, test.asked) {
			t.Errorf("%q: %v, asked for %q; want %v, %q", test.path, err, asked, test.err, test.asked)
		}
		if err != nil {
			continue
		}
		if p.Rel != test.want || p.Guest() != m.Guest(test.want) {
			t.Errorf("%q leads to %q, want %q", test.path, p.Rel, test.want)
		}
		p.Close()
	}
}

// What is refused says so before anything is looked at.
func TestAsk(t *testing.T) {
	t.Parallel()
	m, _ := mount(t, map[string]string{"a": "a", "link": "->a"})
	granted := func(paths ...string) files.Ask {
		return func(path string) error {
			if slices.Contains(paths, path) {
				return nil
			}
			return errDenied
		}
	}
	for _, path := range []string{"a", "nothing", "nothing/below", "a/below"} {
		if _, err := (files.Folder{Mount: m}).At(path, true, granted()); !errors.Is(err, errDenied) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := (files.Folder{Mount: m}).At("link", true, granted("/data/link")); !errors.Is(err, errDenied) {
		t.Errorf("a link to what is not granted: %v", err)
	}
	p, err := files.Folder{Mount: m}.At("link", true, granted("/data/link", "/data/a"))
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
}

func TestWithin(t *testing.T) {
	t.Parallel()
	all := []*files.Mount{{Path: "/data"}, {Path: "/data/in"}, {Path: "/x"}}
	for path, want := range map[string]string{
		"/data": "/data ", "/data/a": "/data a", "/data/in": "/data/in ", "/data/in/b": "/data/in b", "/data/inner": "/data inner",
		"/x/y/z": "/x y/z", "/": "", "/dat": "", "/datax": "", "data": "", "": "",
	} {
		got := ""
		if m, rel, ok := files.Within(all, path); ok {
			got = m.Path + " " + rel
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if m, rel, ok := files.Within([]*files.Mount{{Path: "/"}}, "/a/b"); !ok || m.Guest(rel) != "/a/b" || m.Guest("") != "/" {
		t.Error("the mount of everything")
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	m, dir := mount(t, map[string]string{"a": "aaa", "b": "b", "sub/c": "c", "to": "->a", "secret/key": "key"})
	yes := func(string) error { return nil }
	at := func(path string) *files.Place {
		t.Helper()
		p, err := files.Folder{Mount: m}.At(path, false, yes)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		return p
	}
	// A file that was exchanged after it was looked at is not opened, nor emptied.
	p := at("a")
	if err := os.Rename(filepath.Join(dir, "b"), filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Open(os.O_RDWR, true, 0); !errors.Is(err, files.ErrExchanged) {
		t.Errorf("exchanged: %v", err)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "a")); string(text) != "b" {
		t.Errorf("it is %q now", text)
	}
	for path, want := range map[string]error{"sub": files.ErrIsDirectory, "to": files.ErrLoop, ".": files.ErrIsDirectory} {
		if _, _, err := at(path).Open(os.O_RDONLY, false, 0); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	// Something that appeared meanwhile is not what was looked at.
	p = at("new")
	if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Open(os.O_WRONLY, false, 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("made meanwhile: %v", err)
	}
	// A folder is moved only with what is granted.
	deny := func(path string) error {
		if path == "/data/secret/key" {
			return errDenied
		}
		return nil
	}
	if err := at("secret").Rename(at("moved"), deny); !errors.Is(err, errDenied) {
		t.Errorf("moving a folder with a secret: %v", err)
	}
	if err := at("sub").Rename(at("secret/sub"), yes); err != nil {
		t.Error(err)
	}
	if err := at(".").Rename(at("x"), yes); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("moving the mount: %v", err)
	}
	// Links stay inside, and are asked for where they lead.
	for target, want := range map[string]error{"../outside.txt": files.ErrEscapes, "/etc/passwd": files.ErrEscapes, "secret/key": errDenied, "a": nil} {
		if err := at("l"+target[len(target)-1:]).Symlink(target, deny); !errors.Is(err, want) {
			t.Errorf("a link to %s: %v", target, err)
		}
	}
	if err := os.Symlink("../outside.txt", filepath.Join(dir, "planted")); err != nil {
		t.Fatal(err)
	}
	if _, err := at("planted").Readlink(); !errors.Is(err, files.ErrEscapes) {
		t.Errorf("a link out: %v", err)
	}
	if target, err := at("to").Readlink(); target != "a" || err != nil {
		t.Errorf("%q, %v", target, err)
	}
	if err := at("a").Link(at("hard")); err != nil {
		t.Error(err)
	}
	if err := at("a").Link(at("to")); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
}

// While a folder is exchanged for a link to a secret again and again, nobody comes
// to read the secret.
func TestExchangedFolders(t *testing.T) {
	t.Parallel()
	m, dir := mount(t, map[string]string{"in/key": "fine", "hidden/key": "secret"})
	granted := func(path string) error {
		if path == "/data/in/key" {
			return nil
		}
		return errDenied
	}
	stop := make(chan struct{})
	var exchanger sync.WaitGroup
	exchanger.Go(func() {
		at := func(name string) string { return filepath.Join(dir, name) }
		for {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.Rename(at("in"), at("kept"))
			_ = os.Symlink("hidden", at("in"))
			_ = os.Remove(at("in"))
			_ = os.Rename(at("kept"), at("in"))
		}
	})
	fine := 0
	for i := 0; i < 3000 || fine == 0; i++ {
		p, err := files.Folder{Mount: m}.At("in/key", true, granted)
		if err != nil {
			continue
		}
		f, _, err := p.Open(os.O_RDONLY, false, 0)
		if err == nil {
			switch text, _ := io.ReadAll(f); string(text) {
			case "fine":
				fine++
			case "secret":
				t.Errorf("it read the secret, at %s", p.Rel)
			}
			_ = f.Close()
		}
		p.Close()
	}
	close(stop)
	exchanger.Wait()
	if fine == 0 {
		t.Error("nothing was read at all")
	}
}

// While a name is exchanged for a link out of the mount, nothing outside is
// opened.
func TestExchangedFile(t *testing.T) {
	t.Parallel()
	m, dir := mount(t, map[string]string{"f": "fine"})
	yes := func(string) error { return nil }
	stop := make(chan struct{})
	var exchanger sync.WaitGroup
	exchanger.Go(func() {
		name := filepath.Join(dir, "f")
		for {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.Rename(name, name+".kept")
			_ = os.Symlink("../outside.txt", name)
			_ = os.Remove(name)
			_ = os.Rename(name+".kept", name)
		}
	})
	for range 3000 {
		p, err := files.Folder{Mount: m}.At("f", true, yes)
		if err != nil {
			continue
		}
		if f, _, err := p.Open(os.O_RDWR, false, 0o600); err == nil {
			if text, _ := io.ReadAll(f); string(text) == "secret" {
				t.Error("it read what lies outside")
			}
			_ = f.Close()
		}
		p.Close()
	}
	close(stop)
	exchanger.Wait()
	if text, _ := os.ReadFile(filepath.Join(filepath.Dir(dir), "outside.txt")); string(text) != "secret" {
		t.Errorf("what lies outside is %q", text)
	}
}
