package component

import (
	"context"
	"errors"
	"fmt"
)

// A Snapshot is what the instances of a component hold that were initialised
// once: their memories and globals, and the fuel that it took. Instances that
// are made of one (WithSnapshot) begin where the initialised one was, without
// doing the work again.
//
// It holds no instance, and is used by any number of goroutines as long as the
// factory lives.
type Snapshot struct {
	factory *Factory
	image   *image
}

// Size is how many bytes the snapshot takes itself.
func (s *Snapshot) Size() int {
	n := 8 * len(s.image.globals)
	for _, m := range s.image.memories {
		n += m.Held()
	}
	return n
}

// A SnapshotError says that an instance has something that a snapshot does not
// hold, so that one made of it would not be as it was. Such instances are made
// anew.
type SnapshotError struct {
	// Why names it.
	Why string
	// Err is what it ended with, if it did.
	Err error
}

func (e *SnapshotError) Error() string {
	return "component: no snapshot can be taken of an instance: " + e.Why
}

// Unwrap is Err.
func (e *SnapshotError) Unwrap() error { return e.Err }

// An InitFunc brings an instance to where others, or the work of a pool, are to
// begin, by calls of its exports.
type InitFunc func(ctx context.Context, in *Instance) error

// NewSnapshot makes an instance, calls init with it and takes a snapshot of it. init
// may be nil; the instance is closed when it returns. The options are those of
// New.
//
// The instance has no imports, since what a host knows of it is in no snapshot:
// one that calls an import is refused with a *SnapshotError, as is a component
// whose code can change more than memories and globals, and an instance that has
// held a handle of a resource. Other errors are those of New and of init.
func (f *Factory) NewSnapshot(ctx context.Context, init InitFunc, opts ...Option) (*Snapshot, error) {
	config := f.configure(opts)
	return f.snapshot(ctx, init, &config)
}

func (f *Factory) snapshot(ctx context.Context, init InitFunc, config *instanceConfig) (s *Snapshot, err error) {
	if err = f.cleanable(); err != nil {
		return nil, err
	}
	in := &Instance{factory: f, config: *config}
	if err = in.make(ctx); err != nil {
		return nil, unsnapped(err)
	}
	defer func() { // of a panic of init's, too
		if e := in.Close(context.WithoutCancel(ctx)); err == nil {
			err = e
		}
	}()
	if init != nil {
		if err = init(ctx, in); err != nil {
			return nil, unsnapped(err)
		}
	}
	if !in.baton.try() {
		return nil, &SnapshotError{Why: "a call that began in its initialisation has not ended"}
	}
	defer in.vacate()
	if in.state.Load() != stateLive {
		return nil, unsnapped(in.refusal())
	}
	img, err := in.capture()
	if err != nil {
		return nil, err
	}
	return &Snapshot{f, img}, nil
}

// unsnapped makes a refusal of the error of an instance that called an import.
func unsnapped(err error) error {
	var unbound *unboundError
	if errors.As(err, &unbound) {
		return &SnapshotError{Why: fmt.Sprintf("it called %s, and what a host knows of an instance is in no snapshot", unbound.name), Err: err}
	}
	return err
}

// An unboundError ends an instance that calls an import and has not been given
// its imports.
type unboundError struct{ name string }

func (e *unboundError) Error() string {
	return fmt.Sprintf("component: %s was called before the instance was given its imports", e.name)
}

// WithSnapshot makes the instance of a snapshot of the same component: it begins
// where the snapshot's was. Its limits must leave room for what that had.
func WithSnapshot(s *Snapshot) Option {
	return func(c *instanceConfig) { c.snapshot = s }
}

// begin has the instance begin where its snapshot was taken.
func (in *Instance) begin() error {
	s := in.config.snapshot
	if s == nil {
		return nil
	}
	if s.factory != in.factory {
		return errors.New("component: the snapshot is of another component, or was taken by another factory")
	}
	if !in.restore(in.factory, s.image) {
		wanted := uint64(0)
		for _, m := range s.image.memories {
			wanted += m.Size()
		}
		return &LimitError{Of: LimitMemory, Wanted: wanted, Usage: in.memories.Usage()}
	}
	in.given = s.image.given
	if d := in.config.limits.Depth; d != in.factory.limits.Depth {
		for _, mod := range in.mods {
			in.deepen(mod, d)
		}
	}
	return nil
}
