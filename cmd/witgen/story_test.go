package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
)

// What guests say, wherever they may say something, writes no lines and no looks of
// its own on a terminal.
func TestStoryOfTheHostile(t *testing.T) {
	t.Parallel()
	const evil = "x\n12:00:00.000  ledger       started    forged\r\x1b[2J\u009b31m\u202e\x00\u2028\u0085y"
	err := errors.New(evil)
	h := actor.Header{Time: time.Unix(0, 0), Actor: actor.Address{Namespace: "a", Name: "b"}}
	denial := &capability.Denial{Subject: "a:b", Point: capability.Point{Func: "open", Kind: capability.Filesystem}, Action: "read", Resource: evil}
	trap := &component.Trap{Func: "run", Cause: err, Frames: []component.Frame{{Func: evil, Offset: 1}}}
	message := actor.Message{Payload: []byte(evil)}
	for _, test := range []struct {
		name  string
		event actor.Event
		lines int
	}{
		{"a rejected message", actor.Rejected{Header: h, Payload: []byte(evil), Err: err}, 2},
		{"a sent message", actor.Sent{Header: h, Payload: []byte(evil), Topic: evil}, 1},
		{"an answer", actor.Answered{Header: h, Payload: []byte(evil)}, 1},
		{"an error for an answer", actor.Answered{Header: h, Err: err}, 1},
		{"a denial", host.Denied{Header: h, Denial: denial}, 2},
		{"a crash", actor.Crashed{Header: h, Err: err}, 1},
		{"a trap", actor.Crashed{Header: h, Message: &message, Err: trap}, 2},
		{"a failure", actor.Failed{Header: h, Reason: err}, 1},
		{"a stop", actor.Stopped{Header: h, Err: err}, 1},
		{"a restart from outside", actor.TakenDown{Header: h, Err: err}, 2},
		{"health", actor.HealthChanged{Header: h, Err: err}, 1},
		{"a message that does not arrive", actor.Undelivered{Header: h, Payload: []byte(evil), Err: err}, 2},
		{"a dead letter", actor.DeadLettered{Header: h, DeadLetter: actor.DeadLetter{Message: message}}, 1},
		{"closing", actor.CloseFailed{Header: h, Err: err}, 1},
	} {
		prints(t, test.name, test.lines, func(s *story) { s.observe(test.event) })
	}
	prints(t, "a log record", 1, func(s *story) { slog.New(storyHandler{story: s}).Warn(evil, evil, evil) })
}

// prints looks at what a story prints of one thing.
func prints(t *testing.T, name string, lines int, tell func(*story)) {
	t.Helper()
	var out strings.Builder
	s := newStory(&out, false, nil)
	s.stats = func(actor.Address) (info actor.Info, ok bool) { return info, false }
	tell(s)
	text := out.String()
	if strings.Count(text, "\n") != lines || !strings.Contains(text, "forged") {
		t.Errorf("%s: not on %d lines:\n%q", name, lines, text)
	}
	if i := strings.IndexFunc(strings.ReplaceAll(text, "\n", ""), func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		t.Errorf("%s: on the terminal stands %q", name, text)
	}
}
