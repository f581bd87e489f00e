package component

import (
	"bytes"
	"errors"

	"github.com/tetratelabs/wazero/api"
)

// An instance whose work is done can be made as it was when it had just begun,
// if everything that its guests can change is known: their memories and mutable
// globals. What else they could change they do not: no module has an
// instruction that changes a table or drops a segment (memento), the memories
// have not grown, and no handle was held. Anything else is not cleaned but
// thrown away.

// errUnbound ends an instance that calls an import while it starts and has none
// yet.
var errUnbound = errors.New("component: an import was called while the instance started that was not given its imports yet")

// An image is what memories and globals hold.
type image struct {
	memories []memoryImage
	globals  []uint64
	given    int64
}

// A memoryImage is a memory: data, and zeros behind it.
type memoryImage struct {
	data []byte
	size int
}

// cleanable reports whether the code of the component leaves what an image has
// as the only thing that changes.
func (f *Factory) cleanable() bool {
	for _, c := range f.compiled {
		if c.keep == nil {
			return false
		}
	}
	return true
}

// pristine reports whether an instance that has just begun would have begun so
// with any imports and limits: it called no import, holds no handle, and no
// memory grew.
func (in *Instance) pristine() bool {
	for i := range in.insts {
		if in.insts[i].Handles.Slots() > 0 {
			return false
		}
	}
	return in.call.imp == nil && !in.memories.Grew()
}

// snapshot takes the image of an instance that has just begun and is pristine.
// It is nil where an image is not enough to make it so again.
func (in *Instance) snapshot() *image {
	if !in.factory.cleanable() {
		return nil
	}
	for _, g := range in.fuel() { // so that a short call need not ask for it
		more := fuelSlice - int64(g.Get())
		in.given += more
		g.Set(fuelSlice)
	}
	img := image{given: in.given}
	for _, m := range in.memories.Bytes() {
		data := bytes.TrimRight(m, "\x00")
		img.memories = append(img.memories, memoryImage{bytes.Clone(data), len(m)})
	}
	in.findGlobals()
	for _, g := range in.globals {
		img.globals = append(img.globals, g.Get())
	}
	return &img
}

// findGlobals looks up the mutable globals of all modules.
func (in *Instance) findGlobals() {
	if in.globals != nil {
		return
	}
	in.globals = []api.MutableGlobal{}
	for i, mod := range in.mods {
		for _, name := range in.factory.compiled[in.factory.instCode[i]].keep.globals {
			in.globals = append(in.globals, mod.ExportedGlobal(name).(api.MutableGlobal))
		}
	}
}

// renew ends the instance and gives a new one, without imports, that goes on
// with its body: as if it had just begun. It is nil, and nothing has happened,
// where that is not known to be so, or somebody is in the instance.
func (in *Instance) renew(img *image, base *instanceConfig) *Instance {
	if img == nil || in.state.Load() != stateLive || in.memories.Grew() || !in.baton.try() {
		return nil
	}
	in.closing.Lock()
	if in.freed || in.late || in.state.Load() != stateLive {
		in.closing.Unlock()
		in.vacate()
		return nil
	}
	in.condemn()
	in.dropOwned()
	next := &Instance{factory: in.factory, config: *base, done: make(chan struct{}), lifts: in.lifts, body: in.body}
	next.call.in = next
	in.body, in.freed = body{}, true
	in.closing.Unlock()
	in.baton.release()

	next.restore(img)
	next.enterable()
	if !next.factory.replace(in, next) {
		next.discard()
		return nil
	}
	return next
}

// restore gives memories and globals back what they held.
func (in *Instance) restore(img *image) {
	for i, m := range in.memories.Bytes() {
		clear(m[copy(m, img.memories[i].data):])
	}
	in.findGlobals()
	for i, g := range in.globals {
		g.Set(img.globals[i])
	}
	in.given = img.given
}

// replace registers an instance for another one, which has no body any more.
func (f *Factory) replace(old, next *Instance) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.instances[old]
	delete(f.instances, old)
	if ok && !f.closed {
		f.instances[next] = struct{}{}
		return true
	}
	if ok {
		f.rt.instances.Give(1)
	}
	return false
}

// discard frees an instance that nobody knows.
func (in *Instance) discard() {
	in.condemn()
	in.closing.Lock()
	defer in.closing.Unlock()
	in.free()
}
