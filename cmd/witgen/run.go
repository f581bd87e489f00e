package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/control"
	"github.com/airsstack/witgen/runtime/manifest"
)

// runOptions are the flags of `witgen run`.
type runOptions struct {
	untilIdle   bool
	json        bool
	trace       bool
	interpreter bool
	name        string
	store       string
	watch       bool
	metrics     string
	dev         bool
	learn       learnOptions
	state       stateOptions
	program     programOptions
}

// newRunCommand is `witgen run`.
func newRunCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run PATH... | run FILE.wasm [-- ARG...]",
		Short: "Run components as supervised actors, or a program",
		Long: `Run components as supervised actors, each limited to what its manifest grants.

A PATH is a Component.toml, a folder with one, or a folder whose folders have
one each. Everything is loaded and checked before the first component starts;
one that may send to another starts after it. What happens is printed as it
happens. An interrupt stops the components in reverse order, a second one at
once.

A manifest or a component that changes is taken up within two seconds, without
losing a message: the component finishes the message in hand, and the new version
takes over its mailbox. One that cannot be loaded or does not start changes
nothing. A new component in a folder is started; one whose manifest is gone is stopped,
when it has handled what waits for it. With --watch=false only "witgen reload" does that.

While it runs, ps, send, request, logs, restart, reload and stop talk to it, by a
socket that only its user can reach.

With --json each event is one object a line, with "time", "event" and "actor":

  started      file, bytes, grants, took_ms
  log          level, message, and the facts that came with it in "facts"
  message      to, bytes, payload (as text where it is text), topic where it
               was published
  request      to, bytes, payload, request (its number)
  answer       to, request, bytes, payload, took_ms; error where there is none
  rejected     from, bytes, error: the component answered with an error
  denied       interface, function, kind, action, resource, granted, hint
  limit-near   of, used, limit: 90 percent of it are used
  delegated    delegation (its number), to, grants, lasts_ms: handed on
  delegation-ended  delegation, to, why: taken back, or over
  limit-met    from, to, of, wanted, used, limit, key (of the manifest),
               retry_ms: a message, or what the component wanted, was refused
               because of it; of a flood the first
  crashed      during, from, bytes, error, stack (function, file, offset)
  health       health, where it has changed: healthy, degraded, unhealthy; error
  taken-down   stopped to be started afresh; error
  reloaded     file, bytes, grants, version: a new version has taken over
  reverted     error: the new version does not start, and the old one goes on
  reload-failed  path (of the manifest), error; the old version goes on
  restarted    after_ms, restart, max_restarts, within_ms
  dead-letter  from, bytes, payload, reason
  failed       error: it crashed and is not restarted
  stopped      left (messages), handled, denied, crashes, restarts, dead_letters
  call         with --trace: a call that ended, with direction ("export" or
               "import"), function, depth, args, result, error, denied, took_ms

With --learn what components ask for is kept, and when the run ends a manifest
is written beside each, Component.learned.toml: as it is, but with the grants
that cover what was asked for and no more, each with a comment that says which
calls asked. What is not granted is refused meanwhile, unless --grant-all lets
them have it.

With --state, --dev, or where there is a trust.toml in the default state, only
components from trusted sources start, and those that somebody approved (witgen
approvals); what happens goes to the audit log. Without, who names a component
answers for it.

The exit status is 0 when every component ended as it should, 1 otherwise.

A FILE.wasm is run as a program: a component that exports wasi:cli/run, such as
other toolchains make for WASI 0.2. It gets the arguments behind --, this
command's input and output, and nothing else unless it is given: folders with
--dir, which it sees as /NAME or as GUEST, variables with --env, and what
--allow grants in the words of a manifest. What it is refused is printed with
the flag that would allow it. The exit status is the program's; 130 after an
interrupt, 143 after a request to end.`,
		Example: `  witgen run examples/orders
  witgen run --until-idle examples/orders
  witgen run --json intake/Component.toml ledger/Component.toml
  witgen run --trace --until-idle examples/orders
  witgen run --store values.db --dir ./data:/data examples/orders
  witgen run --allow 'imports=wasi:clocks/*' prog.wasm -- --verbose
  witgen run --dir .:/src --allow 'filesystem.read=/src/**' count.wasm -- /src`,
		Args: func(_ *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				return errors.New("run what? Name a Component.toml, or a folder with components: witgen run examples/orders")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, paths []string) error {
			if strings.HasSuffix(paths[0], ".wasm") {
				if o.learn.on {
					return errors.New("--learn writes a manifest, and a program has none; what it is refused is printed with the flag that would allow it")
				}
				return runProgram(cmd, o, paths[0], paths[1:])
			}
			if o.learn.lenient && !o.learn.on {
				return errors.New("--grant-all goes with --learn: it is for finding out what a component asks for")
			}
			if len(o.program.env)+len(o.program.allow) > 0 {
				return errors.New("--env and --allow are for a program, FILE.wasm: what an actor is granted stands in its Component.toml")
			}
			return run(cmd, o, paths)
		},
	}
	cmd.Flags().BoolVar(&o.untilIdle, "until-idle", false, "stop when no message is left and no component waits for its restart")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON object a line")
	cmd.Flags().BoolVar(&o.trace, "trace", false, "print every call of an export and an import, with values and times")
	cmd.Flags().StringVar(&o.name, "name", "", "what ps, send, logs and the like find it by (default the folder's name)")
	cmd.Flags().BoolVar(&o.watch, "watch", true, "take up manifests and components that change")
	cmd.Flags().StringVar(&o.metrics, "metrics", "", "serve Prometheus metrics at `ADDR`, as in localhost:9464")
	cmd.Flags().BoolVar(&o.interpreter, "interpreter", false, "interpret WebAssembly in place of compiling it")
	cmd.Flags().StringVar(&o.store, "store", "", "keep what components store in `FILE`, which is made where there is none")
	devFlag(cmd, &o.dev)
	cmd.Flags().BoolVar(&o.learn.on, "learn", false, "write, beside each manifest, the smallest one that covers what was asked for")
	cmd.Flags().BoolVar(&o.learn.lenient, "grant-all", false, "with --learn: let components have what is not granted meanwhile")
	o.state.flags(cmd, false)
	o.program.flags(cmd, "with a program")
	return cmd
}

