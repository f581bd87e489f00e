package wasi

import (
	"context"
	"net"
	"net/netip"
	"sync"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/poll"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/streams"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/tcp"
)

// A tcpState is what a TCP socket is at the moment [wasi:sockets,
// TcpSocketOperationalSemantics.md].
type tcpState uint8

const (
	tcpUnbound tcpState = iota
	tcpBinding
	tcpBound
	tcpStarting // to listen
	tcpListening
	tcpConnecting
	tcpConnected
	tcpClosed // it could not be connected
)

const maxBacklog = 4096

// broadcast is all machines of a network, which is nobody to talk to by TCP.
var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

type tcpSocket struct {
	parent
	net     *sockets
	family  family
	backlog int

	mu       sync.Mutex
	state    tcpState
	raw      *rawSocket     // until it listens or is connected
	bound    netip.AddrPort // as it was asked for
	leave    netguard.Leave
	acceptor *acceptor
	conn     *conn
	dialed   chan struct{} // closed when connecting has ended
	dialErr  error
}

func (s *sockets) CreateTCPSocket(ctx context.Context, f network.IPAddressFamily) (tcp.TCPSocket, error) {
	if err := s.take(ctx); err != nil {
		return nil, err
	}
	raw, err := newRawSocket(f, true)
	if err != nil {
		s.give()
		return nil, socketError(err)
	}
	return &tcpSocket{net: s, family: f, raw: raw, backlog: 128}, nil
}

// in says what is wrong where the socket is in none of the states.
func (t *tcpSocket) in(states ...tcpState) error {
	for _, s := range states {
		if t.state == s {
			return nil
		}
	}
	switch t.state {
	case tcpBinding, tcpStarting, tcpConnecting:
		return network.ErrorCodeConcurrencyConflict
	}
	return network.ErrorCodeInvalidState
}

func (t *tcpSocket) StartBind(ctx context.Context, _ network.Network, local network.IPSocketAddress) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.in(tcpUnbound); err != nil {
		return err
	}
	at, err := endpoint(local, t.family)
	if err != nil || at.Addr().IsMulticast() || at.Addr() == broadcast {
		return network.ErrorCodeInvalidArgument
	}
	if t.leave, err = t.net.guard.Serve(asking(ctx), netguard.Bind, at); err != nil {
		return err
	}
	if err := t.raw.bind(at); err != nil {
		return socketError(err)
	}
	t.state, t.bound = tcpBinding, at
	return nil
}

func (t *tcpSocket) FinishBind(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != tcpBinding {
		return network.ErrorCodeNotInProgress
	}
	t.state = tcpBound
	return nil
}

func (t *tcpSocket) StartConnect(ctx context.Context, _ network.Network, address network.IPSocketAddress) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.in(tcpUnbound, tcpBound); err != nil {
		return err
	}
	to, err := remote(address, t.family)
	if err != nil || to.Addr() == broadcast {
		return network.ErrorCodeInvalidArgument
	}
	leave, err := t.net.guard.Connect(asking(ctx), to)
	if err != nil {
		return err
	}
	t.leave = append(t.leave, leave...)
	t.state, t.dialed = tcpConnecting, make(chan struct{})
	go t.dial(t.raw, to, t.leave)
	return nil
}

func (t *tcpSocket) dial(raw *rawSocket, to netip.AddrPort, leave netguard.Leave) {
	c, err := raw.connect(to)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err != nil:
		t.dialErr = socketError(err)
	case t.raw == nil: // it was dropped meanwhile
		_ = c.Close()
	default:
		t.conn, t.raw = newConn(c, leave, t.net.bandwidth), nil
	}
	close(t.dialed)
}

func (t *tcpSocket) FinishConnect(context.Context) (out cm.Tuple2[streams.InputStream, streams.OutputStream], err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != tcpConnecting {
		return out, network.ErrorCodeNotInProgress
	}
	select {
	case <-t.dialed:
	default:
		return out, network.ErrorCodeWouldBlock
	}
	if t.dialErr != nil {
		t.state = tcpClosed
		return out, t.dialErr
	}
	t.state = tcpConnected
	out.F0, out.F1 = t.conn.streams()
	return out, nil
}

func (t *tcpSocket) StartListen(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.in(tcpBound); err != nil {
		return err
	}
	leave, err := t.net.guard.Serve(asking(ctx), netguard.Listen, t.bound)
	if err != nil {
		return err
	}
	l, err := t.raw.listen(t.backlog)
	if err != nil {
		return socketError(err)
	}
	t.leave = append(t.leave, leave...)
	t.acceptor, t.raw, t.state = &acceptor{l: l}, nil, tcpStarting
	return nil
}

