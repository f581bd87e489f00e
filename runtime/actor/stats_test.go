package actor_test

import (
	"testing"

	"github.com/airsstack/witgen/runtime/actor"
)

// TestStatsOfASystem counts on where an actor is forgotten, or another takes its address.
func TestStatsOfASystem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	spec := func(name string) actor.Spec { return actor.Spec{Address: addr(name), Restart: actor.Temporary} }
	for _, name := range []string{"stays", "again", "again", "forgotten"} {
		w.mustSpawn(spec(name), new(log).handler("poison"))
		w.mustSend(addr(name), "1", "poison", "2")
		w.mustIdle()
	}
	if err := w.Forget(addr("forgotten")); err != nil {
		t.Fatal(err)
	}
	if got, want := w.Stats(), (actor.Stats{Handled: 4, Crashes: 4, DeadLetters: 8}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
