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

// TestNemesisNotices breaks a system in the second step of a nemesis. Each mistake is one that the nemesis is there to find.
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
		{"an answer comes twice", actor.RepeatAnswer, 10, `was answered ([2-9]|..+) times, want 1`},
	} {
		t.Run(test.mistake, func(t *testing.T) {
			t.Parallel()
			v := &verdicts{TB: t}
			n := newNemesis(v, 3, 60)
			n.mutant, n.places, n.broken = test.mutant, test.places, map[actor.Address]bool{}
			n.inVain = test.mistake == lost
			done := make(chan struct{})
			go func() {
				defer close(done)
				n.run(func(step int) bool { return step < 2 })
			}()
			<-done
			n.endStep() // where it gave up, others wait still
			_ = n.sys.Stop(cut)
			if len(n.broken) == 0 {
				t.Error("nothing was broken")
			}
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

// sabotage has the mutant break the system, where nobody does anything, and where one half is slow, has messages that wait, and is asked by
// the other half.
func (n *nemesis) sabotage() {
	if n.mutate() {
		return
	}
	say := func(first int, letters ...letter) {
		for i := first; i < len(n.actors); i += 2 {
			for _, l := range letters {
				l.To = n.actors[i^1]
				n.send("saboteur", actor.Address{}, n.actors[i], l)
			}
		}
	}
	say(1, letter{Do: "slow", For: time.Second})
	n.pass(0) // so that some are at it, and the others' letters do not go with this one
	say(1, letter{}, letter{})
	say(0, letter{Do: "ask", Hops: 1})
	for passes, end := 0, time.Now().Add(n.patience); !n.mutate(); passes++ {
		if passes > 1000 && len(n.broken) > 0 {
			return
		}
		if time.Now().After(end) {
			n.t.Fatalf("nothing could be broken")
		}
		if passes%100 == 99 { // all may have been taken before the first look
			say(1, letter{}, letter{})
		}
		n.pass(0)
	}
}

// mutate breaks the system once at each address where that can be done, and tells whether it was enough.
func (n *nemesis) mutate() bool {
	for _, a := range n.actors {
		if len(n.broken) < n.places && !n.broken[a] && n.mutant(n.sys, a) {
			n.broken[a] = true
			if n.inVain {
				n.patience = 2 * time.Second
			}
		}
	}
	return len(n.broken) == n.places
}
