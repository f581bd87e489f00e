package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/control"
)

// noActors is a host without any.
type noActors struct{ control.Host }

func (noActors) Actors() []actor.Info { return nil }

// A sink keeps what is printed, and calls after with all of it.
type sink struct {
	text  strings.Builder
	after func(string)
}

func (s *sink) Write(b []byte) (int, error) {
	s.text.Write(b)
	s.after(s.text.String())
	return len(b), nil
}

// Who follows sees what happens, and an end with the run.
func TestLogsFollow(t *testing.T) {
	dir, err := os.MkdirTemp("", "wg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	t.Setenv("WITGEN_RUN_DIR", filepath.Join(dir, "run"))
	var journal control.Journal
	add := func(event string) {
		journal.Add(control.Record{Time: time.Unix(0, 0).UTC(), Event: event, Actor: "a:b", Text: "text", Facts: json.RawMessage(`{"n":1}`)})
	}
	server, err := control.Listen(control.Config{Host: noActors{}, Journal: &journal})
	if err != nil {
		t.Fatal(err)
	}
	add("first")
	cmd := newLogsCommand()
	out := &sink{after: func(text string) {
		switch strings.Count(text, "\n") {
		case 1:
			add("second")
		case 2:
			go func() { _ = server.Close(context.Background()) }()
		}
	}}
	cmd.SetOut(out)
	cmd.SetArgs([]string{"--follow", "--json"})
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Error(err)
	}
	want := `{"time":"1970-01-01T00:00:00Z","event":"first","actor":"a:b","n":1}
{"time":"1970-01-01T00:00:00Z","event":"second","actor":"a:b","n":1}
`
	if got := out.text.String(); got != want {
		t.Errorf("%s", got)
	}
}
