package component

import (
	"context"
	"time"

	"github.com/airsstack/witgen/runtime/quota"
)

// WithProcessor has the guest of the instance use no more of a processor's time
// than the throttle lets it, which is of nanoseconds; several instances may have
// one together. What counts is the time from the beginning to the end of a call,
// without the imports that it calls. A guest that has used too much waits: a call
// before it begins, honouring its context, and one that goes on and on in the
// middle, within its own time (Limits.CallTime). Each call, and each import, then
// costs two looks at the clock more. Default no bound.
func WithProcessor(t *quota.Throttle) Option {
	return func(c *instanceConfig) { c.processor = t }
}

// occupy begins the time that a call is in the guest, as soon as there is some to
// be had.
func (c *Call) occupy(ctx context.Context) error {
	in := c.in
	for {
		owed := in.config.processor.Owed()
		if owed == 0 {
			c.since = time.Now()
			return nil
		}
		timer := time.NewTimer(owed)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-in.end.coming():
			timer.Stop()
			return ErrClosed
		}
	}
}

// yield counts the time that the call was in the guest.
func (c *Call) yield() {
	if !c.since.IsZero() {
		c.in.config.processor.Use(uint64(time.Since(c.since)))
		c.since = time.Time{}
	}
}

// resume goes on where yield has ended, as soon as the throttle lets it.
func (c *Call) resume(balance int64) {
	for {
		owed := c.in.config.processor.Owed()
		if owed == 0 {
			c.since = time.Now()
			return
		}
		c.sleep(owed, balance)
	}
}

// sleep waits in the middle of a call, and ends it where it must not go on.
func (c *Call) sleep(d time.Duration, balance int64) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.HostContext().Done(): // the caller's, the call's time, the instance's end
		c.interrupt(balance, time.Now())
	}
}
