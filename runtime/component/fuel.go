package component

import (
	"context"
	"time"
)

// fuelSlice is how much fuel a guest is given at a time. When it is used up the
// host looks at the call's context and limits; 100,000 units are well below a
// millisecond, which bounds how long a garbage collection waits for a guest.
const fuelSlice = 100_000

// refill is the host function that a guest calls when its fuel is used up: the
// balance, which is negative, in, the new one out.
func refill(ctx context.Context, stack []uint64) {
	c := ctx.(*Call)
	balance := int64(stack[0])
	for balance < 0 {
		c.interrupt()
		c.slices, c.dirty = c.slices+1, true
		balance += fuelSlice
	}
	stack[0] = uint64(balance)
}

// interrupt ends the call where it must not go on.
func (c *Call) interrupt() {
	in := c.in
	if in.state.Load() == stateClosed {
		panic(&hostFailure{err: ErrClosed})
	}
	if c.user.Err() != nil {
		panic(&hostFailure{err: context.Cause(c.user)})
	}
	// The context's own timer may be late: it needs a processor, and the guest
	// may hold the only one.
	now := time.Now()
	if d, ok := c.user.Deadline(); ok && now.After(d) {
		panic(&hostFailure{err: context.DeadlineExceeded})
	}
	if limit := in.config.limits.CallTime; limit > 0 && now.Sub(c.begun()) > limit {
		panic(&hostFailure{err: &TimeLimitError{Limit: limit}})
	}
	if limit := in.config.limits.Fuel; limit > 0 && c.slices*fuelSlice >= limit {
		panic(&hostFailure{err: &OutOfFuelError{Used: c.slices * fuelSlice, Limit: limit}})
	}
}
