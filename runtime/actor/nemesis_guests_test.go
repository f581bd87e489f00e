package actor_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"runtime"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

// deeds are what a letter can have its receiver do.
var deeds = []string{
	"crash", "panic", "goexit", "exit", "reject", "slow", "slow", "slow", "ask", "ask", "ask", "ask and cancel", "ask and cancel",
	"ask and crash", "publish", "later", "forward", "forward", "forward", "forward", "forward", "forward",
}

// A nemesisGuest is an instance in Go that does what letters say, and whose contract is broken where its fate says so.
type nemesisGuest struct {
	n         *nemesis
	self      actor.Address
	component bool
	patient   bool // nothing ends its stopping
	fate      uint64
	checks    int

	counts  bool            // what it handles, in its own memory
	counted int             // messages that it should have counted; under the books' lock
	asked   actor.RequestID // what it asked last, of a component
}

func (g *nemesisGuest) count(messages int) {
	g.n.mu.Lock()
	defer g.n.mu.Unlock()
	g.counted += messages
}

// nemesisBatcher is a nemesisGuest that takes several messages at a time.
type nemesisBatcher struct{ *nemesisGuest }

func (g nemesisBatcher) HandleBatch(ctx context.Context, b *actor.Batch) error {
	for i := range b.Messages {
		if err := g.Handle(ctx, &b.Messages[i]); err != nil {
			return err
		}
		if b.Done++; b.Wanted() {
			break
		}
	}
	return nil
}

// The fates of instances, of so many; most have none.
const (
	fates          = 300
	failsToBeMade  = 0
	isNil          = 1
	failsToStart   = 2
	panicsAtStart  = 3
	leavesAtStart  = 4
	hangsAtStart   = 5
	failsToStop    = 6
	panicsAtStop   = 7
	hangsAtStop    = 8
	failsToClose   = 9
	panicsAtClose  = 10
	panicsAtHealth = 11
	hangsAtHealth  = 12
	leavesAtStop   = 13
	leavesAtClose  = 14
	leavesAtHealth = 15
	isUnwell       = 16 // to 29
	feelsWell      = 30
)

// instance makes an instance in Go. Its fate is the seed's.
func (n *nemesis) instance(self actor.Address, patient, batches bool) (actor.Contract, error) {
	g := &nemesisGuest{n: n, self: self, patient: patient, fate: n.fate(self)}
	switch g.fate {
	case failsToBeMade:
		return nil, errTrap
	case isNil:
		return nil, nil
	}
	n.opened(g)
	if batches {
		return nemesisBatcher{g}, nil
	}
	return g, nil
}

func (n *nemesis) fate(self actor.Address) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lives[self]++
	hash := fnv.New64a()
	fmt.Fprint(hash, n.seed, self, n.lives[self])
	return hash.Sum64() % fates
}

func (n *nemesis) opened(g *nemesisGuest) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open++
	n.current[g.self] = g
}

func (n *nemesis) closed(g *nemesisGuest) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.open--
	if n.current[g.self] == g {
		delete(n.current, g.self)
	}
}

// hang waits for the end of the context, which is the only thing that ends it.
func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func (g *nemesisGuest) Start(ctx context.Context) error {
	switch g.fate {
	case failsToStart:
		return errTrap
	case panicsAtStart:
		panic(errTrap)
	case leavesAtStart:
		runtime.Goexit()
	case hangsAtStart:
		return hang(ctx)
	}
	return nil
}

func (g *nemesisGuest) Health(ctx context.Context) (actor.Health, error) {
	g.checks++
	switch {
	case g.checks == 1 || g.fate >= feelsWell:
		return actor.Healthy, nil
	case g.fate == panicsAtHealth:
		panic(errTrap)
	case g.fate == leavesAtHealth:
		runtime.Goexit()
	case g.fate == hangsAtHealth:
		return actor.Healthy, hang(ctx)
	}
	return actor.Unhealthy, nil
}

func (g *nemesisGuest) Stop(ctx context.Context) error {
	switch {
	case g.fate == failsToStop:
		return errTrap
	case g.fate == panicsAtStop:
		panic(errTrap)
	case g.fate == leavesAtStop:
		runtime.Goexit()
	case g.fate == hangsAtStop && !g.patient:
		return hang(ctx)
	}
	return nil
}

func (g *nemesisGuest) Close(context.Context) error {
	g.n.closed(g)
	switch g.fate {
	case failsToClose:
		return errTrap
	case panicsAtClose:
		panic(errTrap)
	case leavesAtClose:
		runtime.Goexit()
	}
	return nil
}

func (g *nemesisGuest) Handle(ctx context.Context, m *actor.Message) error {
	return g.do(ctx, g.n.unseal(g.self, m.Payload))
}

func (g *nemesisGuest) Answer(ctx context.Context, m *actor.Message) ([]byte, error) {
	return m.Payload, g.do(ctx, g.n.unseal(g.self, m.Payload))
}

func (g *nemesisGuest) Callback(_ context.Context, m *actor.Message, _ error) error {
	n := g.n
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.asked[m.Request.ID]
	if r == nil || r.by != g {
		n.t.Errorf("%s got the answer to request %s, which this instance has not made", g.self, m.Request.ID)
		return nil
	}
	r.callbacks++
	return nil
}

func (g *nemesisGuest) do(ctx context.Context, l letter) error {
	n, name := g.n, g.self.String()
	on := letter{Do: "forward", To: g.self, Hops: l.Hops - 1}
	switch l.Do {
	case "crash":
		return actor.Crash(errTrap)
	case "panic":
		panic(errTrap)
	case "goexit":
		runtime.Goexit()
	case "exit":
		return actor.ErrExit
	case "reject":
		return errTrap
	case "slow":
		return g.sleep(ctx, l.For)
	case "ask":
		g.ask(l)
	case "ask and cancel":
		if id := g.ask(l); id != "" && n.sys.Cancel(g.self, id) == nil {
			n.mu.Lock()
			n.asked[id].cancelled = true
			n.mu.Unlock()
		}
	case "ask and crash":
		g.ask(l)
		return actor.Crash(errTrap)
	case "publish":
		n.publish(name, g.self, letter{Hops: l.Hops})
	case "later":
		n.clock.AfterFunc(l.For, func() { n.send("timer of "+name, actor.Address{}, l.To, letter{}) })
	case "forward":
		if l.Hops > 0 {
			n.send(name, g.self, l.To, on)
		}
	}
	return nil
}

// sleep takes so long on the nemesis' clock.
func (g *nemesisGuest) sleep(ctx context.Context, d time.Duration) error {
	over := make(chan struct{})
	defer g.n.clock.AfterFunc(d, func() { close(over) }).Stop()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask asks another actor to do something harmless, and sometimes to be slow about it.
func (g *nemesisGuest) ask(l letter) actor.RequestID {
	n, what := g.n, letter{Do: []string{"", "reject", "slow", "crash"}[l.Hops%4], For: l.For}
	payload := n.seal(g.self.String(), what)
	n.tried.Add(1)
	// The callback waits for this call to end.
	id, err := n.sys.Request(g.self, l.To, payload, 1+requestLimit/2*time.Duration(l.Hops%2))
	n.book(err)
	if errors.Is(err, actor.ErrTooManyRequests) {
		n.unsent.Add(1)
	}
	if err != nil {
		return ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked[id] = &asked{by: g, self: g.self}
	return id
}
