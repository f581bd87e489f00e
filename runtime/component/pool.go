package component

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/quota"
)

// PoolOptions say how a Pool keeps instances. The zero value is a good one.
type PoolOptions struct {
	// Min is how many instances are kept ready: made in the background, and left
	// there when the pool is idle. Default 0: the first ones are made when they
	// are wanted.
	Min int
	// Max is how many instances there may be, in use and kept together. Who
	// wants one more waits. Default 1,000.
	Max int
	// Keep is how many instances may be kept ready: one more that has done its
	// work is closed. Default Max, and it is no less than Min.
	Keep int
	// Idle is after how long an instance that nobody took is closed. Default a
	// minute.
	Idle time.Duration
	// TenantMax is how many instances one tenant may use at a time, its further
	// work waiting. Default Max.
	TenantMax int
	// TenantQueue is how much of one tenant's work may wait; more is refused with
	// a *BusyError. Default 1,000.
	TenantQueue int
	// Init brings each instance to where its work begins. It is run once, in an
	// instance without imports of which a snapshot is taken, and where there can
	// be none (PoolStats.Anew says why) in each instance, which then has the
	// imports of its work. Default none: work begins where instances do, or where
	// a snapshot was taken that Options name (WithSnapshot).
	Init InitFunc
	// Options are those of each instance; what Do is given comes on top.
	Options []Option
}

func (o *PoolOptions) fill() {
	o.Max = cmp.Or(max(o.Max, 0), 1_000)
	o.Min = min(o.Min, o.Max)
	o.Keep = max(min(cmp.Or(max(o.Keep, 0), o.Max), o.Max), o.Min)
	o.Idle = cmp.Or(max(o.Idle, 0), time.Minute)
	o.TenantMax = cmp.Or(max(o.TenantMax, 0), o.Max)
	o.TenantQueue = cmp.Or(max(o.TenantQueue, 0), 1_000)
}

// A BusyError refuses work of a tenant of which too much waits already.
type BusyError struct {
	Tenant  string
	Waiting int
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("component: %s has %d pieces of work waiting for an instance already", e.Tenant, e.Waiting)
}

// A Pool does work in instances of one component that begin as new ones do, and
// cost little more than a call: one whose work is done is made as it was when it
// had just begun, where that is provably clean, and goes on to the next. One
// that trapped is closed, and so is one of which the pool cannot know that it is
// clean: then each work has a new instance.
//
// Tenants are told apart by their subjects (WithSubject). They share the
// instances, never at the same time, and nothing of one is left for the next.
// Who waits for an instance gets it in turn with the other tenants, whatever
// they have waiting.
//
// A Pool may be used by any number of goroutines.
type Pool struct {
	f    *Factory
	opts PoolOptions
	base instanceConfig

	keeping sync.Once     // begins it
	wake    chan struct{} // for keep
	quit    chan struct{}
	done    chan struct{}
	once    sync.Once

	queue queue

	preparing sync.Mutex // whoever makes the first instance

	mu       sync.Mutex
	warm     []warm // the one that was used last is at the end
	closed   bool
	prepared bool
	cold     bool      // no instance can be kept ready
	gaveUp   bool      // what was ready for somebody else's sake: nothing is made ready until work comes
	snapshot *Snapshot // where instances begin, nil for where they do by themselves
	image    *image    // of that; nil where there is none
	stats    PoolStats
}

type warm struct {
	in    *Instance
	since time.Time
}

// PoolStats are counts of a pool since it began, and of its instances now.
type PoolStats struct {
	// Made are instances that were made, Reset those that were made as they had
	// begun instead, Closed those that were given up.
	Made, Reset, Closed uint64
	// Quarantined are those of Closed of which an import did not come back in
	// time: see ErrQuarantined, and Runtime.Usage for how many there are now.
	Quarantined uint64
	// Ready are kept, InUse are at work.
	Ready, InUse int
	// Waiting is how much work waits.
	Waiting int
	// Anew is why instances are made anew for each work, a *SnapshotError; nil
	// where they are reset, and before the first one was made.
	Anew error
}

// Pool makes a pool. Close it, or the factory.
func (f *Factory) Pool(o PoolOptions) *Pool {
	p := f.pool(o)
	p.keeping.Do(p.keep)
	p.nudge()
	return p
}

