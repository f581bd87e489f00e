package quota

import (
	"math"
	"sync/atomic"
	"time"
)

// A Rate counts what is used in a second, up to a limit: a bucket that holds as
// much as may be used in one second, and that fills up steadily. It may be used by
// any number of goroutines.
type Rate struct {
	limit   uint64
	near    func(Usage)
	warning Warning // that little is left
	refused Warning // that there was not enough
	began   time.Time
	full    atomic.Int64 // when all that was used is going to be there again, in nanoseconds since it began
}

// NewRate gives a rate of which nothing is used yet. The limit is positive. near,
// if it is not nil, is called as a Counter's is. Time is what the caller says it
// is.
func NewRate(limit uint64, now time.Time, near func(Usage)) *Rate {
	return &Rate{limit: limit, near: near, began: now}
}

// Take uses n. Where that is more than is left it uses nothing and gives an error,
// which tells in what time there is going to be so much; of is what the error
// names. It never gives what is more than a second's worth.
func (r *Rate) Take(now time.Time, n uint64, of string) error {
	at, cost := int64(now.Sub(r.began)), r.span(n)
	for {
		full := r.full.Load()
		start := max(full, at)
		if over := start - at + cost - int64(time.Second); n > r.limit || over > 0 {
			e := &ExceededError{Of: of, Wanted: n, Usage: r.usage(full - at), Again: r.refused.Give()}
			if n <= r.limit {
				e.Retry = time.Duration(over)
			}
			return e
		}
		if r.full.CompareAndSwap(full, start+cost) {
			used := Usage{uint64(start + cost - at), uint64(time.Second)} // in time, which is as good and quickly told
			r.refused.Lower(used)
			if r.warning.Due(used) && r.near != nil {
				r.near(r.usage(start + cost - at))
			}
			return nil
		}
	}
}

// Limit is how much may be used in a second.
func (r *Rate) Limit() uint64 { return r.limit }

// Usage is what is used now of a second's worth.
func (r *Rate) Usage(now time.Time) Usage { return r.usage(r.full.Load() - int64(now.Sub(r.began))) }

func (r *Rate) usage(span int64) Usage {
	used := math.Ceil(float64(max(span, 0)) * float64(r.limit) / 1e9)
	return Usage{min(uint64(used), r.limit), r.limit}
}

// span is the time in which n come anew, in nanoseconds.
func (r *Rate) span(n uint64) int64 { return int64(float64(min(n, r.limit)) * 1e9 / float64(r.limit)) }
