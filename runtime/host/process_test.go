//go:build unix

package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/host/process"
)

// starting are grants of processes, each as "action pattern".
func starting(words ...string) []capability.Grant {
	var grants []capability.Grant
	for _, w := range words {
		action, pattern, _ := strings.Cut(w, " ")
		grants = append(grants, capability.Grant{Kind: capability.Process, Action: action, Resource: pattern})
	}
	return grants
}

// shell is a program that every Unix has, and sleeper one that lasts; each is found
// under the path that the system has for it.
const (
	shell   = "/bin/sh"
	sleeper = "/bin/sleep"
)

var anything = starting("spawn /bin/*", "kill /bin/*", "signal /bin/*")

// lines are what programs wrote.
type written struct {
	mu    sync.Mutex
	lines []process.Line
}

func (w *written) add(l process.Line) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, l)
}

// script writes a program for the shell; it is named without spaces.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestProcess(t *testing.T) {
	t.Parallel()
	var out written
	s := newSystem(t)
	e := process.New(process.Config{Output: out.add, Env: func(a actor.Address) []string { return []string{"OF=" + a.String()} }})
	s.start("demo:a", handy(e, anything...))
	say := script(t, "echo out $OF $X $HOME; echo err >&2; printf rest; pwd >/dev/null; exit 3\n")
	pid := s.do("demo:a", "spawn "+shell+" "+say+" env=X=1 with=inherit,stdout,stderr")
	s.does("demo:a", "wait "+pid+" -> "+pid+" code 3", "running "+pid+" -> false", "status "+pid+" -> "+pid+" …", "join "+pid+" -> "+pid+" code 3",
		"children -> ", "waitany -> NotFound(…", "wait 1 -> NotFound(…", "running 1 -> false", "status 1 -> NotFound(…", "kill 1 -> NotFound(…",
		"term "+pid+" -> AlreadyTerminated(…", "group "+pid+" -> AlreadyTerminated(…")
	want := map[string]bool{"out demo:a 1": false, "err": true, "rest": false} // and nothing of the host's variables
	out.mu.Lock()
	for _, l := range out.lines {
		if errs, ok := want[l.Text]; !ok || errs != l.Errors || l.Actor != address("demo:a") || fmt.Sprint(l.PID) != pid {
			t.Errorf("%+v", l)
		}
		delete(want, l.Text)
	}
	out.mu.Unlock()
	if len(want) > 0 {
		t.Errorf("it did not write %v", want)
	}
	if got := s.do("demo:a", "current"); got != fmt.Sprint(os.Getpid()) || got != s.do("demo:a", "parent") {
		t.Error(got)
	}

	long := s.do("demo:a", "spawn "+sleeper+" 600")
	s.does("demo:a", "running "+long+" -> true", "children -> "+long, "group "+long+" -> "+long, "waitfor "+long+" 0 -> Timeout(…", "waitanyfor 0 -> Timeout(…",
		"usage "+long+" -> cpu-ms=…", "uptime "+long+" -> …",
		"stop "+long+" -> ok", "cont "+long+" -> ok", "setgroup "+long+" 1 -> NotFound(…", "setgroup "+long+" 0 -> InvalidState(…",
		"raw "+long+" 999 -> SignalNotSupported(…", "signal "+long+" term -> ok", "waitany -> "+long+" signal 15 -1 true")
	dir := t.TempDir()
	inside := script(t, `[ "$(pwd)" = "$1" ] && [ "$A" = "" ]`)
	s.does("demo:a", "waitany -> NotFound(…")
	in := s.do("demo:a", "spawndir "+shell+" "+dir+" "+inside+" "+dir)
	s.does("demo:a", "wait "+in+" -> "+in+" code 0")
	env := s.do("demo:a", "spawnenv "+shell+" A=1,B=2 "+script(t, `[ "$A$B" = 12 ]`))
	s.does("demo:a", "wait "+env+" -> "+env+" code 0")
}

