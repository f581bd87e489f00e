package network

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/types"
	"github.com/airsstack/witgen/runtime/netguard"
)

// Connect implements connection.Host.
func (in *instance) Connect(ctx context.Context, number uint64, address types.SocketAddress) error {
	return in.ConnectWithRetry(ctx, number, address, 0, 0)
}

// ConnectWithRetry implements connection.Host. The guard is asked each time.
func (in *instance) ConnectWithRetry(ctx context.Context, number uint64, address types.SocketAddress, retries, delayMs uint32) error {
	s, err := in.take(ctx, number)
	if err != nil {
		return err
	}
	to := read(address)
	switch {
	case s.tcp != nil || s.listener != nil || s.packets && s.remote.IsValid():
		return cannot("has a peer, or takes connections")
	}
	if err := peer(s.family, to); err != nil {
		return err
	}
	for {
		err = in.connect(ctx, s, to, time.Duration(s.options.ConnectTimeout)*time.Millisecond)
		if err == nil || retries == 0 || !again(err) {
			return err
		}
		retries--
		if err := pause(ctx, time.Duration(delayMs)*time.Millisecond); err != nil {
			return err
		}
	}
}

// again tells whether connecting may succeed another time.
func again(err error) bool {
	switch err.(type) {
	case *types.NetworkErrorConnectionRefused, *types.NetworkErrorConnectionReset, *types.NetworkErrorConnectionTimeout,
		*types.NetworkErrorHostUnreachable, *types.NetworkErrorNetworkUnreachable:
		return true
	}
	return false
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// connect asks for the address and connects, within a limit; 0 is the host's.
func (in *instance) connect(ctx context.Context, s *sock, to netip.AddrPort, limit time.Duration) error {
	leave, err := in.guard.Connect(asking(ctx), to)
	if err != nil {
		return err
	}
	if s.packets {
		if s.udp == nil {
			if err := s.listenUDP(netip.AddrPort{}); err != nil {
				return err
			}
		}
		s.remote, s.since, s.leave = to, time.Now(), append(s.leave, leave...)
		return nil
	}
	if limit <= 0 || limit > in.config.Connect {
		limit = in.config.Connect
	}
	dialer := net.Dialer{Timeout: limit}
	if s.bound {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(s.local)
	}
	c, err := dialer.DialContext(ctx, s.network(), to.String())
	if ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	if err != nil {
		if c != nil {
			_ = c.Close()
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return timedOut(err)
	}
	if err := s.hold(func() { s.tcp = c.(*net.TCPConn) }, c); err != nil {
		return errorOf(err)
	}
	s.remote, s.since, s.leave = to, time.Now(), append(s.leave, leave...)
	return s.apply()
}

// timedOut tells a dialer's own time limit apart from other errors.
func timedOut(err error) error {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return errTimeout
	}
	return errorOf(err)
}

// ResolveHostname implements connection.Host.
func (in *instance) ResolveHostname(ctx context.Context, hostname string) (types.HostnameResolution, error) {
	addrs, err := in.resolve(ctx, hostname)
	if err != nil {
		return types.HostnameResolution{}, errorOf(err)
	}
	r := types.HostnameResolution{Hostname: hostname, TTL: uint32(in.guard.Left(hostname) / time.Second)}
	for _, a := range addrs {
		r.Addresses = append(r.Addresses, info(a))
	}
	return r, nil
}

// ResolveHostnameSingle implements connection.Host.
func (in *instance) ResolveHostnameSingle(ctx context.Context, hostname string) (types.AddressInfo, error) {
	addrs, err := in.resolve(ctx, hostname)
	if err != nil {
		return types.AddressInfo{}, errorOf(err)
	}
	return info(addrs[0]), nil
}

// resolve gives at least one address, or an error.
func (in *instance) resolve(ctx context.Context, hostname string) ([]netip.Addr, error) {
	lookup, err := in.lookup(ctx, hostname)
	if err != nil {
		return nil, err
	}
	limit, cancel := context.WithTimeout(ctx, in.config.Connect)
	defer cancel()
	addrs, err := lookup.Addresses(limit, asking(ctx))
	if err == nil && len(addrs) == 0 {
		err = &netguard.NotFoundError{Name: hostname}
	}
	return addrs, err
}

// lookup asks for a host, at any port that is granted.
func (in *instance) lookup(ctx context.Context, host string) (*netguard.Lookup, error) {
	asker, err := component.Asking(ctx)
	if err != nil {
		return nil, err
	}
	return in.guard.Name(asking(ctx), asker.Grants(), host)
}

func info(a netip.Addr) types.AddressInfo {
	return types.AddressInfo{Address: writtenIP(a), SocketType: types.SocketTypeTCPStream, Protocol: types.ProtocolTCP}
}

// ReverseLookup implements connection.Host.
func (in *instance) ReverseLookup(ctx context.Context, address string) (string, error) {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Zone() != "" {
		return "", &types.NetworkErrorInvalidAddress{Value: "it is no address: " + address}
	}
	if _, err := in.lookup(ctx, a.String()); err != nil {
		return "", errorOf(err)
	}
	limit, cancel := context.WithTimeout(ctx, in.config.Connect)
	defer cancel()
	names, err := in.config.Reverse(limit, a.String())
	if err != nil {
		return "", errorOf(err)
	}
	if len(names) == 0 {
		return "", &types.NetworkErrorDNSResolutionFailed{Value: address + " has no name"}
	}
	return strings.TrimSuffix(names[0], "."), nil
}

// state is how far a socket has come.
func (s *sock) state() types.ConnectionState {
	switch {
	case !s.alive():
		return types.ConnectionStateClosed
	case s.listener != nil:
		return types.ConnectionStateListening
	case s.closing:
		return types.ConnectionStateClosing
	case s.remote.IsValid():
		return types.ConnectionStateConnected
	}
	return types.ConnectionStateCreated
}

// GetConnectionInfo implements connection.Host.
func (in *instance) GetConnectionInfo(ctx context.Context, number uint64) (types.ConnectionInfo, error) {
	s, err := in.take(ctx, number)
	if err != nil {
		return types.ConnectionInfo{}, err
	}
	if !s.remote.IsValid() {
		return types.ConnectionInfo{}, cannot("is not connected")
	}
	return types.ConnectionInfo{
		LocalAddress: written(s.here()), RemoteAddress: written(s.remote), State: s.state(),
		EstablishedTime: uint64(s.since.Unix()), BytesSent: s.sent, BytesReceived: s.received,
	}, nil
}

// IsConnected implements connection.Host.
func (in *instance) IsConnected(ctx context.Context, number uint64) (bool, error) {
	if in.closed(number) {
		return false, nil
	}
	s, err := in.take(ctx, number)
	return err == nil && s.remote.IsValid() && s.alive(), nil
}

// UpgradeToTLS implements connection.Host. The name has to be one that stands for
// the peer, so that nobody else's certificate will do.
func (in *instance) UpgradeToTLS(ctx context.Context, number uint64, hostname string, verify bool) error {
	s, err := in.take(ctx, number)
	switch {
	case err != nil:
		return err
	case s.tcp == nil:
		return cannot("is not connected")
	case s.tls != nil:
		return cannot("is secured")
	}
	literal, err := netip.ParseAddr(strings.Trim(hostname, "[]"))
	if err != nil && !in.guard.Stands(hostname, s.remote) || err == nil && literal.Unmap() != s.remote.Addr() {
		return &types.NetworkErrorInvalidHostname{Value: fmt.Sprintf("%q was not found to stand for the peer's address", hostname)}
	}
	secured := tls.Client(s.tcp, &tls.Config{
		ServerName: strings.Trim(hostname, "[]"), MinVersion: tls.VersionTLS12, RootCAs: in.config.Roots,
		InsecureSkipVerify: !verify, // the component says so, of a peer that it may reach
	})
	limit, cancel := context.WithTimeout(ctx, in.config.Connect)
	defer cancel()
	_ = s.tcp.SetDeadline(time.Time{})
	if err := secured.HandshakeContext(limit); err != nil {
		s.close()
		if e := errorOf(err); ctx.Err() != nil {
			return context.Cause(ctx)
		} else if _, other := e.(*types.NetworkErrorIOError); !other {
			return e
		}
		return &types.NetworkErrorTLSError{Value: err.Error()}
	}
	s.tls = secured
	s.touch()
	return nil
}

// GetTLSInfo implements connection.Host.
func (in *instance) GetTLSInfo(ctx context.Context, number uint64) (string, error) {
	s, err := in.take(ctx, number)
	if err != nil {
		return "", err
	}
	if s.tls == nil {
		return "", cannot("is not secured")
	}
	state := s.tls.ConnectionState()
	return fmt.Sprintf("%s %s %s", strings.ReplaceAll(tls.VersionName(state.Version), " ", ""), tls.CipherSuiteName(state.CipherSuite), state.ServerName), nil
}

// SetIdleTimeout implements connection.Host.
func (in *instance) SetIdleTimeout(ctx context.Context, number uint64, seconds uint32) error {
	s, err := in.take(ctx, number)
	if err != nil {
		return err
	}
	if !s.remote.IsValid() {
		return cannot("is not connected")
	}
	s.rests(time.Duration(seconds) * time.Second)
	return nil
}

// EnableKeepAlive implements connection.Host.
func (in *instance) EnableKeepAlive(ctx context.Context, number uint64, seconds uint32) error {
	s, err := in.take(ctx, number)
	if err != nil {
		return err
	}
	if s.tcp == nil {
		return cannot("is not connected")
	}
	s.options.TCPKeepAlive, s.options.KeepAliveInterval = true, seconds
	return s.apply()
}

// GetConnectionStats implements connection.Host.
func (in *instance) GetConnectionStats(ctx context.Context, number uint64) (string, error) {
	s, err := in.take(ctx, number)
	if err != nil {
		return "", err
	}
	if !s.remote.IsValid() {
		return "", cannot("is not connected")
	}
	return fmt.Sprintf("sent=%d received=%d age-ms=%d", s.sent, s.received, time.Since(s.since).Milliseconds()), nil
}
