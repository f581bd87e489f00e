package main

import (
	"context"
	"sync"
	"time"

	"github.com/airsstack/witgen/examples/server/tenant/demo/tenants/cells"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
)

// An account is a tenant: what its programs may do, how much, and what they keep.
// It implements the import demo:tenants/cells for them.
type account struct {
	name   string
	grants []capability.Grant
	limits component.Limits

	mu   sync.Mutex
	held map[string]int64
}

// manyCells is how many cells an account may have.
const manyCells = 100

func (a *account) Get(_ context.Context, name string) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held[name], nil
}

func (a *account) Put(_ context.Context, name string, value int64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.held[name]; !known && len(a.held) == manyCells {
		return cells.CellErrorFull
	}
	a.held[name] = value
	return nil
}

// options are what an instance has while it works for the account.
func (a *account) options() []component.Option {
	return []component.Option{component.WithSubject(a.name), component.WithGrants(a.grants...), component.WithLimits(a.limits)}
}

// Limits of accounts: the most that one request may use.
var (
	small = component.Limits{Memory: 1 << 20, Fuel: 10_000_000, CallTime: time.Second}
	large = component.Limits{Memory: 16 << 20, Fuel: 1_000_000_000, CallTime: 4 * time.Second}
)

func newAccount(name string, limits component.Limits, grants ...capability.Grant) *account {
	return &account{name: name, limits: limits, grants: grants, held: map[string]int64{}}
}

func cellsTo(action, pattern string) capability.Grant {
	return capability.Grant{Kind: capability.Storage, Action: action, Resource: pattern}
}

// tenants are the accounts by their tokens. A real server has them elsewhere.
func tenants() map[string]*account {
	return map[string]*account{
		"ann": newAccount("ann", large, cellsTo("read", "*"), cellsTo("write", "*")),
		"bob": newAccount("bob", small, cellsTo("read", "*"), cellsTo("write", "shared-*")),
	}
}