func TestProcessDenied(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", handy(process.New(process.Config{}), starting("spawn "+sleeper)...))
	s.start("demo:none", handy(process.New(process.Config{})))
	s.start("demo:b", spec{of: handyman})
	long := s.do("demo:a", "spawn "+sleeper+" 600")
	for _, step := range []string{
		"spawn " + shell, "spawndir " + shell + " /", "spawnenv " + shell + " A=1", "spawnlimits " + shell + " 0", "spawn /bin/../bin/sh", "spawn sleep",
		"spawn " + sleeper + " 1 env=LD_PRELOAD=/tmp/x.so", "spawn " + sleeper + " 1 env=DYLD_X=1",
		"kill " + long, "terminate " + long, "term " + long, "int " + long, "sigkill " + long, "stop " + long, "hup " + long, "signal " + long + " usr1", "raw " + long + " 9",
		"signalgroup " + long + " term", "graceful " + long + " 1", "gracefulgroup " + long + " 1", "emergency " + long, "emergencygroup " + long,
		"limit " + long + " 1", "setgroup " + long + " 0",
	} {
		if got := s.do("demo:a", step); !strings.HasPrefix(got, "PermissionDenied(") {
			t.Errorf("%s gives %s", step, got)
		}
	}
	s.does("demo:a", "running "+long+" -> true", "spawn "+sleeper+" 1 env=nothing -> InvalidArgument(…", "spawn "+sleeper+" 1 with=stdin -> InvalidArgument(…",
		"spawn "+sleeper+" 1 dir=relative -> InvalidArgument(…", "spawn "+sleeper+" 1 dir=/none/there -> NotFound(…")
	s.does("demo:none", "spawn "+sleeper+" 1 -> PermissionDenied(…", "wait "+long+" -> NotFound(…", "running "+long+" -> false", "status "+long+" -> NotFound(…")
	s.does("demo:b", "spawn "+sleeper+" 1 -> PermissionDenied(…", "signals -> ") // it was given none
}

// Grants are patterns, and what is granted need not be there.
func TestProcessErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	syscall.ForkLock.RLock() // a process that is being made would have it open for writing, too
	err := os.WriteFile(text, []byte("no program"), 0o700)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	s := newSystem(t)
	s.start("demo:a", handy(process.New(process.Config{Processes: 2}), append(slices.Clip(anything), starting("spawn "+text, "spawn "+dir+"/*")...)...))
	s.does("demo:a", "spawn /bin/no-such-program -> NotFound(…", "spawn "+text+" -> ExecFormatError(…", "spawn "+dir+"/none -> NotFound(…")
	one, two := s.do("demo:a", "spawn "+sleeper+" 600"), s.do("demo:a", "spawn "+sleeper+" 600")
	s.does("demo:a", "spawn "+sleeper+" 600 -> TooManyProcesses(…", "emergency "+one+" -> ok", "wait "+one+" -> "+one+" signal 9 -1 true", "graceful "+two+" 5 -> ok", "children -> "+two,
		"status "+two+" -> "+two+" "+fmt.Sprint(os.Getpid())+" ProcessState::Zombie None threads 0", "wait "+two+" -> "+two+" signal 15 -1 true",
		"status "+two+" -> "+two+" "+fmt.Sprint(os.Getpid())+" ProcessState::Terminated None threads 0",
		"signame 9 -> SIGKILL", "signame 0 -> SignalNotSupported(…", "signumber term -> 15", "signumber SIGKILL -> 9", "signumber NONE -> SignalNotSupported(…", "signals -> SIGHUP SIGINT …")
}

// One that does not end when it is asked to is ended, and so is its group.
func TestProcessStubborn(t *testing.T) {
	t.Parallel()
	says := make(chan process.Line, 1)
	s := newSystem(t)
	s.start("demo:a", handy(process.New(process.Config{Output: func(l process.Line) { says <- l }}), anything...))
	stubborn := script(t, "trap '' TERM\n"+sleeper+" 600 & echo $!; wait; wait; wait\n")
	pid := s.do("demo:a", "spawn "+shell+" "+stubborn+" with=stdout")
	var below int
	if _, err := fmt.Sscan((<-says).Text, &below); err != nil {
		t.Fatal(err)
	}
	s.does("demo:a", "graceful "+pid+" 0 -> ok", "wait "+pid+" -> "+pid+" signal 9 -1 true")
	gone(t, below)
}

