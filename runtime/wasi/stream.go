package wasi

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/poll"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/streams"
)

const (
	maxRead  = 64 << 10 // what one read gives at most
	maxBlock = 4096     // what the blocking writes may be given
)

// A source is what an input stream reads from.
type source interface {
	// read gives what is there, up to n bytes, io.EOF at the end, and nothing
	// where it would have to wait. The bytes are good until the next call.
	read(n int) ([]byte, error)
	ready() (bool, <-chan struct{})
	drop()
}

// A sink is what an output stream writes to.
type sink interface {
	// check gives how much the next write may be; 0 where it has to wait.
	check() (int, error)
	// write takes b, which is the sink's from then on.
	write(b []byte) error
	ready() (bool, <-chan struct{})
	flush() error                     // begins to; check is 0 until it is done
	flushed() (bool, <-chan struct{}) // nothing is left to write, or an error
	drop()
}

// ioError is the error resource.
type ioError struct{ err error }

func (e *ioError) ToDebugString(context.Context) (string, error) { return e.err.Error(), nil }
func (e *ioError) Drop(context.Context)                          {}
func (e *ioError) Error() string                                 { return e.err.Error() }

// streamError is err as streams report it.
func streamError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		return &streams.StreamErrorClosed{}
	}
	return &streams.StreamErrorLastOperationFailed{Value: &ioError{err}}
}

type inputStream struct {
	source
	parent
}

func (s *inputStream) Read(_ context.Context, n uint64) ([]byte, error) {
	b, err := s.read(int(min(n, maxRead)))
	return b, streamError(err)
}

func (s *inputStream) BlockingRead(ctx context.Context, n uint64) ([]byte, error) {
	if n > 0 {
		if err := readiness(s.ready).wait(ctx); err != nil {
			return nil, err
		}
	}
	return s.Read(ctx, n)
}

func (s *inputStream) Skip(ctx context.Context, n uint64) (uint64, error) {
	b, err := s.Read(ctx, n)
	return uint64(len(b)), err
}

func (s *inputStream) BlockingSkip(ctx context.Context, n uint64) (uint64, error) {
	b, err := s.BlockingRead(ctx, n)
	return uint64(len(b)), err
}

func (s *inputStream) Subscribe(context.Context) (poll.Pollable, error) {
	return s.pollable(s.ready), nil
}

func (s *inputStream) Drop(ctx context.Context) {
	s.drop()
	s.childless(ctx, "input-stream")
}

type outputStream struct {
	sink
	parent
}

func (s *outputStream) CheckWrite(context.Context) (uint64, error) {
	n, err := s.check()
	return uint64(n), streamError(err)
}

func (s *outputStream) Write(_ context.Context, b []byte) error {
	return s.writeChecked(b)
}

// writeChecked writes what check allows. To write more is the guest's mistake,
// which ends it [wasi:io/streams, output-stream.write].
func (s *outputStream) writeChecked(b []byte) error {
	allowed, err := s.check()
	switch {
	case err != nil:
		return streamError(err)
	case len(b) > allowed:
		return fmt.Errorf("%d bytes were written to a stream where check-write allows %d", len(b), allowed)
	}
	return streamError(s.write(b))
}

func (s *outputStream) BlockingWriteAndFlush(ctx context.Context, b []byte) error {
	if len(b) > maxBlock {
		return fmt.Errorf("%d bytes were given to blocking-write-and-flush, which takes up to %d", len(b), maxBlock)
	}
	for len(b) > 0 {
		if err := readiness(s.ready).wait(ctx); err != nil {
			return err
		}
		n, err := s.check()
		if err != nil {
			return streamError(err)
		}
		n = min(n, len(b))
		if err := s.writeChecked(b[:n:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return s.BlockingFlush(ctx)
}

func (s *outputStream) Flush(context.Context) error { return streamError(s.flush()) }

func (s *outputStream) BlockingFlush(ctx context.Context) error {
	if err := s.flush(); err != nil {
		return streamError(err)
	}
	if err := readiness(s.flushed).wait(ctx); err != nil {
		return err
	}
	_, err := s.check()
	return streamError(err)
}

func (s *outputStream) Subscribe(context.Context) (poll.Pollable, error) {
	return s.pollable(s.ready), nil
}

func (s *outputStream) WriteZeroes(_ context.Context, n uint64) error {
	allowed, err := s.check()
	if err != nil {
		return streamError(err)
	}
	if n > uint64(allowed) {
		return fmt.Errorf("%d zeroes were written to a stream where check-write allows %d", n, allowed)
	}
	return streamError(s.write(make([]byte, n)))
}

func (s *outputStream) BlockingWriteZeroesAndFlush(ctx context.Context, n uint64) error {
	return s.BlockingWriteAndFlush(ctx, make([]byte, min(n, maxBlock+1)))
}

func (s *outputStream) Splice(_ context.Context, src streams.InputStream, n uint64) (uint64, error) {
	allowed, err := s.check()
	if err != nil {
		return 0, streamError(err)
	}
	b, err := src.(*inputStream).read(int(min(n, uint64(allowed), maxRead)))
	if err != nil || len(b) == 0 {
		return 0, streamError(err)
	}
	// What a source gives is good until it is read again, and sinks keep what they
	// get.
	return uint64(len(b)), streamError(s.write(append([]byte(nil), b...)))
}

func (s *outputStream) BlockingSplice(ctx context.Context, src streams.InputStream, n uint64) (uint64, error) {
	if n > 0 {
		if err := readiness(s.ready).wait(ctx); err != nil {
			return 0, err
		}
		if err := readiness(src.(*inputStream).ready).wait(ctx); err != nil {
			return 0, err
		}
	}
	return s.Splice(ctx, src, n)
}

func (s *outputStream) Drop(ctx context.Context) {
	s.drop()
	s.childless(ctx, "output-stream")
}
