package actor_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/broker"
)

var (
	nemesisSeed = flag.Uint64("nemesis.seed", 0, "run the nemesis with this seed only")
	nemesisFor  = flag.Duration("nemesis.for", 0, "run the nemesis for so long")
)

// TestNemesis does to a thousand actors, some of them components, what a seed says: it crashes, stops, restarts, replaces, spawns, floods,
// slows and cuts them, while they send to, ask and publish to one another. After each step, when nothing goes on any more, it holds that
//
//   - the books balance: tried to send + answers = handled + dead letters + refused;
//   - order was kept between any two actors;
//   - each request was answered once, unless it was cancelled or its asker's instance ended;
//   - no actor is lost: each is ready, and takes a message, or has ended;
//   - what guests have counted in their own memory is what they were given;
//   - memory, goroutines, timers and instances are as many as before.
//
// What is done is the seed's alone, whatever became of it before; how goroutines take turns is not.
func TestNemesis(t *testing.T) {
	if *nemesisFor > 0 {
		seed := max(*nemesisSeed, 1)
		n := newNemesis(t, seed, 1000)
		n.run(func(int) bool { return time.Since(n.began) < *nemesisFor })
		n.checkDeeds()
		t.Logf("seed %d: %v", seed, n)
		return
	}
	size, seeds := 1000, []uint64{1}
	if testing.Short() {
		size = 200
	}
	if *nemesisSeed != 0 {
		seeds = []uint64{*nemesisSeed}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			n := newNemesis(t, seed, size)
			n.run(func(step int) bool { return step < 12 })
			n.checkDeeds()
			t.Logf("%v", n)
		})
	}
}

// TestNemesisReplays holds that a seed is a schedule.
func TestNemesisReplays(t *testing.T) {
	schedule := func(seed uint64) uint64 {
		n := newNemesis(t, seed, 60)
		n.run(func(step int) bool { return step < 3 })
		return n.plan.Sum64()
	}
	if a, b := schedule(7), schedule(7); a != b {
		t.Errorf("one seed did %x and then %x", a, b)
	}
	if a, b := schedule(7), schedule(8); a == b {
		t.Error("two seeds did the same")
	}
}

const (
	nemesisHarms = 250 // in a step
	outsiders    = 4   // goroutines that send from outside
	requestLimit = 2 * time.Second
	deadLetters  = 1 << 15 // more than a step leaves
)

// A nemesis has places for actors and for groups of them. Their addresses stay; who is in a place that has become free is decided by
// the seed, the place and the step.
type nemesis struct {
	books
	t      testing.TB
	seed   uint64
	random *rand.Rand
	plan   planHash
	began  time.Time
	step   int

	sys    *actor.System
	topics *broker.Broker
	clock  *actor.ManualClock
	kit    *kit

	actors []actor.Address
	groups []actor.Address
	homes  map[actor.Address]actor.Address // of actors: their supervisors
	extras []actor.Address                 // spawned in this step, beside the others

	background sync.WaitGroup // what harm waits for
	until      context.Context
	endStep    context.CancelFunc

	patience time.Duration                               // with what does not come to rest
	mutant   func(s *actor.System, a actor.Address) bool // breaks the system at an address, and tells whether it could; nil for none
	places   int                                         // where it is to break it, as far as it can
	broken   map[actor.Address]bool
	inVain   bool // what is broken may be waited for in vain
}

func newNemesis(t testing.TB, seed uint64, size int) *nemesis {
	n := &nemesis{
		t: t, seed: seed, random: rand.New(rand.NewPCG(seed, seed)), plan: planHash{fnv.New64a()}, began: time.Now(), clock: actor.NewManualClock(epoch),
		homes: map[actor.Address]actor.Address{}, patience: time.Minute, endStep: func() {},
	}
	n.sys = actor.New(actor.WithClock(n.clock), actor.WithDeadLetters(deadLetters))
	n.topics = broker.New(n.sys)
	n.kit = newKit(t, n)
	for i := range size {
		n.actors = append(n.actors, addr(fmt.Sprint("actor-", i)))
	}
	for i := range size/40 + 2 {
		n.groups = append(n.groups, addr(fmt.Sprint("group-", i)))
	}
	n.books.reset()
	return n
}

func (n *nemesis) run(more func(step int) bool) {
	defer n.kit.close()
	n.fill()
	for n.step = 0; more(n.step); n.step++ {
		n.until, n.endStep = context.WithCancel(context.Background())
		if n.mutant != nil && n.step > 0 {
			n.sabotage()
		} else {
			for range nemesisHarms {
				n.harm()
			}
			n.flood()
		}
		n.endStep() // cuts off what waits for answers and for room
		n.join(n.background.Wait)
		n.quiesce()
		n.pass(requestLimit)
		n.quiesce()
		n.callTheRoll()
		n.check()
		n.clear()
		n.fill()
		n.checkMemory()
		if n.t.Failed() {
			n.t.Fatalf("step %d; the same again with -nemesis.seed=%d", n.step, n.seed)
		}
	}
	n.join(func() {
		if err := n.sys.Stop(context.Background()); err != nil {
			n.t.Error(err)
		}
	})
	n.check()
	if n.open != 0 || n.clock.Pending() != 0 {
		n.t.Errorf("%d instances and %d timers are left", n.open, n.clock.Pending())
	}
}

