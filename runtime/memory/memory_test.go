package memory_test

import (
	"errors"
	"testing"

	"github.com/airsstack/witgen/runtime/memory"
)

const page = 64 << 10

func TestCappedGrowsToItsLimitAndKeepsContents(t *testing.T) {
	t.Parallel()
	m := memory.Capped(10*page).Allocate(page, 100*page)
	buf := m.Reallocate(page)
	buf[0], buf[page-1] = 1, 2
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
	if got := len(m.Reallocate(10 * page)); got != 10*page {
		t.Errorf("after a refusal it has %d bytes", got)
	}
	m.Free()
}

func TestCappedRefusesTooMuchFromTheStart(t *testing.T) {
	t.Parallel()
	defer func() {
		err, _ := recover().(error)
		var limit *memory.LimitError
		if !errors.As(err, &limit) || limit.Wanted != 2*page || limit.Limit != page {
			t.Errorf("got %v", err)
		}
	}()
	memory.Capped(page).Allocate(2*page, 2*page).Reallocate(2 * page)
}
