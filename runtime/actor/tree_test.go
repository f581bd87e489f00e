package actor_test

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

// family spawns actors below a supervisor whose starts and stops go to l. One that is sent "crash" crashes, "exit" ends.
func (w *world) family(l *log, under actor.Address, names ...string) {
	w.t.Helper()
	for _, name := range names {
		w.mustSpawn(actor.Spec{Address: addr(name), Supervisor: under}, l.member(name))
	}
}

func (l *log) member(name string) func(int) *guest {
	return func(int) *guest {
		return &guest{
			start: func(context.Context) error { l.add("+" + name); return nil },
			stop:  func(context.Context) error { l.add("-" + name); return nil },
			handle: func(_ context.Context, m *actor.Message) error {
				switch string(m.Payload) {
				case "crash":
					l.add("!" + name)
					return actor.Crash(errTrap)
				case "exit":
					return actor.ErrExit
				}
				l.add(name + " " + string(m.Payload))
				return nil
			},
		}
	}
}

func (w *world) mustSupervise(spec actor.SupervisorSpec) {
	w.t.Helper()
	if err := w.Supervise(spec); err != nil {
		w.t.Fatal(err)
	}
}

// drop forgets what l has.
func (l *log) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts = nil
}

func TestStrategies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		strategy actor.Strategy
		want     string
	}{
		{actor.OneForOne, "!b +b"},
		{actor.OneForAll, "!b -d -c -a +a +b +c +d"},
		{actor.RestForOne, "!b -d -c +b +c +d"},
	} {
		t.Run(test.strategy.String(), func(t *testing.T) {
			t.Parallel()
			w, l, sup := newWorld(t), new(log), addr("sup")
			w.mustSupervise(actor.SupervisorSpec{Address: sup, Strategy: test.strategy})
			w.family(l, sup, "a", "b", "c", "d")
			l.drop()
			w.mustSend(addr("b"), "crash")
			await[actor.Restarting](w, 1)
			w.clock.Advance(100*time.Millisecond - 1)
			w.mustSend(addr("b"), "after")
			if s := w.info(addr("b")).State; s != actor.StateCreating {
				t.Errorf("%v before its time", s)
			}
			if n := w.Tree().Children[0]; !n.Supervisor.Busy && test.strategy != actor.OneForOne || n.Supervisor.Recent != 1 {
				t.Errorf("%+v", n.Supervisor)
			}
			w.clock.Advance(1)
			w.mustIdle()
			equal(t, "order", slices.DeleteFunc(l.all(), func(s string) bool { return s == "b after" }), strings.Fields(test.want))
			equal(t, "after", only(l.all(), "b "), []string{"b after"})
			for _, info := range w.Actors() {
				if info.State != actor.StateReady || info.Stats.Crashes+info.Stats.Restarts > 2 {
					t.Errorf("%+v", info)
				}
			}
		})
	}
}

func TestAGroupsMailboxesSurvive(t *testing.T) {
	t.Parallel()
	w, l, sup, g := newWorld(t), new(log), addr("sup"), newGate()
	w.mustSupervise(actor.SupervisorSpec{Address: sup, Strategy: actor.OneForAll, Backoff: actor.Backoff{Kind: actor.Immediate}})
	w.family(l, sup, "a")
	w.mustSpawn(actor.Spec{Address: addr("b"), Supervisor: sup}, func(life int) *guest {
		member := l.member("b")(life)
		if life > 0 {
			return member
		}
		return &guest{handle: g.pass}
	})
	w.mustSend(addr("b"), "in hand", "1", "2", "3")
	<-g.entered
	w.mustSend(addr("a"), "crash", "x")
	w.mustSend(addr("b"), "4")
	await[actor.Restarting](w, 1)
	g.release <- struct{}{} // the message in hand is handled to its end
	await[actor.TakenDown](w, 1)
	w.blockUntil(1) // the pause
	w.mustSend(addr("b"), "5")
	w.clock.Advance(100 * time.Millisecond)
	w.mustIdle()
	equal(t, "order", only(l.all(), "b "), []string{"b 1", "b 2", "b 3", "b 4", "b 5"})
	equal(t, "order", only(l.all(), "a "), []string{"a x"})
	equal(t, "dead letters", w.letters(), []string{"crash: the message crashed its actor"})
	equal(t, "story", w.story(addr("b"))[2:5], []string{"taken-down", "starting", "restarted"})
}

