package actor_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

var (
	nemesisSeed = flag.Uint64("nemesis.seed", 0, "run the nemesis with this seed only")
	nemesisFor  = flag.Duration("nemesis.for", 0, "run the nemesis with seed after seed for so long")
)

// TestNemesis does to hundreds of actors what a seed says, and holds the books after each step:
//
//	tried to send = handled + dead letters + refused
//
// and order between any two actors, and no actor lost. What is done, step by step, is the seed's alone; how goroutines take turns
// is not.
func TestNemesis(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	if *nemesisSeed != 0 {
		seeds = []uint64{*nemesisSeed}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { t.Parallel(); newNemesis(t, seed).run(12) })
	}
	for seed, end := uint64(1000), time.Now().Add(*nemesisFor); time.Now().Before(end) && !t.Failed(); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { newNemesis(t, seed).run(25) })
	}
}

const (
	nemesisActors = 220
	nemesisGroups = 12
	outsiders     = 4 // goroutines that send from outside
)

type nemesis struct {
	t      *testing.T
	seed   uint64
	random *rand.Rand
	sys    *actor.System
	clock  *actor.ManualClock
	living []actor.Address
	groups []actor.Address
	names  int

	tried, refused, full atomic.Int64

	mu       sync.Mutex
	seen     map[[2]string]int // the last number that came from one to another
	sequence map[[2]string]int
	open     int // instances
	lives    map[actor.Address]int
}

// A letter is what the nemesis sends.
type letter struct {
	From string
	N    int    // of those from From to the receiver
	Do   string // crash, exit, reject or forward; else nothing
	To   actor.Address
	Hops int
}

func newNemesis(t *testing.T, seed uint64) *nemesis {
	n := &nemesis{
		t: t, seed: seed, random: rand.New(rand.NewPCG(seed, seed)), clock: actor.NewManualClock(epoch),
		seen: map[[2]string]int{}, sequence: map[[2]string]int{}, lives: map[actor.Address]int{},
	}
	n.sys = actor.New(actor.WithClock(n.clock))
	return n
}

func (n *nemesis) run(steps int) {
	n.populate()
	n.quiesce()
	for step := range steps {
		for range 40 {
			n.harm()
		}
		n.flood()
		n.quiesce()
		n.check(step)
		n.populate()
		n.quiesce()
		if n.t.Failed() {
			n.t.Fatalf("step %d; again with -nemesis.seed=%d", step, n.seed)
		}
	}
	if err := n.sys.Stop(context.Background()); err != nil {
		n.t.Error(err)
	}
	n.check(steps)
	if n.open != 0 || n.clock.Pending() != 0 {
		n.t.Errorf("%d instances and %d timers are left", n.open, n.clock.Pending())
	}
}

// populate sees to it that there are enough groups and actors.
func (n *nemesis) populate() {
	n.groups = nil
	var walk func(node actor.Node)
	walk = func(node actor.Node) {
		for _, c := range node.Children {
			if c.Supervisor != nil && !c.Supervisor.Ended {
				n.groups = append(n.groups, c.Address)
				walk(c)
			}
		}
	}
	walk(n.sys.Tree())
	for len(n.groups) < nemesisGroups {
		spec := actor.SupervisorSpec{
			Address: n.name("group"), Strategy: actor.Strategy(n.random.IntN(3)), Intensity: actor.Intensity{Max: 1 + n.random.IntN(4), Within: time.Minute},
			Backoff: n.backoff(),
		}
		if len(n.groups) > 0 && n.random.IntN(2) == 0 {
			spec.Parent = n.pick(n.groups)
		}
		if err := n.sys.Supervise(spec); err != nil {
			n.t.Errorf("%v", err)
		}
		n.groups = append(n.groups, spec.Address)
	}
	n.living = n.living[:0]
	for _, info := range n.sys.Actors() {
		if info.State != actor.StateTerminated && info.State != actor.StateFailed {
			n.living = append(n.living, info.Address)
		}
	}
	for len(n.living) < nemesisActors {
		n.spawn()
	}
}

func (n *nemesis) backoff() actor.Backoff {
	if n.random.IntN(2) == 0 {
		return actor.Backoff{Kind: actor.Immediate}
	}
	return actor.Backoff{Jitter: true}
}

func (n *nemesis) name(kind string) actor.Address {
	n.names++
	return addr(fmt.Sprint(kind, "-", n.names))
}

func (n *nemesis) pick(of []actor.Address) actor.Address { return of[n.random.IntN(len(of))] }

