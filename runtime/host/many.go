package host

import (
	"context"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
)

// handleMessage is the function that takes messages, in both worlds.
const handleMessage = "airssys:core/component-lifecycle@1.0.0#handle-message"

// batchBytes is how much of an instance's memory a batch of messages takes.
const batchBytes = 16 << 10

// A takesMany is a contract whose handle-message is called in batches.
type takesMany interface {
	Instanced
	Handle(ctx context.Context, m *actor.Message) error
	// stage stages a message; again says that its sender is that of the one before.
	stage(to *component.Batch, m *actor.Message, again bool) error
	// wanted tells that the rest of the batch is to wait.
	wanted(b *actor.Batch) bool
	// fault is the error that handle-message answered with.
	fault(answer abi.Value) error
}

// many hands an instance its messages in batches.
type many struct {
	batch *component.Batch // of handle-message; nil until wanted, and where it takes none
	alone bool             // it takes none
}

// handle does what actor.Batcher wants.
func (y *many) handle(ctx context.Context, b *actor.Batch, c takesMany) error {
	if !y.stage(c, b.Messages) {
		err := c.Handle(ctx, &b.Messages[0])
		if err == nil {
			b.Done = 1
		}
		return err
	}
	y.batch.Wanted = func() bool { return c.wanted(b) }
	defer func() { b.Done = y.batch.Done() }()
	_, answer, err := y.batch.Run(ctx)
	if answer != nil {
		err = c.fault(answer)
	}
	return crash(err)
}

// stage stages as many of the messages as there is room for, and tells whether
// there are any.
func (y *many) stage(c takesMany, ms []actor.Message) bool {
	if y.batch == nil && !y.alone {
		var err error
		y.batch, err = c.Instance().Batch(handleMessage, batchBytes)
		y.alone = err != nil
	}
	if y.alone {
		return false
	}
	for i := range ms {
		if c.stage(y.batch, &ms[i], i > 0 && ms[i].From == ms[i-1].From) != nil {
			break
		}
	}
	return y.batch.Calls() > 0
}

// stageSender stages the three names by which a world knows the sender of a
// message.
func stageSender(to *component.Batch, again bool, names func() [3]string) error {
	if again {
		return to.Repeat(3)
	}
	for _, name := range names() {
		if err := to.String(name); err != nil {
			return err
		}
	}
	return nil
}