func (n *nemesis) String() string {
	all := n.sys.Stats()
	return fmt.Sprintf("%d steps, %d messages tried: %d handled, %d dead, %d refused; %d answers to %d requests, %d crashes, %d restarts, %d times anew, %d replaced, %d reverted\n"+
		"guests: %d sent, %d asked, %d published, %d batches of %d messages", n.step, n.tried.Load(), all.Handled, all.DeadLetters, n.refused.Load(), all.Answers, n.requests,
		all.Crashes, all.Restarts, n.renewed.Load(), n.replaced.Load(), n.reverted.Load(), n.guestSent.Load(), n.guestAsked.Load(), n.guestPublished.Load(), n.batches.Load(), n.batched.Load())
}

// fill puts somebody into each place that is free.
func (n *nemesis) fill() {
	for i, g := range n.groups {
		random := rand.New(rand.NewPCG(n.seed, uint64(i)))
		spec := actor.SupervisorSpec{
			Address: g, Strategy: actor.Strategy(random.IntN(3)), Restart: actor.Restart(random.IntN(3)), Backoff: backoff(random),
			Intensity: actor.Intensity{Max: 1 + random.IntN(10), Within: time.Minute},
		}
		if i > 0 && random.IntN(3) == 0 {
			spec.Parent = n.groups[random.IntN(i)]
		}
		if err := n.sys.Supervise(spec); err != nil && !errors.Is(err, actor.ErrRunning) {
			n.t.Errorf("supervise %s: %v", g, err)
		}
	}
	for i, a := range n.actors {
		if _, there := n.sys.Actor(a); !there {
			n.spawn(a, i, rand.New(rand.NewPCG(n.seed+uint64(n.step), uint64(i))))
		}
	}
	n.quiesce()
}

func backoff(random *rand.Rand) actor.Backoff {
	if random.IntN(2) == 0 {
		return actor.Backoff{Kind: actor.Immediate}
	}
	return actor.Backoff{Jitter: true}
}

func (n *nemesis) spawn(a actor.Address, i int, random *rand.Rand) {
	spec := n.spec(a, i, random)
	if random.IntN(3) > 0 {
		spec.Supervisor = n.groups[random.IntN(len(n.groups))]
	}
	n.homes[a] = spec.Supervisor
	// Its supervisor may be in a round; the first start is awaited with all else.
	n.unless("spawn", n.sys.Spawn(cut, spec), actor.ErrNotRunning, actor.ErrNotFound) // of a group that has ended
	if random.IntN(8) == 0 {
		n.unless("subscribe", n.topics.SubscribeActor(a, []string{"t.*.paid", "t.1.#", "t.>"}[random.IntN(3)]), actor.ErrNotRunning, actor.ErrNotFound)
	}
}

// spec is what an actor is to be that is the i-th of its kind.
func (n *nemesis) spec(a actor.Address, i int, random *rand.Rand) actor.Spec {
	spec := actor.Spec{
		Address: a, Restart: actor.Restart(random.IntN(3)), Backoff: backoff(random), MailboxSize: 1 + random.IntN(100),
		StopTimeout: -1, DeliveryTimeout: time.Duration(1+random.IntN(30)) * 10 * time.Millisecond,
	}
	if random.IntN(4) == 0 {
		spec.Health = actor.HealthCheck{Interval: time.Duration(1+random.IntN(60)) * time.Second, Failures: 1 + random.IntN(2)}
	}
	if random.IntN(3) == 0 {
		spec.StopTimeout = time.Duration(1+random.IntN(30)) * 10 * time.Millisecond
	}
	if random.IntN(4) == 0 {
		spec.HandleTimeout = 300 * time.Millisecond
	}
	if random.IntN(3) == 0 {
		spec.MailboxBytes = 150 + random.IntN(3000)
	}
	if random.IntN(5) == 0 {
		spec.MaxMessageBytes = 100 + random.IntN(60)
	}
	if random.IntN(5) == 0 {
		spec.SendRate = 1 + random.IntN(20)
	}
	n.kit.equip(&spec, i)
	return spec
}

// cut is a context that has ended: what is waited for goes on without us.
var cut = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// unless reports an error that is none of those that may be, nor the end of a start or of the waiting for it.
func (n *nemesis) unless(what string, err error, allowed ...error) {
	_, failed := errors.AsType[*actor.StartError](err)
	if err == nil || failed || errors.Is(err, context.Canceled) || slices.ContainsFunc(allowed, func(a error) bool { return errors.Is(err, a) }) {
		return
	}
	n.t.Errorf("%s: %v", what, err)
}

