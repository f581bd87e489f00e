package memory_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/airsstack/witgen/runtime/memory"
	"github.com/airsstack/witgen/runtime/quota"
)

const page = 64 << 10

func newPool(t *testing.T, c memory.Config) *memory.Pool {
	t.Helper()
	p := memory.NewPool(c)
	t.Cleanup(p.Close)
	return p
}

func TestMemoryGrowsToItsLimitAndKeepsContents(t *testing.T) {
	t.Parallel()
	s := newPool(t, memory.Config{}).Set(10*page, nil)
	m := s.Allocate(page, 100*page)
	buf := m.Reallocate(page)
	buf[0], buf[page-1] = 1, 2
	if s.Grew() {
		t.Error("it grew when it was made")
	}
	for pages := 2; pages <= 10; pages++ {
		buf = m.Reallocate(uint64(pages) * page)
		if len(buf) != pages*page || cap(buf) != len(buf) {
			t.Fatalf("%d pages: length %d, capacity %d", pages, len(buf), cap(buf))
		}
		if buf[0] != 1 || buf[page-1] != 2 {
			t.Fatalf("%d pages: contents lost", pages)
		}
		if buf[len(buf)-1] != 0 {
			t.Fatalf("%d pages: new memory is not zero", pages)
		}
	}
	if m.Reallocate(11*page) != nil {
		t.Error("it grew beyond its limit")
	}
	if got := len(m.Reallocate(10 * page)); got != 10*page || !s.Grew() {
		t.Errorf("after a refusal it has %d bytes, grew %v", got, s.Grew())
	}
	m.Free()
	s.Free()
	s.Free()
}

func TestMemoriesOfASetShareItsLimit(t *testing.T) {
	t.Parallel()
	s := newPool(t, memory.Config{}).Set(3*page, nil)
	defer s.Free()
	a, b := s.Allocate(page, 10*page), s.Allocate(page, 10*page)
	if a.Reallocate(2*page) == nil || b.Reallocate(page) == nil || a.Reallocate(3*page) != nil {
		t.Errorf("used %v", s.Usage())
	}
}

func refused(t *testing.T, s *memory.Set, size uint64) (limit *memory.LimitError) {
	t.Helper()
	defer func() {
		err, _ := recover().(error)
		if !errors.As(err, &limit) {
			t.Errorf("got %v", err)
		}
	}()
	s.Allocate(size, size).Reallocate(size)
	return nil
}

func TestTooMuchFromTheStart(t *testing.T) {
	t.Parallel()
	p := newPool(t, memory.Config{Total: 4 * page})
	s := p.Set(page, nil)
	want := memory.LimitError{Wanted: 2 * page, Usage: quota.Usage{Limit: page}}
	if got := refused(t, s, 2*page); got == nil || *got != want {
		t.Errorf("got %+v", got)
	}
	big := p.Set(100*page, nil)
	if got := refused(t, big, 5*page); got == nil || !got.Host || got.Usage.Limit != 4*page {
		t.Errorf("of the host: got %+v", got)
	}
	s.Free()
	big.Free()
	if u := p.Usage(); u.Used != 0 {
		t.Errorf("left: %v", u)
	}
}

func TestTheHostsLimitCountsAllSets(t *testing.T) {
	t.Parallel()
	var near []quota.Usage
	p := newPool(t, memory.Config{Total: 10 * page, Near: func(u quota.Usage) { near = append(near, u) }})
	a, b := p.Set(100*page, nil), p.Set(100*page, nil)
	a.Allocate(page, 50*page).Reallocate(6 * page)
	m := b.Allocate(page, 50*page)
	m.Reallocate(3 * page)
	if m.Reallocate(5*page) != nil {
		t.Errorf("more than the host has: %v", p.Usage())
	}
	a.Free()
	if m.Reallocate(5*page) == nil {
		t.Errorf("what is free is refused: %v", p.Usage())
	}
	b.Free()
	if len(near) != 1 || near[0].Used != 9*page {
		t.Errorf("told at %v", near)
	}
}

// TestReuseIsZero gives memories back dirty, and takes them again.
func TestReuseIsZero(t *testing.T) {
	t.Parallel()
	p := newPool(t, memory.Config{Keep: 64 * page})
	for i := range 50 {
		s := p.Set(32*page, nil)
		m := s.Allocate(page, 32*page)
		buf := m.Reallocate(uint64(1+i%5) * page)
		buf = m.Reallocate(uint64(len(buf)) + page)
		if bytes.Count(buf, []byte{0}) != len(buf) {
			t.Fatalf("round %d: a memory is not zero", i)
		}
		for j := range buf {
			buf[j] = 0xff
		}
		s.Free()
	}
	if k := p.Kept(); k == 0 || k > 64*page {
		t.Errorf("kept %d", k)
	}
	p.Close()
	if p.Kept() != 0 || p.Usage().Used != 0 {
		t.Errorf("after Close: kept %d, %v", p.Kept(), p.Usage())
	}
}

func TestKeepBoundsWhatIsKept(t *testing.T) {
	t.Parallel()
	p := newPool(t, memory.Config{Keep: 3 * page})
	var sets []*memory.Set
	for range 10 {
		s := p.Set(page, nil)
		s.Allocate(page, page).Reallocate(page)
		sets = append(sets, s)
	}
	for _, s := range sets {
		s.Free()
	}
	if k := p.Kept(); k != 3*page {
		t.Errorf("kept %d", k)
	}
}

