package host_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

func TestLogLevels(t *testing.T) {
	t.Parallel()
	levels := []struct {
		name string
		want slog.Level
	}{
		{"trace", slog.LevelDebug - 4},
		{"debug", slog.LevelDebug},
		{"info", slog.LevelInfo},
		{"warn", slog.LevelWarn},
		{"error", slog.LevelError},
	}
	s := newSystem(t)
	s.start("demo:a", spec{})
	for _, l := range levels {
		s.tell("demo:a", "log "+l.name+" this is "+l.name)
	}
	s.settle()
	records := s.log.all()
	if len(records) != len(levels) {
		t.Fatalf("%d records", len(records))
	}
	for i, l := range levels {
		r := records[i]
		if r.Level != l.want || r.Message != "this is "+l.name || !slices.Equal(attrs(r), []string{"actor=demo:a"}) {
			t.Errorf("%s: %v %q %v", l.name, r.Level, r.Message, attrs(r))
		}
	}
}

func TestLogThreshold(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.log.least = slog.LevelWarn
	s.start("demo:a", spec{})
	s.tell("demo:a", "log trace 1", "log info 2", "log warn 3", "log error 4")
	s.settle()
	if said := s.log.of("demo:a"); !slices.Equal(said, []string{"3", "4"}) {
		t.Errorf("logged: %q", said)
	}
}

func TestLogFacts(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{})
	s.tell("demo:a", "log info booked an order order=17 item=tea item=cups empty= =nameless eq=a=b")
	s.settle()
	r := s.log.all()[0]
	want := []string{"actor=demo:a", "order=17", "item=tea", "item=cups", "empty=", "=nameless", "eq=a=b"}
	if r.Message != "booked an order" || !slices.Equal(attrs(r), want) {
		t.Errorf("%q %q, want %q", r.Message, attrs(r), want)
	}
}

// A component cannot sign with another's name, nor say what only the log does.
func TestLogReservedFacts(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", spec{})
	s.tell("demo:a", "log info hello actor=demo:b time=0 level=ERROR Msg=bye source=x.go actors=2")
	s.settle()
	want := []string{
		"actor=demo:a", "context.actor=demo:b", "context.time=0", "context.level=ERROR", "context.Msg=bye", "context.source=x.go", "actors=2",
	}
	if got := attrs(s.log.all()[0]); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Line breaks in what a component logs make no lines of their own.
func TestLogForgedLines(t *testing.T) {
	t.Parallel()
	const forged = `time=2026-11-24T12:00:00Z level=ERROR msg="the vault is open"`
	s := newSystem(t)
	var text, lines bytes.Buffer
	s.services.Log = slog.New(slog.NewMultiHandler(s.log, slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&lines, nil)))
	s.start("demo:a", spec{})
	s.tell("demo:a", "log info all is well\nthe vault is open\r\n", "log info facts x=1\n"+forged, "sleep\n"+forged)
	s.settle()
	s.stop()

	for _, out := range []string{text.String(), lines.String()} {
		if n := strings.Count(out, "\n"); n != 3 || strings.Contains(out, "\r") {
			t.Errorf("%d lines, want 3:\n%s", n, out)
		}
	}
	for line := range strings.Lines(text.String()) {
		if !strings.Contains(line, "level=INFO") || strings.Contains(line, "\nlevel") {
			t.Errorf("a line is forged: %s", line)
		}
	}
	for line := range strings.Lines(lines.String()) {
		var r struct{ Level, Actor string }
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Level != "INFO" || r.Actor != "demo:a" {
			t.Errorf("%s: %v, read as %+v", line, err, r)
		}
	}
}
