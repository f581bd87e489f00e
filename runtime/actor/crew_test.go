package actor_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/airsstack/witgen/runtime/actor"
)

// TestNobodyWaitsBehindOneThatIsStuck has each of many actors stay in its call until all are in theirs.
func TestNobodyWaitsBehindOneThatIsStuck(t *testing.T) {
	t.Parallel()
	const size = 100
	w := newWorld(t)
	var in sync.WaitGroup
	in.Add(size)
	for i := range size {
		w.mustSpawn(actor.Spec{Address: addr(fmt.Sprint("a", i))}, func(int) *guest {
			return &guest{handle: func(ctx context.Context, _ *actor.Message) error {
				in.Done()
				in.Wait()
				return nil
			}}
		})
	}
	for i := range size {
		if err := w.TrySend(actor.Address{}, addr(fmt.Sprint("a", i)), nil); err != nil {
			t.Fatal(err)
		}
	}
	w.mustIdle()
}