// gone holds that there is no process of that number, or one that is dead. One that
// is nobody's here dies when the system comes to it, which nothing tells us.
func gone(t *testing.T, pid int) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err := syscall.Kill(pid, 0); err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d goes on: %s", pid, state)
		}
	}
}

// What an instance has started ends with it.
func TestProcessEndsWithInstance(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", handy(process.New(process.Config{}), anything...))
	var pid int
	if _, err := fmt.Sscan(s.do("demo:a", "spawn "+sleeper+" 600"), &pid); err != nil {
		t.Fatal(err)
	}
	s.tell("demo:a", "trap")
	s.settle()
	gone(t, pid)
	s.does("demo:a", "children -> ", fmt.Sprintf("running %d -> false", pid))
}

func TestProcessWatched(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	e := process.New(process.Config{Notify: func(to actor.Address, payload []byte) {
		if err := s.TrySend(nobody, to, payload); err != nil {
			t.Error(err)
		}
	}})
	grants := append(slices.Clip(anything), services)
	s.start("demo:a", handy(e, grants...))
	pid := s.do("demo:a", "spawn "+sleeper+" 600")
	s.does("demo:a", "onchange "+pid+" -> 1", "onend "+pid+" -> 2", "onend "+pid+" -> 3", "unwatch 3 -> ok", "unwatch 3 -> NotFound(…", "onend 1 -> NotFound(…", "stop "+pid+" -> ok")
	s.await("process " + pid + " stopped")
	s.does("demo:a", "cont "+pid+" -> ok")
	s.await("process " + pid + " running")
	s.does("demo:a", "kill "+pid+" -> ok", "wait "+pid+" -> "+pid+" signal 9 -1 true")
	s.awaits("process "+pid+" terminated", 2)
	s.start("demo:b", handy(process.New(process.Config{}), anything...))
	other := s.do("demo:b", "spawn "+sleeper+" 600")
	s.does("demo:b", "onend "+other+" -> InvalidState(…")
}

// nobody sends the messages of the host itself.
var nobody = actor.Address{}

func TestProcessLimits(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", handy(process.New(process.Config{}), anything...))
	if runtime.GOOS != "linux" {
		s.does("demo:a", "spawnlimits "+shell+" 1,1,1,1,1 -> SignalNotSupported(…")
		return
	}
	files := script(t, `[ "$(ulimit -n)" = 17 ] && [ "$(ulimit -f)" -le 8 ]`)
	pid := s.do("demo:a", "spawnlimits "+shell+" 0,0,4096,17,0 "+files)
	s.does("demo:a", "wait "+pid+" -> "+pid+" code 0")
	busy := s.do("demo:a", "spawnlimits "+shell+" 0,1,0,0,0 "+script(t, "while :; do :; done"))
	s.does("demo:a", "wait "+busy+" -> "+busy+" signal…")
	long := s.do("demo:a", "spawn "+sleeper+" 600")
	s.does("demo:a", "limit "+long+" 0,0,0,23,0 -> ok")
	if got := s.do("demo:a", "limits "+long); !strings.Contains(got, ",23,") {
		t.Error(got)
	}
}

// A grant that is taken back starts nothing more, and lets nothing be done to what
// was started.
func TestProcessRevoked(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.start("demo:a", handy(process.New(process.Config{}), anything...))
	pid := s.do("demo:a", "spawn "+sleeper+" 600")
	for _, g := range anything {
		s.leash.Revoke(g)
	}
	s.does("demo:a", "spawn "+sleeper+" 1 -> PermissionDenied(…", "kill "+pid+" -> PermissionDenied(…", "running "+pid+" -> true")
}
