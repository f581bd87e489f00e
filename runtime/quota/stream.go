package quota

import (
	"io"
	"os"
)

// piece is how many bytes go at a time at most where a throttle is: what is moved
// in one piece is waited for afterwards.
const piece = 64 << 10

// piece is the most that goes at a time: an eighth of a second's worth, so that
// a slow stream flows, and does not come in gushes.
func (t *Throttle) piece() int { return int(min(max(t.rate.limit/8, 1), piece)) }

// Reader reads from r no faster than the throttle lets it. A Read that waits ends
// when done is closed, with os.ErrClosed.
func (t *Throttle) Reader(r io.Reader, done <-chan struct{}) io.Reader {
	if t == nil {
		return r
	}
	return &reader{r, t, done}
}

type reader struct {
	r    io.Reader
	t    *Throttle
	done <-chan struct{}
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if !r.t.Wait(r.done) {
		return 0, os.ErrClosed
	}
	n, err := r.r.Read(p[:min(len(p), r.t.piece())])
	r.t.Use(uint64(n))
	return n, err
}

// Writer writes to w no faster than the throttle lets it. A Write that waits ends
// when done is closed, with os.ErrClosed.
func (t *Throttle) Writer(w io.Writer, done <-chan struct{}) io.Writer {
	if t == nil {
		return w
	}
	return &writer{w, t, done}
}

type writer struct {
	w    io.Writer
	t    *Throttle
	done <-chan struct{}
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (total int, err error) {
	for {
		if !w.t.Wait(w.done) {
			return total, os.ErrClosed
		}
		n, err := w.w.Write(p[:min(len(p), w.t.piece())])
		w.t.Use(uint64(n))
		total += n
		if p = p[n:]; err != nil || len(p) == 0 {
			return total, err
		}
	}
}
