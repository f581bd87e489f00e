package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/trust/signature"
)

// Config says how a log is kept.
type Config struct {
	// Dir is the folder of the log's files, which is made where there is none.
	Dir string
	// Head is the file for the last checkpoint. Who can write Dir should not be able to write it. Default is "audit.head" beside Dir.
	Head string
	// Key signs the checkpoints.
	Key signature.PrivateKey
	// FileSize is how many bytes a file has, about, before the next one begins. Default 16 MiB.
	FileSize int64
	// Keep is how much of the log is kept. Default all of it.
	Keep Keep
	// Buffer is how many records may wait to be written. Default 8,192, at most 1,048,576.
	Buffer int
	// Block has a caller wait while the buffer is full. Without it the record is dropped, and counted.
	Block bool
	// OnError is told of records that could not be written, from another goroutine. It is tried again with the next ones. Default nobody.
	OnError func(error)
	// Now is the time; default time.Now. Tick asks for the counts, and for a checkpoint; default each second.
	Now  func() time.Time
	Tick <-chan time.Time

	own bool // Now was given
}

const maxBuffer = 1 << 20

// ErrClosed says that a log was closed already.
var ErrClosed = errors.New("the audit log is closed")

// A Log is an audit log that is open for writing. Its methods may be called from any goroutine.
type Log struct {
	cfg     Config
	w       writer
	session *session
	ticker  *time.Ticker

	mu      sync.Mutex
	room    sync.Cond // of mu; where Block is set
	pending batch
	lost    uint64
	closing bool
	watched map[*Recorder]bool
	keep    *Keep // from the next turn on; nil for no change

	base  time.Time // of clock
	spare batch     // of the writing goroutine
	wake  chan struct{}
	done  chan struct{}
	err   error // of closing; valid after done
}

// overflow is what becomes of a record that finds the buffer full.
func (c *Config) overflow() string {
	if c.Block {
		return "block"
	}
	return "count"
}

// Open opens the log in a folder, or begins one, and puts on record that it was opened. It is an error, a [*BrokenError], when the log is not what was
// written: move it away, keep it for those who look into it, and begin another.
func Open(cfg Config) (*Log, error) {
	if cfg.Head == "" {
		cfg.Head = filepath.Clean(cfg.Dir) + ".head"
	}
	if cfg.FileSize <= 0 {
		cfg.FileSize = 16 << 20
	}
	if cfg.Buffer <= 0 {
		cfg.Buffer = 8192
	}
	cfg.Buffer = min(cfg.Buffer, maxBuffer)
	cfg.own = cfg.Now != nil
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.OnError == nil {
		cfg.OnError = func(error) {}
	}
	l := &Log{cfg: cfg, watched: map[*Recorder]bool{}, wake: make(chan struct{}, 1), done: make(chan struct{})}
	l.room.L, l.base = &l.mu, cfg.Now()
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	l.w = writer{dir: cfg.Dir, head: cfg.Head, key: cfg.Key, now: cfg.Now}
	l.w.keeps(cfg.Keep, cfg.FileSize)
	if err := l.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("audit log: %w", err), l.w.close())
	}
	tick := cfg.Tick
	if tick == nil {
		l.ticker = time.NewTicker(time.Second)
		tick = l.ticker.C
	}
	go l.run(tick)
	return l, nil
}

