package wasi

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/poll"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/udp"
)

const (
	maxDatagram  = 64 << 10
	maxDatagrams = 16 // kept of those that came, and sent at once
	sendTime     = time.Second
)

type udpSocket struct {
	parent
	net    *sockets
	family family

	mu      sync.Mutex
	raw     *rawSocket // until it is bound
	conn    *net.UDPConn
	binding bool
	leave   netguard.Leave
	peer    netip.AddrPort // of the streams of now
	told    netip.AddrPort // the peer that the system knows of
	streams int            // how often they were given
	inbox   *inbox
	dropped bool
}

func (s *sockets) CreateUDPSocket(ctx context.Context, f network.IPAddressFamily) (udp.UDPSocket, error) {
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	raw, err := newRawSocket(f, false)
	if err != nil {
		s.give()
		return nil, socketError(err)
	}
	return &udpSocket{net: s, family: f, raw: raw}, nil
}

func (u *udpSocket) StartBind(ctx context.Context, _ network.Network, local network.IPSocketAddress) error {
	at, err := endpoint(local, u.family)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.binding:
		return network.ErrorCodeConcurrencyConflict
	case u.conn != nil:
		return network.ErrorCodeInvalidState
	}
	if u.leave, err = u.net.guard.Serve(asking(ctx), netguard.Bind, at); err != nil {
		return err
	}
	if err := u.raw.bind(at); err != nil {
		return socketError(err)
	}
	if u.conn, err = u.raw.packets(); err != nil {
		return socketError(err)
	}
	u.raw, u.binding = nil, true
	return nil
}

func (u *udpSocket) FinishBind(context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.binding {
		return network.ErrorCodeNotInProgress
	}
	u.binding = false
	return nil
}

