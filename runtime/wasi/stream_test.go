package wasi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/poll"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/streams"
)

// TestBackPressure fills a stream that nobody reads, and empties it.
func TestBackPressure(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, w := io.Pipe()
	out := &outputStream{sink: newStdout(w)}
	total := 0
	for {
		n, err := out.CheckWrite(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		n = min(n, 10_000)
		if err := out.WriteZeroes(ctx, n); err != nil {
			t.Fatal(err)
		}
		total += int(n)
	}
	if total != maxQueued {
		t.Errorf("%d bytes were taken, want %d", total, maxQueued)
	}
	if err := out.Write(ctx, []byte("x")); err == nil || errors.As(err, new(streams.StreamError)) {
		t.Errorf("to write too much gives %v, want a trap", err)
	}
	p, _ := out.Subscribe(ctx)
	if ready, _ := p.Ready(ctx); ready {
		t.Error("a full stream is ready")
	}
	read := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, r)
		read <- n
	}()
	if err := p.Block(ctx); err != nil {
		t.Fatal(err)
	}
	if err := out.BlockingFlush(ctx); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	if n := <-read; n != int64(total) {
		t.Errorf("%d bytes came, want %d", n, total)
	}
}

// TestSplice moves a stream into another one, to the end.
func TestSplice(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	text := strings.Repeat("abcdefgh", 40_000)
	var got bytes.Buffer
	in, out := &inputStream{source: newInput(strings.NewReader(text))}, &outputStream{sink: newStdout(&got)}
	for {
		_, err := out.BlockingSplice(ctx, in, 1<<40)
		if _, closed := errors.AsType[*streams.StreamErrorClosed](err); closed {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := out.BlockingFlush(ctx); err != nil {
		t.Fatal(err)
	}
	if got.String() != text {
		t.Errorf("%d bytes came, want %d", got.Len(), len(text))
	}
}

// TestPoll waits for the first of several, for a timer, and for the context.
func TestPoll(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	clock := monotonic{}
	never := make(chan struct{})
	waits := &pollable{ready: once(never)}
	soon, _ := clock.SubscribeDuration(ctx, 1_000_000)
	now, _ := clock.SubscribeInstant(ctx, 0)
	defer soon.Drop(ctx)
	if got, err := (poller{}).Poll(ctx, []poll.Pollable{waits, soon}); err != nil || len(got) != 1 || got[0] != 1 {
		t.Errorf("Poll gives %v, %v", got, err)
	}
	if got, err := (poller{}).Poll(ctx, []poll.Pollable{now, waits, soon}); err != nil || len(got) != 2 {
		t.Errorf("Poll gives %v, %v", got, err)
	}
	if _, err := (poller{}).Poll(ctx, nil); err == nil {
		t.Error("Poll of nothing is no trap")
	}
	cancel()
	if _, err := (poller{}).Poll(ctx, []poll.Pollable{waits}); !errors.Is(err, context.Canceled) {
		t.Errorf("Poll gives %v when its context has ended", err)
	}
}

// TestBrokenOutput tells a program that its output is gone.
func TestBrokenOutput(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r, w := io.Pipe()
	_ = r.CloseWithError(errors.New("the disk is full"))
	out := &outputStream{sink: newStdout(w)}
	err := out.BlockingWriteAndFlush(ctx, []byte("x"))
	failed, ok := errors.AsType[*streams.StreamErrorLastOperationFailed](err)
	if !ok {
		t.Fatalf("it gives %v", err)
	}
	if s, _ := failed.Value.ToDebugString(ctx); s != "the disk is full" {
		t.Errorf("it says %q", s)
	}
}