func (l *Log) open() error {
	return l.w.turn(func() (err error) {
		dead, err := deadSessions(l.cfg.Dir)
		defer func() {
			for _, s := range dead {
				err = errors.Join(err, s.release())
			}
			if err != nil && l.session != nil {
				err = errors.Join(err, l.session.end())
			}
		}()
		if err != nil {
			return err
		}
		if err := l.checkHead(); err != nil {
			return err
		}
		for _, s := range dead {
			gap := Record{
				Event: Gap, Reason: "a process that wrote this log ended without closing it; what it had not written is lost",
				Meta: map[string]string{"session": s.id, "unsigned": strconv.FormatUint(l.w.seq-l.w.signed, 10)},
			}
			if err := l.w.add(&gap); err != nil {
				return err
			}
		}
		if l.session, err = newSession(l.cfg.Dir); err != nil {
			return err
		}
		opened := Record{Event: Opened, Meta: map[string]string{
			"session": l.session.id, "pid": strconv.Itoa(os.Getpid()), "buffer": strconv.Itoa(l.cfg.Buffer), "overflow": l.cfg.overflow(),
		}}
		if err := errors.Join(l.w.add(&opened), l.w.sign()); err != nil {
			return err
		}
		if err := l.w.retire(); err != nil {
			return err
		}
		for len(dead) > 0 { // they are on record now
			last := dead[len(dead)-1]
			dead = dead[:len(dead)-1]
			if err := last.end(); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkHead refuses to go on with a log that ends before its own head: going on would sign what was cut.
func (l *Log) checkHead() error {
	head, err := ReadHead(l.cfg.Head)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case head.Log != l.w.log && l.w.log != "":
		return &BrokenError{l.cfg.Head, 0, "it is the head of another log"}
	case head.Seq > l.w.seq:
		return &BrokenError{l.cfg.Dir, 0, fmt.Sprintf("the log ends with record %d, and its head is record %d: the end was cut off", l.w.seq, head.Seq)}
	}
	return nil
}

// Append hands a record to the writer and does not wait for it to be written. It tells whether the record was taken; see [Config.Block].
func (l *Log) Append(r Record) bool {
	if r.Time.IsZero() {
		r.Time = l.cfg.Now()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.claim() {
		return false
	}
	l.pending.add(entry{record: &r})
	return true
}

// clock is the time in nanoseconds since 1970. Where nobody gave a clock it is read in one step, as what has passed since the log was opened.
func (l *Log) clock() int64 {
	if l.cfg.own {
		return l.cfg.Now().UnixNano()
	}
	return l.base.UnixNano() + int64(time.Since(l.base))
}

// claim makes room for one entry and wakes the writer. With mu held.
func (l *Log) claim() bool {
	for l.cfg.Block && len(l.pending.entries) >= l.cfg.Buffer && !l.closing {
		l.room.Wait()
	}
	if l.closing || len(l.pending.entries) >= l.cfg.Buffer {
		l.lost++
		return false
	}
	if len(l.pending.entries) == 0 {
		l.poke()
	}
	return true
}

func (l *Log) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Commit writes a record and returns when it, and all before it, are on the disk. When ctx ends first, the record may still be written.
func (l *Log) Commit(ctx context.Context, r Record) error {
	if r.Time.IsZero() {
		r.Time = l.cfg.Now()
	}
	written := make(chan error, 1)
	l.mu.Lock()
	if l.closing {
		l.mu.Unlock()
		return ErrClosed
	}
	l.pending.add(entry{record: &r, written: written})
	l.mu.Unlock()
	l.poke()
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close writes what waits, puts on record that the log was closed in good order, signs it, and frees everything. It may be called twice.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closing = true
	l.room.Broadcast()
	l.mu.Unlock()
	l.poke()
	<-l.done
	return l.err
}

// run is the goroutine that writes.
func (l *Log) run(tick <-chan time.Time) {
	defer close(l.done)
	for {
		ticked := false
		select {
		case <-l.wake:
		case <-tick:
			ticked = true
		}
		closing := l.write(ticked)
		if closing {
			l.err = l.end()
			return
		}
	}
}

// write writes what waits. After a failure those who wait for their records are told, and the other records are counted as lost.
func (l *Log) write(ticked bool) (closing bool) {
	l.mu.Lock()
	l.pending, l.spare = l.spare, l.pending
	lost := l.lost
	l.lost = 0
	keep := l.keep
	l.keep = nil
	closing = l.closing
	var recorders []*Recorder
	if ticked || closing {
		for r := range l.watched {
			recorders = append(recorders, r)
		}
	}
	l.room.Broadcast()
	l.mu.Unlock()

	if keep != nil {
		l.w.keeps(*keep, l.cfg.FileSize)
		l.w.rotated = true // look at all files anew
	}
	var counted []Record
	for _, r := range recorders {
		counted = append(counted, r.counted()...)
	}
	b := &l.spare
	var err error
	if len(b.entries)+len(counted) > 0 || lost > 0 || keep != nil || ticked && (l.w.signed != l.w.seq || l.w.due()) {
		err = l.w.turn(func() error { return l.writeBatch(b, counted, lost, ticked) })
	}
	if err != nil {
		l.cfg.OnError(fmt.Errorf("audit log: %w", err))
		l.mu.Lock()
		l.lost += lost + uint64(len(b.entries)+len(counted))
		l.mu.Unlock()
	}
	if l.w.leftover != nil {
		l.cfg.OnError(fmt.Errorf("audit log: files that were dropped stay for now: %w", l.w.leftover))
		l.w.leftover = nil
	}
	b.finish(err)
	return closing
}

func (l *Log) writeBatch(b *batch, counted []Record, lost uint64, ticked bool) error {
	durably := false
	for i := range b.entries {
		e := &b.entries[i]
		for _, r := range e.records(b) {
			if err := l.w.add(&r); err != nil {
				return err
			}
		}
		durably = durably || e.written != nil
	}
	for i := range counted {
		if err := l.w.add(&counted[i]); err != nil {
			return err
		}
	}
	if lost > 0 {
		if err := l.w.add(&Record{Event: Lost, Count: lost, Reason: "the buffer was full, or the log could not be written"}); err != nil {
			return err
		}
	}
	if l.w.rotated || ticked && l.w.due() {
		if err := l.w.retire(); err != nil {
			return err
		}
	}
	switch {
	case ticked:
		return l.w.sign()
	case durably:
		return l.w.sync()
	}
	return nil
}

func (l *Log) end() error {
	if l.ticker != nil {
		l.ticker.Stop()
	}
	err := l.w.turn(func() error {
		closed := Record{Event: Closed, Meta: map[string]string{"session": l.session.id}}
		if err := errors.Join(l.w.add(&closed), l.w.sign()); err != nil {
			return err
		}
		if l.w.rotated {
			if err := l.w.retire(); err != nil {
				return err
			}
		}
		return l.session.end()
	})
	if err != nil { // its mark stays: what could not be written is a gap
		err = errors.Join(err, l.session.release())
	}
	return errors.Join(err, l.w.close())
}
