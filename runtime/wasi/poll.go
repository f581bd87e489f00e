package wasi

import (
	"context"
	"errors"
	"reflect"
	"sync"

	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/poll"
)

// A readiness tells whether something is ready, and if not, gives a channel that
// is closed when it is worth asking again.
type readiness func() (ready bool, changed <-chan struct{})

// wait blocks the goroutine until r is ready or ctx ends.
func (r readiness) wait(ctx context.Context) error {
	for {
		ready, changed := r()
		if ready {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// always is what never waits.
func always() (bool, <-chan struct{}) { return true, nil }

// A pollable is the guest's handle of a readiness.
type pollable struct {
	ready readiness
	end   func() // frees what the readiness holds; may be nil
}

func (p *pollable) Ready(context.Context) (bool, error) {
	ready, _ := p.ready()
	return ready, nil
}

func (p *pollable) Block(ctx context.Context) error { return p.ready.wait(ctx) }

func (p *pollable) Drop(context.Context) {
	if p.end != nil {
		p.end()
	}
}

type poller struct{}

// Poll waits for one of several. It takes a goroutine none: the caller's blocks.
func (poller) Poll(ctx context.Context, in []poll.Pollable) ([]uint32, error) {
	if len(in) == 0 {
		return nil, errors.New("wasi:io/poll#poll was called with an empty list, and would wait for ever")
	}
	cases := make([]reflect.SelectCase, 0, len(in)+1)
	for {
		var ready []uint32
		cases = append(cases[:0], reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())})
		for i, p := range in {
			ok, changed := p.(*pollable).ready()
			if ok {
				ready = append(ready, uint32(i))
			} else {
				cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(changed)})
			}
		}
		if len(ready) > 0 {
			return ready, nil
		}
		if chosen, _, _ := reflect.Select(cases); chosen == 0 {
			return nil, context.Cause(ctx)
		}
	}
}

// A signal tells of changes: its channel is closed at the next one. The zero
// value is ready; the caller's lock guards it.
type signal struct{ ch chan struct{} }

func (s *signal) next() <-chan struct{} {
	if s.ch == nil {
		s.ch = make(chan struct{})
	}
	return s.ch
}

func (s *signal) raise() {
	if s.ch != nil {
		close(s.ch)
		s.ch = nil
	}
}

// once is a readiness that stays once it has come.
func once(ch <-chan struct{}) readiness {
	return func() (bool, <-chan struct{}) {
		select {
		case <-ch:
			return true, nil
		default:
			return false, ch
		}
	}
}

// closer closes a channel once, from any goroutine.
func closer(ch chan struct{}) func() { return sync.OnceFunc(func() { close(ch) }) }
