package host_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/wasi"
)

// scribbling is an actor of a component that imports WASI beside its world.
func scribbling(s *system, c wasi.Config, grants ...capability.Grant) spec {
	return spec{of: scribe, Setup: host.Setup{Grants: grants, Extensions: []host.Extension{host.WASI(s.services, c)}}}
}

// streamOf gives what an actor wrote to one of its streams, with the level.
func (s *system) streamOf(name, stream string) []string {
	var lines []string
	for _, r := range s.log.all() {
		if slices.Equal(attrs(r), []string{"actor=" + name, "stream=" + stream}) {
			lines = append(lines, r.Level.String()+" "+r.Message)
		}
	}
	return lines
}

// Without grants an actor has its streams, which lead to its log: a panic says why.
func TestWASIPanics(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", scribbling(s, wasi.Config{}))
	s.do("demo:a", "out hello")
	s.do("demo:a", "err careful")
	s.tell("demo:a", "panic")
	s.settle()
	if e, ok := errors.AsType[*component.GuestError](the[actor.Crashed](s).Err); !ok || e.Msg != "unreachable" {
		t.Errorf("it crashed of %v", the[actor.Crashed](s).Err)
	}
	if got := s.streamOf("demo:a", "stderr"); !slices.Equal(got, []string{"WARN careful", "WARN panicked at scribe.c"}) {
		t.Errorf("%q", got)
	}
	if got := s.streamOf("demo:a", "stdout"); !slices.Equal(got, []string{"INFO hello"}) {
		t.Errorf("%q", got)
	}
	s.does("demo:a", "env -> ", "mounts -> ") // nothing else, and it lives again
}

func TestWASIGrants(t *testing.T) {
	t.Parallel()
	_, mounts := plant(t, map[string]string{"a": "a"})
	s := newSystem(t)
	config := wasi.Config{Env: []string{"A=1", "B=2"}, Mounts: mounts}
	s.start("demo:a", scribbling(s, config, capability.Grant{Kind: capability.Import, Resource: "wasi:clocks/wall-clock"}))
	s.does("demo:a", "env -> A=1 B=2 ", "mounts -> /data ", "clock -> true")
	s.start("demo:b", scribbling(s, config))
	if got := s.do("demo:b", "clock"); !strings.Contains(got, "wasi:clocks/wall-clock@0.2.12 is not granted") {
		t.Errorf("a clock that is not granted: %s", got)
	}
}

// A line without end, or with none, does no harm.
func TestWASILongLines(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", scribbling(s, wasi.Config{}))
	s.do("demo:a", "out a\nb\n\nc\xff")
	if got := s.streamOf("demo:a", "stdout"); !slices.Equal(got, []string{"INFO a", "INFO b", "INFO ", "INFO c\uFFFD"}) {
		t.Errorf("%q", got)
	}
}
