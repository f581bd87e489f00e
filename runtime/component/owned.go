package component

import (
	"context"
	"errors"
	"fmt"

	"github.com/airsstack/witgen/runtime/abi"
)

// A Resource is a resource that a component implements and the host owns. The
// types of generated code for such resources embed one. It is used through a
// pointer, and not copied.
//
// The host gives it away where a function takes an owned one, and ends it with
// Close otherwise. One that is neither given away nor closed lives as long as
// the instance; its destructor does not run then.
type Resource struct{ value abi.ResourceValue }

// Value is the resource as package abi moves it.
func (r *Resource) Value() *abi.ResourceValue { return &r.value }

// Close runs the resource's destructor, if it has one. Closing one twice, one
// that was given away, or one whose instance is closed, is no error and does
// nothing. Errors are those of a call.
func (r *Resource) Close(ctx context.Context) error {
	in := r.Instance()
	if in == nil {
		return nil
	}
	if err := in.Drop(ctx, &r.value); err != ErrClosed {
		return err
	}
	return nil
}

// Instance is the instance that implements the resource; nil for the zero value.
func (r *Resource) Instance() *Instance {
	in, _ := r.value.Home().(*Instance)
	return in
}

// Method is a function of the instance that implements the resource: the one at
// an index of an export of its world. Generated code calls it.
func (r *Resource) Method(of *Export, index int) (Func, error) {
	if r == nil {
		return Func{}, ErrNoResource
	}
	in := r.Instance()
	if in == nil {
		return Func{}, ErrNoResource
	}
	for i, e := range in.factory.world.Exports {
		if e == of {
			return in.function(in.factory.exports[i][index]), nil
		}
	}
	return Func{}, fmt.Errorf("component: the world %s does not export %s", in.factory.world.Name, of.Name)
}

// Scalars is Func.Scalars for a method of the resource, the one that Method
// gives: args are what follows the resource itself.
func (r *Resource) Scalars(ctx context.Context, of *Export, index int, args ...uint64) (v uint64, err error) {
	f, err := r.Method(of, index)
	if err != nil {
		return 0, err
	}
	c, err := f.Enter(ctx)
	if err != nil {
		return 0, err
	}
	if r.value.Taken() { // the instance is the resource's own, what else EnterWith asks
		c.leave()
		return 0, fmt.Errorf("%s: %w", f.Name(), abi.ErrTaken)
	}
	if !f.plain || !r.value.Owned() || r.value.Resource.Impl != f.lift.inst {
		return c.scalarsOf(r, args)
	}
	c.stack[0] = uint64(r.value.Rep) // what its own instance knows it by
	copy(c.stack[1:], args)
	if err = c.run(); err != nil {
		err = c.in.poison(f.lift.name, &guestFailure{err})
	} else {
		v = c.stack[0]
	}
	c.leave()
	return v, err
}

// scalarsOf is Resource.Scalars where more is to be done, as Func.scalars is, or
// the resource needs a handle: it was lent, or another instance implements it.
func (c *Call) scalarsOf(r *Resource, args []uint64) (v uint64, err error) {
	defer c.Exit(&err)
	cx, s := c.Lower()
	s[0] = uint64(cx.Lend(&r.value))
	copy(s[1:], args)
	c.Run()
	return s[0], nil
}

// ErrNoResource refuses a call in which nil, or the zero value, stands for a
// resource.
var ErrNoResource = errors.New("component: no resource was given")

// EnterWith is Enter for a call with resources among its arguments: one that
// was closed or given away, or belongs to another instance, is an error here and
// no trap later.
func (f Func) EnterWith(ctx context.Context, args ...*Resource) (*Call, error) {
	for _, r := range args {
		if r == nil || r.Instance() == nil {
			return nil, ErrNoResource
		}
	}
	c, err := f.Enter(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range args {
		switch {
		case r.Instance() != f.in:
			err = abi.ErrForeign
		case r.value.Taken():
			err = abi.ErrTaken
		default:
			continue
		}
		c.leave()
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return c, nil
}
