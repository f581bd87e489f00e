package wasi

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/filesystem/types"
)

func follows(f types.PathFlags) bool { return f.Has(types.PathFlagsSymlinkFollow) }

// at asks for every action on a path and leads there; see files.Folder.
func (d *descriptor) at(ctx context.Context, path string, follow bool, actions ...string) (*files.Place, error) {
	p, err := d.folder().At(path, follow, askingAll(ctx, actions))
	return p, errorOf(err)
}

// folder is where paths begin.
func (d *descriptor) folder() files.Folder { return files.Folder{Mount: d.m, Rel: d.rel, Info: d.info} }

// askingAll asks for every action on a path.
func askingAll(ctx context.Context, actions []string) files.Ask {
	return func(path string) error {
		for _, action := range actions {
			if err := component.Ask(ctx, action, path); err != nil {
				return err
			}
		}
		return nil
	}
}

// there leads to something that must be there.
func (d *descriptor) there(ctx context.Context, path string, follow bool, actions ...string) (*files.Place, error) {
	p, err := d.at(ctx, path, follow, actions...)
	if err == nil && p.Info == nil {
		p.Close()
		return nil, types.ErrorCodeNoEntry
	}
	return p, err
}

func (d *descriptor) OpenAt(ctx context.Context, pf types.PathFlags, path string, of types.OpenFlags, df types.DescriptorFlags) (types.Descriptor, error) {
	var actions []string
	writes := df.Has(types.DescriptorFlagsWrite)
	if writes || of&(types.OpenFlagsCreate|types.OpenFlagsTruncate) != 0 {
		actions = append(actions, "write")
	}
	if df.Has(types.DescriptorFlagsRead) || len(actions) == 0 {
		actions = append(actions, "read")
	}
	p, err := d.at(ctx, path, follows(pf) && !of.Has(types.OpenFlagsExclusive), actions...)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	out := &descriptor{m: d.m, count: d.count, got: d.got, rel: p.Rel, info: p.Info, flags: df}
	switch {
	case p.Info == nil && !of.Has(types.OpenFlagsCreate):
		return nil, types.ErrorCodeNoEntry
	case p.Info == nil && of.Has(types.OpenFlagsDirectory):
		return nil, types.ErrorCodeInvalid
	case p.Info != nil && of.Has(types.OpenFlagsCreate) && of.Has(types.OpenFlagsExclusive):
		return nil, types.ErrorCodeExist
	case p.Info != nil && p.Info.IsDir():
		if writes || of.Has(types.OpenFlagsTruncate) {
			return nil, types.ErrorCodeIsDirectory
		}
		return out, nil
	case p.Info != nil && of.Has(types.OpenFlagsDirectory):
		return nil, types.ErrorCodeNotDirectory
	}
	if !d.count.Take(1) {
		full(ctx, "files of an instance", d.count)
		return nil, types.ErrorCodeQuota
	}
	f, info, err := p.Open(access(writes || of.Has(types.OpenFlagsTruncate), df), of.Has(types.OpenFlagsTruncate), 0o666)
	if err != nil {
		d.count.Give(1)
		return nil, errorOf(err)
	}
	out.info, out.file = info, &file{File: f, count: d.count, refs: 1}
	return out, nil
}

// synchronised are the flags that want what is written on the disk before the
// write is done. The one for data alone is given the same: os knows no less.
const synchronised = types.DescriptorFlagsFileIntegritySync | types.DescriptorFlagsDataIntegritySync | types.DescriptorFlagsRequestedWriteSync

// access is what a file is opened for, in os's flags.
func access(writes bool, flags types.DescriptorFlags) int {
	if !writes {
		return os.O_RDONLY
	}
	how := os.O_WRONLY
	if flags.Has(types.DescriptorFlagsRead) {
		how = os.O_RDWR
	}
	if flags&synchronised != 0 {
		how |= os.O_SYNC
	}
	return how
}

func (d *descriptor) StatAt(ctx context.Context, pf types.PathFlags, path string) (types.DescriptorStat, error) {
	p, err := d.there(ctx, path, follows(pf), "read")
	if err != nil {
		return types.DescriptorStat{}, err
	}
	defer p.Close()
	return statOf(p.Info), nil
}

func (d *descriptor) MetadataHashAt(ctx context.Context, pf types.PathFlags, path string) (types.MetadataHashValue, error) {
	p, err := d.there(ctx, path, follows(pf), "read")
	if err != nil {
		return types.MetadataHashValue{}, err
	}
	defer p.Close()
	return hashOf(p.Info), nil
}

func (d *descriptor) SetTimes(ctx context.Context, access, modified types.NewTimestamp) error {
	if _, err := d.ask(ctx, "write"); err != nil {
		return err
	}
	parent := &descriptor{m: d.m}
	var err error
	if parent.info, err = d.m.Root.Stat("."); err != nil {
		return errorOf(err)
	}
	at := d.rel
	if at == "" {
		at = "."
	}
	p, err := parent.folder().Walk(at, false)
	if err != nil {
		return errorOf(err)
	}
	defer p.Close()
	if p.Info == nil || !os.SameFile(p.Info, d.info) {
		return types.ErrorCodeNoEntry
	}
	return setTimes(p, access, modified)
}

func (d *descriptor) SetTimesAt(ctx context.Context, pf types.PathFlags, path string, access, modified types.NewTimestamp) error {
	p, err := d.there(ctx, path, follows(pf), "write")
	if err != nil {
		return err
	}
	defer p.Close()
	return setTimes(p, access, modified)
}

