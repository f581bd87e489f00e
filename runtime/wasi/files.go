package wasi

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/filesystem/types"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/ioerror"
)

// A Mount is a folder of the host's under the name that a program sees, which is
// also the one that grants are about; see files.Mount.
type Mount = files.Mount

// maxFiles is how many files one instance may have open, where its Config says
// nothing.
const maxFiles = 1024

type mounts struct {
	all  []*Mount
	open *quota.Counter
	got  *buffer
}

// A buffer holds what an instance has read last of a file: a guest has it before it
// asks for more, of this file or another.
type buffer struct{ b []byte }

func (b *buffer) of(n int) []byte {
	if cap(b.b) < n {
		b.b = make([]byte, n)
	}
	return b.b[:n]
}

func newMounts(c *Config) mounts {
	out := mounts{open: c.OpenFiles, got: &buffer{}}
	if out.open == nil {
		out.open = &quota.Counter{Limit: maxFiles}
	}
	for _, m := range c.Mounts {
		out.all = append(out.all, &m)
	}
	return out
}

// GetDirectories gives a descriptor of each mount. To have it is no permission:
// what is done with it is asked for.
func (ms mounts) GetDirectories(context.Context) ([]cm.Tuple2[types.Descriptor, string], error) {
	var out []cm.Tuple2[types.Descriptor, string]
	for _, m := range ms.all {
		info, err := m.Root.Stat(".")
		if err != nil {
			continue // the folder is gone
		}
		d := &descriptor{m: m, count: ms.open, got: ms.got, info: info, flags: types.DescriptorFlagsRead | types.DescriptorFlagsMutateDirectory}
		out = append(out, cm.Tuple2[types.Descriptor, string]{F0: d, F1: m.Path})
	}
	return out, nil
}

type fileErrors struct{}

func (fileErrors) FilesystemErrorCode(_ context.Context, e ioerror.Error) (cm.Option[types.ErrorCode], error) {
	if code, ok := errors.AsType[types.ErrorCode](errorOf(e.(*ioError).err)); ok {
		return cm.Some(code), nil
	}
	return cm.None[types.ErrorCode](), nil
}

// errRevoked is what streams fail with whose grant was taken back.
var errRevoked error = types.ErrorCodeNotPermitted

// errorOf is what the operating system says in WASI's words. What has been
// denied, or is one of WASI's already, stays.
func errorOf(err error) error {
	if err == nil {
		return nil
	}
	if code, ok := errors.AsType[types.ErrorCode](err); ok {
		return code
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		if code, ok := codes[errno]; ok {
			return code
		}
	}
	for cause, code := range walked {
		if errors.Is(err, cause) {
			return code
		}
	}
	switch pathError, isPath := errors.AsType[*fs.PathError](err); {
	case errors.As(err, new(*files.NameError)):
		return types.ErrorCodeNotPermitted
	case errors.Is(err, fs.ErrNotExist):
		return types.ErrorCodeNoEntry
	case errors.Is(err, fs.ErrExist):
		return types.ErrorCodeExist
	case errors.Is(err, fs.ErrPermission):
		return types.ErrorCodeNotPermitted
	case errors.Is(err, fs.ErrClosed):
		return types.ErrorCodeBadDescriptor
	case errors.Is(err, fs.ErrInvalid):
		return types.ErrorCodeInvalid
	case isPath && strings.Contains(pathError.Err.Error(), "escapes"):
		return types.ErrorCodeNotPermitted
	case isPath:
		return types.ErrorCodeIO
	}
	return err
}

// walked are the codes of why a path leads nowhere.
var walked = map[error]types.ErrorCode{
	files.ErrEscapes: types.ErrorCodeNotPermitted, files.ErrLoop: types.ErrorCodeLoop, files.ErrNotDirectory: types.ErrorCodeNotDirectory,
	files.ErrIsDirectory: types.ErrorCodeIsDirectory, files.ErrSpecial: types.ErrorCodeNotPermitted, files.ErrExchanged: types.ErrorCodeBusy,
	files.ErrTooMany: types.ErrorCodeNotPermitted, files.ErrOtherMount: types.ErrorCodeCrossDevice,
}

var codes = map[syscall.Errno]types.ErrorCode{
	syscall.EACCES: types.ErrorCodeAccess, syscall.EAGAIN: types.ErrorCodeWouldBlock, syscall.EBADF: types.ErrorCodeBadDescriptor,
	syscall.EBUSY: types.ErrorCodeBusy, syscall.EDQUOT: types.ErrorCodeQuota, syscall.EEXIST: types.ErrorCodeExist,
	syscall.EFBIG: types.ErrorCodeFileTooLarge, syscall.EILSEQ: types.ErrorCodeIllegalByteSequence, syscall.EINTR: types.ErrorCodeInterrupted,
	syscall.EINVAL: types.ErrorCodeInvalid, syscall.EIO: types.ErrorCodeIO, syscall.EISDIR: types.ErrorCodeIsDirectory,
	syscall.ELOOP: types.ErrorCodeLoop, syscall.EMLINK: types.ErrorCodeTooManyLinks, syscall.ENAMETOOLONG: types.ErrorCodeNameTooLong,
	syscall.ENODEV: types.ErrorCodeNoDevice, syscall.ENOENT: types.ErrorCodeNoEntry, syscall.ENOLCK: types.ErrorCodeNoLock,
	syscall.ENOMEM: types.ErrorCodeInsufficientMemory, syscall.ENOSPC: types.ErrorCodeInsufficientSpace,
	syscall.ENOTDIR: types.ErrorCodeNotDirectory, syscall.ENOTEMPTY: types.ErrorCodeNotEmpty, syscall.ENOTSUP: types.ErrorCodeUnsupported,
	syscall.ENOTTY: types.ErrorCodeNoTTY, syscall.ENXIO: types.ErrorCodeNoSuchDevice, syscall.EOVERFLOW: types.ErrorCodeOverflow,
	syscall.EPERM: types.ErrorCodeNotPermitted, syscall.EPIPE: types.ErrorCodePipe, syscall.EROFS: types.ErrorCodeReadOnly,
	syscall.ESPIPE: types.ErrorCodeInvalidSeek, syscall.ETXTBSY: types.ErrorCodeTextFileBusy, syscall.EXDEV: types.ErrorCodeCrossDevice,
}
