package runtime_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/airsstack/witgen/runtime/audit"
)

var processAttacks = []attack{
	{class: "program-escape", do: programs},
	{class: "process-number", do: processNumbers},
}

const sleeper, shell = "/bin/sleep", "/bin/sh"

// runs is what a manifest grants who may start a program and end what runs it.
func runs(program string) string {
	return fmt.Sprintf("[capabilities]\nprocess = { spawn = [%[1]q], kill = [%[1]q], signal = [%[1]q] }\n", program)
}

// programs has a guest start what it may not, by what it may and by other names.
func programs(a *arena) {
	a.start("evil:handyman", "handyman", runs(sleeper))
	a.start("evil:wide", "handyman", runs("/bin/*"))
	a.start("evil:poor", "handyman", "")
	ends(a, "evil:handyman", a.does("evil:handyman", "spawn "+sleeper+" 600", ""))
	asked := func(program string) audit.Record {
		return audit.Record{Kind: "process", Action: "spawn", Resource: program, Reason: "no grant"}
	}
	for _, program := range []string{shell, "sleep", "./bin/sleep", "/bin/../bin/sleep", "/bin//sleep", sleeper + ";" + shell, "/proc/self/exe"} {
		a.denied("evil:handyman", "spawn "+program+" 600", "PermissionDenied(", asked(program))
		a.denied("evil:handyman", "spawnenv "+program+" A=b 600", "PermissionDenied(", asked(program))
	}
	a.denied("evil:poor", "spawn "+sleeper+" 600", "PermissionDenied(", audit.Record{Kind: "process", Action: "spawn", Resource: sleeper})
	// What a pattern covers is started by its one name, and as itself.
	for _, program := range []string{"/bin/.", "/bin/.."} {
		a.denied("evil:wide", "spawn "+program+" 600", "", audit.Record{Kind: "process", Resource: program})
	}
	for _, v := range []string{"LD_PRELOAD=/tmp/evil.so", "LD_LIBRARY_PATH=/tmp", "DYLD_INSERT_LIBRARIES=/tmp/evil"} {
		name, _, _ := strings.Cut(v, "=")
		a.denied("evil:wide", "spawn "+sleeper+" 600 env="+v, "PermissionDenied(", audit.Record{Kind: "process", Resource: name, Reason: "no variable"})
	}
	for _, who := range []string{"evil:handyman", "evil:wide", "evil:poor"} {
		a.does(who, "waitany", "NotFound(") // nothing was started
	}
}

// processNumbers has a guest look at, and end, what it has not started.
func processNumbers(a *arena) {
	a.start("evil:handyman", "handyman", runs("/bin/*"))
	a.start("good:handyman", "handyman", runs(sleeper))
	own := a.does("evil:handyman", "spawn "+sleeper+" 600", "")
	others := a.does("good:handyman", "spawn "+sleeper+" 600", "")
	forged := func(pid string) audit.Record {
		return audit.Record{Resource: "process " + pid, Reason: "not started it"}
	}
	for _, pid := range []string{others, fmt.Sprint(os.Getpid()), fmt.Sprint(os.Getppid()), "1", "0", "4294967295"} {
		for _, do := range []string{
			"wait %s", "waitfor %s 1", "status %s", "uptime %s", "limits %s", "limit %s 1,1,1,1,1", "usage %s", "terminate %s", "kill %s", "graceful %s 10",
			"signal %s kill", "term %s", "sigkill %s", "stop %s", "raw %s 9", "onend %s", "onchange %s", "group %s", "setgroup %s " + own, "emergency %s",
		} {
			a.denied("evil:handyman", fmt.Sprintf(do, pid), "NotFound(", forged(pid))
		}
		a.denied("evil:handyman", "running "+pid, "false", forged(pid))
	}
	for _, group := range []string{others, fmt.Sprint(os.Getpid()), "1"} {
		for _, do := range []string{"gracefulgroup %s 10", "signalgroup %s kill", "emergencygroup %s"} {
			a.denied("evil:handyman", fmt.Sprintf(do, group), "NotFound(", audit.Record{Resource: "process group " + group, Reason: "not started it"})
		}
	}
	if got := a.does("good:handyman", "running "+others, "true"); got != "true" {
		a.t.Errorf("the other component's program has ended: %s", got)
	}
	ends(a, "evil:handyman", own)
	ends(a, "good:handyman", others)
}

// ends has a guest end a program that it has started.
func ends(a *arena, who, pid string) {
	a.t.Helper()
	if strings.Trim(pid, "0123456789") != "" {
		a.t.Fatalf("%s has started %s", who, pid)
	}
	a.does(who, "kill "+pid, "ok")
	a.does(who, "join "+pid, "")
}