func setTimes(p *files.Place, access, modified types.NewTimestamp) error {
	if p.Info.Mode()&os.ModeSymlink != 0 {
		err := p.SetLinkTimes(timeOf(access), timeOf(modified))
		if errors.Is(err, errors.ErrUnsupported) {
			return types.ErrorCodeUnsupported
		}
		return errorOf(err)
	}
	return errorOf(p.Parent.Chtimes(p.Name, timeOf(access), timeOf(modified)))
}

// timeOf gives the zero time for no change.
func timeOf(t types.NewTimestamp) time.Time {
	switch t := t.(type) {
	case *types.NewTimestampNow:
		return time.Now()
	case *types.NewTimestampTimestamp:
		return zone{}.at(t.Value)
	}
	return time.Time{}
}

func (d *descriptor) CreateDirectoryAt(ctx context.Context, path string) error {
	p, err := d.at(ctx, strings.TrimRight(path, "/"), false, "write")
	if err != nil {
		return err
	}
	defer p.Close()
	if p.Info != nil {
		return types.ErrorCodeExist
	}
	return errorOf(p.Parent.Mkdir(p.Name, 0o777))
}

func (d *descriptor) RemoveDirectoryAt(ctx context.Context, path string) error {
	p, err := d.there(ctx, path, false, "delete")
	if err != nil {
		return err
	}
	defer p.Close()
	switch {
	case !p.Info.IsDir():
		return types.ErrorCodeNotDirectory
	case p.Name == ".":
		return types.ErrorCodeInvalid
	}
	return errorOf(p.Parent.Remove(p.Name))
}

func (d *descriptor) UnlinkFileAt(ctx context.Context, path string) error {
	p, err := d.there(ctx, path, false, "delete")
	if err != nil {
		return err
	}
	defer p.Close()
	if p.Info.IsDir() {
		return types.ErrorCodeIsDirectory
	}
	return errorOf(p.Parent.Remove(p.Name))
}

// RenameAt asks for reading, too: what is moved may be readable where it comes
// to lie.
func (d *descriptor) RenameAt(ctx context.Context, oldPath string, to types.Descriptor, newPath string) error {
	from, err := d.there(ctx, oldPath, false, "delete", "read")
	if err != nil {
		return err
	}
	defer from.Close()
	dest, err := to.(*descriptor).at(ctx, strings.TrimRight(newPath, "/"), false, "write")
	if err != nil {
		return err
	}
	defer dest.Close()
	return errorOf(from.Rename(dest, askingAll(ctx, []string{"delete", "read"})))
}

// LinkAt asks for reading and writing the file: under its new name it may be
// either.
func (d *descriptor) LinkAt(ctx context.Context, pf types.PathFlags, oldPath string, to types.Descriptor, newPath string) error {
	from, err := d.there(ctx, oldPath, follows(pf), "read", "write")
	if err != nil {
		return err
	}
	defer from.Close()
	dest, err := to.(*descriptor).at(ctx, newPath, false, "write")
	if err != nil {
		return err
	}
	defer dest.Close()
	if dest.Info == nil && strings.HasSuffix(newPath, "/") {
		return types.ErrorCodeNoEntry
	}
	return errorOf(from.Link(dest))
}

// SymlinkAt asks for reading what the link leads to, which must lie in the same
// mount.
func (d *descriptor) SymlinkAt(ctx context.Context, target, newPath string) error {
	p, err := d.at(ctx, newPath, false, "write")
	if err != nil {
		return err
	}
	defer p.Close()
	if p.Info == nil && strings.HasSuffix(newPath, "/") {
		return types.ErrorCodeNoEntry
	}
	return errorOf(p.Symlink(target, askingAll(ctx, []string{"read"})))
}

// ReadlinkAt says of a link out of the mount only that it is not for the guest.
func (d *descriptor) ReadlinkAt(ctx context.Context, path string) (string, error) {
	p, err := d.there(ctx, path, false, "read")
	if err != nil {
		return "", err
	}
	defer p.Close()
	target, err := p.Readlink()
	if err != nil {
		return "", errorOf(err)
	}
	return target, nil
}

func (d *descriptor) ReadDirectory(ctx context.Context) (types.DirectoryEntryStream, error) {
	token, err := d.ask(ctx, "read")
	if err != nil {
		return nil, err
	}
	if d.file != nil {
		return nil, types.ErrorCodeNotDirectory
	}
	p, err := d.folder().Walk(".", true)
	if err != nil {
		return nil, errorOf(err)
	}
	defer p.Close()
	f, err := p.Parent.Open(p.Name)
	if err != nil {
		return nil, errorOf(err)
	}
	return &entries{f: f, token: token}, nil
}

// entries are the rest of a folder, read a few at a time.
type entries struct {
	f     *os.File
	next  []os.DirEntry
	token *capability.Token
}

func (e *entries) ReadDirectoryEntry(context.Context) (cm.Option[types.DirectoryEntry], error) {
	for {
		if e.token.Revoked() {
			return cm.None[types.DirectoryEntry](), errRevoked
		}
		if len(e.next) == 0 {
			next, err := e.f.ReadDir(128)
			if errors.Is(err, io.EOF) {
				return cm.None[types.DirectoryEntry](), nil
			}
			if err != nil {
				return cm.None[types.DirectoryEntry](), errorOf(err)
			}
			e.next = next
		}
		entry := e.next[0]
		e.next = e.next[1:]
		if utf8.ValidString(entry.Name()) { // others cannot be named in WIT
			return cm.Some(types.DirectoryEntry{Type: typeOf(entry.Type()), Name: entry.Name()}), nil
		}
	}
}

func (e *entries) Drop(context.Context) { _ = e.f.Close() }
