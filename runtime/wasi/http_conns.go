package wasi

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
)

// What is kept of connections that nothing is sent over.
const (
	idleConns        = 16
	idleConnsPerHost = 4
	idleTime         = 30 * time.Second
)

// connections are those that requests go over, kept for the next request of the same
// scheme, host and port. They are one instance's, or those of all that a [Handler]
// has, one at a time or together: these are of one component and have the same
// grants. Each request asks for its host and port; where a connection leads was asked
// when it was made.
type connections struct {
	config    *Config
	mu        sync.Mutex
	transport *http.Transport // nil until it is wanted
}

func (k *connections) get() *http.Transport {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.transport == nil {
		idle := idleConns
		if n := k.config.Sockets; n > 0 {
			idle = min(idle, n)
		}
		k.transport = &http.Transport{
			DialContext:            dial,
			TLSClientConfig:        k.config.tls(),
			TLSHandshakeTimeout:    connectTime,
			MaxResponseHeaderBytes: maxFields,
			MaxIdleConns:           idle,
			MaxIdleConnsPerHost:    idleConnsPerHost,
			IdleConnTimeout:        idleTime,
			DisableCompression:     true,
			ForceAttemptHTTP2:      true,
			WriteBufferSize:        32 << 10, // so that bodies go in few pieces
		}
	}
	return k.transport
}

// close closes what nobody uses, and what is in use as soon as that is over.
func (k *connections) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.transport != nil {
		k.transport.CloseIdleConnections()
	}
}

type exchangeKey struct{}

// dial connects for the exchange of ctx, to where its name leads, one address after
// the other.
func dial(ctx context.Context, _, _ string) (net.Conn, error) {
	e := ctx.Value(exchangeKey{}).(*exchange)
	ctx, cancel := context.WithTimeoutCause(ctx, atMost(e.options.connect, connectTime), errConnectTime)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)() // a request that is over connects for nobody else
	addrs, err := e.lookup.Addresses(ctx, e.ask)
	if err != nil {
		return nil, &dialError{err, true}
	}
	var d net.Dialer
	for _, a := range addrs {
		var c net.Conn
		if c, err = d.DialContext(ctx, "tcp", netip.AddrPortFrom(a, e.port).String()); err == nil {
			return &grantedConn{throttled(c, e.client.bandwidth), e.lookup.Leave()}, nil
		}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return nil, &dialError{err, false}
}

// A dialError came before there was a connection.
type dialError struct {
	error
	lookup bool
}

func (e *dialError) Unwrap() error { return e.error }

// A grantedConn is good as long as the grants are that it was made under.
type grantedConn struct {
	net.Conn
	leave netguard.Leave
}

// leaveOf gives the grants under which a connection was made.
func leaveOf(c net.Conn) netguard.Leave {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	return c.(*grantedConn).leave
}

func (c *grantedConn) Read(b []byte) (int, error) {
	if c.leave.Revoked() {
		return 0, &types.ErrorCodeHTTPRequestDenied{}
	}
	return c.Conn.Read(b)
}

func (c *grantedConn) Write(b []byte) (int, error) {
	if c.leave.Revoked() {
		return 0, &types.ErrorCodeHTTPRequestDenied{}
	}
	return c.Conn.Write(b)
}

// A stage is a part of an exchange that may take only so long, begun and ended by
// different goroutines in any order.
type stage struct {
	mu    sync.Mutex
	timer *time.Timer
	over  bool
}

func (s *stage) begin(most time.Duration, late func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && s.timer == nil {
		s.timer = time.AfterFunc(most, late)
	}
}

func (s *stage) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.timer != nil {
		s.timer.Stop()
	}
}
