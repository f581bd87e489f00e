package component

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/meter"
	"github.com/airsstack/witgen/runtime/quota"
)

// fuelSlice is how much fuel a guest is given at a time. When it is used up the
// host looks at the call's context and limits; 100,000 units are well below a
// millisecond, which bounds how long a garbage collection waits for a guest.
const fuelSlice = 100_000

// lookEvery is how long a guest may go on without that look: slices of cheap
// code, which is paid for by its dearest way, take less than a look is worth.
const lookEvery = 20 * time.Microsecond

// refill is the host function that a guest calls when its fuel is used up: the
// balance, which is negative, in, the new one out.
func refill(ctx context.Context, stack []uint64) {
	c := ctx.(*Call)
	balance := int64(stack[0])
	switch {
	case balance == meter.TooDeep:
		panic(&hostFailure{err: &TooDeepError{Limit: c.in.config.limits.Depth, Fuel: c.burnt(0)}})
	case balance < meter.TableGrows+1<<32:
		stack[0] = uint64(c.growTable(balance - meter.TableGrows))
		return
	case balance < meter.TableGrew+1<<32:
		c.in.tables.Take(uint64(balance - meter.TableGrew))
		return
	}
	if c.batch != nil {
		c.batch.turn(c)
		c.batch.pause()
	}
	if c.given == 0 || time.Since(c.looked) >= lookEvery {
		c.look(balance)
	}
	stack[0] = uint64(balance + c.grant(balance))
}

// look lets others run, and ends the call where it must not go on.
func (c *Call) look(balance int64) {
	held := !c.since.IsZero()
	c.yield()
	if c.given > 0 || c.batch != nil { // it has run for a slice: others may, and one processor may be all there is
		runtime.Gosched()
	}
	c.looked = time.Now()
	c.interrupt(balance, c.looked)
	if held {
		c.resume(balance)
	}
}

// growTable answers a guest that wants to grow a table by n elements.
func (c *Call) growTable(n int64) int64 {
	u := c.in.tables.Usage()
	if uint64(n) <= u.Available() {
		return n
	}
	c.refuse(&LimitError{Of: LimitTables, Wanted: u.Used + uint64(n), Usage: u})
	return meter.TableStays
}

// grant gives enough fuel to make the balance whole again, in slices.
func (c *Call) grant(balance int64) int64 {
	in := c.in
	n := (-balance + fuelSlice - 1) / fuelSlice * fuelSlice
	if limit := in.config.limits.Fuel; limit > 0 {
		n = c.within(n, balance, limit)
	}
	if rate := in.config.limits.FuelRate; rate > 0 {
		c.pace(n, rate)
	}
	c.given, c.dirty = c.given+n, true
	in.given += n
	return n
}

// within is how much of n the limit lets the call have. What other core modules
// of the instance were given and have not used comes back first.
func (c *Call) within(n, balance int64, limit uint64) int64 {
	if near := c.in.near(NearFuel); near != nil && !c.told.fuel {
		if left := int64(min(limit-limit/10, 1<<62)) - c.given - c.charged; left <= -balance {
			c.told.fuel = true
			near(quota.Usage{Used: min(c.burnt(balance), limit), Limit: limit})
		} else {
			n = min(n, left) // so that it asks again when it has come so far
		}
	}
	left := int64(min(limit, 1<<62)) - c.given - c.charged
	if left < n {
		back := c.in.drain()
		c.given -= back
		left += back
	}
	if n = min(n, left); n < -balance {
		panic(&hostFailure{err: &OutOfFuelError{Used: uint64(c.given + c.charged - balance), Limit: limit}})
	}
	return n
}

// interrupt ends the call where it must not go on.
func (c *Call) interrupt(balance int64, now time.Time) {
	in := c.in
	if in.state.Load() == stateClosed {
		panic(&hostFailure{err: c.cancelled(balance, ErrClosed)})
	}
	// The context's own timer may be late: it needs a processor, and the guest
	// may hold the only one.
	d, ok := c.user.Deadline()
	limit := in.config.limits.CallTime
	if limit > 0 && !c.told.time {
		c.nearTime(now.Sub(c.begun()), limit)
	}
	switch {
	case c.user.Err() == context.Canceled:
		panic(&hostFailure{err: c.cancelled(balance, context.Cause(c.user))})
	case c.user.Err() != nil:
		panic(&hostFailure{err: &DeadlineError{Deadline: d, Fuel: c.burnt(balance), Cause: context.Cause(c.user)}})
	case ok && now.After(d):
		panic(&hostFailure{err: &DeadlineError{Deadline: d, Fuel: c.burnt(balance), Cause: context.DeadlineExceeded}})
	case limit > 0 && now.Sub(c.begun()) > limit:
		panic(&hostFailure{err: &TimeLimitError{Limit: limit, Fuel: c.burnt(balance)}})
	}
}

