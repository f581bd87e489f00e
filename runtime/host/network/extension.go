package network

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
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
	Sockets int // at a time for one instance, those of pools among them; 64, or what Sharing says
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
	usual     bool // nobody set Config.Sockets
}

// New makes an extension.
func New(c Config) *Extension {
	usual := c.Sockets == 0
	c.Sockets, c.Pools = cmp.Or(c.Sockets, 64), cmp.Or(c.Pools, 16)
	c.Receive, c.Total = cmp.Or(c.Receive, 1<<20), cmp.Or(c.Total, 16<<20)
	c.Connect = cmp.Or(c.Connect, 30*time.Second)
	if c.Reverse == nil {
		c.Reverse = net.DefaultResolver.LookupAddr
	}
	return &Extension{config: c, open: &quota.Counter{}, usual: usual}
}

// Sharing gives the extension to one component, whose instances have these together:
// open counts their sockets, beside Config.Sockets where that was set; bandwidth
// bounds what they send and receive in a second, in bytes. Who has used more of that
// waits, as long as the timeouts of the socket say.
func (e *Extension) Sharing(open *quota.Counter, bandwidth *quota.Throttle) *Extension {
	one := *e
	if one.open, one.bandwidth = open, bandwidth; e.usual {
		one.config.Sockets = math.MaxInt
	}
	return &one
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
func (in *instance) keep(ctx context.Context, s *sock) (uint64, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.socks == nil:
		s.close()
		return 0, errEnded
	case in.count() >= in.config.Sockets:
		s.close()
		component.LimitMet(ctx, "sockets of an instance", in.config.Sockets)
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

// take gives the socket of a number, for the import that ctx was given to. One
// whose grant was taken back is closed. That, and a number that stands for none,
// is put on record.
func (in *instance) take(ctx context.Context, number uint64) (*sock, error) {
	in.mu.Lock()
	s := in.socks[number]
	revoked := s != nil && s.leave.Revoked()
	if revoked {
		s.close()
		delete(in.socks, number)
	}
	in.mu.Unlock()
	switch {
	case s == nil:
		return nil, unknown(ctx, "socket", number)
	case revoked:
		component.Refuse(ctx, fmt.Sprintf("socket %d", number), "the grant was revoked")
		return nil, errRevoked
	}
	return s, nil
}

// unknown puts on record that the component named what it has not.
func unknown(ctx context.Context, what string, number uint64) error {
	named := fmt.Sprintf("%s %d", what, number)
	component.Refuse(ctx, named, "it is not open here")
	return invalid("there is no " + named)
}

// closed reports whether a number was given to the component and stands for no
// socket any more, which it may well ask.
func (in *instance) closed(number uint64) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return 0 < number && number <= in.last && in.socks[number] == nil
}

var errRevoked error = &types.NetworkErrorPermissionDenied{Value: "the grant was taken back"}

// asking asks the guard about the import in progress.
func asking(ctx context.Context) netguard.Ask {
	return func(action, resource string) (*capability.Token, error) {
		return component.AskToken(ctx, action, resource)
	}
}
