package process

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/types"
)

// Spawn implements lifecycle.Host.
func (in *instance) Spawn(ctx context.Context, o types.SpawnOptions) (types.SpawnResult, error) {
	return in.spawn(ctx, o, nil)
}

// SpawnInDirectory implements lifecycle.Host.
func (in *instance) SpawnInDirectory(ctx context.Context, command string, arguments []string, dir string) (types.SpawnResult, error) {
	return in.spawn(ctx, types.SpawnOptions{Command: command, Arguments: arguments, WorkingDirectory: cm.Some(dir)}, nil)
}

// SpawnWithEnvironment implements lifecycle.Host.
func (in *instance) SpawnWithEnvironment(ctx context.Context, command string, arguments, environment []string) (types.SpawnResult, error) {
	return in.spawn(ctx, types.SpawnOptions{Command: command, Arguments: arguments, Environment: environment}, nil)
}

// SpawnWithLimits implements lifecycle.Host.
func (in *instance) SpawnWithLimits(ctx context.Context, command string, arguments []string, limits types.ResourceLimits) (types.SpawnResult, error) {
	return in.spawn(ctx, types.SpawnOptions{Command: command, Arguments: arguments}, &limits)
}

func (in *instance) spawn(ctx context.Context, o types.SpawnOptions, limits *types.ResourceLimits) (types.SpawnResult, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := in.room(ctx); err != nil {
		return types.SpawnResult{}, err
	}
	c, err := in.start(ctx, o, limits)
	if err != nil {
		return types.SpawnResult{}, err
	}
	in.keep(c)
	go func() {
		c.wait()
		for _, w := range []any{c.cmd.Stdout, c.cmd.Stderr} {
			if l, ok := w.(*lines); ok {
				l.flush()
			}
		}
		in.mu.Lock()
		defer in.mu.Unlock()
		close(c.done)
		close(in.changed)
		in.changed = make(chan struct{})
	}()
	return types.SpawnResult{PID: uint32(c.pid), StartTime: uint64(c.since.Unix())}, nil
}

// Wait implements lifecycle.Host.
func (in *instance) Wait(ctx context.Context, pid uint32) (types.WaitResult, error) {
	c, err := in.find(ctx, pid)
	if err != nil {
		return types.WaitResult{}, err
	}
	select {
	case <-c.done:
		return c.result(), nil
	case <-ctx.Done():
		return types.WaitResult{}, context.Cause(ctx)
	}
}

// Join implements lifecycle.Host.
func (in *instance) Join(ctx context.Context, pid uint32) (types.WaitResult, error) {
	return in.Wait(ctx, pid)
}

// WaitWithTimeout implements lifecycle.Host.
func (in *instance) WaitWithTimeout(ctx context.Context, pid, seconds uint32) (types.WaitResult, error) {
	limit, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	defer cancel()
	r, err := in.Wait(limit, pid)
	return r, late(ctx, limit, err)
}

// late is the guest's own limit, where that is what has ended a call.
func late(ctx, limit context.Context, err error) error {
	if err != nil && limit.Err() != nil && ctx.Err() == nil {
		if _, typed := err.(types.ProcessError); !typed {
			return &types.ProcessErrorTimeout{Value: "it has not ended in time"}
		}
	}
	return err
}

// WaitAnyChild implements lifecycle.Host.
func (in *instance) WaitAnyChild(ctx context.Context) (types.WaitResult, error) {
	for {
		in.mu.Lock()
		changed := in.changed
		left := 0
		for _, pid := range in.order {
			c := in.all[pid]
			if c.waited.Load() {
				continue
			}
			if left++; c.over() {
				in.mu.Unlock()
				return c.result(), nil
			}
		}
		in.mu.Unlock()
		if left == 0 {
			return types.WaitResult{}, &types.ProcessErrorNotFound{Value: "the component has no process to wait for"}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return types.WaitResult{}, context.Cause(ctx)
		}
	}
}

// WaitAnyChildWithTimeout implements lifecycle.Host.
func (in *instance) WaitAnyChildWithTimeout(ctx context.Context, seconds uint32) (types.WaitResult, error) {
	limit, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	defer cancel()
	r, err := in.WaitAnyChild(limit)
	return r, late(ctx, limit, err)
}

// IsRunning implements lifecycle.Host.
func (in *instance) IsRunning(ctx context.Context, pid uint32) (bool, error) {
	c, err := in.find(ctx, pid)
	return err == nil && !c.over(), nil
}

