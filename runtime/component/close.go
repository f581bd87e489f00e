package component

import (
	"context"
	"slices"
)

// Close condemns the instance: calls that wait or come later are refused, the
// one in flight is cancelled. When it has left, everything that the instance
// holds is freed. An import that does not come back within Limits.CloseTime,
// or before ctx ends, leaves the instance quarantined (ErrQuarantined): nothing
// of it is used again, and it is freed when the import returns. Close may be
// called twice and from any goroutine but not from within an import of the
// instance itself, where it is answered ErrReentered.
//
// Where the factory keeps instances (WithPool), what the engine made for this one
// is reset and goes on to another, if it is whole and nobody is in it.
func (in *Instance) Close(ctx context.Context) error {
	if l := in.lease.Swap(nil); l != nil {
		return l.end(ctx, in)
	}
	if within(ctx, in) {
		in.condemn()
		in.closing.Lock()
		in.late = true
		in.closing.Unlock()
		return ErrReentered
	}
	in.condemn()
	got := in.baton.try()
	if !got {
		limit, cancel := context.WithTimeout(ctx, in.config.limits.CloseTime)
		defer cancel()
		got = in.baton.acquire(limit.Done(), nil)
	}

	in.closing.Lock()
	defer in.closing.Unlock()
	switch {
	case in.freed:
		if got {
			in.baton.release()
		}
		return nil
	case got || in.baton.try():
		in.free()
		in.baton.release()
		return nil
	}
	in.late = true
	in.quarantine()
	return ErrQuarantined
}

// quarantine counts and reports an instance whose import does not come back. The
// caller holds closing.
func (in *Instance) quarantine() {
	if in.counted {
		return
	}
	in.counted = true
	rt := in.factory.rt
	rt.quarantined.Add(1)
	if hook := rt.cfg.Quarantined; hook != nil {
		hook(in.config.subject)
	}
}

// condemn refuses calls from now on and cancels the one in flight.
func (in *Instance) condemn() {
	if in.state.Swap(stateClosed) != stateClosed {
		in.end.come()
	}
}

// free closes the core instances, all of them together, since they may share a
// memory. The caller holds closing, and nobody is in the instance.
func (in *Instance) free() {
	for _, m := range slices.Backward(in.mods) {
		_ = m.Close(context.Background())
	}
	for _, b := range in.batches {
		_ = b.mod.Close(context.Background())
	}
	in.dropOwned()
	if in.memories != nil { // behind dropOwned: a destructor of the host's may look
		in.memories.Free()
	}
	clear(in.lifts)
	in.body, in.freed = body{}, true
	if in.counted {
		in.factory.rt.quarantined.Add(-1)
	}
	in.factory.unregister(in)
}
