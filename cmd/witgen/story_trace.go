package main

import (
	"sync"

	"github.com/airsstack/witgen/runtime/component"
)

// A storyTrace tells the calls of a run's components in its story.
type storyTrace struct {
	story *story

	mu    sync.Mutex
	lines map[string]*traceLines // by subject, an actor's address
}

func newStoryTrace(s *story) *storyTrace {
	return &storyTrace{story: s, lines: map[string]*traceLines{}}
}

// event tells one event: in JSON when the call has ended, for people as it goes.
func (t *storyTrace) event(e component.TraceEvent) {
	at := e.Time.Add(e.Took)
	if e.End {
		t.story.tell(at, "call", e.Subject, "", "", newTracedCall(e).facts()...)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines[e.Subject]
	if lines == nil {
		lines = &traceLines{}
		t.lines[e.Subject] = lines
	}
	for _, line := range lines.event(e) {
		t.story.tell(at, "call", e.Subject, "", line)
	}
}

func (c tracedCall) facts() []fact {
	facts := []fact{
		{"direction", c.Direction},
		{"function", c.Function},
		{"depth", c.Depth},
		{"args", c.Args},
		{"result", c.Result},
	}
	if c.Error != "" {
		facts = append(facts, fact{"error", c.Error})
	}
	if c.Denied != "" {
		facts = append(facts, fact{"denied", c.Denied})
	}
	return append(facts, fact{"took_ms", c.TookMS})
}
