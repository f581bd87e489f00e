package network

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/connection"
	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/socket"
	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/types"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/quota"
)

// A Config says how components reach the network. Its zero value looks names up
// and trusts certificates as the host does.
type Config struct {
	Sockets int // at a time for one instance, those of pools among them; 64
	Pools   int // at a time for one instance; 16
	Receive int // bytes that one call receives; 1 MiB
	Total   int // bytes that one receive-all gathers; 16 MiB
	// Connect is how long connecting, and securing a connection, may take at the
	// longest; 30 s.
	Connect  time.Duration
	Resolver netguard.Resolver // of names; nil is the host's
	Now      func() time.Time  // by which what names stand for is over; nil is time.Now
	Reverse  func(ctx context.Context, address string) (names []string, err error)
	Roots    *x509.CertPool // whose certificates are trusted; nil for the host's
}

// An Extension gives actors the network, by their grants. It may be used by many
// goroutines.
type Extension struct {
	config    Config
	open      *quota.Counter
	bandwidth *quota.Throttle
}

// New makes an extension.
func New(c Config) *Extension {
	c.Sockets, c.Pools = cmp.Or(c.Sockets, 64), cmp.Or(c.Pools, 16)
	c.Receive, c.Total = cmp.Or(c.Receive, 1<<20), cmp.Or(c.Total, 16<<20)
	c.Connect = cmp.Or(c.Connect, 30*time.Second)
	if c.Reverse == nil {
		c.Reverse = net.DefaultResolver.LookupAddr
	}
	return &Extension{config: c, open: &quota.Counter{}}
}

// Sharing gives the extension to one component, whose instances have these together:
// open counts their sockets, beside Config.Sockets; bandwidth bounds what they
// send and receive in a second, in bytes. Who has used more of that waits, as long
// as the timeouts of the socket say.
func (e *Extension) Sharing(open *quota.Counter, bandwidth *quota.Throttle) *Extension {
	return &Extension{e.config, open, bandwidth}
}

// Offers are the options to load a component with.
func (e *Extension) Offers() []component.LoadOption {
	nothing := newInstance(&Extension{})
	nothing.free()
	return []component.LoadOption{component.WithProvider(socket.Import, nothing), component.WithProvider(connection.Import, nothing)}
}

// Give makes what one instance has: its sockets, which free closes.
func (e *Extension) Give(actor.Address) (opts []component.Option, free func()) {
	in := newInstance(e)
	return []component.Option{
		component.WithHost(socket.Import, in), component.WithHost(connection.Import, in), component.WithGrants(sockets),
	}, in.free
}

// sockets is for what leads nowhere, or is covered by another grant: to make a
// socket, and to use one that is bound or connected.
var sockets = capability.Grant{Kind: capability.Import, Resource: "airssys:ext-network/*"}

// instance is the host side of one instance. Its component makes one call at a
// time; free, and what closes idle connections, may come meanwhile.
type instance struct {
	*Extension
	guard *netguard.Guard

	mu    sync.Mutex
	socks map[uint64]*sock // nil when it has been freed
	pools map[uint64]*pool
	last  uint64
}

var (
	_ socket.Host     = (*instance)(nil)
	_ connection.Host = (*instance)(nil)
)

func newInstance(e *Extension) *instance {
	return &instance{Extension: e, guard: netguard.New(netguard.Config{Resolver: e.config.Resolver, Now: e.config.Now}), socks: map[uint64]*sock{}, pools: map[uint64]*pool{}}
}

func (in *instance) free() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, s := range in.socks {
		s.close()
	}
	for _, p := range in.pools {
		p.close()
	}
	in.socks, in.pools = nil, nil
}

var errEnded = errors.New("network: the instance has ended")

// count tells how many sockets there are, those that wait in pools among them. The
// caller holds mu.
func (in *instance) count() int {
	n := len(in.socks)
	for _, p := range in.pools {
		n += len(p.idle)
	}
	return n
}

// keep gives a socket its number, and closes it where there is no room.
func (in *instance) keep(s *sock) (uint64, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.socks == nil:
		s.close()
		return 0, errEnded
	case in.count() >= in.config.Sockets:
		s.close()
		return 0, exhausted(in.config.Sockets)
	case !s.counts(in.open):
		s.close()
		return 0, exhausted(int(in.open.Usage().Limit))
	}
	in.last++
	in.socks[in.last] = s
	return in.last, nil
}

func exhausted(n int) error {
	return &types.NetworkErrorResourceExhausted{Value: fmt.Sprintf("%d sockets are open: close some", n)}
}

// drop forgets a socket.
func (in *instance) drop(number uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.socks, number)
}

// take gives the socket of a number. One whose grant was taken back is closed.
func (in *instance) take(number uint64) (*sock, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	s := in.socks[number]
	switch {
	case s == nil:
		return nil, &types.NetworkErrorInvalidArgument{Value: fmt.Sprintf("there is no socket %d", number)}
	case s.leave.Revoked():
		s.close()
		delete(in.socks, number)
		return nil, errRevoked
	}
	return s, nil
}

var errRevoked error = &types.NetworkErrorPermissionDenied{Value: "the grant was taken back"}

// asking asks the guard about the import in progress.
func asking(ctx context.Context) netguard.Ask {
	return func(action, resource string) (*capability.Token, error) {
		return component.AskToken(ctx, action, resource)
	}
}
