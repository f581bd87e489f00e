package filesystem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/airsstack/witgen/runtime/host/filesystem/bindings/airssys/extfilesystem/types"
)

// actions are those that opening a file asks for: what the capability points ask
// for the path, asked again for where it leads.
func actions(o types.FileOpenOptions) []string {
	var all []string
	if o.Mode == types.OpenModeRead || o.Mode == types.OpenModeReadWrite {
		all = append(all, read)
	}
	if o.Mode != types.OpenModeRead || o.Create || o.CreateNew || o.Truncate {
		all = append(all, write)
	}
	return all
}

// access are os's flags for a mode.
var access = map[types.OpenMode]int{
	types.OpenModeRead: os.O_RDONLY, types.OpenModeWrite: os.O_WRONLY, types.OpenModeReadWrite: os.O_RDWR,
	types.OpenModeAppend: os.O_WRONLY | os.O_APPEND,
}

// Open implements iface.Host.
func (in *instance) Open(ctx context.Context, path string, o types.FileOpenOptions) (number uint64, err error) {
	if o.Truncate && (o.Mode == types.OpenModeRead || o.Mode == types.OpenModeAppend) {
		return 0, &types.FilesystemErrorInvalidArgument{Value: "a file is emptied only if it is opened to be written"}
	}
	p, err := in.at(ctx, path, !o.CreateNew, actions(o)...)
	if err != nil {
		return 0, err
	}
	defer p.Close()
	if err := in.room(ctx); err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			in.shared.Give(1)
		}
	}()
	switch {
	case p.Info == nil && !o.Create && !o.CreateNew:
		return 0, &types.FilesystemErrorNotFound{Value: path}
	case p.Info != nil && o.CreateNew:
		return 0, &types.FilesystemErrorAlreadyExists{Value: path}
	}
	f, _, err := p.Open(access[o.Mode], o.Truncate, 0o666)
	if err != nil {
		return 0, errorOf(path, err)
	}
	return in.keep(&handle{
		File: f, reads: o.Mode == types.OpenModeRead || o.Mode == types.OpenModeReadWrite,
		writes: o.Mode != types.OpenModeRead, appends: o.Mode == types.OpenModeAppend,
	})
}

// Close implements iface.Host.
func (in *instance) Close(_ context.Context, number uint64) error {
	h, err := in.take(number)
	if err != nil {
		return err
	}
	in.mu.Lock()
	delete(in.open, number)
	in.mu.Unlock()
	in.shared.Give(1)
	return errorOf(name(number), h.Close())
}

// name is what an error calls an open file.
func name(number uint64) string { return fmt.Sprintf("file %d", number) }

// Read implements iface.Host.
func (in *instance) Read(_ context.Context, number uint64, most uint32) (types.ReadResult, error) {
	h, err := in.take(number)
	if err != nil {
		return types.ReadResult{}, err
	}
	if !h.reads {
		return types.ReadResult{}, &types.FilesystemErrorInvalidArgument{Value: name(number) + " was not opened to be read"}
	}
	b := make([]byte, min(int(most), in.limits.Read))
	n, err := h.ReadAt(b, h.at)
	if err != nil && !errors.Is(err, io.EOF) && n == 0 {
		return types.ReadResult{}, errorOf(name(number), err)
	}
	h.at += int64(n)
	return types.ReadResult{Data: b[:n], BytesRead: uint32(n)}, nil
}

// Write implements iface.Host.
func (in *instance) Write(_ context.Context, number uint64, data []byte) (types.WriteResult, error) {
	h, err := in.take(number)
	if err != nil {
		return types.WriteResult{}, err
	}
	if !h.writes {
		return types.WriteResult{}, &types.FilesystemErrorInvalidArgument{Value: name(number) + " was not opened to be written"}
	}
	n, err := h.put(data)
	if err != nil && n == 0 {
		return types.WriteResult{}, errorOf(name(number), err)
	}
	return types.WriteResult{BytesWritten: uint32(n)}, nil
}

// put writes where the file stands, or at its end.
func (h *handle) put(data []byte) (int, error) {
	if !h.appends {
		if h.at > math.MaxInt64-int64(len(data)) {
			return 0, os.ErrInvalid
		}
		n, err := h.WriteAt(data, h.at)
		h.at += int64(n)
		return n, err
	}
	n, err := h.File.Write(data)
	if info, statErr := h.Stat(); statErr == nil {
		h.at = info.Size()
	}
	return n, err
}

// Seek implements iface.Host.
func (in *instance) Seek(_ context.Context, number, position uint64) (uint64, error) {
	h, err := in.take(number)
	if err != nil {
		return 0, err
	}
	if position > math.MaxInt64 {
		return 0, &types.FilesystemErrorInvalidArgument{Value: fmt.Sprintf("%d is beyond what a file may have", position)}
	}
	h.at = int64(position)
	return position, nil
}

// Tell implements iface.Host.
func (in *instance) Tell(_ context.Context, number uint64) (uint64, error) {
	h, err := in.take(number)
	if err != nil {
		return 0, err
	}
	return uint64(h.at), nil
}
