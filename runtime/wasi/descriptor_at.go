package wasi

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/filesystem/types"
)

func follows(f types.PathFlags) bool { return f.Has(types.PathFlagsSymlinkFollow) }

// there leads to something that must be there.
func (d *descriptor) there(ctx context.Context, path string, follow bool, actions ...string) (*place, error) {
	p, err := d.at(ctx, path, follow, actions...)
	if err == nil && p.info == nil {
		p.close()
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
	defer p.close()
	out := &descriptor{m: d.m, rel: p.rel, info: p.info, flags: df}
	switch {
	case p.info == nil && !of.Has(types.OpenFlagsCreate):
		return nil, types.ErrorCodeNoEntry
	case p.info == nil && of.Has(types.OpenFlagsDirectory):
		return nil, types.ErrorCodeInvalid
	case p.info != nil && of.Has(types.OpenFlagsCreate) && of.Has(types.OpenFlagsExclusive):
		return nil, types.ErrorCodeExist
	case p.info != nil && p.info.IsDir():
		if writes || of.Has(types.OpenFlagsTruncate) {
			return nil, types.ErrorCodeIsDirectory
		}
		return out, nil
	case p.info != nil && of.Has(types.OpenFlagsDirectory):
		return nil, types.ErrorCodeNotDirectory
	}
	if err := p.open(out, of, writes || of.Has(types.OpenFlagsTruncate)); err != nil {
		return nil, errorOf(err)
	}
	return out, nil
}

// open opens a file, or makes it. The file that is opened has to be the one that
// was looked at; it is emptied only then. Devices and pipes are not opened.
func (p *place) open(d *descriptor, of types.OpenFlags, writes bool) error {
	mode := os.O_RDONLY
	switch {
	case writes && d.flags.Has(types.DescriptorFlagsRead):
		mode = os.O_RDWR
	case writes:
		mode = os.O_WRONLY
	}
	switch {
	case p.info == nil:
		mode |= os.O_CREATE | os.O_EXCL
	case p.info.Mode()&os.ModeSymlink != 0:
		return types.ErrorCodeLoop
	case !p.info.Mode().IsRegular():
		return types.ErrorCodeNotPermitted
	}
	f, err := p.parent.OpenFile(p.name, mode|openFlags, 0o666)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case p.info != nil && !os.SameFile(info, p.info):
		err = types.ErrorCodeBusy
	case of.Has(types.OpenFlagsTruncate) && p.info != nil:
		err = f.Truncate(0)
	}
	if err != nil {
		_ = f.Close()
		return err
	}
	d.info, d.file = info, &file{File: f, refs: 1}
	return nil
}

func (d *descriptor) StatAt(ctx context.Context, pf types.PathFlags, path string) (types.DescriptorStat, error) {
	p, err := d.there(ctx, path, follows(pf), "read")
	if err != nil {
		return types.DescriptorStat{}, err
	}
	defer p.close()
	return statOf(p.info), nil
}

func (d *descriptor) MetadataHashAt(ctx context.Context, pf types.PathFlags, path string) (types.MetadataHashValue, error) {
	p, err := d.there(ctx, path, follows(pf), "read")
	if err != nil {
		return types.MetadataHashValue{}, err
	}
	defer p.close()
	return hashOf(p.info), nil
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
	p, err := parent.walk(at, false)
	if err != nil {
		return errorOf(err)
	}
	defer p.close()
	if p.info == nil || !os.SameFile(p.info, d.info) {
		return types.ErrorCodeNoEntry
	}
	return p.setTimes(access, modified)
}

func (d *descriptor) SetTimesAt(ctx context.Context, pf types.PathFlags, path string, access, modified types.NewTimestamp) error {
	p, err := d.there(ctx, path, follows(pf), "write")
	if err != nil {
		return err
	}
	defer p.close()
	return p.setTimes(access, modified)
}

func (p *place) setTimes(access, modified types.NewTimestamp) error {
	if p.info.Mode()&os.ModeSymlink != 0 {
		return types.ErrorCodeUnsupported // a link's own times
	}
	return errorOf(p.parent.Chtimes(p.name, timeOf(access), timeOf(modified)))
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
	defer p.close()
	if p.info != nil {
		return types.ErrorCodeExist
	}
	return errorOf(p.parent.Mkdir(p.name, 0o777))
}

func (d *descriptor) RemoveDirectoryAt(ctx context.Context, path string) error {
	p, err := d.there(ctx, path, false, "delete")
	if err != nil {
		return err
	}
	defer p.close()
	switch {
	case !p.info.IsDir():
		return types.ErrorCodeNotDirectory
	case p.name == ".":
		return types.ErrorCodeInvalid
	}
	return errorOf(p.parent.Remove(p.name))
}

