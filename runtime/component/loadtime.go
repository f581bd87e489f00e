package component

import (
	"context"
	"errors"
	"time"
)

// inTime makes a factory on a goroutine of its own and waits for it no longer
// than ctx lets it: the engine, once it compiles, cannot be interrupted, and
// decoding and rewriting look up only now and then. What is made too late is
// closed. done is called when nothing is done any more.
func inTime(ctx context.Context, done func(), load func() (*Factory, error)) (*Factory, error) {
	type loaded struct {
		f     *Factory
		err   error
		panic any
	}
	out := make(chan loaded)
	go func() {
		defer done()
		l := loaded{panic: "it ended its goroutine"}
		defer func() {
			if r := recover(); r != nil {
				l.panic = r
			}
			select {
			case out <- l:
			case <-ctx.Done():
				if l.f != nil {
					_ = l.f.Close(context.WithoutCancel(ctx))
				}
			}
		}()
		l.f, l.err = load()
		l.panic = nil
	}()
	select {
	case l := <-out:
		if l.panic != nil {
			panic(l.panic)
		}
		if end, ends := ctx.Deadline(); ends && l.f != nil && time.Until(end) <= 0 {
			<-ctx.Done() // at any moment: a busy machine wakes timers late
			return nil, errors.Join(context.Cause(ctx), l.f.Close(context.WithoutCancel(ctx)))
		}
		return l.f, l.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
