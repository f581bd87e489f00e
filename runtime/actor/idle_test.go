package actor

import (
	"sync"
	"sync/atomic"
	"testing"
)

// Who waits is woken by the end of what is busy now, and not by that of what was
// busy before, which may come late to say so.
func TestWaitIdleIsNotEarly(t *testing.T) {
	t.Parallel()
	var i idler
	var late sync.WaitGroup
	defer late.Wait()
	for n := range 20_000 {
		var done atomic.Bool
		i.enter()
		late.Go(func() {
			done.Store(true)
			i.leave()
		})
		if err := i.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !done.Load() {
			t.Fatalf("round %d: it returned while something was busy", n)
		}
	}
}
