package filesystem

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/host/filesystem/bindings/airssys/extfilesystem/types"
)

// DeleteFile implements iface.Host.
func (in *instance) DeleteFile(ctx context.Context, path string) error {
	p, err := in.there(ctx, path, false, remove)
	if err != nil {
		return err
	}
	defer p.Close()
	if p.Info.IsDir() {
		return &types.FilesystemErrorNotAFile{Value: path}
	}
	return errorOf(path, p.Parent.Remove(p.Name))
}

// mode reads permissions, which are nine bits.
func mode(p types.FilePermissions) (fs.FileMode, error) {
	if p.Mode&^0o777 != 0 {
		return 0, &types.FilesystemErrorInvalidArgument{Value: "permissions are the nine bits 0o777"}
	}
	return fs.FileMode(p.Mode), nil
}

// CreateDirectory implements iface.Host.
func (in *instance) CreateDirectory(ctx context.Context, path string, permissions types.FilePermissions) error {
	perm, err := mode(permissions)
	if err != nil {
		return err
	}
	p, err := in.at(ctx, path, false, write)
	if err != nil {
		return err
	}
	defer p.Close()
	if p.Info != nil {
		return &types.FilesystemErrorAlreadyExists{Value: path}
	}
	return errorOf(path, p.Parent.Mkdir(p.Name, perm))
}

// folder leads to a directory.
func (in *instance) folder(ctx context.Context, path string, follow bool, actions ...string) (*files.Place, error) {
	p, err := in.there(ctx, path, follow, actions...)
	if err == nil && !p.Info.IsDir() {
		p.Close()
		return nil, &types.FilesystemErrorNotADirectory{Value: path}
	}
	return p, err
}

// RemoveDirectory implements iface.Host.
func (in *instance) RemoveDirectory(ctx context.Context, path string) error {
	p, err := in.folder(ctx, path, false, remove)
	if err != nil {
		return err
	}
	defer p.Close()
	if p.Name == "." {
		return &types.FilesystemErrorInvalidArgument{Value: path + " is a mount"}
	}
	return errorOf(path, p.Parent.Remove(p.Name))
}

// RemoveDirectoryRecursive implements iface.Host.
func (in *instance) RemoveDirectoryRecursive(ctx context.Context, path string) error {
	p, err := in.folder(ctx, path, false, remove)
	if err != nil {
		return err
	}
	defer p.Close()
	return errorOf(path, p.RemoveAll(asking(ctx, []string{remove})))
}

// Rename implements iface.Host. It asks for reading, too: what is moved may be
// readable where it comes to lie.
func (in *instance) Rename(ctx context.Context, oldPath, newPath string) error {
	from, err := in.there(ctx, oldPath, false, remove, read)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := in.at(ctx, newPath, false, write)
	if err != nil {
		return err
	}
	defer to.Close()
	return errorOf(oldPath, from.Rename(to, asking(ctx, []string{remove, read})))
}

// Copy implements iface.Host.
func (in *instance) Copy(ctx context.Context, src, dest string) error {
	from, err := in.there(ctx, src, true, read)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := in.at(ctx, dest, true, write)
	if err != nil {
		return err
	}
	defer to.Close()
	if to.Info != nil && os.SameFile(from.Info, to.Info) {
		return &types.FilesystemErrorInvalidArgument{Value: "it would be copied over itself"}
	}
	source, info, err := from.Open(os.O_RDONLY, false, 0)
	if err != nil {
		return errorOf(src, err)
	}
	defer source.Close()
	target, _, err := to.Open(os.O_WRONLY, true, info.Mode().Perm())
	if err != nil {
		return errorOf(dest, err)
	}
	_, err = io.Copy(target, whileIn(ctx, source))
	return errorOf(dest, errors.Join(err, target.Close()))
}