func only(texts []string, prefix string) []string {
	var some []string
	for _, text := range texts {
		if strings.HasPrefix(text, prefix) {
			some = append(some, text)
		}
	}
	return some
}

func TestTakingDownIsCutShort(t *testing.T) {
	t.Parallel()
	w, l, sup, g := newWorld(t), new(log), addr("sup"), newGate()
	w.mustSupervise(actor.SupervisorSpec{Address: sup, Strategy: actor.OneForAll})
	w.family(l, sup, "a")
	w.mustSpawn(actor.Spec{Address: addr("slow"), Supervisor: sup, StopTimeout: time.Second}, func(int) *guest { return &guest{handle: g.pass} })
	w.mustSend(addr("slow"), "in hand")
	<-g.entered
	w.mustSend(addr("a"), "crash")
	w.blockUntil(2) // the pause, and the time for taking down
	w.clock.Advance(time.Second)
	w.mustIdle()
	equal(t, "dead letters", w.letters()[1:], []string{"in hand: cut short when its actor was taken down"})
	if info := w.info(addr("slow")); info.Stats != (actor.Stats{Restarts: 1, DeadLetters: 1}) || info.State != actor.StateReady {
		t.Errorf("%+v", info)
	}
}

func TestAGroupsTemporaryAndTransientChildren(t *testing.T) {
	t.Parallel()
	w, l, sup := newWorld(t), new(log), addr("sup")
	w.mustSupervise(actor.SupervisorSpec{Address: sup, Strategy: actor.OneForAll})
	for name, restart := range map[string]actor.Restart{"permanent": actor.Permanent, "transient": actor.Transient, "ended": actor.Transient, "temporary": actor.Temporary, "crashed": actor.Temporary} {
		w.mustSpawn(actor.Spec{Address: addr(name), Supervisor: sup, Restart: restart, Backoff: actor.Backoff{Kind: actor.Immediate}}, l.member(name))
	}
	w.mustSend(addr("ended"), "exit")
	w.mustSend(addr("crashed"), "crash") // not restarted: nothing to its siblings
	w.mustIdle()
	if n := w.info(addr("permanent")).Stats.Restarts; n != 0 {
		t.Errorf("%d restarts", n)
	}
	w.mustSend(addr("transient"), "crash")
	w.mustIdle()
	states := map[string]actor.State{}
	for _, info := range w.Actors() {
		states[info.Address.Name] = info.State
	}
	want := map[string]actor.State{"permanent": actor.StateReady, "transient": actor.StateReady, "ended": actor.StateTerminated, "temporary": actor.StateTerminated, "crashed": actor.StateFailed}
	if fmt.Sprint(states) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", states, want)
	}
}

