package actor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// A mailboxModel is what a mailbox is to be: messages in their order, of which so many may wait, and senders that wait for a place.
type mailboxModel struct {
	size, bytes int // 0 bytes for any number
	waiting     [][]byte
	reserved    int // places that are given and not put yet
	reservedB   int
	senders     []*waiter
}

func (m *mailboxModel) fits(bytes int) bool {
	if len(m.waiting)+m.reserved >= m.size {
		return false
	}
	sum := m.reservedB + bytes
	for _, w := range m.waiting {
		sum += len(w)
	}
	return m.bytes == 0 || sum <= m.bytes
}

func (m *mailboxModel) give(bytes int) {
	m.reserved++
	m.reservedB += bytes
}

// admit gives places to senders, first come first served, and gives those that got one.
func (m *mailboxModel) admit() (got []*waiter) {
	for len(m.senders) > 0 && m.fits(m.senders[0].bytes) {
		m.give(m.senders[0].bytes)
		got = append(got, m.senders[0])
		m.senders = m.senders[1:]
	}
	return got
}

// TestMailboxAgainstAModel does the same to a mailbox and to its model, at random.
func TestMailboxAgainstAModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			m := mailboxModel{size: 1 + random.IntN(150)}
			if seed%2 == 1 {
				m.bytes = 40 + random.IntN(2000)
			}
			var b mailbox
			b.bound(m.size, m.bytes, 0)
			type place struct {
				bytes   int
				counted *room
			}
			var places []place // that are given
			n := uint64(0)
			payload := func(bytes int) []byte { // that is told from all others
				n++
				return binary.BigEndian.AppendUint64(make([]byte, 0, bytes), n)[:max(bytes, 8)]
			}
			admitted := func(got []*waiter) {
				for _, w := range got {
					if len(w.verdict) != 1 || <-w.verdict != nil {
						t.Fatalf("a sender of %d bytes got no place", w.bytes)
					}
					places = append(places, place{w.bytes, w.counted})
				}
				for _, w := range m.senders {
					if len(w.verdict) != 0 {
						t.Fatalf("a sender of %d bytes got %v before its turn", w.bytes, <-w.verdict)
					}
				}
			}
			came := func(p []byte) {
				if len(m.waiting) == 0 || string(p) != string(m.waiting[0]) {
					t.Fatalf("%x came, want the first of %x", p, m.waiting)
				}
				m.waiting = m.waiting[1:]
			}
			for range 4000 {
				switch random.IntN(10) {
				case 0, 1, 2: // somebody sends
					bytes := 8 + random.IntN(30)
					fits := len(m.senders) == 0 && m.fits(bytes)
					if got := b.reserve(bytes); got != fits {
						t.Fatalf("a place for %d bytes: %v, want %v of %+v", bytes, got, fits, m)
					}
					switch {
					case fits:
						m.give(bytes)
						places = append(places, place{bytes, b.room})
					case random.IntN(2) == 0:
						m.senders = append(m.senders, b.wait(bytes))
						admitted(m.admit())
					case !errors.Is(b.full(bytes), ErrMailboxFull):
						t.Fatal(b.full(bytes))
					}
				case 3, 4, 5: // whoever has a place puts the message, or gives it back
					if len(places) == 0 {
						continue
					}
					i := random.IntN(len(places))
					p := places[i]
					places = append(places[:i], places[i+1:]...)
					m.reserved--
					m.reservedB -= p.bytes
					if random.IntN(5) == 0 {
						b.withhold(p.bytes, p.counted)
						admitted(m.admit())
						continue
					}
					text := payload(p.bytes)
					b.put(&Message{Payload: text}, p.counted)
					m.waiting = append(m.waiting, text)
				case 6: // a sender gives up
					if len(m.senders) == 0 {
						continue
					}
					i := random.IntN(len(m.senders))
					w := m.senders[i]
					m.senders = append(m.senders[:i:i], m.senders[i+1:]...)
					b.withdraw(w, errNoTime)
					if err := <-w.verdict; err != errNoTime {
						t.Fatal(err)
					}
					admitted(m.admit())
				case 7, 8: // the reader reads, one by one or several at once
					if !b.take() {
						if len(m.waiting) > 0 {
							t.Fatalf("nothing there, want %d messages", len(m.waiting))
						}
						continue
					}
					for range random.IntN(10) {
						if random.IntN(2) == 0 {
							if next := b.next(); next != nil {
								came(next.Payload)
							}
							continue
						}
						ms := b.ahead(1 + random.IntN(70))
						k := random.IntN(len(ms) + 1)
						for i := range k {
							came(ms[i].Payload)
						}
						b.skip(k)
					}
					b.admit()
					admitted(m.admit())
				case 9: // rarely the limits change, or all is taken out
					switch random.IntN(20) {
					case 0:
						m.size = 1 + random.IntN(150)
						b.bound(m.size, m.bytes, 0)
						admitted(m.admit())
					case 1:
						for _, left := range b.clear() {
							came(left.Payload)
						}
						if len(m.waiting) > 0 {
							t.Fatalf("%d messages were left behind", len(m.waiting))
						}
						b.admit()
						admitted(m.admit())
					}
				}
				if got := b.queued(); got != len(m.waiting)+m.reserved {
					t.Fatalf("%d wait, want %d and %d places", got, len(m.waiting), m.reserved)
				}
				if b.waiting.Load() != (len(m.senders) > 0) || len(b.waiters) != len(m.senders) {
					t.Fatalf("%d senders wait, want %d", len(b.waiters), len(m.senders))
				}
			}
		})
	}
}

