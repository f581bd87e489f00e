package filesystem

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"sync"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/files"
	iface "github.com/airsstack/witgen/runtime/host/filesystem/bindings/airssys/extfilesystem/filesystem"
	"github.com/airsstack/witgen/runtime/host/filesystem/bindings/airssys/extfilesystem/metadata"
	"github.com/airsstack/witgen/runtime/host/filesystem/bindings/airssys/extfilesystem/types"
	"github.com/airsstack/witgen/runtime/quota"
)

// Limits of what one instance may ask for. Zero takes the default.
type Limits struct {
	Open    int // files at a time; 256, or what Sharing says
	Entries int // names that one call lists, in all directories together; 10,000
	Read    int // bytes that one call reads; 1 MiB
}

// An Extension gives actors files: the same mounts to each, and what it may do
// there by its grants. It may be used by many goroutines.
type Extension struct {
	mounts []*files.Mount
	limits Limits
	shared *quota.Counter // of open files
	usual  bool           // nobody set Limits.Open
}

// New makes an extension. The folders of the mounts stay the caller's, who closes
// them when no actor runs any more.
func New(mounts []files.Mount, limits Limits) *Extension {
	e := &Extension{shared: &quota.Counter{}, usual: limits.Open == 0, limits: Limits{
		Open: cmp.Or(limits.Open, 256), Entries: cmp.Or(limits.Entries, 10_000), Read: cmp.Or(limits.Read, 1<<20),
	}}
	for _, m := range mounts {
		e.mounts = append(e.mounts, &m)
	}
	return e
}

// Sharing gives the extension to one component, whose instances count in open what
// they have opened together, beside Limits.Open of each where that was set.
func (e *Extension) Sharing(open *quota.Counter) *Extension {
	one := *e
	if one.shared = open; e.usual {
		one.limits.Open = math.MaxInt
	}
	return &one
}

// Offers are the options to load a component with.
func (e *Extension) Offers() []component.LoadOption {
	nothing := &instance{Extension: &Extension{}}
	return []component.LoadOption{component.WithProvider(iface.Import, nothing), component.WithProvider(metadata.Import, nothing)}
}

// Give makes what one instance has: its open files, which free closes.
func (e *Extension) Give(actor.Address) (opts []component.Option, free func()) {
	in := &instance{Extension: e, open: map[uint64]*handle{}, working: "/"}
	return []component.Option{
		component.WithHost(iface.Import, in), component.WithHost(metadata.Import, in), component.WithGrants(working),
	}, in.free
}

// working is for what needs no path: to ask for the working directory.
var working = capability.Grant{Kind: capability.Import, Resource: "airssys:ext-filesystem/metadata"}

// instance is the host side of one instance. Its component makes one call at a
// time; free may come while the last one has not returned.
type instance struct {
	*Extension
	working string

	mu   sync.Mutex
	open map[uint64]*handle // nil when it has been freed
	last uint64
}

var (
	_ iface.Host    = (*instance)(nil)
	_ metadata.Host = (*instance)(nil)
)

// handle is an open file.
type handle struct {
	*os.File
	at            int64 // where it stands
	reads, writes bool
	appends       bool
}

func (in *instance) free() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, h := range in.open {
		_ = h.Close()
		in.shared.Give(1)
	}
	in.open = nil
}

// room makes room for one more file; shared has it back where none is opened.
func (in *instance) room(ctx context.Context) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	open := len(in.open)
	if open < in.limits.Open {
		if in.shared.Take(1) {
			return nil
		}
		open = int(in.shared.Usage().Used)
	} else {
		component.LimitMet(ctx, "files of an instance", in.limits.Open)
	}
	return &types.FilesystemErrorResourceExhausted{Value: fmt.Sprintf("%d files are open: close some", open)}
}

// keep gives an open file its number. The instance may have been freed meanwhile.
func (in *instance) keep(h *handle) (uint64, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.open == nil {
		_ = h.Close()
		return 0, errors.New("filesystem: the instance has ended")
	}
	in.last++
	in.open[in.last] = h
	return in.last, nil
}

// take gives the open file of a number.
func (in *instance) take(number uint64) (*handle, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if h := in.open[number]; h != nil {
		return h, nil
	}
	return nil, &types.FilesystemErrorInvalidArgument{Value: fmt.Sprintf("no file is open as %d", number)}
}

// The actions that grants are about.
const (
	read    = "read"
	write   = "write"
	remove  = "delete"
	listDir = "list_dir"
)

// at leads to where a path leads, which the guard has been asked for as it is
// written; for where links lead it is asked here, for all the actions.
func (in *instance) at(ctx context.Context, path string, follow bool, actions ...string) (*files.Place, error) {
	m, rel, ok := files.Within(in.mounts, path)
	if !ok {
		return nil, &types.FilesystemErrorNotFound{Value: path}
	}
	p, err := files.Folder{Mount: m}.At(cmp.Or(rel, "."), follow, func(led string) error {
		if led == path {
			return nil
		}
		return asking(ctx, actions)(led)
	})
	return p, errorOf(path, err)
}

// there leads to something that must be there.
func (in *instance) there(ctx context.Context, path string, follow bool, actions ...string) (*files.Place, error) {
	p, err := in.at(ctx, path, follow, actions...)
	if err == nil && p.Info == nil {
		p.Close()
		return nil, &types.FilesystemErrorNotFound{Value: path}
	}
	return p, err
}

// asking asks for all actions on a path.
func asking(ctx context.Context, actions []string) files.Ask {
	return func(path string) error {
		for _, action := range actions {
			if err := component.Ask(ctx, action, path); err != nil {
				return err
			}
		}
		return nil
	}
}

// denied is the answer to what the guard refused behind a granted path. It does
// not say where a link leads.
func denied(path string, d *capability.Denial) error {
	return &types.FilesystemErrorPermissionDenied{Value: fmt.Sprintf("%s: %s leads to what is not granted", d.Point.Func, path)}
}
