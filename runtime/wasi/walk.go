package wasi

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/filesystem/types"
)

// maxLinks is how many symbolic links one path may lead through.
const maxLinks = 40

// A place is where a path leads: a name in a folder that is held open, so that
// nothing that is moved on the way can change what it means.
type place struct {
	m      *Mount
	parent *os.Root
	name   string      // "." for the mount's own folder
	rel    string      // from the mount, without links, "" for its own folder
	info   fs.FileInfo // nil where nothing is there
	opened []*os.Root
}

func (p *place) close() {
	for _, r := range p.opened {
		_ = r.Close()
	}
}

// at asks for every action on a path and leads there. It asks twice: for the path
// as it is written, before anything is looked at, so that nobody learns what is
// in a place that is not granted; and for what the links on the way have made of
// it.
func (d *descriptor) at(ctx context.Context, path string, follow bool, actions ...string) (*place, error) {
	written, err := lexical(d.rel, path)
	if err != nil {
		return nil, err
	}
	if err := askAll(ctx, d.m.guest(written), actions); err != nil {
		return nil, err
	}
	p, err := d.walk(path, follow)
	if err != nil {
		return nil, errorOf(err)
	}
	if p.rel == written {
		return p, nil
	}
	if err := askAll(ctx, d.m.guest(p.rel), actions); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func askAll(ctx context.Context, resource string, actions []string) error {
	for _, action := range actions {
		if err := component.Ask(ctx, action, resource); err != nil {
			return err
		}
	}
	return nil
}

// lexical joins a path to a folder as it is written, and refuses one that leaves
// the folder.
func lexical(base, path string) (string, error) {
	switch {
	case path == "":
		return "", types.ErrorCodeNoEntry
	case strings.HasPrefix(path, "/"):
		return "", types.ErrorCodeNotPermitted
	}
	floor := split(base)
	out := floor
	for _, name := range split(path) {
		if name != ".." {
			out = append(out[:len(out):len(out)], name)
			continue
		}
		if len(out) == len(floor) {
			return "", types.ErrorCodeNotPermitted
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

// walk goes from the mount to where path leads, seen from the folder d, one name
// at a time. Links are followed by hand; a folder that is opened is held against
// the one that was looked at, so that one that is exchanged for a link meanwhile
// leads nowhere.
func (d *descriptor) walk(path string, follow bool) (p *place, err error) {
	w := walker{m: d.m, stack: []step{{root: d.m.Root}}}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	for _, name := range split(d.rel) {
		if err := w.enter(name); err != nil {
			return nil, err
		}
	}
	if here, err := w.top().root.Stat("."); err != nil || !os.SameFile(here, d.info) {
		return nil, types.ErrorCodeNoEntry // the folder is somewhere else now
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
		return types.ErrorCodeNotDirectory
	}
	root, err := w.top().root.OpenRoot(name)
	if err != nil {
		return err
	}
	w.all = append(w.all, root)
	if opened, err := root.Stat("."); err != nil || !os.SameFile(opened, info) {
		return types.ErrorCodeBusy
	}
	w.stack = append(w.stack, step{root, name})
	return nil
}

func (w *walker) follow(names []string, follow, folder bool) (*place, error) {
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		if name == ".." {
			if len(w.stack) <= w.floor {
				return nil, types.ErrorCodeNotPermitted
			}
			w.stack = w.stack[:len(w.stack)-1]
			continue
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
			return nil, types.ErrorCodeNotDirectory
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
	return &place{m: w.m, parent: top.root, name: ".", rel: w.rel(""), info: info, opened: w.all}, nil
}

func (w *walker) place(name string, info fs.FileInfo) *place {
	return &place{m: w.m, parent: w.top().root, name: name, rel: w.rel(name), info: info, opened: w.all}
}

// link gives the names that a link stands for.
func (w *walker) link(name string) ([]string, error) {
	if w.links++; w.links > maxLinks {
		return nil, types.ErrorCodeLoop
	}
	target, err := w.top().root.Readlink(name)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(target, "/") {
		return nil, types.ErrorCodeNotPermitted
	}
	return split(target), nil
}