// harm does one bad thing.
func (n *nemesis) harm() {
	what, to, by := n.random.IntN(24), n.actors[n.random.IntN(len(n.actors))], n.random.Uint64()
	n.plan.note(what, to, by)
	switch what {
	case 0, 1:
		a := addr(fmt.Sprint("extra-", len(n.extras)))
		n.extras = append(n.extras, a)
		n.spawn(a, len(n.actors)+len(n.extras), rand.New(rand.NewPCG(by, by)))
	case 2:
		n.unless("stop", n.sys.StopActor(cut, to), actor.ErrNotFound)
	case 3, 4:
		n.clock.Advance(time.Duration(by%3000) * time.Millisecond)
	case 5:
		if by%6 == 0 { // under load: the flood comes while it stops
			group := n.groups[by/6%uint64(len(n.groups))]
			n.background.Go(func() {
				n.unless("stop supervisor", n.sys.StopSupervisor(context.Background(), group), actor.ErrNotFound)
			})
		}
	case 6:
		n.sys.Tree()
	case 7:
		n.background.Go(func() { n.ask(n.until, to, n.letter(fmt.Sprint("asker ", by), by)) })
	case 8:
		n.ask(cut, to, n.letter("driver", by))
	case 9:
		n.publish("driver", actor.Address{}, n.letter("driver", by))
	case 10, 11: // in the midst of what it does, while it is restarted anyway, or spawned again where it has ended
		n.renewed.Add(1)
		n.unless("restart", n.sys.Restart(cut, to), actor.ErrNotFound, actor.ErrNotRunning)
	case 12, 13:
		random := rand.New(rand.NewPCG(by, by))
		spec := n.spec(to, random.IntN(kinds), random) // of another kind, perhaps
		spec.Supervisor = n.homes[to]
		n.replaced.Add(1)
		n.background.Go(func() {
			err := n.sys.Replace(n.until, spec)
			if _, failed := errors.AsType[*actor.StartError](err); failed {
				n.reverted.Add(1)
			}
			n.unless("replace", err, actor.ErrNotFound, actor.ErrNotRunning, actor.ErrRunning)
		})
	default:
		n.send("driver", actor.Address{}, to, n.letter("driver", by))
	}
}

// letter is one that does something to who gets it.
func (n *nemesis) letter(from string, by uint64) letter {
	random := rand.New(rand.NewPCG(by, by))
	return letter{
		From: from, Do: deeds[random.IntN(len(deeds))], To: n.actors[random.IntN(len(n.actors))], Hops: random.IntN(20),
		For: time.Duration(random.IntN(600)) * time.Millisecond,
	}
}

// flood has many send at once, and wait where there is no room, while time passes.
func (n *nemesis) flood() {
	var wg sync.WaitGroup
	for i := range outsiders {
		seed := n.random.Uint64()
		n.plan.note(i, actor.Address{}, seed)
		wg.Go(func() {
			random, name := rand.New(rand.NewPCG(seed, seed)), fmt.Sprint("outsider ", i)
			for k := range 1000 {
				to := n.actors[random.IntN(len(n.actors))]
				l := letter{Do: "forward", To: n.actors[random.IntN(len(n.actors))], Hops: random.IntN(4)}
				switch {
				case k%100 == 7:
					n.publish(name, actor.Address{}, l)
				case k%2 == i%2:
					n.sendWaiting(n.until, name, to, l)
				default:
					n.send(name, actor.Address{}, to, l)
				}
			}
		})
	}
	n.join(wg.Wait)
}

// join waits for something while time passes.
func (n *nemesis) join(wait func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		wait()
	}()
	for end := time.Now().Add(n.patience); ; {
		select {
		case <-done:
			return
		default:
			n.pass(5 * time.Millisecond)
		}
		if time.Now().After(end) {
			n.hangs()
		}
	}
}

// pass lets so much time pass, with others having their turns.
func (n *nemesis) pass(d time.Duration) {
	for range 20 {
		runtime.Gosched()
	}
	n.clock.Advance(d)
}

// quiesce lets time pass until nothing goes on.
func (n *nemesis) quiesce() {
	for end := time.Now().Add(n.patience); n.sys.WaitIdle(cut) != nil; n.pass(10 * time.Millisecond) {
		if time.Now().After(end) {
			n.hangs()
		}
	}
}

func (n *nemesis) hangs() {
	stacks := make([]byte, 1<<16)
	n.t.Fatalf("does not come to rest; the same again with -nemesis.seed=%d\n%s\n%+v", n.seed, stacks[:runtime.Stack(stacks, true)], n.sys.Actors())
}
