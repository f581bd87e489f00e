package component

import (
	"context"
	"slices"
	"sync"

	"github.com/airsstack/witgen/runtime/memory"
	"github.com/airsstack/witgen/runtime/quota"
)

// A watcher is told of the memories of an instance.
type watcher struct{ in *Instance }

func (w watcher) MemoryNear(u quota.Usage) {
	if near := w.in.near(NearMemory); near != nil {
		near(u)
	}
}

func (w watcher) MemoryWanted() bool { return !w.in.spare && w.in.factory.rt.reclaim() }

func (w watcher) MemoryRefused(e memory.LimitError) {
	w.in.call.refuse(&LimitError{Of: LimitMemory, Wanted: e.Wanted, Usage: e.Usage, Host: e.Host})
}

// refuse tells that the guest was refused something that it can go on without, and
// remembers it in this call: a trap that follows may come of it.
func (c *Call) refuse(e *LimitError) {
	c.starved, c.dirty = e, true
	of := e.Of
	if e.Host {
		of += " for all components"
	}
	c.in.told.met(c.in, &quota.ExceededError{Of: of, Wanted: e.Wanted - e.Usage.Used, Usage: e.Usage})
}

// LimitMet tells Config.Met that the import in progress refuses its guest one more
// of something of which there are as many as there may be: limit. ctx is the context
// that the import's implementation was given.
func LimitMet(ctx context.Context, of string, limit int) {
	if h, ok := ctx.Value(callerKey{}).(*hostContext); ok && h.imports() != nil {
		n := uint64(limit)
		h.in.told.met(h.in, &quota.ExceededError{Of: of, Wanted: 1, Usage: quota.Usage{Used: n, Limit: n}})
	}
}

// told is of which limits Config.Met has been told. There are few: they are named
// by the host.
type told struct {
	mu sync.Mutex
	of []string
}

func (t *told) met(in *Instance, e *quota.ExceededError) {
	hook := in.factory.rt.cfg.Met
	if hook == nil {
		return
	}
	t.mu.Lock()
	again := slices.Contains(t.of, e.Of)
	if !again {
		t.of = append(t.of, e.Of)
	}
	t.mu.Unlock()
	if !again {
		hook(in.config.subject, e)
	}
}