func (t *tcpSocket) FinishListen(context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != tcpStarting {
		return network.ErrorCodeNotInProgress
	}
	t.state = tcpListening
	return nil
}

func (t *tcpSocket) Accept(ctx context.Context) (out cm.Tuple3[tcp.TCPSocket, streams.InputStream, streams.OutputStream], err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.state != tcpListening:
		return out, network.ErrorCodeInvalidState
	case t.leave.Revoked():
		return out, network.ErrorCodeAccessDenied
	}
	if err := t.net.take(ctx); err != nil {
		return out, err
	}
	c, err := t.acceptor.take()
	if err != nil {
		t.net.give()
		return out, socketError(err)
	}
	conn := newConn(c, t.leave, t.net.bandwidth)
	out.F0 = &tcpSocket{net: t.net, family: t.family, state: tcpConnected, conn: conn, leave: t.leave}
	out.F1, out.F2 = conn.streams()
	return out, nil
}

func (t *tcpSocket) LocalAddress(context.Context) (network.IPSocketAddress, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.conn != nil:
		return socketAddress(t.conn.LocalAddr().(*net.TCPAddr).AddrPort()), nil
	case t.acceptor != nil:
		return socketAddress(t.acceptor.l.Addr().(*net.TCPAddr).AddrPort()), nil
	}
	if err := t.in(tcpBound); err != nil {
		return nil, err
	}
	at, err := t.raw.local()
	if err != nil {
		return nil, socketError(err)
	}
	return socketAddress(at), nil
}

func (t *tcpSocket) RemoteAddress(context.Context) (network.IPSocketAddress, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != tcpConnected {
		return nil, network.ErrorCodeInvalidState
	}
	return socketAddress(t.conn.RemoteAddr().(*net.TCPAddr).AddrPort()), nil
}

func (t *tcpSocket) IsListening(context.Context) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state == tcpListening, nil
}

func (t *tcpSocket) AddressFamily(context.Context) (network.IPAddressFamily, error) {
	return t.family, nil
}

func (t *tcpSocket) Shutdown(_ context.Context, how tcp.ShutdownType) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != tcpConnected {
		return network.ErrorCodeInvalidState
	}
	t.conn.shutdown(how != tcp.ShutdownTypeSend, how != tcp.ShutdownTypeReceive)
	return nil
}

func (t *tcpSocket) Subscribe(context.Context) (poll.Pollable, error) {
	return t.pollable(t.ready), nil
}

func (t *tcpSocket) ready() (bool, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch t.state {
	case tcpConnecting:
		return once(t.dialed)()
	case tcpListening:
		return t.acceptor.ready()
	}
	return true, nil
}

func (t *tcpSocket) Drop(ctx context.Context) {
	defer t.childless(ctx, "tcp-socket")
	t.mu.Lock()
	defer t.mu.Unlock()
	t.net.give()
	switch {
	case t.raw != nil:
		_ = t.raw.Close()
		t.raw = nil
	case t.acceptor != nil:
		t.acceptor.close()
	case t.conn != nil && t.state == tcpConnecting: // its streams were never given
		_ = t.conn.Close()
	case t.conn != nil:
		t.conn.release()
	}
}

// An acceptor takes connections, one ahead of the guest, from a goroutine that
// runs only while one is wanted.
type acceptor struct {
	l      *net.TCPListener
	mu     sync.Mutex
	next   *net.TCPConn
	err    error
	busy   bool
	closed bool
	signal signal
}

func (a *acceptor) take() (*net.TCPConn, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next == nil && a.err == nil {
		a.fill()
		return nil, network.ErrorCodeWouldBlock
	}
	c, err := a.next, a.err
	a.next, a.err = nil, nil
	return c, err
}

func (a *acceptor) ready() (bool, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next != nil || a.err != nil {
		return true, nil
	}
	a.fill()
	return false, a.signal.next()
}

func (a *acceptor) fill() {
	if a.busy {
		return
	}
	a.busy = true
	go func() {
		c, err := accept(a.l)
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.next, a.err, a.busy = c, err, false; a.closed && c != nil {
			_ = c.Close()
		}
		a.signal.raise()
	}()
}

func (a *acceptor) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	_ = a.l.Close()
	if a.next != nil {
		_ = a.next.Close()
	}
}
