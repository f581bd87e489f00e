package process

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/types"
)

// signalled sends a signal of this system to a process.
func (in *instance) signalled(ctx context.Context, pid uint32, n int, err error) error {
	if err != nil {
		return err
	}
	c, err := in.allowed(ctx, pid, actionOf(n))
	if err != nil {
		return err
	}
	return c.send(func() error { return sendSignal(c.pid, n) })
}

// numbered is the number of a signal that a process is sent.
func (in *instance) numbered(ctx context.Context, pid uint32, s types.Signal) error {
	n, err := numberOf(s)
	return in.signalled(ctx, pid, n, err)
}

// SendSignal implements signals.Host.
func (in *instance) SendSignal(ctx context.Context, pid uint32, s types.Signal) error {
	return in.numbered(ctx, pid, s)
}

// SendTerm implements signals.Host.
func (in *instance) SendTerm(ctx context.Context, pid uint32) error {
	return in.numbered(ctx, pid, types.SignalTerm)
}

// Terminate implements lifecycle.Host.
func (in *instance) Terminate(ctx context.Context, pid uint32) error {
	return in.numbered(ctx, pid, types.SignalTerm)
}

// SendKill implements signals.Host.
func (in *instance) SendKill(ctx context.Context, pid uint32) error { return in.Kill(ctx, pid) }

// Kill implements lifecycle.Host. Every system can do it.
func (in *instance) Kill(ctx context.Context, pid uint32) error {
	c, err := in.allowed(ctx, pid, kill)
	if err != nil {
		return err
	}
	return c.send(func() error {
		if err := c.cmd.Process.Kill(); err != nil {
			return fail(err.Error())
		}
		return nil
	})
}

// SendInt implements signals.Host.
func (in *instance) SendInt(ctx context.Context, pid uint32) error {
	return in.numbered(ctx, pid, types.SignalInt)
}

// SendStop implements signals.Host.
func (in *instance) SendStop(ctx context.Context, pid uint32) error {
	return in.numbered(ctx, pid, types.SignalStop)
}

// SendCont implements signals.Host.
func (in *instance) SendCont(ctx context.Context, pid uint32) error {
	return in.numbered(ctx, pid, types.SignalCont)
}

// SendHup implements signals.Host.
func (in *instance) SendHup(ctx context.Context, pid uint32) error {
	return in.numbered(ctx, pid, types.SignalHup)
}

// SendRawSignal implements signals.Host.
func (in *instance) SendRawSignal(ctx context.Context, pid, number uint32) error {
	_, err := nameOf(number)
	return in.signalled(ctx, pid, int(number), err)
}

// maxWatches is how many watches one instance has.
const maxWatches = 64

// OnTerminate implements signals.Host.
func (in *instance) OnTerminate(ctx context.Context, pid uint32) (uint64, error) {
	return in.watch(ctx, pid, false)
}

// OnStatusChange implements signals.Host.
func (in *instance) OnStatusChange(ctx context.Context, pid uint32) (uint64, error) {
	return in.watch(ctx, pid, true)
}

// look is how often a process is looked at whose changes are watched.
const look = 100 * time.Millisecond

// watch tells the component when a process ends, and with changes when it is
// stopped and goes on.
func (in *instance) watch(ctx context.Context, pid uint32, changes bool) (uint64, error) {
	c, err := in.find(ctx, pid)
	if err != nil {
		return 0, err
	}
	if in.config.Notify == nil {
		return 0, &types.ProcessErrorInvalidState{Value: "this host tells components nothing about processes"}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.ended:
		return 0, fail("the instance has ended")
	case len(in.watches) >= maxWatches:
		component.LimitMet(ctx, "watches of an instance", maxWatches)
		return 0, &types.ProcessErrorResourceExhausted{Value: fmt.Sprintf("there are %d watches: end some", maxWatches)}
	}
	in.last++
	number := in.last
	watching, stop := context.WithCancel(context.Background())
	in.watches[number] = stop
	go in.follow(watching, c, number, changes)
	return number, nil
}

// follow follows a process until it ends, or the watch does.
func (in *instance) follow(ctx context.Context, c *child, number uint64, changes bool) {
	tell := func(what string) { in.config.Notify(in.self, fmt.Appendf(nil, "process %d %s", c.pid, what)) }
	var ticks <-chan time.Time
	if changes {
		ticker := time.NewTicker(look)
		defer ticker.Stop()
		ticks = ticker.C
	}
	stopped := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.done:
			if in.unwatch(number) {
				tell("terminated")
			}
			return
		case <-ticks:
			p, err := process.NewProcess(int32(c.pid))
			if err != nil || c.over() {
				continue
			}
			if now := stateOf(p) == types.ProcessStateStopped; now != stopped {
				if stopped = now; stopped {
					tell("stopped")
				} else {
					tell("running")
				}
			}
		}
	}
}

// unwatch ends a watch, and reports whether there was one.
func (in *instance) unwatch(number uint64) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	stop := in.watches[number]
	if stop == nil {
		return false
	}
	stop()
	delete(in.watches, number)
	return !in.ended
}

// gave reports whether a watch has had that number.
func (in *instance) gave(number uint64) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return 0 < number && number <= in.last
}

