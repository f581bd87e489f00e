package filesystem

import (
	"context"
	"io/fs"
	"os"
	"path"

	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/host/filesystem/bindings/airssys/extfilesystem/types"
)

// ListDirectory implements metadata.Host.
func (in *instance) ListDirectory(ctx context.Context, directory string) (types.DirectoryListing, error) {
	l := types.DirectoryListing{DirectoryPath: directory}
	err := in.walk(ctx, directory, 1, []string{listDir}, func(name string, e fs.DirEntry) error {
		l.Entries = append(l.Entries, types.DirectoryEntry{Name: name, EntryType: typeOf(e.Type())})
		return nil
	})
	l.EntryCount = uint32(len(l.Entries))
	return l, err
}

// ListRecursive implements metadata.Host.
func (in *instance) ListRecursive(ctx context.Context, directory string, depth uint32) ([]types.DirectoryEntry, error) {
	var all []types.DirectoryEntry
	err := in.walk(ctx, directory, depth, []string{listDir}, func(name string, e fs.DirEntry) error {
		all = append(all, types.DirectoryEntry{Name: name, EntryType: typeOf(e.Type())})
		return nil
	})
	return all, err
}

// FindFiles implements metadata.Host.
func (in *instance) FindFiles(ctx context.Context, directory, pattern string) ([]string, error) {
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, &types.FilesystemErrorInvalidArgument{Value: "the pattern " + pattern + " has a [ without a ]"}
	}
	return in.find(ctx, directory, func(e fs.DirEntry) bool {
		matches, _ := path.Match(pattern, e.Name())
		return matches && e.Type().IsRegular()
	})
}

// FindByType implements metadata.Host.
func (in *instance) FindByType(ctx context.Context, directory string, t types.FileType) ([]string, error) {
	return in.find(ctx, directory, func(e fs.DirEntry) bool { return typeOf(e.Type()) == t })
}

func (in *instance) find(ctx context.Context, directory string, want func(fs.DirEntry) bool) ([]string, error) {
	var found []string
	err := in.walk(ctx, directory, deepest, []string{listDir}, func(name string, e fs.DirEntry) error {
		if want(e) {
			found = append(found, path.Join(directory, name))
		}
		return nil
	})
	return found, err
}

// DirectorySize implements metadata.Host. To tell sizes is to read.
func (in *instance) DirectorySize(ctx context.Context, directory string) (uint64, error) {
	var total uint64
	err := in.walk(ctx, directory, deepest, []string{read}, func(name string, e fs.DirEntry) error {
		if !e.Type().IsRegular() {
			return nil
		}
		p, err := in.there(ctx, path.Join(directory, name), false)
		if err != nil {
			return err
		}
		defer p.Close()
		if err := asking(ctx, []string{read})(p.Guest()); err != nil {
			return err
		}
		total += uint64(p.Info.Size())
		return nil
	})
	return total, err
}

// deepest is how deep directories are gone into where nobody says.
const deepest = 1000

// walk shows what is in a directory, and in those below it, depth levels deep,
// each name with the path from the first. Every directory is asked for; links are
// not followed.
func (in *instance) walk(ctx context.Context, directory string, depth uint32, actions []string, show func(name string, e fs.DirEntry) error) error {
	top, err := in.folder(ctx, directory, true, actions...)
	if err != nil {
		return err
	}
	defer top.Close()
	w := walker{ctx, top, actions, in.limits.Entries, show}
	return errorOf(directory, w.below(top, "", depth))
}

type walker struct {
	ctx     context.Context
	top     *files.Place
	actions []string
	room    int // names that may still be shown
	show    func(name string, e fs.DirEntry) error
}

// below shows what is in one directory, whose path from the top is prefix.
func (w *walker) below(p *files.Place, prefix string, depth uint32) error {
	if depth == 0 {
		return nil
	}
	entries, err := p.List(w.room)
	if err != nil {
		return err
	}
	w.room -= len(entries)
	for _, e := range entries {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if err := w.show(prefix+e.Name(), e); err != nil {
			return err
		}
		if e.IsDir() && depth > 1 {
			if err := w.enter(prefix+e.Name(), depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// enter goes on in a directory below, one that was removed meanwhile aside.
func (w *walker) enter(name string, depth uint32) error {
	rel := path.Join(w.top.Rel, name)
	if err := asking(w.ctx, w.actions)(w.top.Mount.Guest(rel)); err != nil {
		return err
	}
	p, err := files.Folder{Mount: w.top.Mount}.Walk(rel, false)
	if err != nil {
		return err
	}
	defer p.Close()
	if p.Rel != rel || p.Info == nil || !p.Info.IsDir() {
		return files.ErrExchanged
	}
	return w.below(p, name+"/", depth)
}

// SameFile implements metadata.Host.
func (in *instance) SameFile(ctx context.Context, path1, path2 string) (bool, error) {
	a, err := in.there(ctx, path1, true, read)
	if err != nil {
		return false, err
	}
	defer a.Close()
	b, err := in.there(ctx, path2, true, read)
	if err != nil {
		return false, err
	}
	defer b.Close()
	return os.SameFile(a.Info, b.Info), nil
}

// CanonicalPath implements metadata.Host.
func (in *instance) CanonicalPath(ctx context.Context, path string) (string, error) {
	p, err := in.there(ctx, path, true, read)
	if err != nil {
		return "", err
	}
	defer p.Close()
	return p.Guest(), nil
}

// BatchMetadata implements metadata.Host.
func (in *instance) BatchMetadata(ctx context.Context, paths []string) ([]types.FileMetadata, error) {
	if len(paths) > in.limits.Entries {
		return nil, errorOf("the list", files.ErrTooMany)
	}
	var all []types.FileMetadata
	for _, path := range paths {
		m, err := in.GetMetadata(ctx, path)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// AllExist implements metadata.Host.
func (in *instance) AllExist(ctx context.Context, paths []string) (bool, error) {
	for _, path := range paths {
		if there, err := in.Exists(ctx, path); !there {
			return false, err
		}
	}
	return true, nil
}

// AnyExist implements metadata.Host.
func (in *instance) AnyExist(ctx context.Context, paths []string) (bool, error) {
	for _, path := range paths {
		if there, err := in.Exists(ctx, path); there {
			return true, err
		}
	}
	return false, nil
}

// GetWorkingDirectory implements metadata.Host.
func (in *instance) GetWorkingDirectory(context.Context) (string, error) { return in.working, nil }

// SetWorkingDirectory implements metadata.Host.
func (in *instance) SetWorkingDirectory(ctx context.Context, path string) error {
	p, err := in.folder(ctx, path, true, read)
	if err != nil {
		return err
	}
	p.Close()
	in.working = path
	return nil
}
