package component

import (
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/memory"
)

// An image is what an instance's memories and globals hold, which is everything
// that its guests can change where no module is found to change more (memento)
// and no handle was ever held.
type image struct {
	memories []*memory.Image
	globals  []uint64
	given    int64
}

// cleanable is why an image is not all that the component's code can change; nil
// where it is.
func (f *Factory) cleanable() error {
	for _, c := range f.compiled {
		if c.keep.lost != "" {
			return &SnapshotError{Why: fmt.Sprintf("%s cannot be given back what it may change: %s", c.source, c.keep.lost)}
		}
	}
	return nil
}

// capture takes the image of an instance that nobody is in. It is a
// *SnapshotError where that is not all there is.
func (in *Instance) capture() (*image, error) {
	if err := in.factory.cleanable(); err != nil {
		return nil, err
	}
	for i := range in.insts {
		if n := in.insts[i].Handles.Slots(); n > 0 {
			return nil, &SnapshotError{Why: fmt.Sprintf("its guests have held %d handles of resources, which stand for what is the instance's own", n)}
		}
	}
	for _, g := range in.fuel() { // so that a short call need not ask for it
		more := fuelSlice - int64(g.Get())
		in.given += more
		g.Set(fuelSlice)
	}
	img := image{given: in.given}
	if in.linears == nil {
		in.find(in.factory)
	}
	for i := range in.linears {
		img.memories = append(img.memories, in.memories.Image(i))
	}
	for _, g := range in.globals {
		img.globals = append(img.globals, g.Get())
	}
	return &img, nil
}

// restore gives the body of an instance what an image holds. It reports whether
// it could: a memory may not become so large, or not so small again.
func (b *body) restore(f *Factory, img *image) bool {
	if b.linears == nil {
		b.find(f)
	}
	for i, m := range img.memories {
		if !b.memories.Restore(i, m, b.linears[i]) {
			return false
		}
	}
	for i, g := range b.globals {
		g.Set(img.globals[i])
	}
	return true
}

// find looks up the memories and mutable globals of all modules, in the order of
// an image.
func (b *body) find(f *Factory) {
	b.linears = []memory.Grower{}
	for i, mod := range b.mods {
		keep := f.compiled[f.instCode[i]].keep
		if keep.memory { // they were made in this order
			b.linears = append(b.linears, mod.Memory())
		}
		for _, name := range keep.globals {
			b.globals = append(b.globals, mod.ExportedGlobal(name).(api.MutableGlobal))
		}
	}
	b.globals = slices.Clip(b.globals)
}
