package wasi

import (
	"io"
	"net"

	"github.com/airsstack/witgen/runtime/quota"
)

// A throttledConn moves no more bytes than its throttle lets it.
type throttledConn struct {
	net.Conn
	in    io.Reader
	out   io.Writer
	ended func()
}

// throttled holds a connection to a bandwidth; nil is none.
func throttled(c net.Conn, bandwidth *quota.Throttle) net.Conn {
	if bandwidth == nil {
		return c
	}
	ended := make(chan struct{})
	return &throttledConn{c, bandwidth.Reader(c, ended), bandwidth.Writer(c, ended), closer(ended)}
}

func (c *throttledConn) Read(b []byte) (int, error)  { return c.in.Read(b) }
func (c *throttledConn) Write(b []byte) (int, error) { return c.out.Write(b) }

func (c *throttledConn) Close() error {
	c.ended()
	return c.Conn.Close()
}
