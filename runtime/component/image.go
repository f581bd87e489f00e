package component

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero/api"

	"github.com/airsstack/witgen/runtime/memory"
)

// An image is what an instance's memories and globals hold, which is everything
// that its guests can change where no module is found to change more (memento)
// and no handle was ever held.
type image struct {
	memories []memoryImage
	globals  []uint64
	given    int64
}

// A memoryImage is a memory: stretches of data, and zeros between them.
type memoryImage struct {
	size int
	data []stretch
}

type stretch struct {
	at    int
	bytes []byte
}

// gap is from how many zeros on a stretch ends: to clear them takes a third of
// the time that it takes to copy them.
const gap = 1 << 10

// zeros is a gap.
var zeroGap [gap]byte

// newMemoryImage copies what a memory holds.
func newMemoryImage(m []byte) memoryImage {
	img := memoryImage{size: len(m)}
	for at := 0; at < len(m); {
		n := 0
		for at+n < len(m) && !bytes.Equal(m[at+n:min(at+n+gap, len(m))], zeroGap[:min(gap, len(m)-at-n)]) {
			n += min(gap, len(m)-at-n)
		}
		if n > 0 {
			img.data = append(img.data, stretch{at, bytes.Clone(m[at : at+n])})
		}
		at += n + gap
	}
	return img
}

// restore gives a memory of that size what it held.
func (img *memoryImage) restore(m []byte) {
	at := 0
	for _, s := range img.data {
		clear(m[at:s.at])
		at = s.at + copy(m[s.at:], s.bytes)
	}
	clear(m[at:])
}

// bytes is how much an image takes itself.
func (img *image) bytes() (n int) {
	for _, m := range img.memories {
		for _, s := range m.data {
			n += len(s.bytes)
		}
	}
	return n
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
	for _, m := range in.memories.Bytes() {
		img.memories = append(img.memories, newMemoryImage(m))
	}
	for _, g := range in.mutable() {
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
	all := b.memories.Bytes()
	for i := range img.memories {
		if m := &img.memories[i]; len(all[i]) != m.size {
			if !b.memories.Resize(i, uint64(m.size), b.linears[i]) {
				return false
			}
			all = b.memories.Bytes()
		}
	}
	for i, m := range all {
		img.memories[i].restore(m)
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

// mutable are the mutable globals of all modules.
func (in *Instance) mutable() []api.MutableGlobal {
	if in.linears == nil {
		in.find(in.factory)
	}
	return in.globals
}
