package wasi

import (
	"errors"
	"io"
	"sync"
	"syscall"
)

// An input reads from an io.Reader that may take its time: from a goroutine that
// runs only while something is wanted and nothing is there.
type input struct {
	r       io.Reader
	mu      sync.Mutex
	storage []byte
	rest    []byte // what was read and not taken
	err     error
	busy    bool
	signal  signal
}

func newInput(r io.Reader) source {
	if r == nil {
		return empty{}
	}
	return &input{r: r}
}

func (in *input) read(n int) ([]byte, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case len(in.rest) > 0:
		b := in.rest[:min(n, len(in.rest))]
		in.rest = in.rest[len(b):]
		return b, nil
	case in.err != nil:
		return nil, in.err
	}
	if n > 0 {
		in.fill()
	}
	return nil, nil
}

func (in *input) ready() (bool, <-chan struct{}) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.rest) > 0 || in.err != nil {
		return true, nil
	}
	in.fill()
	return false, in.signal.next()
}

// fill reads once. What was given out before has been used by now: that a guest
// asks again means that it has it.
func (in *input) fill() {
	if in.busy {
		return
	}
	in.busy = true
	if in.storage == nil {
		in.storage = make([]byte, maxRead)
	}
	go func() {
		n, err := in.r.Read(in.storage)
		in.mu.Lock()
		defer in.mu.Unlock()
		if in.busy = false; in.err == nil {
			in.rest, in.err = in.storage[:n], err
		}
		in.signal.raise()
	}()
}

// stop begins no more reads, since the reader is somebody else's from now on: the
// guest gets what was read, then err. It waits for a read that is under way, if cut
// could end that.
func (in *input) stop(err error, cut func() error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.err == nil {
		in.err = err
	}
	if in.busy && cut() != nil {
		return
	}
	for in.busy {
		changed := in.signal.next()
		in.mu.Unlock()
		<-changed
		in.mu.Lock()
	}
}

// close ends the input: what was read and not taken is gone.
func (in *input) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.rest, in.err = nil, io.EOF
	in.signal.raise()
}

// drop leaves the reader to whoever it is of.
func (*input) drop() {}

// empty is a source at its end.
type empty struct{}

func (empty) read(int) ([]byte, error)       { return nil, io.EOF }
func (empty) ready() (bool, <-chan struct{}) { return true, nil }
func (empty) drop()                          {}

// maxQueued is what an output holds before its guest has to wait.
const maxQueued = 64 << 10

// An output writes to an io.Writer that may take its time, from a goroutine that
// runs while there is something to write.
type output struct {
	w        io.Writer
	mu       sync.Mutex
	queue    [][]byte
	size     int  // of the queue and of what is being written
	standard bool // the other side of a pipe may end it, and that is no failure
	flushing bool
	busy     bool
	closed   bool
	err      error
	idle     func() // to be called when nothing is left to write
	signal   signal
}

func newStdout(w io.Writer) sink {
	if w == nil {
		w = io.Discard
	}
	return &output{w: w, standard: true}
}

// gone says whether nobody reads what is written to a pipe any more.
func gone(err error) bool { return errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) }

func (o *output) check() (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed && o.err == nil {
		return 0, io.EOF
	}
	return o.room(), o.err
}

func (o *output) room() int {
	if o.flushing || o.err != nil {
		return 0
	}
	return max(0, maxQueued-o.size)
}

func (o *output) write(b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil || len(b) == 0 {
		return o.err
	}
	o.queue = append(o.queue, b)
	o.size += len(b)
	if !o.busy {
		o.busy = true
		go o.run()
	}
	return nil
}

// run writes until the queue is empty.
func (o *output) run() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) > 0 && o.err == nil {
		b := o.queue[0]
		o.queue = o.queue[1:]
		o.mu.Unlock()
		_, err := o.w.Write(b)
		o.mu.Lock()
		if o.standard && gone(err) {
			err = io.EOF
		}
		o.size -= len(b)
		o.err = err
		o.signal.raise()
	}
	o.busy, o.flushing, o.queue = false, false, nil
	if o.idle != nil {
		o.idle()
		o.idle = nil
	}
	o.signal.raise()
}

// whenIdle calls f when what was written has gone, or failed. f must not use o.
func (o *output) whenIdle(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.busy {
		f()
		return
	}
	if before := o.idle; before != nil {
		o.idle = func() { before(); f() }
		return
	}
	o.idle = f
}

// close ends the output: what was written still goes, and nothing more.
func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.signal.raise()
}

func (o *output) ready() (bool, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.room() > 0 || o.err != nil || o.closed {
		return true, nil
	}
	return false, o.signal.next()
}

func (o *output) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushing = o.busy
	if o.closed && o.err == nil {
		return io.EOF
	}
	return o.err
}

func (o *output) flushed() (bool, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.busy {
		return true, nil
	}
	return false, o.signal.next()
}

// drop leaves the writer to whoever it is of.
func (*output) drop() {}
