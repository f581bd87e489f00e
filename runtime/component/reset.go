package component

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

// An instance whose work is done can be made as it was when that began, if
// everything that its guests can have changed since is in an image.

// renew ends the instance and gives a new one, without imports, that goes on
// with its body: as it was when the image was taken. It is nil where that is not
// known to be so, or somebody is in the instance, which is to be closed then.
func (in *Instance) renew(img *image, base *instanceConfig) *Instance {
	if img == nil || in.state.Load() != stateLive || !in.baton.try() {
		return nil
	}
	in.closing.Lock()
	if in.freed || in.late || in.state.Load() != stateLive {
		in.closing.Unlock()
		in.vacate()
		return nil
	}
	in.condemn()
	insts := in.insts
	in.dropOwned()
	if !in.restore(in.factory, img) {
		in.closing.Unlock()
		in.vacate()
		return nil
	}
	next := &Instance{
		factory: in.factory, config: *base, hosts: in.hosts, insts: insts, lifts: in.lifts, body: in.body, given: img.given,
	}
	*next.call = Call{in: next}
	in.body, in.hosts, in.freed = body{}, nil, true
	in.closing.Unlock()
	in.baton.release()

	clear(next.hosts)
	next.enterable()
	if !next.factory.replace(in, next) {
		next.discard()
		return nil
	}
	return next
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
