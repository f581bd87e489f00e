package audit

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/airsstack/witgen/internal/durable"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

// A writer adds records to the files, in turn with those of other processes. It is for one goroutine.
type writer struct {
	dir, head string
	max       int64 // bytes of a file
	key       signature.PrivateKey
	now       func() time.Time

	tail           // what the log will be when buf is written
	written tail   // what it is
	buf     []byte // lines that follow
	f       *os.File
	synced  bool   // what was written is on the disk
	signed  uint64 // the last checkpoint

	keep     Keep
	looked   time.Time // for files that are too old
	rotated  bool      // since retire was called
	leftover error     // of files that could not be removed
}

// turn runs write while no other process writes, with the tail where they left it.
func (w *writer) turn(write func() error) (err error) {
	lock, err := durable.Acquire(filepath.Join(w.dir, "audit.lock"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	if err := w.catchUp(); err != nil {
		return err
	}
	if err := write(); err != nil {
		return errors.Join(err, w.undo())
	}
	if err := w.flush(); err != nil {
		return errors.Join(err, w.undo())
	}
	return nil
}

// flush writes what is buffered.
func (w *writer) flush() error {
	if len(w.buf) > 0 {
		if _, err := w.f.WriteAt(w.buf, w.size-int64(len(w.buf))); err != nil {
			return err
		}
		w.synced = false
	}
	w.written, w.buf = w.tail, w.buf[:0]
	return nil
}

// undo leaves the log as it was after the last flush.
func (w *writer) undo() error {
	moved := w.file != w.written.file
	w.tail, w.buf = w.written, w.buf[:0]
	if moved || w.f == nil {
		return w.close() // opened again, and mended, in the next turn
	}
	return w.f.Truncate(w.size)
}

// catchUp reads what others have written, and cuts off a last line that was not written to its end.
func (w *writer) catchUp() error {
	all, err := files(w.dir)
	if err != nil || len(all) == 0 {
		if err == nil && w.seq > 0 {
			err = fmt.Errorf("the audit log in %s is gone", w.dir)
		}
		return err
	}
	last := all[len(all)-1]
	if w.file < all[0] { // at the beginning, or others have dropped that file
		if err := errors.Join(w.close(), w.find(all)); err != nil {
			return err
		}
	}
	for {
		if err := w.read(w.dir, w.saw); err != nil {
			return err
		}
		if w.file == last {
			break
		}
		w.nextFile(w.file + 1)
	}
	return w.mend()
}

// find puts the tail at the start of the last file, whose first record says what stands before it.
func (w *writer) find(all []int) error {
	last := all[len(all)-1]
	if len(all) > 1 {
		whole, err := hasLine(fileName(w.dir, last))
		if err != nil {
			return err
		}
		if !whole { // a crash left a file without a first record
			return w.find(all[:len(all)-1])
		}
	}
	if err := w.start(w.dir, last); err != nil {
		return err
	}
	w.signed = w.seq // each file but the last one ends with a checkpoint
	return nil
}

// hasLine says whether a file has a whole line.
func hasLine(name string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	_, err = readLine(bufio.NewReader(f))
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return true, nil // also where it is too long, which whoever reads it finds out
}

func (w *writer) saw(r *Record, _ chain) error {
	if r.Event == Checkpoint {
		w.signed = r.Seq
	}
	return nil
}

// nextFile goes on with the given file, which may not be there yet.
func (w *writer) nextFile(n int) {
	if w.f != nil {
		_ = w.f.Close() // it was synced when it was full
		w.f = nil
	}
	w.file, w.size, w.lines = n, 0, 0
}

// mend opens the last file and cuts off what follows its last whole line.
func (w *writer) mend() error {
	if w.f == nil {
		f, err := os.OpenFile(fileName(w.dir, w.file), os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		w.f = f
	}
	w.written, w.buf = w.tail, w.buf[:0]
	info, err := w.f.Stat()
	if err != nil || info.Size() == w.size {
		return err
	}
	return w.f.Truncate(w.size)
}

// add buffers one record, beginning a new file where the last one is full.
func (w *writer) add(r *Record) error {
	if w.file == 0 || w.full() {
		if err := w.newFile(); err != nil {
			return err
		}
	}
	if w.size == 0 {
		if err := w.begin(); err != nil {
			return err
		}
	}
	return w.put(r)
}

func (w *writer) put(r *Record) error {
	r.Seq = w.seq + 1
	if r.Time.IsZero() {
		r.Time = w.now()
	}
	r.Time = r.Time.UTC()
	line, err := r.line()
	if err != nil {
		return err
	}
	line, c := seal(line, w.chain)
	w.buf = append(w.buf, line...)
	w.chain, w.seq = c, r.Seq
	w.note(r)
	w.size += int64(len(line))
	w.lines++
	return nil
}

// newFile ends the last file with a checkpoint, and makes the next one.
func (w *writer) newFile() error {
	if w.file > 0 {
		if err := w.sign(); err != nil {
			return err
		}
	}
	w.nextFile(w.file + 1)
	f, err := os.OpenFile(fileName(w.dir, w.file), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	w.f, w.rotated = f, true
	return durable.SyncDir(w.dir)
}

// begin buffers the first record of a file.
func (w *writer) begin() error {
	if w.log == "" {
		var id [16]byte
		if _, err := rand.Read(id[:]); err != nil {
			return err
		}
		w.log = hex.EncodeToString(id[:])
	}
	meta := map[string]string{"log": w.log, "file": strconv.Itoa(w.file), "after": w.chain.String()}
	if w.told > 1 {
		meta["first"] = strconv.Itoa(w.told)
	}
	return w.put(&Record{Event: Begin, Meta: meta})
}

// sync brings what was written to the disk.
func (w *writer) sync() error {
	if err := w.flush(); err != nil || w.synced || w.f == nil {
		return err
	}
	if err := w.f.Sync(); err != nil {
		return err
	}
	w.synced = true
	return nil
}

// sign writes a checkpoint, where there is anything new, and the head.
func (w *writer) sign() error {
	if w.signed == w.seq {
		return w.sync()
	}
	r := checkpoint(w.key, w.log, w.seq, w.chain)
	if err := w.put(&r); err != nil {
		return err
	}
	if err := w.sync(); err != nil {
		return err
	}
	w.signed = w.seq // the checkpoint itself needs none
	return w.writeHead()
}

func (w *writer) writeHead() error {
	head := Head{Log: w.log, Seq: w.seq, Chain: w.chain.String(), Key: w.key.Public().String()}
	head.Sig = base64.StdEncoding.EncodeToString(w.key.Sign(signed(w.log, w.seq, w.chain)))
	b, err := json.Marshal(head)
	if err != nil {
		return err
	}
	return durable.WriteFile(w.head, append(b, '\n'), 0o600)
}

func (w *writer) close() error {
	if w.f == nil {
		return nil
	}
	err := w.f.Close()
	w.f = nil
	return err
}
