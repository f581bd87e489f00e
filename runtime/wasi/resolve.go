package wasi

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/poll"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/ipnamelookup"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
)

// ResolveAddresses starts to look a name up, if anything is granted of it.
func (s *sockets) ResolveAddresses(ctx context.Context, _ network.Network, name string) (ipnamelookup.ResolveAddressStream, error) {
	name, err := hostName(name)
	if err != nil {
		return nil, network.ErrorCodeInvalidArgument
	}
	asker, err := component.Asking(ctx)
	if err != nil {
		return nil, err
	}
	lookup, err := s.guard.Name(asking(ctx), asker.Grants(), name)
	if err != nil {
		return nil, lookupError(err)
	}
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	background, cancel := context.WithCancel(context.Background())
	r := &resolving{net: s, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.addrs, r.err = lookup.Addresses(background, asker.Ask)
	}()
	return r, nil
}

// hostName is a name as the network knows it: IDNA's letters for others.
func hostName(name string) (string, error) {
	if strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 }) {
		return idna.Lookup.ToASCII(name)
	}
	return name, nil
}

func lookupError(err error) error {
	if _, denied := errors.AsType[*capability.Denial](err); denied {
		return err
	}
	if _, wrong := errors.AsType[*netguard.NameError](err); wrong {
		return network.ErrorCodeInvalidArgument
	}
	if _, none := errors.AsType[*netguard.NotFoundError](err); none {
		return network.ErrorCodeNameUnresolvable
	}
	e, ok := errors.AsType[*net.DNSError](err)
	if errors.Is(err, netguard.ErrTooMany) || ok && (e.IsTemporary || e.IsTimeout) {
		return network.ErrorCodeTemporaryResolverFailure
	}
	return network.ErrorCodePermanentResolverFailure
}

// resolving is a lookup under way.
type resolving struct {
	parent
	net    *sockets
	cancel context.CancelFunc
	done   chan struct{} // closed when the others are set
	addrs  []netip.Addr
	err    error
}

func (r *resolving) ResolveNextAddress(context.Context) (cm.Option[network.IPAddress], error) {
	none := cm.None[network.IPAddress]()
	select {
	case <-r.done:
	default:
		return none, network.ErrorCodeWouldBlock
	}
	if r.err != nil {
		if _, denied := errors.AsType[*capability.Denial](r.err); denied {
			return none, network.ErrorCodeAccessDenied
		}
		return none, lookupError(r.err)
	}
	if len(r.addrs) == 0 {
		return none, nil
	}
	next := r.addrs[0]
	r.addrs = r.addrs[1:]
	return cm.Some(ipAddress(next)), nil
}

func (r *resolving) Subscribe(context.Context) (poll.Pollable, error) {
	return r.pollable(once(r.done)), nil
}

func (r *resolving) Drop(ctx context.Context) {
	defer r.childless(ctx, "resolve-address-stream")
	r.cancel()
	r.net.give()
}
