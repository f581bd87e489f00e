// Package quota holds what there is to say of a limit: counters and rates that
// have one, what is used of it, the warning that it is near, the error that it
// was met. It knows nothing of what is counted.
package quota

import (
	"fmt"
	"math"
	"sync/atomic"
)

// Usage is what is used of something at one moment.
type Usage struct {
	// Used and Limit are in the unit of what is counted. A Limit of 0 is none.
	Used, Limit uint64
}

// Available is how much more may be used: math.MaxUint64 where there is no
// limit.
func (u Usage) Available() uint64 {
	switch {
	case u.Limit == 0:
		return math.MaxUint64
	case u.Used >= u.Limit:
		return 0
	}
	return u.Limit - u.Used
}

// Percentage is how much of the limit is used, 0 where there is none.
func (u Usage) Percentage() float64 {
	if u.Limit == 0 {
		return 0
	}
	return 100 * float64(u.Used) / float64(u.Limit)
}

func (u Usage) String() string {
	if u.Limit == 0 {
		return fmt.Sprintf("%d of any number", u.Used)
	}
	return fmt.Sprintf("%d of %d (%.0f%%)", u.Used, u.Limit, u.Percentage())
}

// A Counter counts what is used, up to a limit. It may be used by any number of
// goroutines; the fields are not to be changed once it is in use. The zero
// value has no limit.
type Counter struct {
	// Limit is the most that may be used at a time, 0 for any amount.
	Limit uint64
	// Near, if it is not nil, is called when 90 percent of the limit are
	// reached, and again only after less was used; see Warning. It is called by
	// who takes, on its goroutine.
	Near func(Usage)
	// Met, if it is not nil, is called when there was not enough, and again only
	// after less than 80 percent were used.
	Met func(Usage)

	used    atomic.Uint64
	warning Warning // that little is left
	refused Warning // that there was not enough
}

// Take counts n more. It reports false, and counts nothing, where that would be
// more than the limit.
func (c *Counter) Take(n uint64) bool {
	for {
		used := c.used.Load()
		sum := used + n
		if sum < used || c.Limit > 0 && sum > c.Limit {
			if c.Met != nil && !c.refused.Give() {
				c.Met(Usage{used, c.Limit})
			}
			return false
		}
		if !c.used.CompareAndSwap(used, sum) {
			continue
		}
		if u := (Usage{sum, c.Limit}); c.Near != nil && c.warning.Due(u) {
			c.Near(u)
		}
		return true
	}
}

// Give counts n less: what was taken is given back.
func (c *Counter) Give(n uint64) {
	left := Usage{c.used.Add(-n), c.Limit}
	if c.Near != nil {
		c.warning.Lower(left)
	}
	if c.Met != nil {
		c.refused.Lower(left)
	}
}

// Usage is what is used now.
func (c *Counter) Usage() Usage { return Usage{c.used.Load(), c.Limit} }
