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
// supervisor remembers of how far the round has come; or it keeps its seat and is replaced.
type removal struct {
	strategy actor.Strategy
	moment   moment
	gone     string // the child
	then     then
}

type then uint8

const (
	staysAway  then = iota
	comesAgain      // it is spawned again, in the same round
	isReplaced      // it was not stopped, but is to be another
)

type moment uint8

const (
	goingDown moment = iota // d is asked to stop, all behind it are down
	paused                  // all are down
	comingUp                // the first that is started is at it
)

func (r removal) String() string {
	return fmt.Sprintf("%v, %s goes while it is %s, and %s", r.strategy, r.gone,
		[...]string{"going down", "paused", "coming up"}[r.moment], [...]string{"stays away", "comes again", "is replaced"}[r.then])
}

var siblings = []string{"a", "b", "c", "d", "e"}

// TestRemovalInARound removes or replaces each child at each moment of a round that the crash of c began: those that are left are
// restarted in their order, whoever comes again is the last, and who is replaced has its turn, for which it joins the round.
func TestRemovalInARound(t *testing.T) {
	t.Parallel()
	for _, strategy := range []actor.Strategy{actor.OneForAll, actor.RestForOne} {
		for _, at := range []moment{goingDown, paused, comingUp} {
			for _, gone := range siblings {
				for _, next := range []then{staysAway, comesAgain, isReplaced} {
					r := removal{strategy, at, gone, next}
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

	spec := actor.Spec{Address: addr(r.gone), Supervisor: sup, MaxMessageBytes: 100, Factory: w.factory(l.member(r.gone))}
	if r.then == isReplaced {
		if err := w.Replace(cut, spec); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	} else {
		if err := w.StopActor(w.ctx, addr(r.gone)); err != nil {
			t.Fatal(err)
		}
		if err := w.Forget(addr(r.gone)); err != nil {
			t.Fatal(err)
		}
	}
	if r.then == comesAgain {
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

	equal(t, "started", only(l.all(), "+"), r.starts())
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
		if fresh := c.Actor.Address.Name == r.gone && r.then == isReplaced; fresh && len(c.Actor.Limits) != 2 {
			t.Errorf("%+v is not what it was to be", c.Actor)
		}
	}
	order := r.left(siblings)
	equal(t, "children", left, order)

	// The next round is a whole one.
	l.drop()
	w.mustSend(addr(order[0]), "crash")
	await[actor.Restarting](w, 2)
	w.clock.Advance(150 * time.Millisecond)
	w.mustIdle()
	equal(t, "started next", only(l.all(), "+"), plus(order))
}

// left are those of some who are left at last.
func (r removal) left(of []string) []string {
	if r.then == isReplaced {
		return of
	}
	all := slices.DeleteFunc(slices.Clone(of), func(name string) bool { return name == r.gone })
	if r.then == comesAgain {
		all = append(all, r.gone)
	}
	return all
}

// starts are those of the round.
func (r removal) starts() []string {
	all := slices.Clone(r.restarted())
	if r.then != isReplaced || slices.Contains(all, r.gone) {
		return plus(r.left(all))
	}
	at := 0 // it joins, and is the first of those that are still to be started
	if r.moment == comingUp {
		at = 1
	}
	return plus(slices.Insert(all, at, r.gone))
}

func plus(names []string) []string {
	all := slices.Clone(names)
	for i := range all {
		all[i] = "+" + all[i]
	}
	return all
}