func TestManyGoroutines(t *testing.T) {
	t.Parallel()
	p := newPool(t, memory.Config{Keep: 100 * page, Total: 1000 * page})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				s := p.Set(4*page, nil)
				buf := s.Allocate(page, 4*page).Reallocate(2 * page)
				if buf[0] != 0 || buf[2*page-1] != 0 {
					t.Error("not zero")
				}
				buf[0], buf[2*page-1] = 1, 1
				s.Free()
			}
		})
	}
	wg.Wait()
	if u := p.Usage(); u.Used != 0 {
		t.Errorf("left: %v", u)
	}
}

// An engine keeps of a memory what the engine of this project keeps: the slice
// that it was answered with, and the most that it may ask for.
type engine struct {
	hook interface{ Reallocate(uint64) []byte }
	buf  []byte
	max  uint32
}

func (e *engine) Grow(pages uint32) (uint32, bool) {
	before := uint32(len(e.buf) / page)
	if before+pages > e.max {
		return 0, false
	}
	buf := e.hook.Reallocate(uint64(before+pages) * page)
	if buf == nil {
		return 0, false
	}
	e.buf = buf
	return before, true
}

// TestResize makes memories larger and smaller: what comes back is zero, what
// was taken is not counted any more.
func TestResize(t *testing.T) {
	t.Parallel()
	for _, most := range []uint32{40, 20} {
		p := newPool(t, memory.Config{})
		s := p.Set(40*page, nil)
		m := s.Allocate(page, 40*page)
		e := &engine{m, m.Reallocate(2 * page), most}
		for _, pages := range []uint64{3, 2, 20, 1, 19, 3, 3, 1} { // 18 pages are more than is cleared
			before := len(e.buf)
			mayShrink := uint32(before/page) < most
			if ok := s.Resize(0, pages*page, e); ok != (mayShrink || pages*page >= uint64(before)) {
				t.Fatalf("from %d to %d pages, of %d: %v", before/page, pages, most, ok)
			} else if !ok {
				break
			}
			if len(e.buf) != int(pages)*page || cap(e.buf) != len(e.buf) {
				t.Fatalf("%d pages: length %d, capacity %d", pages, len(e.buf), cap(e.buf))
			}
			if s.Usage().Used != pages*page || p.Usage().Used != pages*page {
				t.Errorf("%d pages: counted %v, %v", pages, s.Usage(), p.Usage())
			}
			if len(e.buf) > before && bytes.Count(e.buf[before:], []byte{0}) != len(e.buf)-before {
				t.Errorf("%d pages: what was added is not zero", pages)
			}
			for i := range e.buf {
				e.buf[i] = 0xff
			}
		}
		s.Free()
		if p.Usage().Used != 0 {
			t.Errorf("left: %v", p.Usage())
		}
	}
}

func TestResizeWithinTheLimit(t *testing.T) {
	t.Parallel()
	s := newPool(t, memory.Config{}).Set(3*page, nil)
	defer s.Free()
	m := s.Allocate(page, 40*page)
	e := &engine{m, m.Reallocate(page), 40}
	if s.Resize(0, 4*page, e) || !s.Resize(0, 3*page, e) {
		t.Errorf("it has %v", s.Usage())
	}
	if !s.Resize(0, page, e) || !s.Resize(0, 3*page, e) {
		t.Errorf("what was given back is not there again: %v", s.Usage())
	}
}

// TestRestore gives memories back what images hold, large and small ones, those
// of which little was ever touched, and after the pool was closed.
func TestRestore(t *testing.T) {
	t.Parallel()
	for _, pages := range []uint64{1, 3, 4, 5, 17, 200} {
		p := newPool(t, memory.Config{Keep: 1000 * page})
		r := rand.New(rand.NewPCG(pages, 1))
		scribble := func(buf []byte) {
			for range 1 + r.IntN(5) {
				at := r.IntN(len(buf))
				for n := r.IntN(9000); n >= 0 && at < len(buf); n-- {
					buf[at] = byte(r.IntN(256))
					at++
				}
			}
		}
		for round := range 6 {
			s := p.Set(400*page, nil)
			m := s.Allocate(page, 400*page)
			e := &engine{m, m.Reallocate(pages * page), 400}
			if bytes.Count(e.buf, []byte{0}) != len(e.buf) {
				t.Fatalf("%d pages, round %d: a new memory is not zero", pages, round)
			}
			if round > 0 {
				scribble(e.buf)
			}
			want := bytes.Clone(e.buf)
			img := s.Image(0)
			if img.Size() != pages*page || img.Held() > len(want) || round == 0 && img.Held() != 0 {
				t.Errorf("%d pages, round %d: an image of %d bytes holds %d", pages, round, img.Size(), img.Held())
			}
			for again := range 4 {
				if round == 5 && again == 3 {
					p.Close() // which takes away what tells of pages
				}
				if again%2 == 1 && !s.Resize(0, (pages+3)*page, e) {
					t.Fatal("it cannot grow")
				}
				scribble(e.buf)
				if !s.Restore(0, img, e) {
					t.Fatal("it cannot be restored")
				}
				if !bytes.Equal(e.buf, want) {
					t.Fatalf("%d pages, round %d: not as it was", pages, round)
				}
			}
			s.Free()
		}
	}
}
