package actor_test

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

// TestNemesisNotices breaks a system while the nemesis is at it, once. Each mistake is one that the nemesis is there to find.
func TestNemesisNotices(t *testing.T) {
	t.Parallel()
	const lost = "an actor is never woken"
	for _, test := range []struct {
		mistake string
		mutant  func(*actor.System, actor.Address) bool
		places  int    // 1 but for what is nothing where the actor crashes before
		want    string // of the nemesis, a pattern
	}{
		{"a message is lost", actor.LoseMessage, 1, "but handled"},
		{"a message comes twice", actor.RepeatMessage, 1, "but handled"},
		{"two messages come the wrong way round", actor.SwapMessages, 10, "of saboteur after"},
		{lost, actor.LoseActor, 1, "although nothing goes on|does not come to rest"},
		{"an answer is lost", actor.LoseAnswer, 10, "was answered 0 times, want 1"},
		{"an answer comes twice", actor.RepeatAnswer, 10, `was answered [2-9] times, want 1`},
	} {
		t.Run(test.mistake, func(t *testing.T) {
			t.Parallel()
			v := &verdicts{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				n := newNemesis(v, 3, 60)
				n.mutant, n.places = test.mutant, test.places
				if test.mistake == lost {
					n.patience = 2 * time.Second // it may be waited for in vain
				}
				n.run(func(step int) bool { return step < 1 })
			}()
			<-done
			if !regexp.MustCompile(test.want).MatchString(v.String()) {
				t.Errorf("the nemesis says %q, want %q", v, test.want)
			}
		})
	}
}

// verdicts are what a test says, kept in place of failing it.
type verdicts struct {
	testing.TB
	mu    sync.Mutex
	texts []string
}

func (v *verdicts) say(text string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.texts = append(v.texts, text)
}

func (v *verdicts) Error(args ...any)                 { v.say(fmt.Sprint(args...)) }
func (v *verdicts) Errorf(format string, args ...any) { v.say(fmt.Sprintf(format, args...)) }

func (v *verdicts) Fatal(args ...any) {
	v.Error(args...)
	runtime.Goexit()
}

func (v *verdicts) Fatalf(format string, args ...any) {
	v.Errorf(format, args...)
	runtime.Goexit()
}

func (v *verdicts) Failed() bool { return v.String() != "" }

func (v *verdicts) String() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Join(v.texts, "\n")
}

// sabotage has the mutant break the system, where nobody does anything and where much waits.
func (n *nemesis) sabotage() {
	for range 1000 {
		n.quiesce()
		if n.mutate() {
			return
		}
		for i, a := range n.actors {
			n.send("saboteur", actor.Address{}, a, letter{Do: "ask", To: n.actors[(i+1)%len(n.actors)], Hops: 1, For: time.Second})
			n.send("saboteur", actor.Address{}, a, letter{Do: "slow", For: time.Second})
			n.send("saboteur", actor.Address{}, a, letter{})
			n.send("saboteur", actor.Address{}, a, letter{})
		}
		n.pass(0)
		if n.mutate() {
			return
		}
	}
	n.t.Fatalf("nothing could be broken")
}

// mutate breaks the system at each address where that can be done, and tells whether it was enough.
func (n *nemesis) mutate() bool {
	for _, a := range n.actors {
		if n.mutant(n.sys, a) {
			if n.places--; n.places == 0 {
				return true
			}
		}
	}
	return false
}
