package process

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host/process/bindings/airssys/extprocess/types"
)

// A child is a process that a component has started.
type child struct {
	command string
	pid     int
	cmd     *exec.Cmd
	folder  string // its own directory, removed when it ends; "" for none
	since   time.Time
	done    chan struct{} // closed when it has ended, and all that is known of that is there
	until   time.Time
	waited  atomic.Bool

	mu     sync.Mutex
	reaped bool // its number may be another's
}

func (c *child) over() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// send sends a signal to the process, or to its group, as long as it is there.
func (c *child) send(do func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reaped {
		return &types.ProcessErrorAlreadyTerminated{Value: c.command + " has ended"}
	}
	return do()
}

// end kills the process with its group.
func (c *child) end() {
	_ = c.send(func() error { return errors.Join(killGroup(c.pid), c.cmd.Process.Kill()) })
}

// wait waits for the end, and ends what the process leaves behind in its group.
func (c *child) wait() {
	_ = c.cmd.Wait() // how it ended is in its state
	c.mu.Lock()
	c.reaped = true
	_ = killGroup(c.pid)
	c.mu.Unlock()
	if c.folder != "" {
		_ = os.RemoveAll(c.folder)
	}
	c.until = time.Now()
}

// result is how the process, which is over, has ended.
func (c *child) result() types.WaitResult {
	c.waited.Store(true)
	state := c.cmd.ProcessState
	r := types.WaitResult{
		PID: uint32(c.pid), ExitStatus: types.ExitStatus{Code: int32(state.ExitCode())},
		CPUTimeMs: uint64((state.UserTime() + state.SystemTime()).Milliseconds()), PeakMemoryBytes: peak(state),
	}
	if n := signalOf(state); n > 0 {
		r.ExitStatus.TerminatedBySignal, r.ExitStatus.SignalNumber = true, cm.Some(uint32(n))
	}
	return r
}

// start starts a program. The caller holds mu.
func (in *instance) start(ctx context.Context, o types.SpawnOptions, limits *types.ResourceLimits) (*child, error) {
	switch {
	case !filepath.IsAbs(o.Command) || filepath.Clean(o.Command) != o.Command:
		component.Refuse(ctx, o.Command, "it is no absolute path without . and ..")
		return nil, invalid("the program is named by its absolute path, without . and ..")
	case o.InheritStdin:
		return nil, invalid("the host's input is given to nobody")
	}
	c := &child{command: o.Command, done: make(chan struct{}), since: time.Now()}
	c.cmd = &exec.Cmd{
		Path: o.Command, Args: append([]string{o.Command}, o.Arguments...), Env: []string{}, SysProcAttr: grouped(), WaitDelay: 3 * time.Second,
	}
	if o.InheritEnvironment && in.config.Env != nil {
		c.cmd.Env = append(c.cmd.Env, in.config.Env(in.self)...)
	}
	for _, v := range o.Environment {
		if err := variable(v); err != nil {
			name, _, _ := strings.Cut(v, "=") // the value may be a secret
			component.Refuse(ctx, name, "it is no variable that a program may be given")
			return nil, err
		}
		c.cmd.Env = append(c.cmd.Env, v)
	}
	if o.CaptureStdout {
		c.cmd.Stdout = &lines{in: in, c: c}
	}
	if o.CaptureStderr {
		c.cmd.Stderr = &lines{in: in, c: c, errors: true}
	}
	if err := c.place(o.WorkingDirectory); err != nil {
		return nil, err
	}
	if err := launch(c.cmd, limits); err != nil {
		if c.folder != "" {
			_ = os.RemoveAll(c.folder)
		}
		return nil, startError(o.Command, err)
	}
	c.pid = c.cmd.Process.Pid
	return c, nil
}

// place gives the program its directory.
func (c *child) place(dir cm.Option[string]) (err error) {
	if dir.Valid {
		if c.cmd.Dir = dir.Value; !filepath.IsAbs(dir.Value) {
			return invalid("the working directory is an absolute path")
		}
		info, err := os.Stat(dir.Value)
		if err != nil || !info.IsDir() {
			return &types.ProcessErrorNotFound{Value: dir.Value + " is no directory"}
		}
		return nil
	}
	if c.folder, err = os.MkdirTemp("", "witgen-process-"); err != nil {
		return fail("no directory could be made for it")
	}
	c.cmd.Dir = c.folder
	return nil
}

// variable refuses what is none, and those by which a system's loader runs other
// code than the program's.
func variable(v string) error {
	name, _, ok := strings.Cut(v, "=")
	switch {
	case !ok || name == "" || strings.ContainsRune(v, 0):
		return invalid("a variable is written as NAME=value")
	case strings.HasPrefix(name, "LD_"), strings.HasPrefix(name, "DYLD_"):
		return &types.ProcessErrorPermissionDenied{Value: name + " would change which code the program runs"}
	}
	return nil
}

func startError(command string, err error) error {
	if e, ok := errors.AsType[types.ProcessError](err); ok {
		return e
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &types.ProcessErrorNotFound{Value: "there is no program " + command}
	case errors.Is(err, syscall.ENOEXEC):
		return &types.ProcessErrorExecFormatError{Value: command + " is no program"}
	case errors.Is(err, fs.ErrPermission):
		return &types.ProcessErrorPermissionDenied{Value: command + " may not be run by the host's user"}
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EMFILE):
		return &types.ProcessErrorResourceExhausted{Value: "the host can start no more processes"}
	case errors.Is(err, syscall.E2BIG):
		return invalid("the arguments are too long")
	}
	return &types.ProcessErrorSpawnFailed{Value: err.Error()}
}

// maxLine is how long a line is that comes in one piece.
const maxLine = 16 << 10

// lines hands on what a program writes.
type lines struct {
	in     *instance
	c      *child
	errors bool
	rest   []byte
}

// Write implements io.Writer. The process has its number by then: the first bytes
// are copied after it was started.
func (l *lines) Write(b []byte) (int, error) {
	if l.in.config.Output == nil {
		return len(b), nil
	}
	l.rest = append(l.rest, b...)
	for {
		i := bytes.IndexByte(l.rest, '\n')
		switch {
		case i < 0 && len(l.rest) <= maxLine:
			return len(b), nil
		case i < 0 || i > maxLine:
			l.say(l.rest[:maxLine])
			l.rest = l.rest[maxLine:]
		default:
			l.say(l.rest[:i])
			l.rest = l.rest[i+1:]
		}
	}
}

func (l *lines) say(b []byte) {
	l.in.config.Output(Line{l.in.self, l.c.cmd.Process.Pid, l.errors, strings.ToValidUTF8(strings.TrimSuffix(string(b), "\r"), "\uFFFD")})
}

// flush hands on what stands behind the last line's end.
func (l *lines) flush() {
	if len(l.rest) > 0 && l.in.config.Output != nil {
		l.say(l.rest)
	}
}
