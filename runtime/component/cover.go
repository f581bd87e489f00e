package component

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
)

// A Cover is under which grants something was opened, a file or a connection.
// What is done with it later is allowed as long as none of them is revoked.
type Cover struct {
	opener           string // the function
	tokens           []*capability.Token
	action, resource string // as they were asked for at first
}

// maxCovers is how many numbers that stand for something opened one instance
// remembers: a function that ends them (`ends` in witgen.toml) makes room.
const maxCovers = 1 << 16

// A coverKey is a number that a function gave out.
type coverKey struct {
	host   int // of the interface
	opener string
	number uint64
}

// CoverAt remembers that the import in progress, called opener, gave out a
// number for what it opened. Generated code calls it.
func (c *Call) CoverAt(opener string, number uint64) {
	if c.in.covers == nil {
		c.in.covers = map[coverKey]*Cover{}
	}
	if len(c.in.covers) >= maxCovers {
		abi.Trapf("too many of what %s gave numbers for: the host remembers %d", opener, maxCovers)
	}
	c.in.covers[coverKey{c.imp.host, opener, number}] = c.cover
}

// CoveredAt is the cover of a number that a function called opener gave out; nil
// for one that it did not. ends forgets it. Generated code calls it.
func (c *Call) CoveredAt(opener string, number uint64, ends bool) *Cover {
	key := coverKey{c.imp.host, opener, number}
	cover := c.in.covers[key]
	if ends {
		delete(c.in.covers, key)
	}
	return cover
}

// CoveredHandle is the cover of a resource that a function called opener gave
// out; nil for another one. Generated code calls it.
func (c *Call) CoveredHandle(opener string, world *abi.Resource, i uint32) *Cover {
	tag, known := c.Import().Tag(world, i)
	if !known {
		return uncovered // lifting it says what is wrong
	}
	if cover, ok := tag.(*Cover); ok && cover.opener == opener {
		return cover
	}
	return nil
}

// uncovered stands for no handle at all.
var uncovered = &Cover{}

// covered asks the guard about a function that is allowed with what it works on.
func (c *Call) covered(h *hostFunc, stack []uint64) *capability.Denial {
	cover := h.fn.Covered(c, stack)
	switch {
	case cover == nil:
		cover = &Cover{} // of no tokens: denied
	case len(cover.tokens) == 0:
		return nil // opening it asked for nothing
	}
	return c.in.guard.Covered(h.point, cover.action, cover.resource, cover.tokens)
}

// granted remembers the grants of a function that covers others.
func (c *Call) granted(d capability.Demand, t *capability.Token) {
	if len(c.cover.tokens) == 0 {
		c.cover.action, c.cover.resource = d.Action, strings.Clone(d.Resource)
	}
	c.cover.tokens = append(c.cover.tokens, t)
}

// ErrNotAsked is the cause of the trap that ends a call whose implementation had
// to ask the guard, with Ask, and answered without.
var ErrNotAsked = errors.New("the implementation of the import succeeded without asking the guard")

// Ask asks the guard about the import in progress, from the context that its
// implementation was given, for an action and a resource; an empty action is
// that of the capability point. It is for functions whose points say
// check = "host", which have to ask, and for those of other points, which may ask
// for more: where a link leads that stands behind a granted path, say. Of a
// function that opens something, what is asked for covers it, too. A *capability.Denial, given back as it is, is answered to the
// guest as other denials are.
func Ask(ctx context.Context, action, resource string) error {
	_, err := AskToken(ctx, action, resource)
	return err
}

// AskToken asks as Ask does, and gives the token of the grant that allowed it, for
// what lives longer than the call: a stream of a file, say.
func AskToken(ctx context.Context, action, resource string) (*capability.Token, error) {
	a, err := Asking(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w (for %s)", err, resource)
	}
	token, err := a.Ask(action, resource)
	if err == nil {
		c := a.in.call
		c.asked = true
		if c.cover != nil {
			c.granted(capability.Demand{Action: action, Resource: resource}, token)
		}
	}
	return token, err
}

// AskNothing says that the import in progress succeeds without having done
// anything that would have to be asked for: it was given nothing to send, say.
func AskNothing(ctx context.Context) error {
	a, err := Asking(ctx)
	if err == nil {
		a.in.call.asked = true
	}
	return err
}

// An Asker asks the guard about one import, from any goroutine, and after the
// import has returned too: about what it has begun and comes later, such as where
// a connection leads.
type Asker struct {
	in    *Instance
	point int
}

// Asking gives what asks about the import in progress, whose point says
// check = "host", from the context that its implementation was given. To take it
// is not to have asked: an import that succeeds has called Ask or AskToken.
func Asking(ctx context.Context) (Asker, error) {
	h, ok := ctx.Value(callerKey{}).(*hostContext)
	if !ok {
		return Asker{}, errors.New("component: the guard was asked with a context that no import was given")
	}
	imp := h.imports()
	if imp == nil || imp.usual {
		return Asker{}, errors.New("component: the guard was asked outside of an import that asks it itself")
	}
	return Asker{h.in, imp.point}, nil
}

// Refuse puts on record, as a denial, that the import in progress refuses its guest
// something that no grant would allow, and why: a socket by a number that was not
// given to it, say. ctx is the context that the import's implementation was given;
// what the guest is answered is for that one to say.
func Refuse(ctx context.Context, what, why string) {
	if h, ok := ctx.Value(callerKey{}).(*hostContext); ok {
		if imp := h.imports(); imp != nil {
			h.in.guard.Refuse(imp.point, what, why)
		}
	}
}

// imports is the import that the context was given to; nil where it has returned.
func (h *hostContext) imports() *hostFunc {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return nil
	}
	return h.in.call.imp // the call ends before the instance does
}

// Ask asks for an action and a resource, as AskToken does.
func (a Asker) Ask(action, resource string) (*capability.Token, error) {
	token, denial := a.in.guard.Check(a.point, action, resource)
	if denial != nil {
		return nil, denial
	}
	return token, nil
}

// Grants gives what the instance holds and was not taken back.
func (a Asker) Grants() []capability.Grant { return a.in.guard.Grants() }

// MustHaveAsked traps where the implementation of the import in progress did not
// ask the guard. Generated code calls it when the implementation has succeeded.
func (c *Call) MustHaveAsked() {
	if !c.asked {
		c.Fail(ErrNotAsked)
	}
}

// Denied answers the import in progress with a denial that its implementation
// gave back, as one that came before the call would be; it reports false for
// other errors. Generated code calls it.
func (c *Call) Denied(err error, stack []uint64) bool {
	denial, ok := errors.AsType[*capability.Denial](err)
	return ok && c.refused(c.imp, stack, denial) != nil
}