func run(cmd *cobra.Command, o runOptions, paths []string) (err error) {
	manifests, err := findAll(paths)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, end := context.WithCancel(ctx)
	defer end()

	story := newStory(cmd.OutOrStdout(), o.json, manifests)
	story.commands = func(text string) string { return withState(cmd, text) }
	config := runtime.Config{
		Component: component.Config{Interpreter: o.interpreter},
		Log:       slog.New(storyHandler{story: story}),
		Observe:   story.observe,
		Store:     o.store,
	}
	if config.Mounts, err = openMounts(o.program.dirs); err != nil {
		return err
	}
	defer closeMounts(config.Mounts)
	if o.trace {
		config.Trace = newStoryTrace(story).event
	}
	if config.Gate, err = o.state.forRun(o.dev); err != nil {
		return err
	}
	book, err := o.learn.begin(cmd, &config, o.dev)
	if err != nil {
		return err
	}
	if config.Gate != nil {
		defer func() { err = errors.Join(err, config.Gate.Close()) }()
	}
	host, err := runtime.New(ctx, config)
	if err != nil {
		return err
	}
	story.stats = host.Actor
	metrics, err := serveMetrics(o.metrics, host)
	if err != nil {
		return errors.Join(err, host.Stop(ctx))
	}
	defer metrics.close()
	story.begin(metrics.url())
	watch := &watch{host.Watch(manifests, paths...), story}
	loading := slow(cmd, "loading")
	var server *control.Server
	err = host.Start(ctx, manifests...)
	loading()
	if err == nil {
		server = serve(cmd, control.Config{
			Host: host, Name: runName(o.name, paths), Paths: absolute(paths), Journal: &story.journal, Shutdown: end, Reload: watch.reload, Metrics: metrics.url(),
		})
		err = watch.while(ctx, o.watch && !o.untilIdle, func() error { return wait(ctx, host, o.untilIdle) })
	}
	stop() // from here on an interrupt ends the process
	defer slow(cmd, "waiting for the components to stop")()
	return errors.Join(err, finish(host, story, server), writeLearned(cmd, book, manifests))
}

// serve has other commands reach the run. That they cannot is nothing to the
// components.
func serve(cmd *cobra.Command, config control.Config) *control.Server {
	server, err := control.Listen(config)
	if err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "ps, send, logs and the like cannot reach this run: %v\n", err)
		return nil
	}
	return server
}

// runName is what a run is called: as its user says, or as its first folder is.
func runName(name string, paths []string) string {
	if name != "" {
		return name
	}
	dir := absolute(paths)[0]
	if filepath.Base(dir) == manifest.FileName {
		dir = filepath.Dir(dir)
	}
	return filepath.Base(dir)
}

func absolute(paths []string) []string {
	var all []string
	for _, p := range paths {
		full, err := filepath.Abs(p)
		if err != nil { // there is no working folder any more
			full = p
		}
		all = append(all, full)
	}
	return all
}

// wait returns when the run is to end. An interrupt is a way to end it, not an
// error.
func wait(ctx context.Context, host *runtime.Host, untilIdle bool) error {
	if !untilIdle {
		<-ctx.Done()
		return nil
	}
	if err := host.WaitIdle(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

// finish stops everything and prints how it went.
func finish(host *runtime.Host, story *story, server *control.Server) error {
	limit := 10 * time.Second
	story.about.Range(func(_, m any) bool {
		limit += m.(*manifest.Manifest).Supervision.ShutdownTimeout
		return true
	})
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	err := host.Stop(ctx)
	if server != nil {
		err = errors.Join(err, server.Close(ctx))
	}
	actors := host.Actors()
	story.end(actors)
	for _, a := range actors {
		if a.State == actor.StateFailed {
			err = errors.Join(err, fmt.Errorf("%s failed: %w", a.Address, a.Reason))
		}
	}
	return err
}

// findAll reads the manifests that the paths name, each once.
func findAll(paths []string) ([]*manifest.Manifest, error) {
	var all []*manifest.Manifest
	var errs []error
	for _, p := range paths {
		found, err := runtime.Find(p)
		errs = append(errs, err)
		for _, m := range found {
			if i := slices.IndexFunc(all, func(o *manifest.Manifest) bool { return o.Name == m.Name }); i < 0 {
				all = append(all, m)
			} else if all[i].Path != m.Path {
				errs = append(errs, fmt.Errorf("%s: the name %s is taken by %s", m.Path, m.Name, all[i].Path))
			}
		}
	}
	return all, errors.Join(errs...)
}