func TestEscalation(t *testing.T) {
	t.Parallel()
	w, l, top, sub := newWorld(t), new(log), addr("top"), addr("sub")
	now := actor.Backoff{Kind: actor.Immediate}
	w.mustSupervise(actor.SupervisorSpec{Address: top, Strategy: actor.RestForOne, Intensity: actor.Intensity{Max: 1, Within: time.Minute}, Backoff: now})
	w.family(l, top, "before")
	w.mustSupervise(actor.SupervisorSpec{Address: sub, Parent: top, Intensity: actor.Intensity{Max: 2, Within: time.Minute}, Backoff: now})
	for _, name := range []string{"x", "y"} {
		w.mustSpawn(actor.Spec{Address: addr(name), Supervisor: sub, Backoff: now}, l.member(name))
	}
	w.family(l, top, "after")
	l.drop()
	crash := func(names ...string) {
		t.Helper()
		for _, name := range names {
			w.mustSend(addr(name), "crash")
			w.mustIdle()
		}
	}

	crash("x", "y") // two in the window, of both together
	equal(t, "within", l.all(), []string{"!x", "+x", "!y", "+y"})
	l.drop()
	crash("x") // sub fails; top restarts it and what came after it
	equal(t, "escalated", l.all(), []string{"!x", "-y", "-after", "+x", "+y", "+after"})
	if e := await[actor.Crashed](w, 4); e.Actor != sub || !errors.Is(e.Err, errTrap) {
		t.Errorf("%+v", e)
	}
	l.drop()
	crash("x", "y") // it counts anew
	equal(t, "anew", l.all(), []string{"!x", "+x", "!y", "+y"})
	l.drop()
	crash("y") // sub fails, so top fails too; the root restarts it
	equal(t, "escalated twice", l.all(), []string{"!y", "-x", "-after", "-before", "+before", "+x", "+y", "+after"})
	node := w.Tree().Children[0]
	if node.Supervisor.Restarts != 1 || node.Children[1].Supervisor.Restarts != 2 || node.Children[1].Address != sub {
		t.Errorf("%+v", node)
	}
	l.drop()
	crash("x", "x", "x", "x", "x", "x") // the second time in a minute is too often for the root
	var reason *actor.SupervisorError
	for _, name := range []string{"before", "x", "y", "after"} {
		info := w.info(addr(name))
		if info.State != actor.StateFailed || !errors.As(info.Reason, &reason) || !errors.Is(info.Reason, errTrap) {
			t.Errorf("%s: %+v", name, info)
		}
	}
	if reason.Supervisor != top && reason.Supervisor != sub {
		t.Errorf("%+v", reason)
	}
	node = w.Tree().Children[0]
	if !node.Supervisor.Ended || node.Supervisor.Busy {
		t.Errorf("%+v", node.Supervisor)
	}
	if err := w.spawn(actor.Spec{Address: addr("new"), Supervisor: sub}, l.member("new")); !errors.Is(err, actor.ErrNotRunning) {
		t.Errorf("%v", err)
	}
	// Its address is free again.
	w.mustSupervise(actor.SupervisorSpec{Address: top})
	w.family(l, top, "before")
}

// TestEscalationThroughLevels has an actor crash again and again below supervisors that allow one restart each. So each level fails half
// as often as the one below, waits as its own back-off says, and restarts all that is below it; at last the root gives up.
func TestEscalationThroughLevels(t *testing.T) {
	t.Parallel()
	w, l := newWorld(t, actor.WithRandom(func() float64 { return 0.5 })), new(log)
	const levels = 4
	once := actor.Intensity{Max: 1, Within: time.Hour}
	pause := func(level int) actor.Backoff {
		return actor.Backoff{Base: time.Duration(level+1) * time.Second, Jitter: level == 1 || level == 2}
	}
	name := func(level int) actor.Address { return addr(fmt.Sprint("level-", level)) }
	var parent actor.Address
	for level := levels - 1; level > 0; level-- {
		w.mustSupervise(actor.SupervisorSpec{Address: name(level), Parent: parent, Intensity: once, Backoff: pause(level), Strategy: actor.Strategy(level % 3)})
		parent = name(level)
		w.mustSpawn(actor.Spec{Address: addr(fmt.Sprint("beside-", level)), Supervisor: parent}, l.member(fmt.Sprint("beside-", level)))
	}
	w.mustSpawn(actor.Spec{Address: name(0), Supervisor: parent, Backoff: pause(0)}, l.member("x"))

	for crash := 1; crash < 1<<levels; crash++ {
		level := bits.TrailingZeros(uint(crash)) // that is restarted
		w.mustSend(name(0), "crash")
		e := await[actor.Restarting](w, crash)
		want := pause(level).Base
		if pause(level).Jitter {
			want -= want / 4 // half of up to half
		}
		if e.Actor != name(level) || e.In != want || e.Restart != 1 {
			t.Fatalf("crash %d: %+v, want of %s in %v", crash, e, name(level), want)
		}
		w.clock.Advance(want - 1)
		if s := w.info(name(0)).State; s != actor.StateCreating {
			t.Fatalf("crash %d: %v before the pause of %s is over", crash, s, name(level))
		}
		w.clock.Advance(1)
		w.mustIdle()
		if s := w.info(name(0)).State; s != actor.StateReady {
			t.Fatalf("crash %d: %v after the pause of %s", crash, s, name(level))
		}
	}
	w.mustSend(name(0), "crash") // the root has restarted the highest level once already
	w.mustIdle()
	var reason *actor.RestartsError
	for _, info := range w.Actors() {
		if info.State != actor.StateFailed || !errors.As(info.Reason, &reason) || !errors.Is(info.Reason, errTrap) {
			t.Errorf("%+v", info)
		}
	}
	restarts := map[actor.Address]int{}
	for _, e := range seen[actor.Restarting](w) {
		restarts[e.Actor]++
	}
	for level := range levels {
		if got, want := restarts[name(level)], 1<<(levels-1-level); got != want {
			t.Errorf("%s was restarted %d times, want %d", name(level), got, want)
		}
	}
}

