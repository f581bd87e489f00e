package component

import (
	"context"
	"slices"
	"sync"
)

// A queue lets work in as far as there is room, each tenant in turn.
type queue struct {
	max, tenantMax, tenantQueue int

	mu      sync.Mutex
	inUse   int
	waiting int
	tenants map[string]*tenant
	turns   []*tenant // those with work waiting that may go on, in the order of their turns
	spare   *tenant   // one that was forgotten
}

// A tenant has work at hand, or waiting.
type tenant struct {
	name    string
	inUse   int
	waiting []chan struct{}
	inTurns bool
}

// enter waits until the work of a tenant may begin. leave must follow.
func (q *queue) enter(ctx context.Context, name string, closed <-chan struct{}) (*tenant, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	q.mu.Lock()
	t := q.tenant(name)
	if q.inUse < q.max && t.inUse < q.tenantMax && len(t.waiting) == 0 {
		q.inUse++
		t.inUse++
		q.mu.Unlock()
		return t, nil
	}
	if n := len(t.waiting); n >= q.tenantQueue {
		q.mu.Unlock()
		return nil, &BusyError{Tenant: name, Waiting: n}
	}
	turn := make(chan struct{})
	t.waiting = append(t.waiting, turn)
	q.waiting++
	q.line(t)
	q.mu.Unlock()

	var err error
	select {
	case <-turn:
		return t, nil
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-closed:
		err = ErrClosed
	}
	q.mu.Lock()
	if i := slices.Index(t.waiting, turn); i >= 0 {
		t.waiting = slices.Delete(t.waiting, i, i+1)
		q.waiting--
		q.drop(t)
		q.mu.Unlock()
		return nil, err
	}
	q.mu.Unlock()
	q.leave(t) // it was its turn at the same moment
	return nil, err
}

// leave ends work, and begins what waits.
func (q *queue) leave(t *tenant) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inUse--
	t.inUse--
	q.line(t)
	q.drop(t)
	for q.inUse < q.max && len(q.turns) > 0 {
		next := q.turns[0]
		q.turns = slices.Delete(q.turns, 0, 1)
		next.inTurns = false
		if len(next.waiting) > 0 && next.inUse < q.tenantMax {
			q.inUse++
			q.waiting--
			next.inUse++
			close(next.waiting[0])
			next.waiting = slices.Delete(next.waiting, 0, 1)
		}
		q.line(next)
		q.drop(next)
	}
}

// line puts a tenant that could go on behind the others.
func (q *queue) line(t *tenant) {
	if !t.inTurns && len(t.waiting) > 0 && t.inUse < q.tenantMax {
		t.inTurns = true
		q.turns = append(q.turns, t)
	}
}

func (q *queue) tenant(name string) *tenant {
	t := q.tenants[name]
	if t == nil {
		if q.tenants == nil {
			q.tenants = map[string]*tenant{}
		}
		if t, q.spare = q.spare, nil; t == nil {
			t = new(tenant)
		}
		t.name = name
		q.tenants[name] = t
	}
	return t
}

// drop forgets a tenant that has nothing here: there may be any number of them.
func (q *queue) drop(t *tenant) {
	if t.inUse == 0 && len(t.waiting) == 0 && !t.inTurns {
		delete(q.tenants, t.name)
		q.spare = t
	}
}

func (q *queue) counts() (inUse, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.inUse, q.waiting
}
