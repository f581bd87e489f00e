package component

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/airsstack/witgen/runtime/memory"
	"github.com/airsstack/witgen/runtime/quota"
)

// Config says how a Runtime runs components. The zero value is a good one.
type Config struct {
	// Limits are those of each component, and of each instance that sets none of
	// its own.
	Limits Limits
	// Ceiling is the most that the limits of any instance may be, whatever it
	// asks for. Zero fields leave it what it asks for, but for Memory, whose
	// default is that of Limits.
	Ceiling Limits
	// Host bounds what all instances may use together.
	Host HostLimits
	// Near is called when 90 percent of a limit are reached, and again only
	// after less was used: of the memory and instances of the host; of the
	// memory, tables, handles and rate of fuel of an instance; of the fuel and
	// time of a call. It is called on the goroutine that reaches the limit, in
	// the middle of what it does: it must neither wait nor call what it is told
	// of. Time is looked at when a slice of fuel is used up, not in imports.
	Near func(Near)
	// Met is called when something is refused to an instance because of a limit, and
	// its call goes on: when a memory or a table may not grow by what the guest
	// wants, and when an import says so by LimitMet. Of each limit, and of each
	// instance, the first time is told. It is called as Near is.
	Met func(subject string, e *quota.ExceededError)
	// Quarantined is called with the subject of an instance whose closing ends in
	// ErrQuarantined, once. It is called on the goroutine that closes and must
	// not wait, nor close anything.
	Quarantined func(subject string)
	// Cache is a folder in which compiled core modules are kept for the next
	// start; it is made if it is not there. What is in it is run, so it must be
	// this user's alone: where it is not, NewRuntime gives a *CacheError. Default
	// none.
	Cache string
	// Interpreter runs core modules by interpretation, which wazero otherwise
	// does only where it has no compiler: slower by far to run, quicker to load.
	Interpreter bool
}

// A Runtime compiles and runs components. It may be used by any number of
// goroutines.
type Runtime struct {
	cfg    Config
	engine wazero.Runtime

	cache     *diskCache // nil for none
	memories  *memory.Pool
	keep      uint64 // bytes of memories that are kept
	instances quota.Counter

	quarantined atomic.Int64

	mu        sync.Mutex
	closed    bool
	factories map[*Factory]struct{}
	loads     sync.WaitGroup // the engine must not be closed while it compiles
}

// coreFeatures are what package corewasm lets through.
const coreFeatures = api.CoreFeaturesV2 |
	experimental.CoreFeaturesTailCall |
	experimental.CoreFeaturesExtendedConst |
	experimental.CoreFeaturesExceptionHandling |
	experimental.CoreFeaturesTypedFunctionReferences |
	experimental.CoreFeaturesThreads

// NewRuntime makes a runtime. Close it when no instance is needed any more.
func NewRuntime(ctx context.Context, cfg Config) (*Runtime, error) {
	l := &cfg.Limits
	l.fill(cfg.Interpreter)
	most := &cfg.Ceiling
	most.Memory = cmp.Or(most.Memory, l.Memory)
	if cfg.Interpreter {
		most.Depth = min(cmp.Or(most.Depth, interpreterDepth), interpreterDepth)
	}
	l.cap(most)
	const page, mostPages = 64 << 10, 1<<16 - 1 // one more, and the engine's sizes have no bit for it
	if most.Memory < page {
		return nil, fmt.Errorf("component: a memory limit of %d bytes is less than one page", most.Memory)
	}
	wc := wazero.NewRuntimeConfig()
	if cfg.Interpreter {
		wc = wazero.NewRuntimeConfigInterpreter()
	}
	var cache *diskCache
	if cfg.Cache != "" {
		var err error
		if cache, err = openCache(cfg.Cache); err != nil {
			return nil, err
		}
		wc = wc.WithCompilationCache(cache.engine)
	}
	wc = wc.WithCoreFeatures(coreFeatures).
		WithMemoryLimitPages(mostPages). // what is less than that is for the limits to refuse: they tell
		WithDebugInfoEnabled(true)
	rt := &Runtime{
		cfg:       cfg,
		cache:     cache,
		engine:    wazero.NewRuntimeWithConfig(ctx, wc),
		factories: map[*Factory]struct{}{},
	}
	h := &cfg.Host
	rt.keep = cmp.Or(h.KeepMemory, DefaultKeepMemory)
	rt.instances.Limit, rt.instances.Near = h.Instances, rt.near(NearInstances)
	rt.memories = memory.NewPool(memory.Config{Total: h.Memory, Keep: rt.keep, Near: rt.near(NearMemory)})
	return rt, nil
}

// Close closes every factory of the runtime and their instances, as their own
// Close does, and frees what was compiled. It may be called twice.
func (rt *Runtime) Close(ctx context.Context) error {
	rt.mu.Lock()
	rt.closed = true
	rt.mu.Unlock()
	rt.loads.Wait()

	rt.mu.Lock()
	var factories []*Factory
	for f := range rt.factories {
		factories = append(factories, f)
	}
	rt.mu.Unlock()

	var errs []error
	for _, f := range factories {
		errs = append(errs, f.Close(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	rt.memories.Close()
	return errors.Join(rt.engine.Close(ctx), rt.cache.close(ctx))
}

// Instances is how many instances of the runtime are not freed yet.
func (rt *Runtime) Instances() int {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	n := 0
	for f := range rt.factories {
		n += f.Instances()
	}
	return n
}

// loading tells Close to wait until loads.Done. It refuses when the runtime is
// closed.
func (rt *Runtime) loading() error {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	if rt.closed {
		return ErrClosed
	}
	rt.loads.Add(1)
	return nil
}

// register keeps the factory for Close.
func (rt *Runtime) register(f *Factory) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.factories[f] = struct{}{}
}

func (rt *Runtime) forget(f *Factory) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	delete(rt.factories, f)
}