// whileIn reads until a context ends.
func whileIn(ctx context.Context, r io.Reader) io.Reader {
	return readerFunc(func(b []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return r.Read(b)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// Exists implements iface.Host.
func (in *instance) Exists(ctx context.Context, path string) (bool, error) {
	p, err := in.there(ctx, path, true, read)
	if err != nil {
		return false, nil
	}
	p.Close()
	return true, nil
}

// GetMetadata implements iface.Host.
func (in *instance) GetMetadata(ctx context.Context, path string) (types.FileMetadata, error) {
	p, err := in.there(ctx, path, true, read)
	if err != nil {
		return types.FileMetadata{}, err
	}
	defer p.Close()
	return types.FileMetadata{
		Path: path, FileType: typeOf(p.Info.Mode()), Size: uint64(p.Info.Size()),
		Permissions:  types.FilePermissions{Mode: uint32(p.Info.Mode().Perm())},
		AccessedTime: seconds(files.Accessed(p.Info)), ModifiedTime: seconds(p.Info.ModTime()),
	}, nil
}

// seconds since the Unix epoch; 0 for before.
func seconds(t time.Time) uint64 { return uint64(max(0, t.Unix())) }

func typeOf(mode fs.FileMode) types.FileType {
	switch {
	case mode.IsRegular():
		return types.FileTypeRegular
	case mode.IsDir():
		return types.FileTypeDirectory
	case mode&fs.ModeSymlink != 0:
		return types.FileTypeSymlink
	case mode&fs.ModeNamedPipe != 0:
		return types.FileTypeFIFO
	case mode&fs.ModeSocket != 0:
		return types.FileTypeSocket
	case mode&fs.ModeCharDevice != 0:
		return types.FileTypeCharDevice
	case mode&fs.ModeDevice != 0:
		return types.FileTypeBlockDevice
	}
	return types.FileTypeUnknown
}

// SetPermissions implements iface.Host.
func (in *instance) SetPermissions(ctx context.Context, path string, permissions types.FilePermissions) error {
	perm, err := mode(permissions)
	if err != nil {
		return err
	}
	p, err := in.there(ctx, path, true, write)
	if err != nil {
		return err
	}
	defer p.Close()
	f, err := p.Hold()
	if err != nil {
		return errorOf(path, err)
	}
	defer f.Close()
	return errorOf(path, f.Chmod(perm))
}

// SetTimes implements metadata.Host.
func (in *instance) SetTimes(ctx context.Context, path string, accessed, modified uint64) error {
	if accessed > math.MaxInt64 || modified > math.MaxInt64 {
		return &types.FilesystemErrorInvalidArgument{Value: "the time lies beyond what files may have"}
	}
	p, err := in.there(ctx, path, true, write)
	if err != nil {
		return err
	}
	defer p.Close()
	return errorOf(path, p.Parent.Chtimes(p.Name, time.Unix(int64(accessed), 0), time.Unix(int64(modified), 0)))
}

// CreateSymlink implements iface.Host.
func (in *instance) CreateSymlink(ctx context.Context, target, link string) error {
	p, err := in.at(ctx, link, false, write)
	if err != nil {
		return err
	}
	defer p.Close()
	if strings.HasPrefix(target, "/") {
		m, rel, ok := files.Within(in.mounts, target)
		if !ok || m != p.Mount {
			return errorOf(target, files.ErrEscapes)
		}
		if target, err = filepath.Rel(filepath.Dir("/"+p.Rel), "/"+rel); err != nil {
			return errorOf(target, files.ErrEscapes)
		}
		target = filepath.ToSlash(target)
	}
	return errorOf(target, p.Symlink(target, asking(ctx, []string{read})))
}

// ReadSymlink implements iface.Host.
func (in *instance) ReadSymlink(ctx context.Context, path string) (string, error) {
	p, err := in.there(ctx, path, false, read)
	if err != nil {
		return "", err
	}
	defer p.Close()
	target, err := p.Readlink()
	if err != nil {
		return "", errorOf(path, err)
	}
	rel, err := p.Leads(target)
	return p.Mount.Guest(rel), errorOf(path, err)
}
