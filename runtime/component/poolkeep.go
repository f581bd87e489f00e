package component

import (
	"context"
	"errors"
	"time"
)

// keep has instances ready as the options want, until the pool is closed.
func (p *Pool) keep() {
	go func() {
		defer close(p.done)
		p.watch()
	}()
}

func (p *Pool) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-p.quit
		cancel()
	}()
	tick := time.NewTicker(max(p.opts.Idle/2, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-p.wake:
			p.refill(ctx)
		case now := <-tick.C:
			p.drain(ctx, now)
		}
	}
}

// nudge has keep look.
func (p *Pool) nudge() {
	select {
	case p.wake <- struct{}{}:
	default: // it will look already
	}
}

// refill makes instances until Min are ready, or one cannot be made: whoever
// needs one then makes it and is told why not.
func (p *Pool) refill(ctx context.Context) {
	for p.wants() {
		in, err := p.spare(ctx)
		if err != nil {
			return
		}
		if !p.push(in, false) {
			_ = in.Close(ctx)
			p.count(func(s *PoolStats) { s.Closed++ })
			return
		}
	}
}

// refillTime is how long an instance that nobody waits for may take to begin.
const refillTime = 10 * time.Second

// spare makes an instance that nobody wants yet.
func (p *Pool) spare(ctx context.Context) (*Instance, error) {
	ctx, cancel := context.WithTimeout(ctx, refillTime)
	defer cancel()
	in, err := p.blank(ctx, true)
	if err == nil {
		in.ready()
	}
	return in, err
}

// ready makes what the first call would make, and half of what that costs: the
// stack of what allocates for its arguments.
func (in *Instance) ready() {
	if !in.baton.try() { // the factory is being closed
		return
	}
	defer in.vacate()
	if in.state.Load() != stateLive {
		return
	}
	for i := range in.opts {
		if realloc := in.opts[i].realloc; realloc >= 0 {
			in.coreFunc(realloc)
		}
	}
}

func (p *Pool) wants() bool {
	inUse, _ := p.queue.counts()
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.closed && !p.cold && !p.gaveUp && len(p.warm) < p.opts.Min && inUse+len(p.warm) < p.opts.Max
}

// drain closes what nobody took for long, down to Min.
func (p *Pool) drain(ctx context.Context, now time.Time) {
	p.mu.Lock()
	n := 0 // the first ones have waited longest
	for n < len(p.warm)-p.opts.Min && now.Sub(p.warm[n].since) >= p.opts.Idle {
		n++
	}
	old := append([]warm(nil), p.warm[:n]...)
	p.warm = append(p.warm[:0], p.warm[n:]...)
	clear(p.warm[len(p.warm):cap(p.warm)])
	p.stats.Closed += uint64(n)
	p.mu.Unlock()
	for _, w := range old {
		_ = w.in.Close(ctx)
	}
}

// evict closes all instances that are kept, and reports whether there were any.
func (p *Pool) evict() bool {
	p.mu.Lock()
	all := p.warm
	p.warm = nil
	p.gaveUp = true
	p.stats.Closed += uint64(len(all))
	p.mu.Unlock()
	for _, w := range all {
		_ = w.in.Close(context.Background())
	}
	return len(all) > 0
}

// stop ends what the pool does by itself and refuses further work.
func (p *Pool) stop() {
	p.once.Do(func() {
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		close(p.quit)
	})
	p.keeping.Do(func() { close(p.done) }) // nobody ever wanted an instance
	<-p.done
}

// Close closes the instances that are kept. Work that waits or comes later is
// refused with ErrClosed, what is at hand goes on to its end. It may be called
// twice, and not from within the pool's work.
func (p *Pool) Close(ctx context.Context) error {
	p.stop()
	p.f.mu.Lock()
	delete(p.f.pools, p)
	p.f.mu.Unlock()
	p.mu.Lock()
	left := p.warm
	p.warm = nil
	p.stats.Closed += uint64(len(left))
	p.mu.Unlock()
	var errs []error
	for _, w := range left {
		errs = append(errs, w.in.Close(ctx))
	}
	return errors.Join(errs...)
}
