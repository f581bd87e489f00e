package quota_test

import (
	"math"
	"sync"
	"testing"

	"github.com/airsstack/witgen/runtime/quota"
)

func TestCounterRefusesMoreThanItsLimit(t *testing.T) {
	t.Parallel()
	c := quota.Counter{Limit: 10}
	if !c.Take(7) || c.Take(4) || c.Take(math.MaxUint64) || !c.Take(3) {
		t.Fatalf("after 7, 4, all and 3 of 10: %v", c.Usage())
	}
	c.Give(5)
	u := c.Usage()
	if u.Used != 5 || u.Available() != 5 || u.Percentage() != 50 || u.String() != "5 of 10 (50%)" {
		t.Errorf("got %v, %d available, %v%%", u, u.Available(), u.Percentage())
	}
}

func TestCounterWithoutALimit(t *testing.T) {
	t.Parallel()
	var c quota.Counter
	if !c.Take(1 << 40) {
		t.Fatal("refused")
	}
	u := c.Usage()
	if u.Available() != math.MaxUint64 || u.Percentage() != 0 || u.String() != "1099511627776 of any number" {
		t.Errorf("got %v", u)
	}
}

func TestCounterWarnsOnceAtNinetyPercent(t *testing.T) {
	t.Parallel()
	var told []uint64
	c := quota.Counter{Limit: 100, Near: func(u quota.Usage) { told = append(told, u.Used) }}
	c.Take(89)
	c.Take(1) // 90
	c.Take(5)
	c.Give(5)
	c.Take(5)
	c.Give(50) // 45
	c.Take(55) // 100
	if len(told) != 2 || told[0] != 90 || told[1] != 100 {
		t.Errorf("told at %v", told)
	}
}

func TestCounterFromManyGoroutines(t *testing.T) {
	t.Parallel()
	c := quota.Counter{Limit: 50, Near: func(quota.Usage) {}}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 1000 {
				if c.Take(10) {
					c.Give(10)
				}
			}
		})
	}
	wg.Wait()
	if c.Usage().Used != 0 {
		t.Errorf("left: %v", c.Usage())
	}
}