var errNoTime = errors.New("no time")

// TestMailboxOfManyWriters has writers send at once, some of them waiting, while the reader reads without their lock. All of each comes,
// in its order, and never do more wait than may.
func TestMailboxOfManyWriters(t *testing.T) {
	t.Parallel()
	const writers, each = 4, 3000
	for _, size := range []int{1, 3, 64, 1000} {
		t.Run(fmt.Sprint(size, " places"), func(t *testing.T) {
			t.Parallel()
			var b mailbox
			var mu sync.Mutex
			b.bound(size, 0, 0)
			wake := make(chan struct{}, 1)
			var all sync.WaitGroup
			for i := range uint64(writers) {
				all.Go(func() {
					for k := range uint64(each) {
						m := &Message{Payload: binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, i), k)}
						mu.Lock()
						if !b.reserve(len(m.Payload)) {
							w := b.wait(len(m.Payload))
							mu.Unlock()
							if err := <-w.verdict; err != nil {
								t.Error(err)
							}
							mu.Lock()
						}
						b.put(m, nil)
						if n := b.queued(); n > size {
							t.Errorf("%d wait in %d places", n, size)
						}
						mu.Unlock()
						select {
						case wake <- struct{}{}:
						default:
						}
					}
				})
			}
			random := rand.New(rand.NewPCG(uint64(size), 1))
			var next [writers]uint64
			came := func(p []byte) {
				i, k := binary.BigEndian.Uint64(p), binary.BigEndian.Uint64(p[8:])
				if k != next[i] {
					t.Errorf("%d of writer %d, want %d", k, i, next[i])
				}
				next[i] = k + 1
			}
			for got := 0; got < writers*each; {
				mu.Lock()
				some := b.take()
				mu.Unlock()
				if !some {
					<-wake
					continue
				}
				for b.taken != nil {
					if random.IntN(2) == 0 {
						ms := b.ahead(1 + random.IntN(100))
						for _, m := range ms {
							came(m.Payload)
						}
						b.skip(len(ms))
						got += len(ms)
					} else if m := b.next(); m != nil {
						came(m.Payload)
						got++
					}
					if b.waiting.Load() {
						mu.Lock()
						b.admit()
						mu.Unlock()
					}
				}
			}
			all.Wait()
		})
	}
}
