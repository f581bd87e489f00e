package filesystem

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/host/filesystem/bindings/airssys/extfilesystem/types"
)

// errorOf is what the guest is told of an error, by the path that it asked for: a
// path of the host's, or its links, are none of its business.
func errorOf(path string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[types.FilesystemError](err); ok {
		return e
	}
	if d, ok := errors.AsType[*capability.Denial](err); ok {
		return denied(path, d)
	}
	for _, k := range kinds {
		if errors.Is(err, k.is) {
			return k.as(path)
		}
	}
	if errors.As(err, new(*files.NameError)) {
		return &types.FilesystemErrorInvalidPath{Value: path}
	}
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathError.Err
	}
	if linkError, ok := errors.AsType[*os.LinkError](err); ok {
		err = linkError.Err
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return &types.FilesystemErrorIOError{Value: path + ": " + errno.Error()}
	}
	return &types.FilesystemErrorIOError{Value: path}
}

// kinds are the errors that have a case, the more special first.
var kinds = []struct {
	is error
	as func(string) error
}{
	{files.ErrEscapes, func(p string) error {
		return &types.FilesystemErrorPermissionDenied{Value: p + " leads out of what is mounted"}
	}},
	{files.ErrLoop, func(p string) error { return &types.FilesystemErrorTooManySymlinks{Value: p} }},
	{syscall.ELOOP, func(p string) error { return &types.FilesystemErrorTooManySymlinks{Value: p} }},
	{files.ErrNotDirectory, func(p string) error { return &types.FilesystemErrorNotADirectory{Value: p} }},
	{syscall.ENOTDIR, func(p string) error { return &types.FilesystemErrorNotADirectory{Value: p} }},
	{files.ErrIsDirectory, func(p string) error { return &types.FilesystemErrorNotAFile{Value: p} }},
	{syscall.EISDIR, func(p string) error { return &types.FilesystemErrorNotAFile{Value: p} }},
	{files.ErrSpecial, func(p string) error { return &types.FilesystemErrorNotAFile{Value: p} }},
	{files.ErrExchanged, func(p string) error {
		return &types.FilesystemErrorIOError{Value: p + " was exchanged for something else meanwhile"}
	}},
	{files.ErrTooMany, func(p string) error {
		return &types.FilesystemErrorResourceExhausted{Value: p + " holds too much for one call"}
	}},
	{files.ErrOtherMount, func(p string) error {
		return &types.FilesystemErrorInvalidArgument{Value: p + " lies in another mount: copy it"}
	}},
	{syscall.ENOTEMPTY, func(p string) error { return &types.FilesystemErrorDirectoryNotEmpty{Value: p} }},
	{syscall.ENAMETOOLONG, func(p string) error { return &types.FilesystemErrorNameTooLong{Value: p} }},
	{syscall.ENOSPC, func(p string) error { return &types.FilesystemErrorResourceExhausted{Value: p + ": the disk is full"} }},
	{syscall.EDQUOT, func(p string) error { return &types.FilesystemErrorResourceExhausted{Value: p + ": the disk is full"} }},
	{syscall.EMFILE, func(p string) error {
		return &types.FilesystemErrorResourceExhausted{Value: p + ": the host has too many files open"}
	}},
	{fs.ErrNotExist, func(p string) error { return &types.FilesystemErrorNotFound{Value: p} }},
	{fs.ErrExist, func(p string) error { return &types.FilesystemErrorAlreadyExists{Value: p} }},
	{fs.ErrPermission, func(p string) error { return &types.FilesystemErrorPermissionDenied{Value: p} }},
	{fs.ErrInvalid, func(p string) error { return &types.FilesystemErrorInvalidArgument{Value: p} }},
	{fs.ErrClosed, func(p string) error { return &types.FilesystemErrorInvalidArgument{Value: p + " is closed"} }},
}