func TestTemporarySupervisorEndsAtItsFirstFailure(t *testing.T) {
	t.Parallel()
	w, l, sup := newWorld(t), new(log), addr("sup")
	w.mustSupervise(actor.SupervisorSpec{Address: sup, Restart: actor.Temporary, Intensity: actor.Intensity{Within: time.Minute}})
	w.family(l, sup, "a", "b")
	w.mustSend(addr("a"), "crash")
	w.mustIdle()
	var reason *actor.RestartsError
	if info := w.info(addr("b")); info.State != actor.StateFailed || !errors.As(info.Reason, &reason) {
		t.Errorf("%+v", info)
	}
	equal(t, "order", l.all(), []string{"+a", "+b", "!a", "-b"})
	equal(t, "story", w.story(sup), []string{"crashed", "failed"})
}

func TestStartThatFailsInARound(t *testing.T) {
	t.Parallel()
	w, l, sup := newWorld(t), new(log), addr("sup")
	w.mustSupervise(actor.SupervisorSpec{Address: sup, Strategy: actor.OneForAll})
	w.family(l, sup, "a")
	w.mustSpawn(actor.Spec{Address: addr("b"), Supervisor: sup}, func(life int) *guest {
		g := l.member("b")(life)
		if life == 1 {
			g.start = func(context.Context) error { l.add("?b"); return errTrap }
		}
		return g
	})
	w.family(l, sup, "c")
	l.drop()
	w.mustSend(addr("c"), "crash")
	await[actor.Restarting](w, 1)
	w.clock.Advance(100 * time.Millisecond)
	await[actor.Restarting](w, 2)
	w.clock.Advance(150 * time.Millisecond)
	w.mustIdle()
	equal(t, "order", l.all(), []string{"!c", "-b", "-a", "+a", "?b", "-a", "+a", "+b", "+c"})
}

func TestSpawnDuringARoundWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	w, l, sup := newWorld(t), new(log), addr("sup")
	w.mustSupervise(actor.SupervisorSpec{Address: sup, Strategy: actor.OneForAll})
	w.family(l, sup, "a")
	w.mustSend(addr("a"), "crash")
	await[actor.Restarting](w, 1)
	spawned := make(chan error)
	go func() { spawned <- w.spawn(actor.Spec{Address: addr("late"), Supervisor: sup}, l.member("late")) }()
	for {
		if _, ok := w.Actor(addr("late")); ok {
			break
		}
	}
	w.clock.Advance(100 * time.Millisecond)
	if err := <-spawned; err != nil {
		t.Fatal(err)
	}
	equal(t, "order", l.all(), []string{"+a", "!a", "+a", "+late"})
}

