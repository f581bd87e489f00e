package component

import (
	"context"
	"errors"
)

// errCold says that instances cannot begin without the imports of their work.
var errCold = errors.New("component: no instance of the pool begins without imports")

// prepare finds out, once, where instances begin: where a snapshot was taken, or
// where they do by themselves.
func (p *Pool) prepare(ctx context.Context) error {
	p.preparing.Lock()
	defer p.preparing.Unlock()
	p.mu.Lock()
	done, cold := p.prepared, p.cold
	p.mu.Unlock()
	if done {
		if cold {
			return errCold
		}
		return nil
	}
	s := p.base.snapshot
	var err error
	if p.opts.Init != nil {
		config := p.base
		if s, err = p.f.snapshot(ctx, p.opts.Init, &config); err != nil && !errors.As(err, new(*SnapshotError)) {
			return err // of Init, or for want of room: the next one tries again
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.prepared, p.snapshot = true, s
	if s != nil {
		p.image = s.image
	}
	p.chill(err)
	if p.cold {
		return errCold
	}
	return nil
}

// chill notes why instances are made anew. The caller holds mu.
func (p *Pool) chill(why error) {
	if why == nil {
		return
	}
	p.image, p.stats.Anew = nil, why
	p.cold = p.cold || errors.As(why, new(*unboundError)) || errors.Is(why, errUnlike)
}

// blank makes an instance without imports, as every one begins. A spare one is
// wanted by nobody yet. errCold says that there is no such thing.
func (p *Pool) blank(ctx context.Context, spare bool) (*Instance, error) {
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	in := &Instance{factory: p.f, config: p.base, spare: spare}
	p.mu.Lock()
	in.config.snapshot = p.snapshot
	p.mu.Unlock()
	// What any tenant may be given; rebind tells each what it has.
	in.config.limits.Memory, in.config.limits.Depth = p.f.rt.cfg.Ceiling.Memory, p.f.limits.Depth
	err := in.make(ctx)
	if err == nil {
		err = in.unless(ctx, func() error { return p.settle(ctx, in) })
	}
	if why := new(SnapshotError); errors.As(unsnapped(err), &why) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.chill(why)
		return nil, errCold
	}
	if err != nil {
		return nil, err
	}
	p.count(func(s *PoolStats) { s.Made++ })
	return in, nil
}

// errUnlike says that instances do not all begin alike.
var errUnlike = errors.New("component: it begins otherwise under other limits")

// settle is what follows the start of an instance that is of no snapshot.
func (p *Pool) settle(ctx context.Context, in *Instance) error {
	if in.config.snapshot != nil {
		return nil
	}
	if p.opts.Init != nil { // of which there can be no snapshot
		in.memories.Cap(p.base.limits.Memory)
		return p.opts.Init(ctx, in)
	}
	if !in.baton.try() { // the factory is being closed
		return ErrClosed
	}
	defer in.vacate()
	if in.state.Load() != stateLive {
		return in.refusal()
	}
	if !in.pristine() {
		return &SnapshotError{Why: "its memory grows before anything is called, or its guests hold handles of resources then", Err: errUnlike}
	}
	p.f.begun.Do(func() { p.f.image, p.f.imageErr = in.capture() })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.image = p.f.image
	p.chill(p.f.imageErr)
	return nil
}

// own makes an instance for work that is waiting and no other, since it wants
// imports to begin, or begins otherwise under other limits.
func (p *Pool) own(ctx context.Context, hosts []any, config *instanceConfig) (*Instance, error) {
	in := &Instance{factory: p.f, config: *config}
	if err := in.bind(hosts); err != nil {
		return nil, err
	}
	if err := in.make(ctx); err != nil {
		return nil, err
	}
	if p.opts.Init != nil {
		if err := in.unless(ctx, func() error { return p.opts.Init(ctx, in) }); err != nil {
			return nil, err
		}
	}
	p.count(func(s *PoolStats) { s.Made++ })
	return in, nil
}

// unless closes the instance when f does not succeed.
func (in *Instance) unless(ctx context.Context, f func() error) (err error) {
	ok := false
	defer func() { // of a panic, too
		if !ok {
			err = errors.Join(err, in.Close(context.WithoutCancel(ctx)))
		}
	}()
	err = f()
	ok = err == nil
	return err
}
