package component

import (
	"context"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/abi"
)

// A resourceFunc is one of the builtins for resources [CanonicalABI.md, "canon
// resource.new", "canon resource.rep", "canon resource.drop"]. It holds no
// instance.
type resourceFunc struct {
	name string
	res  *abi.Resource
	inst int // that calls it
	dtor *dropper
}

// A dropper is how owned handles of a resource type end.
type dropper struct {
	lift   *planLift // the guest's destructor, nil where there is none
	enters []int
	host   *hostResource // of a resource that the host implements
}

// A hostResource is a resource type of an import, bound to the host's.
type hostResource struct {
	offer int
	res   *HostResource
}

// destructor is what resource.drop of a lowered builtin does to owned handles.
func (f *Factory) destructor(low *planLower) *dropper {
	if h, ok := f.resources[low.res]; ok {
		return &dropper{host: &h}
	}
	lift := f.plan.dtors[low.res]
	if low.res.Impl == abi.HostImpl {
		return &dropper{}
	}
	return &dropper{lift: lift, enters: f.plan.entering(low.inst, low.res.Impl)}
}

// Call implements api.GoFunction.
func (r *resourceFunc) Call(ctx context.Context, stack []uint64) {
	c := ctx.(*Call)
	inst := &c.in.insts[r.inst]
	if !inst.mayLeave && r.name != "resource.rep" {
		if !c.mayLeave(inst) {
			abi.Trapf("cannot leave component instance: %s was called from within a realloc or post-return function", r.name)
		}
		defer c.left(inst)
	}
	switch r.name {
	case "resource.new":
		stack[0] = uint64(inst.Handles.Add(abi.Handle{Resource: r.res, Rep: uint32(stack[0]), Own: true}))
	case "resource.rep":
		stack[0] = uint64(inst.Handles.Get(uint32(stack[0]), r.res).Rep)
	default:
		h := inst.Handles.Remove(uint32(stack[0]), r.res)
		if !h.Own {
			h.Dropped()
			return
		}
		r.dtor.drop(c, h.Rep)
	}
}

var _ api.GoFunction = (*resourceFunc)(nil)

// drop ends a resource, in the middle of a call.
func (d *dropper) drop(c *Call, rep uint32) {
	in := c.in
	switch {
	case d.host != nil:
		d.host.drop(c.HostContext(), in, rep)
	case d.lift == nil && in.mayEnter(d.enters):
		return
	case !in.mayEnter(d.enters):
		abi.Trapf("cannot enter component instance: the destructor of a resource was called while its instance is entered already")
	default:
		in.enter(d.enters)
		in.callInner(c, d.lift, []abi.Value{rep}, func(abi.Value) {})
		in.exit(d.enters)
	}
}

func (h *hostResource) drop(ctx context.Context, in *Instance, rep uint32) {
	switch {
	case h.res.DropValue != nil:
		h.res.DropValue(ctx, in.values.Take(rep))
	case h.res.Drop != nil:
		h.res.Drop(ctx, in.hosts[h.offer], rep)
	}
}

// dropOwned tells the host of every resource of its own that the guest still
// owns when the instance ends, and of those that were lost on their way when it
// trapped. Destructors of guests do not run then.
func (in *Instance) dropOwned() {
	drop := func(r *abi.Resource, rep uint32) {
		if host, ok := in.factory.resources[r]; ok {
			host.drop(context.Background(), in, rep)
		}
	}
	for i := range in.insts {
		for h := range in.insts[i].Handles.All {
			if h.Own {
				drop(h.Resource, h.Rep)
			}
		}
		in.insts[i].InFlight(func(r *abi.Resource, rep uint32) bool {
			drop(r, rep)
			return true
		})
	}
	in.insts = nil
	for _, ended := range in.config.ended {
		ended()
	}
	in.config.ended = nil
}

// Drop ends a resource that the instance gave to the host as an owned one: its
// destructor runs. Dropping one twice, or one that was given back, is no error
// and does nothing. Errors are those of a call, and abi.ErrForeign for a resource
// that the instance did not give, abi.ErrBorrowed for one that it only lent.
func (in *Instance) Drop(ctx context.Context, v *abi.ResourceValue) (err error) {
	switch {
	case v.Home() != any(in):
		return abi.ErrForeign
	case !v.Owned():
		return abi.ErrBorrowed
	}
	lift := in.factory.plan.dtors[v.Resource]
	if lift == nil {
		v.Take()
		return nil
	}
	c, err := (Func{in: in, lift: lift}).Enter(ctx)
	if err != nil {
		return err
	}
	c.core = in.destructor(lift)
	if !v.Take() {
		c.leave()
		return nil
	}
	defer c.Exit(&err)
	_, s := c.Lower()
	s[0] = uint64(v.Rep)
	c.Run()
	return nil
}

// destructor is where the core function of a destructor is kept that the host
// calls: one is in the instance at a time, and making one costs microseconds.
func (in *Instance) destructor(lift *planLift) *api.Function {
	fn, ok := in.dtors[lift]
	if !ok {
		if in.dtors == nil {
			in.dtors = map[*planLift]*api.Function{}
		}
		fn = new(api.Function)
		in.dtors[lift] = fn
	}
	return fn
}