// GetStatus implements lifecycle.Host.
func (in *instance) GetStatus(ctx context.Context, pid uint32) (types.ProcessStatus, error) {
	c, err := in.find(ctx, pid)
	if err != nil {
		return types.ProcessStatus{}, err
	}
	s := types.ProcessStatus{PID: pid, Ppid: uint32(os.Getpid()), StartTime: uint64(c.since.Unix())}
	if c.over() {
		return c.past(s), nil
	}
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return s, fail(err.Error())
	}
	s.State = stateOf(p)
	if times, err := p.Times(); err == nil {
		s.CPUTimeMs = uint64((times.User + times.System) * 1000)
	}
	if memory, err := p.MemoryInfo(); err == nil {
		s.MemoryBytes = memory.RSS
	}
	if n, err := p.NumThreads(); err == nil {
		s.ThreadCount = uint32(n)
	}
	return s, nil
}

// past is what is known of a process that has ended.
func (c *child) past(s types.ProcessStatus) types.ProcessStatus {
	if s.State = types.ProcessStateTerminated; !c.waited.Load() {
		s.State = types.ProcessStateZombie
	}
	state := c.cmd.ProcessState
	s.CPUTimeMs = uint64((state.UserTime() + state.SystemTime()).Milliseconds())
	if state.Exited() {
		s.ExitCode = cm.Some(int32(state.ExitCode()))
	}
	return s
}

// stateOf is what the system says that a process does.
func stateOf(p *process.Process) types.ProcessState {
	all, err := p.Status()
	if err != nil || len(all) == 0 {
		return types.ProcessStateError
	}
	switch all[0] {
	case process.Stop:
		return types.ProcessStateStopped
	case process.Zombie:
		return types.ProcessStateZombie
	}
	return types.ProcessStateRunning
}

// GetChildren implements lifecycle.Host.
func (in *instance) GetChildren(context.Context) ([]uint32, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	var pids []uint32
	for _, pid := range in.order {
		if !in.all[pid].waited.Load() {
			pids = append(pids, uint32(pid))
		}
	}
	return pids, nil
}

// GetParentID implements lifecycle.Host.
func (in *instance) GetParentID(context.Context) (uint32, error) { return uint32(os.Getpid()), nil }

// GetCurrentID implements lifecycle.Host.
func (in *instance) GetCurrentID(context.Context) (uint32, error) { return uint32(os.Getpid()), nil }

// GetUptime implements lifecycle.Host.
func (in *instance) GetUptime(ctx context.Context, pid uint32) (uint64, error) {
	c, err := in.find(ctx, pid)
	if err != nil {
		return 0, err
	}
	if c.over() {
		return uint64(c.until.Sub(c.since).Milliseconds()), nil
	}
	return uint64(time.Since(c.since).Milliseconds()), nil
}

// SetResourceLimits implements lifecycle.Host.
func (in *instance) SetResourceLimits(ctx context.Context, pid uint32, limits types.ResourceLimits) error {
	c, err := in.allowed(ctx, pid, signal)
	if err != nil {
		return err
	}
	return c.send(func() error { return setLimits(c.pid, &limits) })
}

// GetResourceLimits implements lifecycle.Host.
func (in *instance) GetResourceLimits(ctx context.Context, pid uint32) (limits types.ResourceLimits, err error) {
	c, err := in.find(ctx, pid)
	if err != nil {
		return limits, err
	}
	err = c.send(func() (err error) {
		limits, err = getLimits(c.pid)
		return err
	})
	return limits, err
}

// GetResourceUsage implements lifecycle.Host.
func (in *instance) GetResourceUsage(ctx context.Context, pid uint32) (string, error) {
	s, err := in.GetStatus(ctx, pid)
	if err != nil {
		return "", err
	}
	var read, written uint64
	if p, err := process.NewProcess(int32(pid)); err == nil && s.State != types.ProcessStateTerminated && s.State != types.ProcessStateZombie {
		if io, err := p.IOCounters(); err == nil {
			read, written = io.ReadBytes, io.WriteBytes
		}
	}
	return fmt.Sprintf("cpu-ms=%d memory=%d threads=%d read=%d written=%d", s.CPUTimeMs, s.MemoryBytes, s.ThreadCount, read, written), nil
}
