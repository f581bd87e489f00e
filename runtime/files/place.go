package files

import (
	"io/fs"
	"os"
	"path"
	"strings"
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
		if err := p.below(askBelow); err != nil {
			return err
		}
	}
	if path.Dir(p.Rel) == path.Dir(to.Rel) {
		return p.Parent.Rename(p.Name, to.Name)
	}
	return rename(p, to)
}

// MaxBelow is how many files a folder may hold that is asked for with all of
// them.
const MaxBelow = 10_000

// below asks for everything in a folder.
func (p *Place) below(ask Ask) error {
	root, err := p.Parent.OpenRoot(p.Name)
	if err != nil {
		return err
	}
	defer root.Close()
	n := 0
	return fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if n++; n > MaxBelow {
			return ErrTooMany
		}
		if name == "." {
			return nil
		}
		return ask(p.Mount.Guest(p.Rel + "/" + name))
	})
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
	led, err := p.leads(target)
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

// leads is where a link with that target leads, from the mount.
func (p *Place) leads(target string) (string, error) {
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
	_, err = p.leads(target)
	return target, err
}
