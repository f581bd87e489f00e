package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Open opens the file at a place, or makes it where there is none, with the
// os.O flags for reading and writing. The file that is opened has to be the one
// that was looked at; it is emptied only then.
func (p *Place) Open(access int, truncate bool, perm fs.FileMode) (*os.File, fs.FileInfo, error) {
	switch {
	case p.Info == nil:
		access |= os.O_CREATE | os.O_EXCL
	case p.Info.IsDir():
		return nil, nil, ErrIsDirectory
	case p.Info.Mode()&os.ModeSymlink != 0:
		return nil, nil, ErrLoop
	case !p.Info.Mode().IsRegular():
		return nil, nil, ErrSpecial
	}
	f, err := p.Parent.OpenFile(p.Name, access|openFlags, perm)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case p.Info != nil && !os.SameFile(info, p.Info):
		err = ErrExchanged
	case truncate && p.Info != nil:
		err = f.Truncate(0)
	}
	if err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// Rename moves what is at a place to another one, in place of what is there. A
// folder is asked for with all that it holds: a grant of the folder need not be
// one of that.
func (p *Place) Rename(to *Place, askBelow Ask) error {
	switch {
	case p.Name == "." || to.Name == ".":
		return fs.ErrInvalid
	case p.Mount != to.Mount:
		return ErrOtherMount
	}
	if p.Info.IsDir() {
		if _, err := p.below(askBelow); err != nil {
			return err
		}
	}
	return rename(p, to)
}

// RemoveAll removes a folder with all that it holds, once that has been asked
// for. What came into it meanwhile stays, and so does the folder then.
func (p *Place) RemoveAll(askBelow Ask) error {
	if p.Name == "." {
		return fs.ErrInvalid
	}
	names, err := p.below(askBelow)
	if err != nil {
		return err
	}
	root, err := p.Parent.OpenRoot(p.Name)
	if err != nil {
		return err
	}
	defer root.Close()
	if info, err := root.Stat("."); err != nil || !os.SameFile(info, p.Info) {
		return ErrExchanged
	}
	for _, name := range slices.Backward(names) {
		if err := root.Remove(name); err != nil {
			return err
		}
	}
	return p.Parent.Remove(p.Name)
}

// MaxBelow is how many files a folder may hold that is asked for with all of
// them.
const MaxBelow = 10_000

// below asks for everything in a folder, and gives the names, each behind that of
// the folder that it is in.
func (p *Place) below(ask Ask) ([]string, error) {
	root, err := p.Parent.OpenRoot(p.Name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var names []string
	err = fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case len(names) == MaxBelow:
			return ErrTooMany
		}
		names = append(names, name)
		return ask(p.Mount.Guest(p.Rel + "/" + name))
	})
	return names, err
}

// List gives what is in a folder, in the order of the names, and not more than
// most; ErrTooMany where there is more. Names that are no text are left out.
func (p *Place) List(most int) ([]fs.DirEntry, error) {
	f, err := p.Hold()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !p.Info.IsDir() {
		return nil, ErrNotDirectory
	}
	entries, err := f.ReadDir(most + 1)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case len(entries) > most:
		return nil, ErrTooMany
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !utf8.ValidString(e.Name()) })
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// Hold opens the file or folder at a place as it is, to look at it or to change
// what is known of it: the one that was looked at.
func (p *Place) Hold() (*os.File, error) {
	switch {
	case p.Info == nil:
		return nil, fs.ErrNotExist
	case p.Info.Mode()&os.ModeSymlink != 0:
		return nil, ErrLoop
	case !p.Info.IsDir() && !p.Info.Mode().IsRegular():
		return nil, ErrSpecial
	}
	f, err := p.Parent.OpenFile(p.Name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !os.SameFile(info, p.Info) {
		_ = f.Close()
		return nil, ErrExchanged
	}
	return f, nil
}

// Link gives the file at a place a second name. The caller has asked for all that
// may be done under it.
func (p *Place) Link(to *Place) error {
	switch {
	case to.Info != nil:
		return fs.ErrExist
	case !p.Info.Mode().IsRegular():
		return ErrSpecial
	case to.Mount != p.Mount:
		return ErrOtherMount
	}
	if err := to.Mount.Root.Link(p.Rel, to.Rel); err != nil {
		return err
	}
	if made, err := to.Parent.Lstat(to.Name); err != nil || !os.SameFile(made, p.Info) {
		_ = to.Mount.Root.Remove(to.Rel) // something was moved meanwhile
		return ErrExchanged
	}
	return nil
}

// Symlink makes a link at a place. What it leads to, which must lie in the same
// mount, is asked for.
func (p *Place) Symlink(target string, ask Ask) error {
	led, err := p.Leads(target)
	if err != nil {
		return err
	}
	if err := ask(p.Mount.Guest(led)); err != nil {
		return err
	}
	if p.Info != nil {
		return fs.ErrExist
	}
	return p.Parent.Symlink(target, p.Name)
}

// Leads is where a link at the place with that target leads, from the mount, as
// far as its text says. One that leads out of the mount is ErrEscapes.
func (p *Place) Leads(target string) (string, error) {
	if strings.HasPrefix(target, "/") {
		return "", ErrEscapes
	}
	return Lexical("", path.Join(path.Dir(p.Rel), target))
}

// Readlink gives the target of the link at a place. Of one that leads out of its
// mount it says only that: it is not for the guest.
func (p *Place) Readlink() (string, error) {
	if p.Info.Mode()&os.ModeSymlink == 0 {
		return "", fs.ErrInvalid
	}
	target, err := p.Parent.Readlink(p.Name)
	if err != nil {
		return "", err
	}
	_, err = p.Leads(target)
	return target, err
}
