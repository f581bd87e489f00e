package quota

import (
	"math"
	"time"
)

// A Throttle has who uses more than a rate wait. What is used is used, whatever is
// left: who has used too much waits until that is within the rate again, before
// using more. Up to a second's worth is there at once. It may be used by any
// number of goroutines; time is the machine's. A nil Throttle bounds nothing.
type Throttle struct {
	rate *Rate
	met  func(Usage)
}

// NewThrottle gives a throttle of a rate of which nothing is used yet; the limit, of
// a second, is positive. near and met, if they are not nil, are called when 90
// percent are used, and when somebody is going to wait; each again only after
// less than 80 percent were used.
func NewThrottle(limit uint64, near, met func(Usage)) *Throttle {
	return &Throttle{NewRate(limit, time.Now(), near), met}
}

// Use counts n as used.
func (t *Throttle) Use(n uint64) {
	if t == nil || n == 0 {
		return
	}
	if u, again := t.rate.overdraw(time.Now(), n); !again && t.met != nil {
		t.met(u)
	}
}

// Owed is how long it takes until more may be used; 0 for none.
func (t *Throttle) Owed() time.Duration {
	if t == nil {
		return 0
	}
	return max(t.rate.owed(time.Now()), 0)
}

// Wait returns when more may be used, or as soon as done is closed: then it is
// false.
func (t *Throttle) Wait(done <-chan struct{}) bool {
	for {
		owed := t.Owed()
		if owed == 0 {
			return true
		}
		timer := time.NewTimer(owed)
		select {
		case <-timer.C:
		case <-done:
			timer.Stop()
			return false
		}
	}
}

// Usage is what is used of a second's worth.
func (t *Throttle) Usage() Usage {
	if t == nil {
		return Usage{}
	}
	return t.rate.Usage(time.Now())
}

// overdraw uses n, whatever is left. again is false where that is more than
// there was and nobody has been told so.
func (r *Rate) overdraw(now time.Time, n uint64) (u Usage, again bool) {
	at := int64(now.Sub(r.began))
	cost := int64(min(float64(n)*1e9/float64(r.limit), math.MaxInt64/4))
	for {
		full := r.full.Load()
		next := min(max(full, at)+cost, math.MaxInt64/2)
		if !r.full.CompareAndSwap(full, next) {
			continue
		}
		u = r.usage(next - at)
		if r.warning.Due(u) && r.near != nil {
			r.near(u)
		}
		if next-at > int64(time.Second) {
			return u, r.refused.Give()
		}
		r.refused.Lower(u)
		return u, true
	}
}

// owed is how long it takes until what was used is within the rate.
func (r *Rate) owed(now time.Time) time.Duration {
	return time.Duration(r.full.Load()) - now.Sub(r.began) - time.Second
}
