package wasi

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"sync"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/filesystem/types"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/streams"
)

// A descriptor is an open file, or a folder: of that it knows the way, and which
// one it was.
type descriptor struct {
	m     *Mount
	count *quota.Counter // of open files, those opened from here too
	got   *buffer        // for what is read
	rel   string
	info  fs.FileInfo // as it was opened
	flags types.DescriptorFlags
	file  *file // nil of a folder
}

// A file is closed when its descriptor and all of its streams are dropped.
type file struct {
	*os.File
	count *quota.Counter
	mu    sync.Mutex // orders appending
	refs  int
}

func (f *file) hold() *file {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refs++
	return f
}

func (f *file) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refs--; f.refs == 0 {
		_ = f.Close()
		f.count.Give(1)
	}
}

// ask asks for an action on the open file, and gives the grant's token.
func (d *descriptor) ask(ctx context.Context, action string) (*capability.Token, error) {
	return component.AskToken(ctx, action, d.m.Guest(d.rel))
}

// open asks for what is done with the contents of a file, which must have been
// opened for it.
func (d *descriptor) open(ctx context.Context, action string, flag types.DescriptorFlags) (*capability.Token, error) {
	token, err := d.ask(ctx, action)
	switch {
	case err != nil:
		return nil, err
	case d.file == nil:
		return nil, types.ErrorCodeIsDirectory
	case !d.flags.Has(flag):
		return nil, types.ErrorCodeBadDescriptor
	}
	return token, nil
}

// own is the action that the descriptor was opened for: a folder may be opened
// for neither, to be listed.
func (d *descriptor) own() string {
	if d.flags.Has(types.DescriptorFlagsWrite) && !d.flags.Has(types.DescriptorFlagsRead) {
		return "write"
	}
	return "read"
}

func (d *descriptor) ReadViaStream(ctx context.Context, offset types.Filesize) (streams.InputStream, error) {
	token, err := d.open(ctx, "read", types.DescriptorFlagsRead)
	if err != nil {
		return nil, err
	}
	return &inputStream{source: &fileSource{f: d.file.hold(), got: d.got, at: offset, token: token}}, nil
}

func (d *descriptor) WriteViaStream(ctx context.Context, offset types.Filesize) (streams.OutputStream, error) {
	token, err := d.open(ctx, "write", types.DescriptorFlagsWrite)
	if err != nil {
		return nil, err
	}
	return &outputStream{sink: &fileSink{f: d.file.hold(), at: offset, token: token}}, nil
}

func (d *descriptor) AppendViaStream(ctx context.Context) (streams.OutputStream, error) {
	token, err := d.open(ctx, "write", types.DescriptorFlagsWrite)
	if err != nil {
		return nil, err
	}
	return &outputStream{sink: &fileSink{f: d.file.hold(), end: true, token: token}}, nil
}

// Advise takes the advice and does nothing with it.
func (d *descriptor) Advise(context.Context, types.Filesize, types.Filesize, types.Advice) error {
	if d.file == nil {
		return types.ErrorCodeBadDescriptor
	}
	return nil
}

func (d *descriptor) SyncData(ctx context.Context) error { return d.Sync(ctx) }

func (d *descriptor) Sync(ctx context.Context) error {
	if _, err := d.ask(ctx, d.own()); err != nil {
		return err
	}
	if d.file == nil {
		return nil
	}
	return errorOf(d.file.Sync())
}

func (d *descriptor) GetFlags(context.Context) (types.DescriptorFlags, error) { return d.flags, nil }

func (d *descriptor) GetType(context.Context) (types.DescriptorType, error) {
	return typeOf(d.info.Mode()), nil
}

func (d *descriptor) SetSize(ctx context.Context, size types.Filesize) error {
	if _, err := d.open(ctx, "write", types.DescriptorFlagsWrite); errors.Is(err, types.ErrorCodeBadDescriptor) {
		return types.ErrorCodeInvalid // as ftruncate has it
	} else if err != nil {
		return err
	}
	if size > math.MaxInt64 {
		return types.ErrorCodeInvalid
	}
	return errorOf(d.file.Truncate(int64(size)))
}

