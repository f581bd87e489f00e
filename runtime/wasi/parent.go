package wasi

import (
	"context"
	"sync/atomic"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// A parent is a resource that has children: pollables, the stream of a body, the
// headers of a message. A guest has to drop them before it, or before it gives it
// away [wasi:io/streams, subscribe; wasi:http/types]. Streams of files and of
// sockets are not children.
type parent struct{ children atomic.Int64 }

// adopt counts a child, until it calls the function.
func (p *parent) adopt() (leave func()) {
	p.children.Add(1)
	return func() { p.children.Add(-1) }
}

// pollable makes a child of a readiness.
func (p *parent) pollable(r readiness) *pollable {
	return &pollable{ready: r, end: p.adopt()}
}

// childless ends the call of a guest that has dropped a parent, or given it away,
// before its children. An instance that ends drops what it has in any order.
func (p *parent) childless(ctx context.Context, what string) {
	n := p.children.Load()
	if n == 0 {
		return
	}
	if _, calls := component.Caller(ctx); calls {
		abi.Trapf("%s was dropped or given away before its children, of which there are %d: the pollables, streams and fields that it gave have to be dropped first", what, n)
	}
}