// pool makes a pool that does nothing before somebody wants an instance.
func (f *Factory) pool(o PoolOptions) *Pool {
	o.fill()
	p := &Pool{
		f: f, opts: o, base: f.configure(o.Options),
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	p.queue.max, p.queue.tenantMax, p.queue.tenantQueue = o.Max, o.TenantMax, o.TenantQueue
	f.mu.Lock()
	f.pools[p] = struct{}{}
	f.mu.Unlock()
	return p
}

// Do calls work with an instance that has just begun and is nobody else's until
// work returns: with these implementations of the world's imports, as in New,
// and these options on top of the pool's. It waits for an instance as long as
// ctx lets it. The error is that of work, or why there is no instance: a
// *BusyError, ErrClosed, one of New or of PoolOptions.Init.
//
// The instance is closed to work's holders when Do returns: calls of what they
// kept are refused with ErrClosed.
func (p *Pool) Do(ctx context.Context, hosts []any, work func(*Instance) error, opts ...Option) error {
	in, t, err := p.enter(ctx, hosts, opts)
	if err != nil {
		return err
	}
	defer p.queue.leave(t)
	defer func() { _ = p.give(context.WithoutCancel(ctx), in) }() // of a panic of work's, too
	return work(in)
}

// enter waits for an instance, which give takes back; the tenant leaves then.
func (p *Pool) enter(ctx context.Context, hosts []any, opts []Option) (*Instance, *tenant, error) {
	config := &p.base
	if len(opts) > 0 {
		config = new(p.base)
		for _, opt := range opts {
			opt(config)
		}
		config.limits.cap(&p.f.rt.cfg.Ceiling)
		if config.snapshot != p.base.snapshot {
			return nil, nil, errors.New("component: a pool's snapshot is among PoolOptions.Options, and not one work's own")
		}
	}
	p.keeping.Do(p.keep)
	t, err := p.queue.enter(ctx, config.subject, p.quit)
	if err != nil {
		return nil, nil, err
	}
	in, err := p.take(ctx, hosts, config)
	if err != nil {
		p.queue.leave(t)
		return nil, nil, err
	}
	return in, t, nil
}

// take gives a bound instance, an old one or a new one.
func (p *Pool) take(ctx context.Context, hosts []any, config *instanceConfig) (*Instance, error) {
	in, err := p.pop()
	if err == nil && in == nil {
		in, err = p.blank(ctx, false)
		if errors.Is(err, errCold) {
			return p.own(ctx, hosts, config)
		}
	}
	if err != nil {
		return nil, err
	}
	if err := in.rebind(hosts, config); err != nil {
		return nil, errors.Join(err, p.give(ctx, in))
	}
	return in, nil
}

func (p *Pool) pop() (*Instance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	n := len(p.warm)
	p.gaveUp = false
	if n <= p.opts.Min && p.opts.Min > 0 {
		defer p.nudge()
	}
	if n == 0 {
		return nil, nil
	}
	in := p.warm[n-1].in
	p.warm[n-1] = warm{}
	p.warm = p.warm[:n-1]
	return in, nil
}

// rebind gives an instance that was started without imports what it is to have.
func (in *Instance) rebind(hosts []any, config *instanceConfig) error {
	if !in.baton.try() { // the factory is being closed
		return ErrClosed
	}
	defer in.vacate()
	if in.state.Load() != stateLive {
		return in.refusal()
	}
	in.config, in.spare = *config, false
	l := &in.config.limits
	if err := in.limit(); err != nil {
		return err
	}
	if l.Depth != in.factory.limits.Depth {
		for _, mod := range in.mods {
			in.deepen(mod, l.Depth)
		}
	}
	if !in.memories.Cap(l.Memory) {
		return &LimitError{Of: LimitMemory, Wanted: in.memories.Usage().Used, Usage: quota.Usage{Limit: l.Memory}}
	}
	return in.bind(hosts)
}

// give takes an instance back whose work is done.
func (p *Pool) give(ctx context.Context, in *Instance) error {
	if next := in.renew(p.began(), &p.base); next != nil {
		next.spare = true
		if p.push(next, true) {
			return nil
		}
		in = next
	}
	err := in.Close(ctx)
	p.count(func(s *PoolStats) {
		s.Closed++
		if errors.Is(err, ErrQuarantined) {
			s.Quarantined++
		}
	})
	return err
}

// began is what instances hold that have just begun, or nil.
func (p *Pool) began() *image {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.image
}

// push keeps an instance ready.
func (p *Pool) push(in *Instance, reset bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.warm) >= p.opts.Keep {
		return false
	}
	p.warm = append(p.warm, warm{in, time.Now()})
	if reset {
		p.stats.Reset++
	}
	return true
}

func (p *Pool) ready() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.warm)
}

func (p *Pool) count(f func(*PoolStats)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.stats)
}

// Stats are the pool's counts.
func (p *Pool) Stats() PoolStats {
	p.mu.Lock()
	s := p.stats
	s.Ready = len(p.warm)
	p.mu.Unlock()
	s.InUse, s.Waiting = p.queue.counts()
	return s
}
