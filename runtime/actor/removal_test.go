package actor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

// A removal is a child that leaves in the midst of a round of its supervisor's: it is stopped, and its seat is given up, with what the
// supervisor remembers of how far the round has come.
type removal struct {
	strategy actor.Strategy
	moment   moment
	gone     string // the child
	again    bool   // it is spawned again, in the same round
}

type moment uint8

const (
	goingDown moment = iota // d is asked to stop, all behind it are down
	paused                  // all are down
	comingUp                // the first that is started is at it
)

func (r removal) String() string {
	s := fmt.Sprintf("%v, %s goes while it is %s", r.strategy, r.gone, [...]string{"going down", "paused", "coming up"}[r.moment])
	if r.again {
		s += ", and comes again"
	}
	return s
}

var siblings = []string{"a", "b", "c", "d", "e"}

// TestRemovalInARound removes each child at each moment of a round that the crash of c began: those that are left are restarted in
// their order, and whoever comes again is the last.
func TestRemovalInARound(t *testing.T) {
	t.Parallel()
	for _, strategy := range []actor.Strategy{actor.OneForAll, actor.RestForOne} {
		for _, at := range []moment{goingDown, paused, comingUp} {
			for _, gone := range siblings {
				for _, again := range []bool{false, true} {
					r := removal{strategy, at, gone, again}
					if r.held() != gone {
						t.Run(r.String(), func(t *testing.T) {
							t.Parallel()
							r.run(t)
						})
					}
				}
			}
		}
	}
}

// first is who is started first.
func (r removal) first() string {
	if r.strategy == actor.RestForOne {
		return "c"
	}
	return "a"
}

// held is whose Stop or Start does not return at the moment.
func (r removal) held() string {
	switch r.moment {
	case goingDown:
		return "d"
	case comingUp:
		return r.first()
	}
	return ""
}

// restarted are those whom the crash concerns.
func (r removal) restarted() []string { return siblings[slices.Index(siblings, r.first()):] }

func (r removal) run(t *testing.T) {
	w, l, sup, g := newWorld(t), new(log), addr("sup"), newGate()
	hold := func(ctx context.Context) error { return g.pass(ctx, new(actor.Message)) }
	w.mustSupervise(actor.SupervisorSpec{Address: sup, Strategy: r.strategy})
	for _, name := range siblings {
		w.mustSpawn(actor.Spec{Address: addr(name), Supervisor: sup, StopTimeout: -1}, func(life int) *guest {
			member := l.member(name)(life)
			if r.held() == name {
				start, stop := member.start, member.stop
				switch {
				case r.moment == goingDown && life == 0:
					member.stop = func(ctx context.Context) error { return errors.Join(hold(ctx), stop(ctx)) }
				case r.moment == comingUp && life == 1:
					member.start = func(ctx context.Context) error { return errors.Join(hold(ctx), start(ctx)) }
				}
			}
			return member
		})
	}
	l.drop()
	w.mustSend(addr("c"), "crash")
	await[actor.Restarting](w, 1)
	if r.moment == goingDown {
		<-g.entered
	} else {
		await[actor.TakenDown](w, len(r.restarted())-1)
	}
	if r.moment == comingUp {
		w.clock.Advance(100 * time.Millisecond)
		<-g.entered
	}

	if err := w.StopActor(w.ctx, addr(r.gone)); err != nil {
		t.Fatal(err)
	}
	if err := w.Forget(addr(r.gone)); err != nil {
		t.Fatal(err)
	}
	if r.again {
		spec := actor.Spec{Address: addr(r.gone), Supervisor: sup, Factory: w.factory(l.member(r.gone))}
		if err := w.Spawn(cut, spec); !errors.Is(err, context.Canceled) { // its first start waits for its turn
			t.Fatal(err)
		}
	}
	if r.moment != paused {
		g.release <- struct{}{}
	}
	if r.moment != comingUp {
		w.clock.Advance(100 * time.Millisecond)
	}
	w.mustIdle()

	want := slices.DeleteFunc(slices.Clone(r.restarted()), func(name string) bool { return name == r.gone })
	if r.again {
		want = append(want, r.gone)
	}
	for i := range want {
		want[i] = "+" + want[i]
	}
	equal(t, "started", only(l.all(), "+"), want)
	node := w.Tree().Children[0]
	if node.Supervisor.Busy || w.clock.Pending() != 0 {
		t.Errorf("%+v, and %d timers", node.Supervisor, w.clock.Pending())
	}
	var left []string
	for _, c := range node.Children {
		left = append(left, c.Address.Name)
		if c.Actor.State != actor.StateReady {
			t.Errorf("%+v", c.Actor)
		}
	}
	order := slices.DeleteFunc(slices.Clone(siblings), func(name string) bool { return name == r.gone })
	if r.again {
		order = append(order, r.gone)
	}
	equal(t, "children", left, order)

	// The next round is a whole one.
	l.drop()
	w.mustSend(addr(order[0]), "crash")
	await[actor.Restarting](w, 2)
	w.clock.Advance(150 * time.Millisecond)
	w.mustIdle()
	for i := range order {
		order[i] = "+" + order[i]
	}
	equal(t, "started next", only(l.all(), "+"), order)
}