// UnregisterHandler implements signals.Host.
func (in *instance) UnregisterHandler(ctx context.Context, number uint64) error {
	if !in.unwatch(number) {
		if !in.gave(number) {
			component.Refuse(ctx, fmt.Sprintf("watch %d", number), "it was never given")
		}
		return &types.ProcessErrorNotFound{Value: fmt.Sprintf("there is no watch %d", number)}
	}
	return nil
}

// group gives the instance's processes of a group, each of which is asked for.
func (in *instance) group(ctx context.Context, group int32, action string) ([]*child, error) {
	in.mu.Lock()
	var members []*child
	for _, pid := range in.order {
		c := in.all[pid]
		if n, err := c.group(); err == nil && n == group {
			members = append(members, c)
		}
	}
	in.mu.Unlock()
	if len(members) == 0 {
		component.Refuse(ctx, fmt.Sprintf("process group %d", group), notStarted)
		return nil, &types.ProcessErrorNotFound{Value: fmt.Sprintf("no process of the component's is in a group %d", group)}
	}
	for _, c := range members {
		if err := component.Ask(ctx, action, c.command); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func (c *child) group() (n int32, err error) {
	err = c.send(func() (err error) {
		n, err = groupOf(c.pid)
		return err
	})
	return n, err
}

// SendSignalGroup implements signals.Host.
func (in *instance) SendSignalGroup(ctx context.Context, group int32, s types.Signal) error {
	n, err := numberOf(s)
	if err != nil {
		return err
	}
	members, err := in.group(ctx, group, actionOf(n))
	if err != nil {
		return err
	}
	return members[0].send(func() error { return sendSignal(-int(group), n) })
}

// GetProcessGroup implements signals.Host.
func (in *instance) GetProcessGroup(ctx context.Context, pid uint32) (int32, error) {
	c, err := in.find(ctx, pid)
	if err != nil {
		return 0, err
	}
	return c.group()
}

// SetProcessGroup implements signals.Host.
func (in *instance) SetProcessGroup(ctx context.Context, pid uint32, group int32) error {
	c, err := in.allowed(ctx, pid, signal)
	if err != nil {
		return err
	}
	if group != 0 && group != int32(c.pid) {
		if _, err := in.group(ctx, group, signal); err != nil {
			return err
		}
	}
	return c.send(func() error { return setGroup(c.pid, int(group)) })
}

// GracefulShutdown implements signals.Host.
func (in *instance) GracefulShutdown(ctx context.Context, pid, seconds uint32) error {
	c, err := in.allowed(ctx, pid, kill)
	if err != nil {
		return err
	}
	n, err := numberOf(types.SignalTerm)
	if err == nil {
		err = c.send(func() error { return sendSignal(c.pid, n) })
	}
	if err != nil {
		return err
	}
	return ended(ctx, []*child{c}, seconds)
}

// GracefulShutdownGroup implements signals.Host.
func (in *instance) GracefulShutdownGroup(ctx context.Context, group int32, seconds uint32) error {
	members, err := in.group(ctx, group, kill)
	if err != nil {
		return err
	}
	n, err := numberOf(types.SignalTerm)
	if err == nil {
		err = members[0].send(func() error { return sendSignal(-int(group), n) })
	}
	if err != nil {
		return err
	}
	return ended(ctx, members, seconds)
}

// ended waits for processes to end, and kills those that have not when the time is
// over.
func ended(ctx context.Context, all []*child, seconds uint32) error {
	limit := time.NewTimer(time.Duration(seconds) * time.Second)
	defer limit.Stop()
	for _, c := range all {
		select {
		case <-c.done:
		case <-limit.C:
			for _, c := range all {
				c.end()
			}
			limit.Reset(time.Hour) // it was read: killing needs no other
			select {
			case <-c.done:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// EmergencyKill implements signals.Host.
func (in *instance) EmergencyKill(ctx context.Context, pid uint32) error {
	c, err := in.allowed(ctx, pid, kill)
	if err != nil {
		return err
	}
	c.end()
	return ended(ctx, []*child{c}, 0)
}

// EmergencyKillGroup implements signals.Host.
func (in *instance) EmergencyKillGroup(ctx context.Context, group int32) error {
	members, err := in.group(ctx, group, kill)
	if err != nil {
		return err
	}
	for _, c := range members {
		c.end()
	}
	return ended(ctx, members, 0)
}

// SignalName implements signals.Host.
func (in *instance) SignalName(_ context.Context, number uint32) (string, error) {
	return nameOf(number)
}

// SignalNumber implements signals.Host.
func (in *instance) SignalNumber(_ context.Context, name string) (uint32, error) {
	full := "SIG" + strings.TrimPrefix(strings.ToUpper(name), "SIG")
	for n := range uint32(maxSignal + 1) {
		if known, err := nameOf(n); err == nil && known == full {
			return n, nil
		}
	}
	return 0, &types.ProcessErrorSignalNotSupported{Value: "this system has no signal " + name}
}

// ListSignals implements signals.Host.
func (in *instance) ListSignals(context.Context) ([]string, error) {
	var names []string
	for n := range uint32(maxSignal + 1) {
		if name, err := nameOf(n); err == nil {
			names = append(names, name)
		}
	}
	return names, nil
}
