package component

import (
	"encoding/binary"
	"errors"
	"sync"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/abi"
)

var stages = sync.Pool{New: func() any { return new([]byte) }}

// ErrBatchFull is the answer to what does not fit into a batch any more.
var ErrBatchFull = errors.New("component: the batch is full")

// String stages the next of what the parameters of the call in preparation hold,
// field by field. It is ErrBatchFull when there is no room: the call is then not
// staged, and what was staged before may be run.
func (b *Batch) String(s string) error {
	if !utf8.ValidString(s) {
		return b.refuse(abi.String, "string", "is not valid UTF-8")
	}
	to, err := b.bytes(len(s), batchString)
	copy(to, s)
	return err
}

// Bytes is String for a list of bytes.
func (b *Batch) Bytes(p []byte) error {
	to, err := b.bytes(len(p), batchBytes)
	copy(to, p)
	return err
}

// Uint is String for an unsigned number.
func (b *Batch) Uint(v uint64) error {
	if v > b.want(batchNumber).max {
		return b.refuse(abi.U64, "uint64", "is too large for its type")
	}
	to, err := b.take(8)
	if err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(to, v)
	b.staged(b.item + 1)
	return nil
}

// None stages an option that is empty.
func (b *Batch) None() error {
	some := b.want(batchOption).some
	return b.option(0, b.item+1+some)
}

// Some stages that an option has a value, which follows.
func (b *Batch) Some() error {
	b.want(batchOption)
	return b.option(1, b.item+1)
}

func (b *Batch) option(disc uint32, next int) error {
	to, err := b.take(4)
	if err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(to, disc)
	b.staged(next)
	return nil
}

// want gives the next item, which is of that kind.
func (b *Batch) want(kind batchKind) batchItem {
	it := b.plan.items[b.item]
	if it.kind != kind {
		panic("component: a batch of " + b.fn.lift.name + " was given its arguments in the wrong order")
	}
	return it
}

func (b *Batch) refuse(t *abi.Type, goType, why string) error {
	b.drop()
	return &abi.ValueError{Func: b.fn.lift.name, Type: t, Go: goType, Msg: why}
}

// bytes gives room for n bytes.
func (b *Batch) bytes(n int, kind batchKind) ([]byte, error) {
	b.want(kind)
	to, err := b.take(4 + (n+3)&^3)
	if err != nil {
		return nil, err
	}
	binary.LittleEndian.PutUint32(to, uint32(n))
	b.staged(b.item + 1)
	return to[4:], nil
}

// Repeat stages the first n items of the call that was staged last once more, as
// those of the next one. An option counts as one, and its value for what it
// holds, whether there is one or not.
func (b *Batch) Repeat(n int) error {
	if b.calls == 0 || b.item > 0 || n < 1 || n > len(b.plan.items) {
		panic("component: a batch of " + b.fn.lift.name + " has nothing to repeat")
	}
	from, size := b.begin-b.last, b.ends[n-1]-(b.begin-b.last)
	to, err := b.take(size)
	if err != nil {
		return err
	}
	copy(to, (*b.stage)[from:])
	for i := range n {
		b.ends[i] += b.last
	}
	b.item = n
	b.complete()
	return nil
}

// take gives n bytes of the stage.
func (b *Batch) take(n int) ([]byte, error) {
	if b.stage == nil {
		b.stage = stages.Get().(*[]byte)
		if len(*b.stage) < b.size {
			*b.stage = make([]byte, b.size)
		}
	}
	if n > b.size-b.at {
		b.drop()
		return nil, ErrBatchFull
	}
	b.at += n
	return (*b.stage)[b.at-n : b.at], nil
}

// staged counts the items of the call in preparation, up to the next one.
func (b *Batch) staged(next int) {
	for ; b.item < next; b.item++ {
		b.ends[b.item] = b.at
	}
	b.complete()
}

// complete begins with the next call when all of one is staged.
func (b *Batch) complete() {
	if b.item == len(b.plan.items) {
		b.item, b.last, b.begin, b.calls = 0, b.at-b.begin, b.at, b.calls+1
	}
}

// drop takes back the call in preparation.
func (b *Batch) drop() { b.item, b.at = 0, b.begin }
