package files

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// maxLinks is how many symbolic links one path may lead through.
const maxLinks = 40

// A Place is where a path leads: a name in a folder that is held open, so that
// nothing that is moved on the way can change what it means. It is closed by the
// caller.
type Place struct {
	Mount  *Mount
	Parent *os.Root    // the folder
	Name   string      // "." for the mount's own folder
	Rel    string      // from the mount, without links, "" for its own folder
	Info   fs.FileInfo // nil where nothing is there
	opened []*os.Root
}

// Guest is the path of the place, as grants are about it.
func (p *Place) Guest() string { return p.Mount.Guest(p.Rel) }

// Close lets go of the folders on the way.
func (p *Place) Close() {
	for _, r := range p.opened {
		_ = r.Close()
	}
}

// An Ask asks whether a path may be used: everything that is to be done there.
type Ask func(path string) error

// At asks for a path from the folder on and leads there; with follow, on through
// a link in its last name. It asks for the path as it is written, and for where
// it leads where that is somewhere else. Errors of ask are given back as they
// are.
func (f Folder) At(path string, follow bool, ask Ask) (*Place, error) {
	written, err := Lexical(f.Rel, path)
	if err != nil {
		return nil, err
	}
	if err := ask(f.Mount.Guest(written)); err != nil {
		return nil, err
	}
	p, err := f.Walk(path, follow)
	if err != nil || p.Rel == written {
		return p, err
	}
	if err := ask(p.Guest()); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Lexical joins a path to a folder as it is written, and refuses one that leaves
// the folder.
func Lexical(base, path string) (string, error) {
	switch {
	case path == "":
		return "", fs.ErrNotExist
	case strings.ContainsRune(path, 0):
		return "", fs.ErrInvalid // no file has such a name
	case strings.HasPrefix(path, "/"):
		return "", ErrEscapes
	}
	floor := split(base)
	out := floor
	for _, name := range split(path) {
		if name != ".." {
			out = append(out[:len(out):len(out)], name)
			continue
		}
		if len(out) == len(floor) {
			return "", ErrEscapes
		}
		out = out[:len(out)-1]
	}
	return strings.Join(out, "/"), nil
}

// split gives the names of a path; "." and nothing are none.
func split(path string) []string {
	var names []string
	for name := range strings.SplitSeq(path, "/") {
		if name != "" && name != "." {
			names = append(names, name)
		}
	}
	return names
}

// Walk goes from the mount to where a path leads, seen from the folder, one name
// at a time. Links are followed by hand; a folder that is opened is held against
// the one that was looked at, so that one that is exchanged for a link meanwhile
// leads nowhere. It asks nobody.
func (f Folder) Walk(path string, follow bool) (p *Place, err error) {
	w := walker{m: f.Mount, stack: []step{{root: f.Mount.Root}}}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	for _, name := range split(f.Rel) {
		if err := w.enter(name); err != nil {
			return nil, err
		}
	}
	if here, err := w.top().root.Stat("."); err != nil || f.Info != nil && !os.SameFile(here, f.Info) {
		return nil, fs.ErrNotExist // the folder is somewhere else now
	}
	w.floor = len(w.stack)
	folder := strings.HasSuffix(path, "/") || strings.HasSuffix(path, "/.")
	return w.follow(split(path), follow || folder, folder)
}

type step struct {
	root *os.Root
	name string
}

type walker struct {
	m     *Mount
	stack []step
	floor int
	links int
	all   []*os.Root
}

func (w *walker) top() *step { return &w.stack[len(w.stack)-1] }

func (w *walker) close() {
	for _, r := range w.all {
		_ = r.Close()
	}
}

func (w *walker) rel(last string) string {
	var names []string
	for _, s := range w.stack[1:] {
		names = append(names, s.name)
	}
	if last != "" {
		names = append(names, last)
	}
	return strings.Join(names, "/")
}

// enter goes into a folder, which must be one.
func (w *walker) enter(name string) error {
	info, err := w.top().root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return ErrNotDirectory
	}
	root, err := w.top().root.OpenRoot(name)
	if err != nil {
		return err
	}
	w.all = append(w.all, root)
	if opened, err := root.Stat("."); err != nil || !os.SameFile(opened, info) {
		return ErrExchanged
	}
	w.stack = append(w.stack, step{root, name})
	return nil
}

func (w *walker) follow(names []string, follow, folder bool) (*Place, error) {
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		if name == ".." {
			if len(w.stack) <= w.floor {
				return nil, ErrEscapes
			}
			w.stack = w.stack[:len(w.stack)-1]
			continue
		}
		if err := CheckName(name); err != nil {
			return nil, err
		}
		info, err := w.top().root.Lstat(name)
		last := len(names) == 0
		switch {
		case errors.Is(err, fs.ErrNotExist) && last:
			return w.place(name, nil), nil
		case err != nil:
			return nil, err
		case info.Mode()&fs.ModeSymlink != 0 && (follow || !last):
			target, err := w.link(name)
			if err != nil {
				return nil, err
			}
			names = append(target, names...)
		case last && folder && !info.IsDir():
			return nil, ErrNotDirectory
		case last:
			return w.place(name, info), nil
		default:
			if err := w.enter(name); err != nil {
				return nil, err
			}
		}
	}
	// It leads to a folder that was gone through.
	top := w.top()
	info, err := top.root.Stat(".")
	if err != nil {
		return nil, err
	}
	return &Place{Mount: w.m, Parent: top.root, Name: ".", Rel: w.rel(""), Info: info, opened: w.all}, nil
}

func (w *walker) place(name string, info fs.FileInfo) *Place {
	return &Place{Mount: w.m, Parent: w.top().root, Name: name, Rel: w.rel(name), Info: info, opened: w.all}
}

// link gives the names that a link stands for.
func (w *walker) link(name string) ([]string, error) {
	if w.links++; w.links > maxLinks {
		return nil, ErrLoop
	}
	target, err := w.top().root.Readlink(name)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(target, "/") {
		return nil, ErrEscapes
	}
	return split(target), nil
}