func (n *nemesis) spawn() {
	spec := actor.Spec{
		Address: n.name("actor"), Restart: actor.Restart(n.random.IntN(3)), Backoff: n.backoff(), MailboxSize: 1 + n.random.IntN(30),
		StartTimeout: -1, StopTimeout: -1, DeliveryTimeout: -1,
		Factory: func(_ context.Context, self actor.Address) (actor.Contract, error) { return n.instance(self) },
	}
	if n.random.IntN(3) > 0 {
		spec.Supervisor = n.pick(n.groups)
	}
	if n.random.IntN(4) == 0 {
		spec.Health = actor.HealthCheck{Interval: time.Duration(1+n.random.IntN(60)) * time.Second, Failures: 1}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // its supervisor may be in a round; the first start is awaited with all else
	err := n.sys.Spawn(ctx, spec)
	if _, failed := errors.AsType[*actor.StartError](err); err != nil && !failed && !errors.Is(err, context.Canceled) && !errors.Is(err, actor.ErrNotRunning) && !errors.Is(err, actor.ErrNotFound) { // the last two of a group that has ended
		n.t.Errorf("spawn: %v", err)
	}
	n.living = append(n.living, spec.Address)
}

// instance gives an instance whose bad starts and bad health are decided by the seed.
func (n *nemesis) instance(self actor.Address) (actor.Contract, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lives[self]++
	hash := fnv.New64a()
	fmt.Fprint(hash, n.seed, self, n.lives[self])
	fate := hash.Sum64() % 100
	if fate == 0 {
		return nil, errTrap
	}
	n.open++
	checks := 0
	return &guest{
		start: func(context.Context) error {
			if fate == 1 {
				return errTrap
			}
			return nil
		},
		handle: func(_ context.Context, m *actor.Message) error { return n.take(self, m) },
		health: func(context.Context) (actor.Health, error) {
			if checks++; fate < 10 && checks > 1 {
				return actor.Unhealthy, nil
			}
			return actor.Healthy, nil
		},
		close: func(context.Context) error {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.open--
			return nil
		},
	}, nil
}

func (n *nemesis) take(self actor.Address, m *actor.Message) error {
	var l letter
	if err := json.Unmarshal(m.Payload, &l); err != nil {
		n.t.Error(err)
	}
	way := [2]string{l.From, self.String()}
	n.mu.Lock()
	if l.N <= n.seen[way] {
		n.t.Errorf("%s got %d of %s after %d", self, l.N, l.From, n.seen[way])
	}
	n.seen[way] = l.N
	n.mu.Unlock()
	switch l.Do {
	case "crash":
		return actor.Crash(errTrap)
	case "panic":
		panic(errTrap)
	case "exit":
		return actor.ErrExit
	case "reject":
		return errTrap
	case "forward":
		if l.Hops > 0 {
			n.send(self.String(), self, l.To, letter{Do: "forward", To: self, Hops: l.Hops - 1})
		}
	}
	return nil
}

// send sends without waiting and keeps the books. Only one goroutine at a time sends for one name.
func (n *nemesis) send(name string, from, to actor.Address, l letter) {
	way := [2]string{name, to.String()}
	n.mu.Lock()
	n.sequence[way]++
	l.From, l.N = name, n.sequence[way]
	n.mu.Unlock()
	payload, err := json.Marshal(l)
	if err != nil {
		n.t.Error(err)
	}
	n.tried.Add(1)
	switch err := n.sys.TrySend(from, to, payload); {
	case err == nil:
	case errors.Is(err, actor.ErrMailboxFull):
		n.full.Add(1)
	default:
		n.refused.Add(1)
	}
}

// harm does one bad thing.
func (n *nemesis) harm() {
	to := n.pick(n.living)
	switch n.random.IntN(12) {
	case 0:
		n.spawn()
	case 1:
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // the stopping goes on
		if err := n.sys.StopActor(ctx, to); err != nil && !errors.Is(err, context.Canceled) {
			n.t.Errorf("stop: %v", err)
		}
	case 2:
		n.clock.Advance(time.Duration(n.random.IntN(20)) * time.Second)
	case 3:
		if n.random.IntN(10) == 0 {
			if err := n.sys.StopSupervisor(context.Background(), n.pick(n.groups)); err != nil && !errors.Is(err, actor.ErrNotFound) {
				n.t.Errorf("stop supervisor: %v", err)
			}
		}
	case 4:
		n.sys.Tree()
	default:
		do := []string{"crash", "crash", "panic", "exit", "reject", "forward"}[n.random.IntN(6)]
		n.send("driver", actor.Address{}, to, letter{Do: do, To: n.pick(n.living), Hops: n.random.IntN(30)})
	}
}

// flood has many send at once.
func (n *nemesis) flood() {
	var wg sync.WaitGroup
	for i := range outsiders {
		seed := n.random.Uint64()
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, seed))
			for range 300 {
				to := n.living[random.IntN(len(n.living))]
				n.send(fmt.Sprint("outsider ", i), actor.Address{}, to, letter{Do: "forward", To: n.living[random.IntN(len(n.living))], Hops: random.IntN(4)})
			}
		})
	}
	wg.Wait()
}

// quiesce lets time pass until nothing goes on.
func (n *nemesis) quiesce() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for end := time.Now().Add(30 * time.Second); n.sys.WaitIdle(ctx) != nil; {
		n.clock.Advance(10 * time.Millisecond)
		runtime.Gosched()
		if time.Now().After(end) {
			n.t.Fatalf("does not come to rest; again with -nemesis.seed=%d\n%+v", n.seed, n.sys.Actors())
		}
	}
}

// check holds the books.
func (n *nemesis) check(step int) {
	var handled, dead int64
	live := 0
	for _, info := range n.sys.Actors() {
		handled += int64(info.Stats.Handled)
		dead += int64(info.Stats.DeadLetters)
		if info.Queued != 0 {
			n.t.Errorf("%s has %d messages although nothing goes on: %+v", info.Address, info.Queued, info)
		}
		switch info.State {
		case actor.StateTerminated, actor.StateFailed:
		case actor.StateReady:
			live++
		default:
			n.t.Errorf("%s is lost: %+v", info.Address, info)
		}
	}
	if _, total := n.sys.DeadLetters(); int64(total) != dead {
		n.t.Errorf("%d dead letters, of actors %d", total, dead)
	}
	if tried, refused := n.tried.Load(), n.refused.Load(); tried != handled+dead+refused || dead < n.full.Load() {
		n.t.Errorf("step %d: sent %d = handled %d + dead letters %d + refused %d? (%d found a full mailbox)", step, tried, handled, dead, refused, n.full.Load())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.open != live {
		n.t.Errorf("%d instances for %d living actors", n.open, live)
	}
}
