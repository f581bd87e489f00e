package host_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
)

// What an actor makes of many messages that wait is the same whether they cross
// into it in batches or, as fuel counted to the unit wants it, one by one: in
// both worlds, whoever sent them, with answers that nobody wants, errors, and a
// trap among them.
func TestManyAreEach(t *testing.T) {
	t.Parallel()
	for world, sp := range map[string]spec{"earlier": granted(), "later": later()} {
		t.Run(world, func(t *testing.T) {
			t.Parallel()
			batched, alone := sp, sp
			alone.Limits = component.Limits{Fuel: 1 << 40}
			want, got := takeMany(t, alone), takeMany(t, batched)
			if diff := cmp.Diff(want, got); diff != "" || len(want) < 70 {
				t.Errorf("-%d one by one +%d in batches:\n%s", len(want), len(got), diff)
			}
		})
	}
}

// takeMany has messages wait for an actor that sleeps, and gives what it said
// and what became of them.
func takeMany(t *testing.T, sp spec) []string {
	s := newSystem(t)
	s.start("demo:a", sp)
	s.start("demo:b", granted())
	s.tell("demo:a", "sleep 5")
	s.waiting(1)
	for i := range 90 {
		from, command := actor.Address{}, "list"
		switch {
		case i == 34:
			command = "sleep 7"
		case i == 70:
			command = "trap"
		case i%23 == 9:
			command = fmt.Sprint("fail runtime-error ", i)
		case i%4 == 1:
			command = "log info " + strings.Repeat("x", 13*i)
		case i%4 == 2:
			command = "envelope" // which the later world has
		case i%4 == 3:
			command = "self"
		}
		if i%7 > 3 {
			from = actor.Address{Namespace: "demo", Name: "b", Instance: fmt.Sprint(i % 7)}
		}
		if err := s.Send(s.ctx, from, address("demo:a"), []byte(command)); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.Advance(5 * time.Millisecond)
	s.waiting(1)
	s.clock.Advance(7 * time.Millisecond)
	s.settle()
	out := s.log.of("demo:a")
	for _, e := range find[actor.Rejected](s) {
		out = append(out, fmt.Sprintf("rejected %s from %v: %v", e.Payload, e.From, e.Err))
	}
	for _, e := range find[actor.Crashed](s) {
		out = append(out, fmt.Sprintf("crashed by %s", e.Message.Payload))
	}
	return append(out, fmt.Sprintf("%+v", s.info("demo:a").Stats))
}
