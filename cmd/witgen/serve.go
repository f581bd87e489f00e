package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/control"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wasi/proxy"
)

// serveOptions are the flags of `witgen serve`.
type serveOptions struct {
	addr           string
	json           bool
	fresh          bool
	instances      int
	timeout, grace time.Duration
	maxBody        int64
	memory         uint64 // MiB
	interpreter    bool
	dev            bool
	state          stateOptions
	program        programOptions
}

// newServeCommand is `witgen serve`.
func newServeCommand() *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve FILE.wasm",
		Short: "Answer HTTP requests with a component",
		Long: `Answer HTTP requests with a component that exports wasi:http/incoming-handler.

Each request gets an instance of its own, which knows nothing of the others: one
that was used begins as a new one does, or one is made for it with --fresh. It
is given the request and nothing else, unless --dir, --env and --allow say so,
as for run. What it is refused is printed with the flag that would allow it,
what it says goes to this command's output of errors.

Each request is a line of output. With --json it is an object, with "time",
"event" and "actor", the component's file, as the two others are:

  serving   addr
  request   remote, method, path, status (0: none was sent), bytes (of the
            response's body), took_ms, ran_ms (until the instance had ended),
            error
  stopped   requests, failed

With --state, --dev, or where there is a trust.toml in the default state, it is
served only if it comes from a trusted source or somebody approved it, and what
it is granted and refused goes to the audit log, as for run. Denying it ends the
command.

An interrupt takes no more requests and waits for those that are there, up to
--grace; a second one does not wait.`,
		Example: `  witgen serve site.wasm
  witgen serve site.wasm --addr :80 --dir ./pages:/pages --allow filesystem.read=/pages/**
  witgen serve api.wasm --allow network.connect=db.example:443 --timeout 5s`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return serveFile(cmd, o, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.addr, "addr", "127.0.0.1:8080", "where to listen, `HOST:PORT`; port 0 is one that is free")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	f.BoolVar(&o.fresh, "fresh", false, "make an instance for each request")
	f.IntVar(&o.instances, "instances", 1000, "how many requests are worked on at once; others wait")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "how long one request may take")
	f.DurationVar(&o.grace, "grace", 10*time.Second, "how long requests may take after an interrupt")
	f.Int64Var(&o.maxBody, "max-body", 10<<20, "how many `BYTES` the body of a request may have")
	f.Uint64Var(&o.memory, "memory", 0, "how many `MIB` of memory an instance may have; 0 is what components have")
	f.BoolVar(&o.interpreter, "interpreter", false, "interpret WebAssembly in place of compiling it")
	devFlag(cmd, &o.dev)
	o.state.flags(cmd, false)
	o.program.flags(cmd, "for the component")
	return cmd
}

func serveFile(cmd *cobra.Command, o serveOptions, file string) (err error) {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	grants, err := readGrants(o.program.allow)
	if err != nil {
		return err
	}
	wasm, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	admitted, err := o.state.admit(o.dev, stop, program{file, wasm, "wasi:http/proxy", grants})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, admitted.leave(err)) }()
	engine := component.Config{Interpreter: o.interpreter}
	admitted.watch(&engine)
	rt, err := component.NewRuntime(ctx, engine)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Close(context.WithoutCancel(ctx))) }()
	name := filepath.Base(file)
	l := &accessLog{printer: newPrinter(cmd.OutOrStdout(), o.json, []string{name}), file: name}
	factory, err := wasi.LoadProxy(ctx, rt, wasm)
	switch {
	case ctx.Err() != nil: // it is to stop before it has begun
		l.end()
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", file, err)
	}
	l.crashed = admitted.crashed
	return serveWith(ctx, cmd, o, l, factory, append(admitted.options(), component.WithGrants(grants...)))
}

func serveWith(ctx context.Context, cmd *cobra.Command, o serveOptions, l *accessLog, factory *proxy.Factory, options []component.Option) error {
	errs := cmd.ErrOrStderr()
	config, err := o.program.config(nil, errs, errs)
	if err != nil {
		return err
	}
	defer closeMounts(config.Mounts)
	config.Args = []string{l.file}
	handler := wasi.NewHandler(factory, wasi.HandlerOptions{
		Config: config, Timeout: o.timeout, MaxBody: o.maxBody, Fresh: o.fresh,
		Pool: component.PoolOptions{Max: o.instances}, Done: l.done,
		Options: append(options, component.WithSubject(l.file), component.WithGuard(capability.WithDenials(showDenials(errs))),
			component.WithLimits(component.Limits{Memory: o.memory << 20})),
	})
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return errors.Join(err, handler.Close(ctx))
	}
	l.begin(listener.Addr())
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(errs, "witgen: ", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err = <-served:
	case <-ctx.Done():
		err = stopServing(ctx, server, handler, o.grace)
	}
	l.end()
	return err
}

// stopServing waits for what is under way, until the grace is over or somebody
// interrupts again.
func stopServing(ctx context.Context, server *http.Server, handler *wasi.Handler, grace time.Duration) error {
	wait, stop := signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	wait, cancel := context.WithTimeout(wait, grace)
	defer cancel()
	err := server.Shutdown(wait)
	if err != nil {
		err = errors.Join(fmt.Errorf("requests were cut off: %w", err), server.Close())
	}
	return errors.Join(err, handler.Close(wait))
}

// accessLog prints what becomes of requests.
type accessLog struct {
	*printer
	file             string
	crashed          func(error) // is told how requests have ended
	requests, failed atomic.Int64
}

func (l *accessLog) tell(event string, tone control.Tone, text string, facts ...fact) {
	l.print(control.Record{Time: time.Now(), Event: event, Actor: l.file, Tone: tone, Text: text, Facts: factsOf(facts)})
}

func (l *accessLog) begin(at net.Addr) {
	l.tell("serving", control.Good, "at http://"+at.String(), fact{"addr", at.String()})
}

func (l *accessLog) done(r *http.Request, o wasi.Outcome) {
	l.requests.Add(1)
	what, path := clean(r.Method), clean(r.URL.RequestURI())
	text := fmt.Sprintf("%d  %s %s  %s in %s, for %s", o.Status, what, path, size(int(o.Sent)), brief(o.Took), r.RemoteAddr)
	facts := []fact{
		{"remote", r.RemoteAddr},
		{"method", what},
		{"path", path},
		{"status", o.Status},
		{"bytes", o.Sent},
		{"took_ms", ms(o.Took)},
		{"ran_ms", ms(o.Ran)},
	}
	tone := control.Tone("")
	if o.Err != nil {
		l.failed.Add(1)
		l.crashed(o.Err)
		text, facts, tone = text+"\n"+said(o.Err), append(facts, fact{"error", o.Err.Error()}), control.Bad
		if trap, ok := errors.AsType[*component.Trap](o.Err); ok {
			text += "\n" + trap.Stack(l.file)
		}
	}
	l.tell("request", tone, text, facts...)
}

func (l *accessLog) end() {
	n, failed := l.requests.Load(), l.failed.Load()
	l.tell("stopped", "", fmt.Sprintf("after %s, %d failed", plural(int(n), "request"), failed), fact{"requests", n}, fact{"failed", failed})
}

// clean is a client's text without what could pass for another line, or fill one.
func clean(text string) string {
	quoted := strconv.Quote(text)
	text = quoted[1 : len(quoted)-1]
	return text[:min(len(text), 200)]
}
