package component

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// Limits bound what one instance may use. A zero field means its default.
type Limits struct {
	// Memory is how many bytes each linear memory may grow to; it is rounded
	// down to whole pages of 64 KiB. Default 256 MiB.
	Memory uint64
	// Fuel is how much one call may use, about one unit an instruction. Default
	// no limit: the call's context bounds it.
	Fuel uint64
	// CallTime is how long one call may take. Default no limit but the call's
	// context.
	CallTime time.Duration
	// Values is how many bytes of strings and lists one call may hand to the
	// host at a time. Default 256 MiB.
	Values uint32
	// Handles is how many handles of resources the guests of the instance may
	// hold at a time, all its component instances together: a guest that forgets
	// to drop them must not fill the host's memory, of which each takes some 40
	// bytes. One more traps with abi.ErrTooManyHandles. Default 1,048,576.
	Handles uint32
	// CloseTime is how long Close waits for an import implementation to come
	// back. Default 5 s.
	CloseTime time.Duration
}

// Defaults of Limits.
const (
	DefaultMemory    = 256 << 20
	DefaultHandles   = 1 << 20
	DefaultCloseTime = 5 * time.Second
)

// Config says how a Runtime runs components. The zero value is a good one.
type Config struct {
	// Limits are those of each instance that sets none of its own, and the most
	// memory that any may have.
	Limits Limits
	// Interpreter runs core modules by interpretation, which wazero otherwise
	// does only where it has no compiler: slower by far to run, quicker to load.
	Interpreter bool
}

// A Runtime compiles and runs components. It may be used by any number of
// goroutines.
type Runtime struct {
	cfg    Config
	engine wazero.Runtime

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
	if l.Memory == 0 {
		l.Memory = DefaultMemory
	}
	if l.Handles == 0 {
		l.Handles = DefaultHandles
	}
	if l.CloseTime == 0 {
		l.CloseTime = DefaultCloseTime
	}
	const page = 64 << 10
	if l.Memory < page || l.Memory >= 1<<32 {
		return nil, fmt.Errorf("component: a memory limit of %d bytes is not between one page and 4 GiB", l.Memory)
	}
	wc := wazero.NewRuntimeConfig()
	if cfg.Interpreter {
		wc = wazero.NewRuntimeConfigInterpreter()
	}
	wc = wc.WithCoreFeatures(coreFeatures).
		WithMemoryLimitPages(uint32(l.Memory / page)).
		WithDebugInfoEnabled(true)
	return &Runtime{
		cfg:       cfg,
		engine:    wazero.NewRuntimeWithConfig(ctx, wc),
		factories: map[*Factory]struct{}{},
	}, nil
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
	return rt.engine.Close(ctx)
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
