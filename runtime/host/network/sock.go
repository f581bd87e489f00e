package network

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/types"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/quota"
)

// A sock is one socket. One call at a time uses it; it may be closed meanwhile.
type sock struct {
	family  types.AddressFamily
	packets bool // it sends messages
	options types.SocketOptions
	bound   bool
	local   netip.AddrPort // that it was bound to
	remote  netip.AddrPort
	leave   netguard.Leave // under which it was bound and connected

	listener *net.TCPListener
	tcp      *net.TCPConn
	tls      *tls.Conn
	udp      *net.UDPConn
	known    map[netip.AddrPort]bool // to whom messages were sent, where it is not bound

	pool           *pool
	since          time.Time
	sent, received uint64
	closing        bool

	mu    sync.Mutex
	open  *quota.Counter // in which it counts; nil before
	ended bool
	idle  *time.Timer
	rest  time.Duration
}

// defaults are the options of a new socket.
var defaults = types.SocketOptions{ReuseAddress: true, TCPNoDelay: true, TCPKeepAlive: true}

func (s *sock) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open != nil && !s.ended {
		s.open.Give(1)
	}
	s.ended = true
	if s.idle != nil {
		s.idle.Stop()
	}
	switch {
	case s.listener != nil:
		_ = s.listener.Close()
	case s.tcp != nil:
		_ = s.tcp.Close()
	case s.udp != nil:
		_ = s.udp.Close()
	}
}

// counts has the socket count among those that are open, unless it does already,
// and tells whether there is room.
func (s *sock) counts(open *quota.Counter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil && open.Take(1) {
		s.open = open
	}
	return s.open != nil
}

// hold puts what the system gave into the socket, unless that was closed
// meanwhile.
func (s *sock) hold(put func(), opened interface{ Close() error }) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		_ = opened.Close()
		return net.ErrClosed
	}
	put()
	return nil
}

// alive tells whether a stream was not closed by this side.
func (s *sock) alive() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended
}

// stream is a connection: what is read from and written to.
func (s *sock) stream() (net.Conn, error) {
	switch {
	case s.tls != nil:
		return s.tls, nil
	case s.tcp != nil:
		return s.tcp, nil
	}
	return nil, cannot("is not connected")
}

// touch puts off the end of a connection that nobody uses.
func (s *sock) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil && !s.ended {
		s.idle.Reset(s.rest)
	}
}

// rests closes the connection when nobody has used it for that long.
func (s *sock) rests(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		s.idle.Stop()
		s.idle = nil
	}
	if d > 0 && !s.ended {
		s.rest = d
		s.idle = time.AfterFunc(d, s.close)
	}
}

// tick is how often what waits looks whether its grant was taken back.
const tick = 100 * time.Millisecond

// poll is how long a socket waits that does not wait: the system is asked once.
const poll = time.Millisecond

// await does something that may have to be waited for, under a deadline that set
// sets: at most for limit milliseconds, 0 is without end, while the call lasts and
// the grant stands. What ends it sets the deadline into the past.
func (s *sock) await(ctx context.Context, set func(time.Time) error, limit uint32, do func() error) error {
	switch {
	case s.options.NonBlocking:
		_ = set(time.Now().Add(poll))
	case limit > 0:
		_ = set(time.Now().Add(time.Duration(limit) * time.Millisecond))
	default:
		_ = set(time.Time{})
	}
	var revoked atomic.Bool
	stop := context.AfterFunc(ctx, func() { _ = set(time.Unix(1, 0)) })
	defer stop()
	watch := make(chan struct{})
	var watcher sync.WaitGroup
	if !s.options.NonBlocking {
		watcher.Go(func() {
			ticks := time.NewTicker(tick)
			defer ticks.Stop()
			for {
				select {
				case <-watch:
					return
				case <-ticks.C:
					if s.leave.Revoked() {
						revoked.Store(true)
						_ = set(time.Unix(1, 0))
						return
					}
				}
			}
		})
	}
	err := do()
	close(watch)
	watcher.Wait()
	s.touch()
	switch {
	case revoked.Load() || s.leave.Revoked():
		s.close()
		return errRevoked
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, os.ErrDeadlineExceeded) && s.options.NonBlocking:
		return &types.NetworkErrorWouldBlock{Value: "it would have to be waited for"}
	}
	return errorOf(err)
}

// apply gives the options to what the system has opened.
func (s *sock) apply() error {
	o := &s.options
	var errs []error
	if s.tcp != nil {
		errs = append(errs, s.tcp.SetNoDelay(o.TCPNoDelay), s.tcp.SetKeepAliveConfig(net.KeepAliveConfig{
			Enable: o.TCPKeepAlive, Idle: time.Duration(o.KeepAliveInterval) * time.Second, Interval: time.Duration(o.KeepAliveInterval) * time.Second,
		}))
		errs = append(errs, buffers(o, s.tcp))
	}
	if s.udp != nil {
		errs = append(errs, buffers(o, s.udp))
	}
	return errorOf(errors.Join(errs...))
}

// buffers sets what is said of them.
func buffers(o *types.SocketOptions, c interface {
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
},
) error {
	var errs []error
	if o.SendBufferSize > 0 {
		errs = append(errs, c.SetWriteBuffer(int(o.SendBufferSize)))
	}
	if o.ReceiveBufferSize > 0 {
		errs = append(errs, c.SetReadBuffer(int(o.ReceiveBufferSize)))
	}
	return errors.Join(errs...)
}