func (d *descriptor) UnlinkFileAt(ctx context.Context, path string) error {
	p, err := d.there(ctx, path, false, "delete")
	if err != nil {
		return err
	}
	defer p.close()
	if p.info.IsDir() {
		return types.ErrorCodeIsDirectory
	}
	return errorOf(p.parent.Remove(p.name))
}

// RenameAt asks for reading, too: what is moved may be readable where it comes
// to lie.
func (d *descriptor) RenameAt(ctx context.Context, oldPath string, to types.Descriptor, newPath string) error {
	from, err := d.there(ctx, oldPath, false, "delete", "read")
	if err != nil {
		return err
	}
	defer from.close()
	dest, err := to.(*descriptor).at(ctx, strings.TrimRight(newPath, "/"), false, "write")
	if err != nil {
		return err
	}
	defer dest.close()
	if from.name == "." || dest.name == "." {
		return types.ErrorCodeInvalid
	}
	if dest.m != from.m {
		return types.ErrorCodeCrossDevice
	}
	if from.info.IsDir() {
		if err := from.askBelow(ctx, "delete", "read"); err != nil {
			return err
		}
	}
	if path.Dir(from.rel) == path.Dir(dest.rel) {
		return errorOf(from.parent.Rename(from.name, dest.name))
	}
	return errorOf(rename(from, dest))
}

// maxMoved is how many files a folder may hold that is moved: each is asked for.
const maxMoved = 10_000

// askBelow asks for every action on everything in a folder, since a grant of the
// folder need not be one of what it holds.
func (p *place) askBelow(ctx context.Context, actions ...string) error {
	root, err := p.parent.OpenRoot(p.name)
	if err != nil {
		return errorOf(err)
	}
	defer root.Close()
	n := 0
	return fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return errorOf(err)
		}
		if n++; n > maxMoved {
			return types.ErrorCodeNotPermitted
		}
		if name == "." {
			return nil
		}
		return askAll(ctx, p.m.guest(p.rel+"/"+name), actions)
	})
}

// LinkAt asks for reading and writing the file: under its new name it may be
// either.
func (d *descriptor) LinkAt(ctx context.Context, pf types.PathFlags, oldPath string, to types.Descriptor, newPath string) error {
	from, err := d.there(ctx, oldPath, follows(pf), "read", "write")
	if err != nil {
		return err
	}
	defer from.close()
	dest, err := to.(*descriptor).at(ctx, newPath, false, "write")
	if err != nil {
		return err
	}
	defer dest.close()
	switch {
	case dest.info != nil:
		return types.ErrorCodeExist
	case !from.info.Mode().IsRegular():
		return types.ErrorCodeNotPermitted
	case dest.m != from.m:
		return types.ErrorCodeCrossDevice
	}
	if err := dest.m.Root.Link(from.rel, dest.rel); err != nil {
		return errorOf(err)
	}
	if made, err := dest.parent.Lstat(dest.name); err != nil || !os.SameFile(made, from.info) {
		_ = dest.m.Root.Remove(dest.rel) // something was moved meanwhile
		return types.ErrorCodeBusy
	}
	return nil
}

// SymlinkAt asks for reading what the link leads to, which must lie in the same
// mount.
func (d *descriptor) SymlinkAt(ctx context.Context, target, newPath string) error {
	p, err := d.at(ctx, newPath, false, "write")
	if err != nil {
		return err
	}
	defer p.close()
	if strings.HasPrefix(target, "/") {
		return types.ErrorCodeNotPermitted
	}
	led, err := lexical("", path.Join(path.Dir(p.rel), target))
	if err != nil {
		return err
	}
	if err := askAll(ctx, d.m.guest(led), []string{"read"}); err != nil {
		return err
	}
	if p.info != nil {
		return types.ErrorCodeExist
	}
	return errorOf(p.parent.Symlink(target, p.name))
}

// ReadlinkAt says of a link out of the mount only that it is not for the guest.
func (d *descriptor) ReadlinkAt(ctx context.Context, path string) (string, error) {
	p, err := d.there(ctx, path, false, "read")
	if err != nil {
		return "", err
	}
	defer p.close()
	if p.info.Mode()&os.ModeSymlink == 0 {
		return "", types.ErrorCodeInvalid
	}
	target, err := p.parent.Readlink(p.name)
	if strings.HasPrefix(target, "/") {
		return "", types.ErrorCodeNotPermitted
	}
	return target, errorOf(err)
}

func (d *descriptor) ReadDirectory(ctx context.Context) (types.DirectoryEntryStream, error) {
	token, err := d.ask(ctx, "read")
	if err != nil {
		return nil, err
	}
	if d.file != nil {
		return nil, types.ErrorCodeNotDirectory
	}
	p, err := d.walk(".", true)
	if err != nil {
		return nil, errorOf(err)
	}
	defer p.close()
	f, err := p.parent.Open(p.name)
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
