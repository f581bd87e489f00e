package host

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

// WASI gives an actor what toolchains import beside its world. What it writes to
// its standard output and error, a panic's message among it, are records of its
// log, line by line, with the attribute "stream"; unless the config has writers
// for them. Clocks, randomness and files are granted as package wasi says.
func WASI(s *Services, c wasi.Config) Extension { return &wasiExtension{s, c} }

type wasiExtension struct {
	services *Services
	config   wasi.Config
}

// Offers implements Extension.
func (*wasiExtension) Offers() []component.LoadOption { return wasi.Providers() }

// Give implements Extension.
func (e *wasiExtension) Give(self actor.Address) (opts []component.Option, free func()) {
	c := e.config
	var all []*lineLog
	log := func(stream string, level slog.Level) *lineLog {
		l := &lineLog{say: func(line string) {
			e.services.Log.LogAttrs(context.Background(), level, line, slog.String("actor", self.String()), slog.String("stream", stream))
		}}
		all = append(all, l)
		return l
	}
	if c.Stdout == nil {
		c.Stdout = log("stdout", slog.LevelInfo)
	}
	if c.Stderr == nil {
		c.Stderr = log("stderr", slog.LevelWarn)
	}
	return wasi.Options(c), func() {
		for _, l := range all {
			l.flush()
		}
	}
}

// maxLine is how long a line is that is one record.
const maxLine = 16 << 10

// A lineLog makes records of lines.
type lineLog struct {
	say  func(line string)
	mu   sync.Mutex
	rest []byte
}

// Write implements io.Writer.
func (l *lineLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, b...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		if i < 0 && len(l.rest) <= maxLine {
			return len(b), nil
		}
		end, next := i, i+1
		if i < 0 || i > maxLine {
			end, next = maxLine, maxLine
		}
		l.say(strings.ToValidUTF8(string(l.rest[:end]), "\uFFFD"))
		l.rest = l.rest[next:]
	}
}

// flush makes a record of what stands behind the last line's end.
func (l *lineLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.say(strings.ToValidUTF8(string(l.rest), "\uFFFD"))
	}
	l.rest = nil
}
