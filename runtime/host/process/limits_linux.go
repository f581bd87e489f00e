package process

import (
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/types"
)

// launch starts a program. With limits it is held at its first instruction until
// it has them.
func launch(cmd *exec.Cmd, limits *types.ResourceLimits) error {
	if limits == nil {
		return cmd.Start()
	}
	runtime.LockOSThread() // who traces a process is a thread
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr.Ptrace = true
	if err := cmd.Start(); err != nil {
		return err
	}
	pid := cmd.Process.Pid
	var status syscall.WaitStatus
	_, err := syscall.Wait4(pid, &status, 0, nil)
	if err == nil {
		err = setLimits(pid, limits)
	}
	if err == nil {
		err = osError(syscall.PtraceDetach(pid))
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	return err
}

// kinds are the limits in the order of the record.
var kinds = []int{unix.RLIMIT_AS, unix.RLIMIT_CPU, unix.RLIMIT_FSIZE, unix.RLIMIT_NOFILE, unix.RLIMIT_NPROC}

// setLimits sets those that are said.
func setLimits(pid int, l *types.ResourceLimits) error {
	for i, n := range []uint64{l.MaxMemory, uint64(l.MaxCPUTime), l.MaxFileSize, uint64(l.MaxOpenFiles), uint64(l.MaxProcesses)} {
		if n == 0 {
			continue
		}
		var now unix.Rlimit
		if err := unix.Prlimit(pid, kinds[i], nil, &now); err != nil {
			return osError(err)
		}
		n = min(n, now.Max) // nobody gets more than the host has
		if err := unix.Prlimit(pid, kinds[i], &unix.Rlimit{Cur: n, Max: n}, nil); err != nil {
			return osError(err)
		}
	}
	return nil
}

func getLimits(pid int) (types.ResourceLimits, error) {
	var all [5]uint64
	for i, kind := range kinds {
		var l unix.Rlimit
		if err := unix.Prlimit(pid, kind, nil, &l); err != nil {
			return types.ResourceLimits{}, osError(err)
		}
		if l.Cur != unix.RLIM_INFINITY {
			all[i] = l.Cur
		}
	}
	return types.ResourceLimits{
		MaxMemory: all[0], MaxCPUTime: uint32(min(all[1], 1<<32-1)), MaxFileSize: all[2],
		MaxOpenFiles: uint32(min(all[3], 1<<32-1)), MaxProcesses: uint32(min(all[4], 1<<32-1)),
	}, nil
}
