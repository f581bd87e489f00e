package wasi

import (
	"errors"
	"net"
	"net/netip"
	"sync"

	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/udp"
)

// An inbox takes datagrams from a goroutine that runs as long as there is room.
type inbox struct {
	conn      *net.UDPConn
	bandwidth *quota.Throttle
	ended     chan struct{} // closed with conn

	mu     sync.Mutex
	queue  []udp.IncomingDatagram
	from   []netip.AddrPort
	err    error
	busy   bool
	signal signal
}

func (b *inbox) take(most int, peer netip.AddrPort) ([]udp.IncomingDatagram, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.only(peer)
	n := min(most, len(b.queue))
	out := b.queue[:n:n]
	b.queue, b.from = b.queue[n:], b.from[n:]
	if n == 0 && b.err != nil {
		err := b.err
		b.clear()
		return nil, socketError(err)
	}
	b.fill()
	return out, nil
}

// forget is for a change of peers: what became of the one before is nothing to the
// next.
func (b *inbox) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
}

// clear makes the inbox go on after an error: that a peer is not there is told
// once, and it may come.
func (b *inbox) clear() {
	if !errors.Is(b.err, net.ErrClosed) {
		b.err = nil
	}
}

func (b *inbox) ready(peer netip.AddrPort) (bool, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.only(peer); len(b.queue) > 0 || b.err != nil {
		return true, nil
	}
	b.fill()
	return false, b.signal.next()
}

// only throws away what is not from peer, where there is one.
func (b *inbox) only(peer netip.AddrPort) {
	if !peer.IsValid() {
		return
	}
	kept := 0
	for i := range b.queue {
		if b.from[i] == peer {
			b.queue[kept], b.from[kept] = b.queue[i], peer
			kept++
		}
	}
	b.queue, b.from = b.queue[:kept], b.from[:kept]
}

func (b *inbox) fill() {
	if b.busy || b.err != nil || len(b.queue) >= maxDatagrams {
		return
	}
	b.busy = true
	go b.run()
}

func (b *inbox) run() {
	buf := make([]byte, maxDatagram)
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.queue) < maxDatagrams && b.err == nil {
		b.mu.Unlock()
		b.bandwidth.Wait(b.ended)
		n, from, err := b.conn.ReadFromUDPAddrPort(buf)
		b.bandwidth.Use(uint64(n))
		b.mu.Lock()
		if b.err = err; err == nil {
			from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
			b.queue = append(b.queue, udp.IncomingDatagram{Data: append([]byte(nil), buf[:n]...), RemoteAddress: socketAddress(from)})
			b.from = append(b.from, from)
		}
		b.signal.raise()
	}
	b.busy = false
}