func TestStopSupervisor(t *testing.T) {
	t.Parallel()
	w, l, top, sub := newWorld(t), new(log), addr("top"), addr("sub")
	w.mustSupervise(actor.SupervisorSpec{Address: top, Strategy: actor.OneForAll})
	w.family(l, top, "a")
	w.mustSupervise(actor.SupervisorSpec{Address: sub, Parent: top})
	w.family(l, sub, "b", "c")
	w.family(l, top, "d")
	w.mustSend(addr("b"), "crash") // waits for its restart
	await[actor.Restarting](w, 1)
	l.drop()
	if err := w.StopSupervisor(w.ctx, top); err != nil {
		t.Fatal(err)
	}
	equal(t, "order", l.all(), []string{"-d", "-c", "-a"})
	w.mustIdle()
	if n := len(w.Tree().Children); n != 0 {
		t.Errorf("%d left in the tree", n)
	}
	if err := w.StopSupervisor(w.ctx, top); !errors.Is(err, actor.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
}

func TestStopInTheMidstOfARound(t *testing.T) {
	t.Parallel()
	w, l, sup := newWorld(t), new(log), addr("sup")
	w.mustSupervise(actor.SupervisorSpec{Address: sup, Strategy: actor.OneForAll})
	w.family(l, sup, "a", "b", "c")
	w.mustSend(addr("c"), "crash")
	await[actor.TakenDown](w, 2)
	if err := w.StopActor(w.ctx, addr("b")); err != nil { // one that is down
		t.Fatal(err)
	}
	w.clock.Advance(100 * time.Millisecond)
	w.mustIdle()
	w.mustSend(addr("a"), "crash") // and again; newWorld's end stops what waits for the pause
	await[actor.TakenDown](w, 3)
	equal(t, "order", l.all(), []string{"+a", "+b", "+c", "!c", "-b", "-a", "+a", "+c", "!a", "-c"})
}

func TestSupervisorErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustSupervise(actor.SupervisorSpec{Address: addr("sup")})
	w.mustSpawn(actor.Spec{Address: addr("a")}, new(log).handler())
	for _, test := range []struct {
		spec actor.SupervisorSpec
		want string
	}{
		{actor.SupervisorSpec{}, "namespace is empty"},
		{actor.SupervisorSpec{Address: addr("sup")}, actor.ErrRunning.Error()},
		{actor.SupervisorSpec{Address: addr("a")}, actor.ErrRunning.Error()},
		{actor.SupervisorSpec{Address: addr("b"), Parent: addr("a")}, actor.ErrNotFound.Error()},
		{actor.SupervisorSpec{Address: addr("b"), Strategy: 7}, "Spec.Strategy"},
		{actor.SupervisorSpec{Address: addr("b"), Restart: 7}, "Spec.Restart"},
		{actor.SupervisorSpec{Address: addr("b"), Intensity: actor.Intensity{Max: -1, Within: 1}}, "Spec.Intensity.Max"},
		{actor.SupervisorSpec{Address: addr("b"), Backoff: actor.Backoff{Base: -1}}, "Spec.Backoff.Base"},
	} {
		if err := w.Supervise(test.spec); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v", test.spec, err)
		}
	}
	if err := w.spawn(actor.Spec{Address: addr("sup")}, new(log).handler()); !errors.Is(err, actor.ErrRunning) {
		t.Errorf("an actor with a supervisor's address: %v", err)
	}
}

// A supervisor that several stop at once goes once: who has come below the one above it meanwhile stays there.
func TestStopSupervisorAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	top, below, a, b := addr("top"), addr("below"), addr("a"), addr("b")
	for range 200 {
		w.mustSupervise(actor.SupervisorSpec{Address: top})
		w.mustSupervise(actor.SupervisorSpec{Address: below, Parent: top})
		quiet := func(int) *guest { return &guest{} }
		w.mustSpawn(actor.Spec{Address: a, Supervisor: below}, quiet)
		var all sync.WaitGroup
		first := make(chan struct{}, 8)
		for range cap(first) {
			all.Go(func() {
				if err := w.StopSupervisor(w.ctx, below); err != nil && !errors.Is(err, actor.ErrNotFound) {
					t.Error(err)
				}
				first <- struct{}{}
			})
		}
		<-first
		w.mustSpawn(actor.Spec{Address: b, Supervisor: top}, quiet)
		all.Wait()
		if err := w.StopSupervisor(w.ctx, top); err != nil {
			t.Fatal(err)
		}
		if info, there := w.Actor(b); there && info.State != actor.StateTerminated {
			t.Fatal("an actor is left of a supervisor that was stopped")
		}
	}
}
