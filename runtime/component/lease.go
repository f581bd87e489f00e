package component

import "context"

// WithPool has the factory keep instances: its New gives one that is ready, and
// Close makes that as it was when it had just begun, for the next one, as those
// of Factory.Pool are. Each begins as a new one does, with the fuel, memory,
// handles and limits of one, or where PoolOptions.Init has brought it. Nothing
// of the component runs before the first New; those that are kept are closed
// with the factory.
func WithPool(o PoolOptions) LoadOption {
	return func(l *loadOptions) { l.pool = &o }
}

// WithoutPool takes back what a WithPool before it says: each New makes an
// instance, and Close frees it.
func WithoutPool() LoadOption {
	return func(l *loadOptions) { l.pool = nil }
}

// Kept are the counts of the pool that WithPool made, zero where there is none.
func (f *Factory) Kept() PoolStats {
	if f.warm == nil {
		return PoolStats{}
	}
	return f.warm.Stats()
}

// A lease is how an instance goes back to its pool when it is closed.
type lease struct {
	pool   *Pool
	tenant *tenant
}

// lend gives an instance until its Close.
func (p *Pool) lend(ctx context.Context, hosts []any, opts []Option) (*Instance, error) {
	in, t, err := p.enter(ctx, hosts, opts)
	if err != nil {
		return nil, err
	}
	in.lease.Store(&lease{p, t})
	return in, nil
}

func (l *lease) end(ctx context.Context, in *Instance) error {
	defer l.pool.queue.leave(l.tenant)
	return l.pool.give(ctx, in)
}

// reclaim closes the instances that pools keep for the next who wants one, when
// somebody else wants what they take of the host's limits. It reports whether
// there were any.
func (rt *Runtime) reclaim() bool {
	any := false
	for _, p := range rt.pools() {
		any = p.evict() || any
	}
	return any
}

func (rt *Runtime) pools() (all []*Pool) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	for f := range rt.factories {
		f.mu.Lock()
		for p := range f.pools {
			all = append(all, p)
		}
		f.mu.Unlock()
	}
	return all
}