// Stream gives streams, of one peer if it is named. Those given before end.
func (u *udpSocket) Stream(_ context.Context, peer cm.Option[network.IPSocketAddress]) (out cm.Tuple2[udp.IncomingDatagramStream, udp.OutgoingDatagramStream], err error) {
	var only netip.AddrPort
	if peer.Valid {
		if only, err = remote(peer.Value, u.family); err != nil {
			return out, err
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.bound(); err != nil {
		return out, err
	}
	if u.inbox == nil {
		u.inbox = &inbox{conn: u.conn, bandwidth: u.net.bandwidth, ended: make(chan struct{})}
	}
	if u.told.IsValid() && u.told != only {
		if err := tellPeer(u.conn, netip.AddrPort{}); err != nil {
			return out, socketError(err)
		}
		u.told = netip.AddrPort{}
		u.inbox.forget()
	}
	u.peer = only
	u.streams++
	out.F0 = &datagramsIn{u: u, of: u.streams}
	out.F1 = &datagramsOut{u: u, of: u.streams}
	return out, nil
}

func (u *udpSocket) bound() error {
	switch {
	case u.binding:
		return network.ErrorCodeConcurrencyConflict
	case u.conn == nil || u.dropped:
		return network.ErrorCodeInvalidState
	}
	return nil
}

func (u *udpSocket) LocalAddress(context.Context) (network.IPSocketAddress, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.bound(); err != nil {
		return nil, err
	}
	at, err := localOf(u.conn) // which a peer may have changed
	if err != nil {
		return nil, socketError(err)
	}
	return socketAddress(at), nil
}

func (u *udpSocket) RemoteAddress(context.Context) (network.IPSocketAddress, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.peer.IsValid() {
		return nil, network.ErrorCodeInvalidState
	}
	return socketAddress(u.peer), nil
}

func (u *udpSocket) AddressFamily(context.Context) (network.IPAddressFamily, error) {
	return u.family, nil
}

// Subscribe gives what is ready at once: binding does not wait.
func (u *udpSocket) Subscribe(context.Context) (poll.Pollable, error) {
	return u.pollable(always), nil
}

func (u *udpSocket) Drop(ctx context.Context) {
	defer u.childless(ctx, "udp-socket")
	u.mu.Lock()
	defer u.mu.Unlock()
	u.net.give()
	u.dropped = true
	if u.raw != nil {
		_ = u.raw.Close()
	}
	if u.conn != nil {
		_ = u.conn.Close()
	}
	if u.inbox != nil {
		close(u.inbox.ended)
	}
}

func (u *udpSocket) options() options {
	return options{u.family, func() (hasDescriptor, error) {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.conn != nil {
			return u.conn, nil
		}
		return rawDescriptor(u.raw)
	}}
}

func (u *udpSocket) UnicastHopLimit(context.Context) (uint8, error) {
	n, err := u.options().get(optionHopLimit)
	return uint8(n), err
}

func (u *udpSocket) SetUnicastHopLimit(_ context.Context, n uint8) error {
	return u.options().set(optionHopLimit, uint64(n), math.MaxUint8)
}

func (u *udpSocket) ReceiveBufferSize(context.Context) (uint64, error) {
	return u.options().size(optionReceiveBuffer)
}

func (u *udpSocket) SetReceiveBufferSize(_ context.Context, n uint64) error {
	return u.options().setSize(optionReceiveBuffer, n)
}

func (u *udpSocket) SendBufferSize(context.Context) (uint64, error) {
	return u.options().size(optionSendBuffer)
}

func (u *udpSocket) SetSendBufferSize(_ context.Context, n uint64) error {
	return u.options().setSize(optionSendBuffer, n)
}

// current says what is wrong with a stream, of which the socket has given others
// since, or whose grant was taken back.
func (u *udpSocket) current(of int) error {
	switch {
	case of != u.streams || u.dropped:
		return network.ErrorCodeInvalidState
	case u.leave.Revoked():
		return network.ErrorCodeAccessDenied
	}
	return nil
}

type datagramsIn struct {
	parent
	u  *udpSocket
	of int
}

func (d *datagramsIn) Receive(_ context.Context, most uint64) ([]udp.IncomingDatagram, error) {
	d.u.mu.Lock()
	defer d.u.mu.Unlock()
	if err := d.u.current(d.of); err != nil {
		return nil, err
	}
	return d.u.inbox.take(int(min(most, maxDatagrams)), d.u.peer)
}

func (d *datagramsIn) Subscribe(context.Context) (poll.Pollable, error) {
	return d.pollable(func() (bool, <-chan struct{}) {
		d.u.mu.Lock()
		defer d.u.mu.Unlock()
		if d.u.current(d.of) != nil {
			return true, nil
		}
		return d.u.inbox.ready(d.u.peer)
	}), nil
}

func (d *datagramsIn) Drop(ctx context.Context) { d.childless(ctx, "incoming-datagram-stream") }

type datagramsOut struct {
	parent
	u       *udpSocket
	of      int
	allowed int // by check-send, and not sent since
}

func (d *datagramsOut) CheckSend(context.Context) (uint64, error) {
	d.u.mu.Lock()
	defer d.u.mu.Unlock()
	if err := d.u.current(d.of); err != nil {
		return 0, err
	}
	if d.u.net.bandwidth.Owed() > 0 {
		d.allowed = 0
		return 0, nil
	}
	d.allowed = maxDatagrams
	return maxDatagrams, nil
}

// Send sends what it can. It is an error where that is none; to send more than
// check-send allowed is the guest's mistake, which ends it.
func (d *datagramsOut) Send(ctx context.Context, all []udp.OutgoingDatagram) (uint64, error) {
	d.u.mu.Lock()
	defer d.u.mu.Unlock()
	if err := d.u.current(d.of); err != nil {
		return 0, err
	}
	if len(all) == 0 {
		return 0, component.AskNothing(ctx)
	}
	if len(all) > d.allowed {
		return 0, fmt.Errorf("%d datagrams were sent where check-send allows %d", len(all), d.allowed)
	}
	d.allowed -= len(all)
	_ = d.u.conn.SetWriteDeadline(time.Now().Add(sendTime))
	for i := range all {
		if err := d.send(ctx, &all[i]); err != nil {
			if i > 0 {
				err = nil
			}
			return uint64(i), err
		}
	}
	return uint64(len(all)), nil
}

func (d *datagramsOut) send(ctx context.Context, one *udp.OutgoingDatagram) error {
	to := d.u.peer
	if one.RemoteAddress.Valid {
		named, err := remote(one.RemoteAddress.Value, d.u.family)
		if err != nil || to.IsValid() && named != to {
			return network.ErrorCodeInvalidArgument
		}
		to = named
	}
	if !to.IsValid() {
		return network.ErrorCodeInvalidArgument
	}
	if _, err := d.u.net.guard.Connect(asking(ctx), to); err != nil {
		return err
	}
	d.u.net.bandwidth.Use(uint64(len(one.Data)))
	return socketError(d.u.write(one.Data, to))
}

// write sends what was allowed. The system is told of the peer here and not when
// the streams are made, since only what is sent is asked for: what it says of an
// address is nothing for those who may not send there.
func (u *udpSocket) write(b []byte, to netip.AddrPort) error {
	if !tellsPeers || to != u.peer {
		_, err := u.conn.WriteToUDPAddrPort(b, to)
		return err
	}
	if u.told != to {
		if err := tellPeer(u.conn, to); err != nil {
			return err
		}
		u.told = to
	}
	_, err := u.conn.Write(b)
	return err
}

// Subscribe gives what is ready when there is bandwidth; the system has room.
func (d *datagramsOut) Subscribe(context.Context) (poll.Pollable, error) {
	return d.pollable(func() (bool, <-chan struct{}) {
		owed := d.u.net.bandwidth.Owed()
		if owed == 0 {
			return true, nil
		}
		paid := make(chan struct{})
		time.AfterFunc(owed, func() { close(paid) })
		return false, paid
	}), nil
}

func (d *datagramsOut) Drop(ctx context.Context) { d.childless(ctx, "outgoing-datagram-stream") }
