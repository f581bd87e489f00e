package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/types"
)

// A pool is connections that are used again. Its fields are under the instance's
// mu, or used by its one call at a time.
type pool struct {
	most  int
	limit time.Duration
	idle  []*sock // that wait, the last used at the end
	used  int
}

func (p *pool) close() {
	for _, s := range p.idle {
		s.close()
	}
	p.idle = nil
}

// CreatePool implements connection.Host.
func (in *instance) CreatePool(ctx context.Context, most, timeoutMs uint32) (uint64, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.pools == nil:
		return 0, errEnded
	case most == 0:
		return 0, invalid("a pool has at least one connection")
	case len(in.pools) >= in.config.Pools:
		component.LimitMet(ctx, "pools of an instance", in.config.Pools)
		return 0, &types.NetworkErrorResourceExhausted{Value: fmt.Sprintf("there are %d pools: close some", len(in.pools))}
	}
	in.last++
	in.pools[in.last] = &pool{most: int(min(most, 1<<20)), limit: time.Duration(timeoutMs) * time.Millisecond}
	return in.last, nil
}

func (in *instance) pool(ctx context.Context, number uint64) (*pool, error) {
	in.mu.Lock()
	p := in.pools[number]
	in.mu.Unlock()
	if p == nil {
		return nil, unknown(ctx, "pool", number)
	}
	return p, nil
}

// PoolAcquire implements connection.Host.
func (in *instance) PoolAcquire(ctx context.Context, number uint64, address types.SocketAddress) (uint64, error) {
	p, err := in.pool(ctx, number)
	if err != nil {
		return 0, err
	}
	to := read(address)
	family := types.AddressFamilyIPV6
	if to.Addr().Is4() {
		family = types.AddressFamilyIPV4
	}
	if err := peer(family, to); err != nil {
		return 0, err
	}
	leave, err := in.guard.Connect(asking(ctx), to)
	if err != nil {
		return 0, err
	}
	if s := in.waiting(p, to); s != nil {
		s.leave = leave
		p.used++
		return in.keep(ctx, s)
	}
	if err := in.room(p); err != nil {
		return 0, err
	}
	s := &sock{family: family, options: defaults, pool: p}
	if err := in.connect(ctx, s, to, p.limit); err != nil {
		return 0, err
	}
	n, err := in.keep(ctx, s)
	if err == nil {
		p.used++
	}
	return n, err
}

// waiting takes a connection to an address that waits and is good; those that are
// not are closed.
func (in *instance) waiting(p *pool, to netip.AddrPort) *sock {
	in.mu.Lock()
	defer in.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		s := p.idle[i]
		if s.remote != to {
			continue
		}
		p.idle = append(p.idle[:i:i], p.idle[i+1:]...)
		if s.good() {
			return s
		}
		s.close()
	}
	return nil
}

// room makes room for one more connection of a pool: one to somewhere else that
// has waited the longest goes.
func (in *instance) room(p *pool) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if p.used+len(p.idle) < p.most {
		return nil
	}
	if len(p.idle) == 0 {
		return &types.NetworkErrorResourceExhausted{Value: fmt.Sprintf("all %d connections of the pool are in use", p.most)}
	}
	p.idle[0].close()
	p.idle = p.idle[1:]
	return nil
}

// good tells whether a connection that waited can be used: the peer has neither
// ended it nor said anything that nobody asked for.
func (s *sock) good() bool {
	if !s.alive() || s.leave.Revoked() || s.tls != nil || s.closing {
		return false
	}
	_ = s.tcp.SetReadDeadline(time.Now().Add(poll))
	n, err := s.tcp.Read(make([]byte, 1))
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
}

// PoolRelease implements connection.Host.
func (in *instance) PoolRelease(ctx context.Context, number, handle uint64) error {
	p, err := in.pool(ctx, number)
	if err != nil {
		return err
	}
	s, err := in.take(ctx, handle)
	if err != nil {
		return err
	}
	if s.pool != p {
		return invalid(fmt.Sprintf("socket %d is not of pool %d", handle, number))
	}
	in.drop(handle)
	p.used--
	if !s.good() {
		s.close()
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.pools == nil {
		s.close()
		return errEnded
	}
	p.idle = append(p.idle, s)
	return nil
}

// ClosePool implements connection.Host.
func (in *instance) ClosePool(ctx context.Context, number uint64) error {
	p, err := in.pool(ctx, number)
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	p.close()
	for n, s := range in.socks {
		if s.pool == p {
			s.close()
			delete(in.socks, n)
		}
	}
	delete(in.pools, number)
	return nil
}
