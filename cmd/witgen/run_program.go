package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

// An exitStatus is the exit code of a program that said itself what was wrong.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// programOptions are the flags of `witgen run` that are for programs.
type programOptions struct{ dirs, env, allow []string }

func (o *programOptions) given() bool { return len(o.dirs)+len(o.env)+len(o.allow) > 0 }

func (o *programOptions) flags(cmd *cobra.Command, when string) {
	f := cmd.Flags()
	f.StringArrayVar(&o.dirs, "dir", nil, "a folder that components see, `HOST[:GUEST]`")
	f.StringArrayVar(&o.env, "env", nil, when+": a variable, `NAME=VALUE`")
	f.StringArrayVar(&o.allow, "allow", nil, when+": a grant, `KIND.ACTION=PATTERN` (several actions with commas) or imports=PATTERN")
}

// runProgram runs a component that exports wasi:cli/run, once.
func runProgram(cmd *cobra.Command, o runOptions, file string, args []string) (err error) {
	grants, err := readGrants(o.program.allow)
	if err != nil {
		return err
	}
	config, err := o.program.config(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer closeMounts(config.Mounts)
	config.Args = append([]string{filepath.Base(file)}, args...)
	wasm, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	options := []component.Option{
		component.WithSubject(filepath.Base(file)), component.WithGrants(grants...), component.WithGuard(capability.WithDenials(showDenials(cmd.ErrOrStderr()))),
	}
	ctx, end := untilSignal(cmd.Context())
	defer end(nil)
	admitted, err := o.state.admit(o.dev, func() { end(errWithdrawn) }, program{file, wasm, "wasi:cli/command", grants})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, admitted.leave(err)) }()
	options = append(options, admitted.options()...)
	engine := component.Config{Interpreter: o.interpreter}
	admitted.watch(&engine)
	rt, err := component.NewRuntime(ctx, engine)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Close(cmd.Context())) }()
	f, err := wasi.Load(ctx, rt, wasm)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	code, err := wasi.Run(ctx, f, config, options...)
	admitted.crashed(err)
	switch {
	case ctx.Err() != nil && cmd.Context().Err() == nil:
		if status, interrupted := errors.AsType[exitStatus](context.Cause(ctx)); interrupted {
			return status
		}
		return fmt.Errorf("%s: %w", file, context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("%s: %w", file, err)
	case code != 0:
		return exitStatus(code)
	}
	return nil
}

// errWithdrawn says why a program ended that somebody denied.
var errWithdrawn = errors.New("it was stopped: what it runs by was taken back")

// untilSignal gives a context that ends with an interrupt or a request to end. Its
// cause then is the exit status that shells give for the signal.
func untilSignal(ctx context.Context) (_ context.Context, end context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		defer signal.Stop(signals)
		select {
		case s := <-signals:
			n, _ := s.(syscall.Signal)
			cancel(exitStatus(128 + int(n)))
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// config is what the flags give to a program, with its standard streams. Its
// mounts are to be closed.
func (o *programOptions) config(in io.Reader, out, errs io.Writer) (c wasi.Config, err error) {
	c = wasi.Config{Env: o.env, Stdin: in, Stdout: out, Stderr: errs}
	c.Terminals = wasi.Terminals{Stdin: fromTerminal(in), Stdout: fromTerminal(out), Stderr: fromTerminal(errs)}
	for _, v := range o.env {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
			return c, fmt.Errorf("--env %s: write NAME=VALUE", v)
		}
	}
	c.Mounts, err = openMounts(o.dirs)
	return c, err
}

// openMounts opens what --dir names: all of it, or nothing.
func openMounts(dirs []string) (mounts []wasi.Mount, err error) {
	for _, dir := range dirs {
		m, err := openMount(dir)
		if err != nil {
			closeMounts(mounts)
			return nil, err
		}
		mounts = append(mounts, m)
	}
	return mounts, nil
}

func closeMounts(mounts []wasi.Mount) {
	for _, m := range mounts {
		_ = m.Root.Close()
	}
}

// openMount reads HOST or HOST:GUEST. A guest's path is absolute.
func openMount(arg string) (wasi.Mount, error) {
	host, guest := arg, ""
	if i := strings.LastIndex(arg, ":"); i > 1 { // not that of a Windows drive
		host, guest = arg[:i], arg[i+1:]
	}
	if guest == "" {
		abs, err := filepath.Abs(host)
		if err != nil {
			return wasi.Mount{}, err
		}
		guest = "/" + filepath.Base(abs)
	}
	if !path.IsAbs(guest) || path.Clean(guest) != guest {
		return wasi.Mount{}, fmt.Errorf("--dir %s: the program's path %q is not an absolute one; write for example --dir %s:/data", arg, guest, host)
	}
	root, err := os.OpenRoot(host)
	if err != nil {
		return wasi.Mount{}, fmt.Errorf("--dir %s: %w", arg, err)
	}
	return wasi.Mount{Path: guest, Root: root}, nil
}

// readGrants reads what --allow says, in the words of a manifest.
func readGrants(allow []string) ([]capability.Grant, error) {
	var grants []capability.Grant
	for _, a := range allow {
		word, resource, ok := strings.Cut(a, "=")
		kind, actions, hasAction := strings.Cut(word, ".")
		g := capability.Grant{Kind: capability.Kind(kind), Resource: resource}
		if kind == "imports" {
			g.Kind = capability.Import
		}
		if !ok || hasAction == (g.Kind == capability.Import) {
			return nil, fmt.Errorf("--allow %s: write imports=wasi:clocks/* or filesystem.read=/data/**", a)
		}
		if _, err := capability.ParsePattern(g.Kind, resource); err != nil {
			return nil, fmt.Errorf("--allow %s: %w", a, err)
		}
		for action := range strings.SplitSeq(actions, ",") {
			if hasAction && strings.Trim(action, "abcdefghijklmnopqrstuvwxyz-") != "" || hasAction && action == "" {
				return nil, fmt.Errorf("--allow %s: %q is no action; write each, as in filesystem.read,write=/data/**", a, action)
			}
			g.Action = action
			grants = append(grants, g)
		}
	}
	return grants, nil
}

// showDenials prints what was refused, each once, and what would allow it.
func showDenials(w io.Writer) func(capability.Decision) {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(d capability.Decision) {
		if d.Granted {
			return
		}
		word := string(d.Point.Kind) + "." + d.Action
		if d.Point.Kind == capability.Import {
			word = "imports"
		}
		line := fmt.Sprintf("witgen: denied %v; to allow it: --allow '%s=%s'", d.Denial, word, allowed(d))
		mu.Lock()
		defer mu.Unlock()
		if d.Denial.Hint() == "" {
			line = fmt.Sprintf("witgen: denied %v", d.Denial)
		}
		if !seen[line] {
			seen[line] = true
			fmt.Fprintln(w, line)
		}
	}
}

func allowed(d capability.Decision) string {
	if d.Point.Kind == capability.Import {
		name, _, _ := strings.Cut(d.Point.Interface, "@")
		return name
	}
	return d.Resource
}

func fromTerminal(f any) bool {
	file, ok := f.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