// nearTime tells of a call that has taken most of its time.
func (c *Call) nearTime(taken, limit time.Duration) {
	if near := c.in.near(NearCallTime); near != nil && taken >= limit-limit/10 {
		c.told.time = true
		near(quota.Usage{Used: uint64(taken), Limit: uint64(limit)})
	}
}

func (c *Call) cancelled(balance int64, cause error) error {
	return &CancelledError{Fuel: c.burnt(balance), Cause: cause}
}

// burnt is what the call has used, with what the guest wants to pay now. Without
// Limits.Fuel it does not know what the guest had left of the call before, less
// than a slice, and takes it for nothing.
func (c *Call) burnt(balance int64) uint64 {
	left := int64(0)
	for _, g := range c.in.fuel() {
		left += max(int64(g.Get()), 0)
	}
	return uint64(max(c.given+c.charged-left-balance, 0))
}

// pace waits until n units may be used.
func (c *Call) pace(n int64, rate uint64) {
	in := c.in
	now := time.Now()
	wait := in.pacer.take(now, n, rate)
	in.nearRate(now, rate)
	if wait > 0 {
		c.sleep(wait, -n)
	}
}

// nearRate tells of an instance that has used most of what it may in a second.
func (in *Instance) nearRate(now time.Time, rate uint64) {
	near := in.near(NearFuelRate)
	if near == nil {
		return
	}
	used := in.pacer.level(now, rate)
	close := used >= rate-rate/10
	if close && !in.pacer.told {
		near(quota.Usage{Used: used, Limit: rate})
	}
	in.pacer.told = close
}

// A pacer tells how long to wait, so that what is taken stays within a rate. Up
// to a second's worth may be taken at once.
type pacer struct {
	full time.Time // when everything is there again
	told bool      // that most is used
}

func (p *pacer) take(now time.Time, n int64, rate uint64) time.Duration {
	if p.full.Before(now) {
		p.full = now
	}
	p.full = p.full.Add(time.Duration(float64(n) / float64(rate) * float64(time.Second)))
	return p.full.Sub(now) - time.Second
}

// level is how much of a second's worth is used.
func (p *pacer) level(now time.Time, rate uint64) uint64 {
	return uint64(max(p.full.Sub(now).Seconds(), 0) * float64(rate))
}

// fuel are the globals that hold what the core modules have left. There are none
// where nothing is metered.
func (in *Instance) fuel() []api.MutableGlobal {
	if in.balances == nil {
		in.balances = make([]api.MutableGlobal, 0, len(in.mods))
		for _, m := range in.mods {
			if g, ok := m.ExportedGlobal(meter.FuelExport).(api.MutableGlobal); ok {
				in.balances = append(in.balances, g)
			}
		}
	}
	return in.balances
}

// Charge has the guest whose import an implementation works for pay fuel for the
// work, beside what its own code costs; ctx is the context that the
// implementation was given, and the call is made on its goroutine. The fuel
// counts against Limits.Fuel, Limits.FuelRate and in the instance's usage. The
// error, an *OutOfFuelError where the call has no more, is to be returned, and
// ends the guest's call.
func Charge(ctx context.Context, fuel uint64) error {
	h, ok := ctx.Value(callerKey{}).(*hostContext)
	if !ok || !h.alive() {
		return errNoCall
	}
	return h.in.call.charge(int64(min(fuel, maxCharge)))
}

// maxCharge is more than anybody has, and adds up without overflowing.
const maxCharge = 1 << 56

var errNoCall = errors.New("component: the context is that of no import in progress: charge fuel while it is, with the context that it was given")

func (c *Call) charge(n int64) error {
	in := c.in
	c.dirty = true
	c.charged, in.charged = c.charged+n, in.charged+n
	if limit := in.config.limits.Fuel; limit > 0 {
		c.given -= in.drain() // what the guest asks for next is held to what is left now
		if used := uint64(c.given + c.charged); used > limit {
			c.spent = &OutOfFuelError{Used: used, Limit: limit}
			return c.spent
		}
	}
	if rate := in.config.limits.FuelRate; rate > 0 {
		c.pace(n, rate)
	}
	return nil
}

// drain takes back what the core modules have left.
func (in *Instance) drain() (back int64) {
	for _, g := range in.fuel() {
		if left := int64(g.Get()); left > 0 {
			back += left
			g.Set(0)
		}
	}
	in.given -= back
	return back
}

// burnt is what the instance has used since it began.
func (in *Instance) burnt() uint64 {
	used := in.given + in.charged
	for _, g := range in.fuel() {
		used -= int64(g.Get())
	}
	return uint64(max(used, 0))
}
