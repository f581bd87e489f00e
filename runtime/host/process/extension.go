package process

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/lifecycle"
	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/signals"
	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/types"
)

// A Config says how programs run. Its zero value runs them silently.
type Config struct {
	Processes int // that run at a time, for one instance; 16
	// Env gives the variables, each as NAME=value, that a program has whose
	// component wants it to inherit them; nil is none. The host's own are given to
	// nobody.
	Env func(self actor.Address) []string
	// Output takes what programs write whose output is captured, line by line,
	// from goroutines of their own; nil takes nothing.
	Output func(Line)
	// Notify sends a component the message that it has asked for; nil refuses to
	// watch.
	Notify func(to actor.Address, payload []byte)
}

// A Line is one that a program wrote. Long ones come in pieces.
type Line struct {
	Actor  actor.Address
	PID    int
	Errors bool // it was written to the standard error
	Text   string
}

// An Extension gives actors programs, by their grants. It may be used by many
// goroutines.
type Extension struct{ config Config }

// New makes an extension.
func New(c Config) *Extension {
	c.Processes = cmp.Or(c.Processes, 16)
	return &Extension{c}
}

// Offers are the options to load a component with.
func (e *Extension) Offers() []component.LoadOption {
	nothing := &instance{config: &Config{}, ended: true}
	return []component.LoadOption{component.WithProvider(lifecycle.Import, nothing), component.WithProvider(signals.Import, nothing)}
}

// Give makes what one instance has: its processes, which free ends and waits for.
func (e *Extension) Give(self actor.Address) (opts []component.Option, free func()) {
	in := &instance{config: &e.config, self: self, all: map[int]*child{}, watches: map[uint64]func(){}, changed: make(chan struct{})}
	return []component.Option{
		component.WithHost(lifecycle.Import, in), component.WithHost(signals.Import, in), component.WithGrants(looking),
	}, in.free
}

// looking is for what only looks: at the instance's own processes, and at what the
// system has.
var looking = capability.Grant{Kind: capability.Import, Resource: "airssys:ext-process/*"}

// The actions that grants are about.
const (
	kill   = "kill"
	signal = "signal"
)

// instance is the host side of one instance. Its component makes one call at a
// time; processes end meanwhile, and so may the instance.
type instance struct {
	config *Config
	self   actor.Address

	mu      sync.Mutex
	ended   bool
	all     map[int]*child // by their numbers, those that ended among them
	order   []int          // of the numbers, as they were started
	watches map[uint64]func()
	last    uint64
	changed chan struct{} // closed, and another one, when a process ends
}

var (
	_ lifecycle.Host = (*instance)(nil)
	_ signals.Host   = (*instance)(nil)
)

func (in *instance) free() {
	in.mu.Lock()
	in.ended = true
	for _, stop := range in.watches {
		stop()
	}
	var running []*child
	for _, c := range in.all {
		running = append(running, c)
	}
	in.mu.Unlock()
	for _, c := range running {
		c.end()
	}
	for _, c := range running {
		<-c.done
	}
}

// maxKept is how many processes an instance remembers that have ended.
const maxKept = 1024

// room says whether one more program may be started. It forgets the oldest that
// have ended where there are many. The caller holds mu.
func (in *instance) room(ctx context.Context) error {
	if in.ended {
		return fail("the instance has ended")
	}
	running := 0
	for _, c := range in.all {
		if !c.over() {
			running++
		}
	}
	if running >= in.config.Processes {
		component.LimitMet(ctx, "processes of an instance", in.config.Processes)
		return &types.ProcessErrorTooManyProcesses{Value: fmt.Sprintf("%d processes run: wait for some to end", running)}
	}
	for len(in.order) >= maxKept {
		i := slices.IndexFunc(in.order, func(pid int) bool { return in.all[pid].over() })
		delete(in.all, in.order[i])
		in.order = slices.Delete(in.order, i, i+1)
	}
	return nil
}

// keep remembers a process. A number that the system has given before is its now.
func (in *instance) keep(c *child) {
	in.order = append(slices.DeleteFunc(in.order, func(pid int) bool { return pid == c.pid }), c.pid)
	in.all[c.pid] = c
}

// find gives one of the instance's processes, for the import that ctx was given
// to; a number that is none's of theirs is put on record.
func (in *instance) find(ctx context.Context, pid uint32) (*child, error) {
	in.mu.Lock()
	c := in.all[int(pid)]
	in.mu.Unlock()
	if c == nil {
		component.Refuse(ctx, fmt.Sprintf("process %d", pid), notStarted)
		return nil, &types.ProcessErrorNotFound{Value: fmt.Sprintf("the component has started no process %d", pid)}
	}
	return c, nil
}

// notStarted is why processes are refused that are other people's.
const notStarted = "the component has not started it"

// allowed finds a process and asks for an action on its program.
func (in *instance) allowed(ctx context.Context, pid uint32, action string) (*child, error) {
	c, err := in.find(ctx, pid)
	if err != nil {
		return nil, err
	}
	return c, component.Ask(ctx, action, c.command)
}

// fail is an error of the host's.
func fail(what string) error { return &types.ProcessErrorIOError{Value: what} }

// invalid says what is wrong with an argument.
func invalid(what string) error { return &types.ProcessErrorInvalidArgument{Value: what} }
