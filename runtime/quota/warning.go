package quota

import "sync/atomic"

// What is used of a limit, in percent, when a Warning is due, and when it may
// become due again: somewhat less, so that who goes up and down by a little
// around the one does not warn each time.
const (
	nearly = 90
	rearm  = 80
)

// A Warning is given once when 90 percent of a limit are used, and again only
// after less than 80 were. The zero value is one that has not been given. It may
// be used by any number of goroutines.
type Warning struct{ given atomic.Bool }

// Due tells, of what is used now, whether it is time to warn. Of all who are told
// so at a time, one is.
func (w *Warning) Due(u Usage) bool {
	if u.Limit == 0 || !u.reaches(nearly) {
		w.Lower(u)
		return false
	}
	return !w.given.Load() && w.given.CompareAndSwap(false, true)
}

// Lower tells of what is used now that it has become less.
func (w *Warning) Lower(u Usage) {
	if w.given.Load() && !u.reaches(rearm) {
		w.given.Store(false)
	}
}

// Given tells whether the warning has been given, and may not become due.
func (w *Warning) Given() bool { return w.given.Load() }

// Give gives the warning whatever is used, and tells whether it had been given.
func (w *Warning) Give() (again bool) { return w.given.Swap(true) }

// reaches reports whether so many percent are used.
func (u Usage) reaches(percent uint64) bool {
	left := 100 - percent
	return u.Used >= u.Limit-(u.Limit/100*left+u.Limit%100*left/100)
}
