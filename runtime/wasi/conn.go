package wasi

import (
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/streams"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
)

// lingerTime is how long what was written may still take when nobody holds the
// connection any more.
const lingerTime = time.Second

// A conn is a connection, closed when the guest has dropped the socket and both
// streams.
type conn struct {
	*net.TCPConn
	refs  atomic.Int32
	in    *input
	out   *output
	leave netguard.Leave
	ended chan struct{} // closed when nothing waits for bandwidth any more; nil where nothing does
}

// errSocketRevoked is what streams fail with whose grant was taken back.
var errSocketRevoked error = network.ErrorCodeAccessDenied

func newConn(c *net.TCPConn, leave netguard.Leave, bandwidth *quota.Throttle) *conn {
	out := &conn{TCPConn: c, leave: leave}
	if bandwidth != nil {
		out.ended = make(chan struct{})
	}
	out.in, out.out = &input{r: bandwidth.Reader(c, out.ended)}, &output{w: bandwidth.Writer(c, out.ended)}
	out.refs.Store(3)
	return out
}

func (c *conn) streams() (streams.InputStream, streams.OutputStream) {
	return &inputStream{source: connSource{c}}, &outputStream{sink: connSink{c}}
}

func (c *conn) release() {
	if c.refs.Add(-1) == 0 {
		_ = c.SetWriteDeadline(time.Now().Add(lingerTime))
		if c.ended != nil {
			time.AfterFunc(lingerTime, func() { close(c.ended) })
		}
		c.out.whenIdle(func() { _ = c.Close() })
	}
}

// shutdown ends sides of the connection, the writing one when what was written
// has gone.
func (c *conn) shutdown(read, write bool) {
	if read {
		c.in.close()
		_ = c.CloseRead()
	}
	if write {
		c.out.close()
		c.out.whenIdle(func() { _ = c.CloseWrite() })
	}
}

type connSource struct{ c *conn }

func (s connSource) read(n int) ([]byte, error) {
	if s.c.leave.Revoked() {
		return nil, errSocketRevoked
	}
	b, err := s.c.in.read(n)
	if err != nil && err != io.EOF {
		err = socketError(err)
	}
	return b, err
}

func (s connSource) ready() (bool, <-chan struct{}) {
	if s.c.leave.Revoked() {
		return true, nil
	}
	return s.c.in.ready()
}

func (s connSource) drop() { s.c.release() }

type connSink struct{ c *conn }

func (s connSink) check() (int, error) {
	if s.c.leave.Revoked() {
		return 0, errSocketRevoked
	}
	n, err := s.c.out.check()
	if err != nil && err != io.EOF {
		err = socketError(err)
	}
	return n, err
}

func (s connSink) write(b []byte) error { return s.c.out.write(b) }

func (s connSink) ready() (bool, <-chan struct{}) {
	if s.c.leave.Revoked() {
		return true, nil
	}
	return s.c.out.ready()
}

func (s connSink) flush() error { return s.c.out.flush() }

func (s connSink) flushed() (bool, <-chan struct{}) { return s.c.out.flushed() }

func (s connSink) drop() { s.c.release() }
