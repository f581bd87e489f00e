package quota_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/airsstack/witgen/runtime/quota"
)

func TestThrottleHasWhoUsesTooMuchWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := quota.NewThrottle(1000, nil, nil)
		began := time.Now()
		for _, step := range []struct {
			use  uint64
			wait time.Duration
		}{{400, 0}, {600, 0}, {500, 500 * time.Millisecond}, {10_000, 10 * time.Second}, {1, time.Millisecond}} {
			th.Use(step.use)
			if owed := th.Owed(); owed != step.wait {
				t.Errorf("after %d: %v are owed, want %v", step.use, owed, step.wait)
			}
			before := time.Now()
			if !th.Wait(nil) || time.Since(before) != step.wait {
				t.Errorf("after %d: waited %v, want %v", step.use, time.Since(before), step.wait)
			}
		}
		if u := th.Usage(); u.Used != 1000 || u.Limit != 1000 {
			t.Errorf("used %v", u)
		}
		time.Sleep(time.Minute) // no more than a second's worth gathers
		th.Use(1500)
		if owed := th.Owed(); owed != 500*time.Millisecond {
			t.Errorf("after a minute: %v are owed after %v", owed, time.Since(began))
		}
	})
}

func TestThrottleTellsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var near, met int
		th := quota.NewThrottle(100, func(quota.Usage) { near++ }, func(quota.Usage) { met++ })
		th.Use(89)
		if near != 0 || met != 0 {
			t.Errorf("at 89: near %d, met %d", near, met)
		}
		th.Use(1)
		th.Use(10)
		if near != 1 || met != 0 {
			t.Errorf("at 100: near %d, met %d", near, met)
		}
		for range 10 {
			th.Use(1)
			th.Wait(nil)
		}
		if near != 1 || met != 1 {
			t.Errorf("beyond: near %d, met %d", near, met)
		}
		time.Sleep(time.Second)
		th.Use(50)
		th.Use(100)
		if near != 2 || met != 2 {
			t.Errorf("once more: near %d, met %d", near, met)
		}
	})
}

func TestThrottleOfNothingBoundsNothing(t *testing.T) {
	t.Parallel()
	var th *quota.Throttle
	th.Use(1 << 40)
	if th.Owed() != 0 || !th.Wait(nil) || th.Usage() != (quota.Usage{}) {
		t.Error("a nil throttle bounds")
	}
	b := &bytes.Buffer{}
	if th.Reader(b, nil) != io.Reader(b) || th.Writer(b, nil) != io.Writer(b) {
		t.Error("a nil throttle stands between")
	}
}

func TestThrottleStreams(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789"), 1000)
	synctest.Test(t, func(t *testing.T) {
		th := quota.NewThrottle(2000, nil, nil)
		began := time.Now()
		var out bytes.Buffer
		if n, err := th.Writer(&out, nil).Write(data); n != len(data) || err != nil {
			t.Fatal(n, err)
		}
		// 10,000 bytes at 2,000 a second, of which a second's worth was there, and
		// the last piece is not waited for.
		if took := time.Since(began); took < 3800*time.Millisecond || took > 4*time.Second {
			t.Errorf("writing took %v", took)
		}
		back, err := io.ReadAll(th.Reader(&out, nil))
		if err != nil || !bytes.Equal(back, data) {
			t.Fatal(len(back), err)
		}
		if took := time.Since(began); took < 8800*time.Millisecond || took > 9*time.Second {
			t.Errorf("writing and reading took %v", took)
		}
	})
}

func TestThrottleStreamsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := quota.NewThrottle(1, nil, nil)
		done := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			n, err := th.Writer(io.Discard, done).Write(make([]byte, 100))
			if n >= 100 || !errors.Is(err, os.ErrClosed) {
				t.Errorf("wrote %d, %v", n, err)
			}
		})
		all.Go(func() {
			if b, err := io.ReadAll(th.Reader(bytes.NewReader(make([]byte, 100)), done)); len(b) >= 100 || !errors.Is(err, os.ErrClosed) {
				t.Errorf("read %d, %v", len(b), err)
			}
		})
		time.Sleep(10 * time.Second)
		close(done)
		all.Wait()
	})
}

func TestThrottleIsOneForMany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := quota.NewThrottle(1000, nil, nil)
		began := time.Now()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				for range 100 {
					th.Wait(nil)
					th.Use(10)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took < 8800*time.Millisecond || took > 9100*time.Millisecond {
			t.Errorf("10,000 of 1,000 a second took %v", took)
		}
	})
}