func (d *descriptor) Read(ctx context.Context, length, offset types.Filesize) (cm.Tuple2[[]byte, bool], error) {
	var out cm.Tuple2[[]byte, bool]
	if _, err := d.open(ctx, "read", types.DescriptorFlagsRead); err != nil {
		return out, err
	}
	if offset > math.MaxInt64 {
		return out, types.ErrorCodeInvalid
	}
	b := d.got.of(int(min(length, maxRead)))
	n, err := d.file.ReadAt(b, int64(offset))
	out.F0, out.F1 = b[:n], errors.Is(err, io.EOF)
	if n > 0 || out.F1 {
		err = nil
	}
	return out, errorOf(err)
}

func (d *descriptor) Write(ctx context.Context, b []byte, offset types.Filesize) (uint64, error) {
	if _, err := d.open(ctx, "write", types.DescriptorFlagsWrite); err != nil {
		return 0, err
	}
	if offset > math.MaxInt64 {
		return 0, types.ErrorCodeInvalid
	}
	n, err := d.file.WriteAt(b, int64(offset))
	return uint64(n), errorOf(err)
}

func (d *descriptor) Stat(ctx context.Context) (types.DescriptorStat, error) {
	info, err := d.now(ctx)
	if err != nil {
		return types.DescriptorStat{}, err
	}
	return statOf(info), nil
}

// now asks for reading and gives what is known about the open file.
func (d *descriptor) now(ctx context.Context) (fs.FileInfo, error) {
	if _, err := d.ask(ctx, d.own()); err != nil {
		return nil, err
	}
	if d.file != nil {
		info, err := d.file.Stat()
		return info, errorOf(err)
	}
	p, err := d.folder().Walk(".", true)
	if err != nil {
		return nil, errorOf(err)
	}
	defer p.Close()
	return p.Info, nil
}

func (d *descriptor) MetadataHash(ctx context.Context) (types.MetadataHashValue, error) {
	info, err := d.now(ctx)
	if err != nil {
		return types.MetadataHashValue{}, err
	}
	return hashOf(info), nil
}

func (d *descriptor) IsSameObject(_ context.Context, other types.Descriptor) (bool, error) {
	return os.SameFile(d.info, other.(*descriptor).info), nil
}

func (d *descriptor) Drop(context.Context) {
	if d.file != nil {
		d.file.release()
	}
}

// A fileSource reads a file from a position on.
type fileSource struct {
	f     *file
	got   *buffer
	at    uint64
	token *capability.Token
}

func (s *fileSource) read(n int) ([]byte, error) {
	switch {
	case s.token.Revoked():
		return nil, errRevoked
	case s.at > math.MaxInt64:
		return nil, types.ErrorCodeInvalid
	}
	b := s.got.of(n)
	n, err := s.f.ReadAt(b, int64(s.at))
	s.at += uint64(n)
	if n > 0 {
		err = nil
	}
	return b[:n], err
}

func (*fileSource) ready() (bool, <-chan struct{}) { return true, nil }
func (s *fileSource) drop()                        { s.f.release() }

// A fileSink writes a file from a position on, or at its end.
type fileSink struct {
	f     *file
	at    uint64
	end   bool
	token *capability.Token
}

func (s *fileSink) check() (int, error) {
	if s.token.Revoked() {
		return 0, errRevoked
	}
	return maxQueued, nil
}

func (s *fileSink) write(b []byte) error {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	if s.end {
		info, err := s.f.Stat()
		if err != nil {
			return err
		}
		s.at = uint64(info.Size())
	}
	if s.at > math.MaxInt64 {
		return types.ErrorCodeFileTooLarge
	}
	n, err := s.f.WriteAt(b, int64(s.at))
	s.at += uint64(n)
	return err
}

func (*fileSink) ready() (bool, <-chan struct{})   { return true, nil }
func (*fileSink) flush() error                     { return nil }
func (*fileSink) flushed() (bool, <-chan struct{}) { return true, nil }
func (s *fileSink) drop()                          { s.f.release() }
