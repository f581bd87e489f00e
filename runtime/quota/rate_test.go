package quota_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/quota"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestRateGivesASecondsWorthAndFillsUp(t *testing.T) {
	t.Parallel()
	for _, limit := range []uint64{1, 3, 7, 1000, 1_000_000} {
		now := start
		r := quota.NewRate(limit, now, nil)
		for range limit {
			if err := r.Take(now, 1, "messages"); err != nil {
				t.Fatalf("limit %d: %v", limit, err)
			}
		}
		err := r.Take(now, 1, "messages")
		e, ok := errors.AsType[*quota.ExceededError](err)
		if !ok || e.Of != "messages" || e.Wanted != 1 || e.Usage != (quota.Usage{Used: limit, Limit: limit}) || e.Retry <= 0 || e.Retry > time.Second/time.Duration(limit) {
			t.Fatalf("limit %d: %#v", limit, err)
		}
		if err := r.Take(now.Add(e.Retry-1), 1, "messages"); err == nil {
			t.Errorf("limit %d: there was some before the time that it told", limit)
		}
		now = now.Add(e.Retry)
		if err := r.Take(now, 1, "messages"); err != nil {
			t.Errorf("limit %d: none at the time that it told: %v", limit, err)
		}
		now = now.Add(time.Hour) // no more than a second's worth gathers
		if u := r.Usage(now); u.Used != 0 {
			t.Errorf("limit %d: after an hour %v", limit, u)
		}
		if err := r.Take(now, limit, "messages"); err != nil {
			t.Errorf("limit %d: all at once: %v", limit, err)
		}
		if r.Take(now, 1, "messages") == nil {
			t.Errorf("limit %d: more than a second's worth", limit)
		}
	}
}

func TestRateNeverGivesMoreThanASecondsWorth(t *testing.T) {
	t.Parallel()
	r := quota.NewRate(10, start, nil)
	e, ok := errors.AsType[*quota.ExceededError](r.Take(start.Add(time.Minute), 11, "bytes"))
	if !ok || e.Retry != 0 || e.Wanted != 11 || e.Usage.Used != 0 {
		t.Errorf("got %v", e)
	}
}

func TestRateOfATimeThatGoesBack(t *testing.T) {
	t.Parallel()
	r := quota.NewRate(10, start, nil)
	if err := r.Take(start.Add(time.Second), 10, "bytes"); err != nil {
		t.Fatal(err)
	}
	e, ok := errors.AsType[*quota.ExceededError](r.Take(start, 1, "bytes"))
	if !ok || e.Usage.Used != 10 {
		t.Errorf("got %v", e)
	}
}

func TestRateWarnsOnce(t *testing.T) {
	t.Parallel()
	var told []uint64
	r := quota.NewRate(100, start, func(u quota.Usage) { told = append(told, u.Used) })
	take := func(at time.Duration, n uint64) {
		t.Helper()
		if err := r.Take(start.Add(at), n, "bytes"); err != nil {
			t.Error(err)
		}
	}
	take(0, 89)
	take(0, 1)                   // 90
	take(0, 10)                  // 100
	take(50*time.Millisecond, 1) // 96: not yet below
	take(time.Second, 10)        // 11
	take(time.Second, 84)        // 95
	if len(told) != 2 || told[0] != 90 || told[1] != 95 {
		t.Errorf("told at %v", told)
	}
}

func TestRateTellsTheFirstRefusalApart(t *testing.T) {
	t.Parallel()
	r := quota.NewRate(10, start, nil)
	again := func(at time.Duration) bool {
		t.Helper()
		e, ok := errors.AsType[*quota.ExceededError](r.Take(start.Add(at), 10, "bytes"))
		if !ok {
			t.Fatal("not refused")
		}
		return e.Again
	}
	_ = r.Take(start, 10, "bytes")
	if again(0) || !again(0) || !again(150*time.Millisecond) {
		t.Error("the first is not told apart")
	}
	if err := r.Take(start.Add(900*time.Millisecond), 1, "bytes"); err != nil || again(900*time.Millisecond) {
		t.Errorf("after less was used: %v", err)
	}
}

func TestRateFromManyGoroutines(t *testing.T) {
	t.Parallel()
	r := quota.NewRate(1000, start, nil)
	var given atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				if r.Take(start, 1, "messages") == nil {
					given.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if given.Load() != 1000 {
		t.Errorf("gave %d of 1000", given.Load())
	}
}
