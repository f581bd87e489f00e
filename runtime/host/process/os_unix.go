//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/types"
)

// maxSignal bounds the numbers of signals.
const maxSignal = 64

// grouped puts a program into a group of its own.
func grouped() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

var numbers = map[types.Signal]syscall.Signal{
	types.SignalTerm: syscall.SIGTERM, types.SignalKill: syscall.SIGKILL, types.SignalInt: syscall.SIGINT, types.SignalQuit: syscall.SIGQUIT,
	types.SignalStop: syscall.SIGSTOP, types.SignalCont: syscall.SIGCONT, types.SignalHup: syscall.SIGHUP,
	types.SignalUsr1: syscall.SIGUSR1, types.SignalUsr2: syscall.SIGUSR2,
}

func numberOf(s types.Signal) (int, error) { return int(numbers[s]), nil }

// actionOf is what a signal is asked for as: killing, if it is made to end a
// process.
func actionOf(n int) string {
	switch syscall.Signal(n) {
	case syscall.SIGTERM, syscall.SIGKILL, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT:
		return kill
	}
	return signal
}

func nameOf(n uint32) (string, error) {
	if n > 0 && n <= maxSignal {
		if name := unix.SignalName(syscall.Signal(n)); name != "" {
			return name, nil
		}
	}
	return "", &types.ProcessErrorSignalNotSupported{Value: fmt.Sprintf("this system has no signal %d", n)}
}

func sendSignal(pid, n int) error {
	return osError(syscall.Kill(pid, syscall.Signal(n)))
}

func groupOf(pid int) (int32, error) {
	n, err := syscall.Getpgid(pid)
	return int32(n), osError(err)
}

func setGroup(pid, group int) error {
	err := syscall.Setpgid(pid, group)
	if errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM) {
		return &types.ProcessErrorInvalidState{Value: "this system moves no process to another group that has begun to run its program"}
	}
	return osError(err)
}

func osError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ESRCH):
		return &types.ProcessErrorAlreadyTerminated{Value: "there is no such process any more"}
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		return &types.ProcessErrorPermissionDenied{Value: "the host's user may not do that"}
	case errors.Is(err, syscall.EINVAL):
		return invalid(err.Error())
	}
	return fail(err.Error())
}

// signalOf is the signal that has ended a process; 0 for none.
func signalOf(state *os.ProcessState) int {
	if s, ok := state.Sys().(syscall.WaitStatus); ok && s.Signaled() {
		return int(s.Signal())
	}
	return 0
}

// peak is the most memory that a process had; in units of the system's.
func peak(state *os.ProcessState) uint64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	switch {
	case !ok:
		return 0
	case runtime.GOOS == "darwin":
		return uint64(usage.Maxrss)
	}
	return uint64(usage.Maxrss) << 10
}
