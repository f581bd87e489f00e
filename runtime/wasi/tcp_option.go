package wasi

import (
	"context"
	"math"

	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
)

// options are those of what the socket is at the moment.
func (t *tcpSocket) options() options {
	return options{t.family, func() (hasDescriptor, error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		switch {
		case t.conn != nil:
			return t.conn.TCPConn, nil
		case t.acceptor != nil:
			return t.acceptor.l, nil
		}
		return rawDescriptor(t.raw)
	}}
}

func (t *tcpSocket) SetListenBacklogSize(_ context.Context, n uint64) error {
	if n == 0 {
		return network.ErrorCodeInvalidArgument
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.in(tcpUnbound, tcpBound, tcpListening); err != nil {
		return err
	}
	t.backlog = int(min(n, maxBacklog))
	if t.state == tcpListening {
		return socketError(setBacklog(t.acceptor.l, t.backlog))
	}
	return nil
}

func (t *tcpSocket) KeepAliveEnabled(context.Context) (bool, error) {
	n, err := t.options().get(optionKeepAlive)
	return n != 0, err
}

func (t *tcpSocket) SetKeepAliveEnabled(_ context.Context, on bool) error {
	o := t.options()
	c, err := o.on()
	if err != nil {
		return err
	}
	n := 0
	if on {
		n = 1
	}
	return socketError(setOption(c, o.family, optionKeepAlive, n))
}

func (t *tcpSocket) KeepAliveIdleTime(context.Context) (uint64, error) {
	return t.options().duration(optionKeepIdle)
}

func (t *tcpSocket) SetKeepAliveIdleTime(_ context.Context, d uint64) error {
	return t.options().setDuration(optionKeepIdle, d)
}

func (t *tcpSocket) KeepAliveInterval(context.Context) (uint64, error) {
	return t.options().duration(optionKeepInterval)
}

func (t *tcpSocket) SetKeepAliveInterval(_ context.Context, d uint64) error {
	return t.options().setDuration(optionKeepInterval, d)
}

func (t *tcpSocket) KeepAliveCount(context.Context) (uint32, error) {
	n, err := t.options().get(optionKeepCount)
	return uint32(n), err
}

func (t *tcpSocket) SetKeepAliveCount(_ context.Context, n uint32) error {
	return t.options().set(optionKeepCount, uint64(n), maxKeepCount)
}

func (t *tcpSocket) HopLimit(context.Context) (uint8, error) {
	n, err := t.options().get(optionHopLimit)
	return uint8(n), err
}

func (t *tcpSocket) SetHopLimit(_ context.Context, n uint8) error {
	return t.options().set(optionHopLimit, uint64(n), math.MaxUint8)
}

func (t *tcpSocket) ReceiveBufferSize(context.Context) (uint64, error) {
	return t.options().size(optionReceiveBuffer)
}

func (t *tcpSocket) SetReceiveBufferSize(_ context.Context, n uint64) error {
	return t.options().setSize(optionReceiveBuffer, n)
}

func (t *tcpSocket) SendBufferSize(context.Context) (uint64, error) {
	return t.options().size(optionSendBuffer)
}

func (t *tcpSocket) SetSendBufferSize(_ context.Context, n uint64) error {
	return t.options().setSize(optionSendBuffer, n)
}
