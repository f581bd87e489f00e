package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/component/binary"
	"github.com/airsstack/witgen/runtime/wasi"
	"github.com/airsstack/witgen/runtime/wave"
)

// A session is one instance of a component, called from the command line.
type session struct {
	file    string
	out     io.Writer
	errs    io.Writer
	options callOptions
	rt      *component.Runtime
	in      *component.Instance
	funcs   []component.Func
	beyond  map[string]abi.Kind // exports that cannot be called, and the type that is why
	handles wave.Handles
	lines   traceLines
	trace   []tracedCall // of the call in progress
	mounts  []*os.Root

	admitted admission
	stop     func() // ends the calls
}

func newSession(ctx context.Context, o callOptions, file string, stop func(), out, errs io.Writer) (_ *session, err error) {
	s := &session{stop: stop, file: filepath.ToSlash(file), out: out, errs: errs, options: o, beyond: map[string]abi.Kind{}}
	s.lines.handles = &s.handles
	wasm, err := readComponent(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	d, err := component.Describe(wasm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	for _, e := range d.Exports {
		s.leaveOut(e)
	}
	if o.wasi {
		d.Imports = slices.DeleteFunc(d.Imports, func(e component.Extern) bool { return strings.HasPrefix(e.Name, "wasi:") })
	}
	world := component.DynamicWorld(filepath.Base(file), d)
	if len(world.Imports) > 0 && !o.stub {
		return nil, s.refusal(world)
	}
	engine := component.Config{Interpreter: o.interpreter}
	s.admitted.watch(&engine)
	if s.rt, err = component.NewRuntime(ctx, engine); err != nil {
		return nil, err
	}
	if err := s.start(ctx, wasm, world); err != nil {
		return nil, errors.Join(err, s.close(ctx), s.admitted.leave(err))
	}
	return s, nil
}

// leaveOut remembers the functions that DynamicWorld leaves out.
func (s *session) leaveOut(e component.Extern) {
	note := func(name string, f *abi.FuncType) {
		for _, p := range f.Params {
			if t := p.Type.Unsupported(); t != nil {
				s.beyond[name] = t.Kind
			}
		}
		if t := f.Result.Unsupported(); t != nil {
			s.beyond[name] = t.Kind
		}
	}
	if e.Func != nil {
		note(e.Name, e.Func)
	}
	if e.Interface != nil {
		for _, f := range e.Interface.Funcs {
			note(e.Name+"#"+f.Name, f.Type)
		}
	}
}

// refusal says what the component imports.
func (s *session) refusal(w *component.World) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s imports functions, and `witgen call` offers none:\n", s.file)
	for _, im := range w.Imports {
		names := make([]string, len(im.Funcs))
		for i, f := range im.Funcs {
			names[i] = f.Name
		}
		if im.Name != "" {
			names = append([]string{im.Name + " "}, names...)
		}
		fmt.Fprintf(&b, "  %s\n", strings.Replace(strings.Join(names, ", "), " , ", "  ", 1))
	}
	b.WriteString("with --stub it runs all the same: one that gives nothing back does nothing, a call of another traps")
	if slices.ContainsFunc(w.Imports, func(im *component.Import) bool { return strings.HasPrefix(im.Name, "wasi:") }) {
		b.WriteString("\nwith --wasi it is given what begins with wasi:")
	}
	return errors.New(b.String())
}

// givenFiles reads what --with names.
func givenFiles(with []string) (out []component.LoadOption, programs []program, err error) {
	for _, w := range with {
		name, file, ok := strings.Cut(w, "=")
		if !ok || name == "" || file == "" {
			return nil, nil, fmt.Errorf("--with %s: NAME=FILE is expected, greeter=greeter.wasm for instance", w)
		}
		wasm, err := readComponent(file)
		if err != nil {
			return nil, nil, fmt.Errorf("--with %s: %w", w, err)
		}
		give := component.WithComponent
		if binary.IsCoreModule(wasm) {
			give = component.WithModule
		}
		out = append(out, give(name, wasm))
		programs = append(programs, program{file: file, wasm: wasm, world: "witgen call --with"})
	}
	return out, programs, nil
}

// start makes the instance and finds its functions.
func (s *session) start(ctx context.Context, wasm []byte, w *component.World) error {
	with, programs, err := givenFiles(s.options.with)
	if err != nil {
		return err
	}
	grants, err := parseGrants(s.options.grants)
	if err != nil {
		return err
	}
	own := program{file: s.file, wasm: wasm, world: "witgen call"} // what it has of stubs is nothing
	opts, err := s.offerWASI(&own)
	if err != nil {
		return err
	}
	if s.admitted, err = s.options.state.admit(s.options.dev, s.stop, append([]program{own}, programs...)...); err != nil {
		return err
	}
	opts = append(opts, s.admitted.options()...)
	if s.options.wasi {
		with = append(with, wasi.Providers()...)
	}
	f, err := s.rt.Load(ctx, wasm, w, with...)
	if err != nil {
		return fmt.Errorf("%s: %w", s.file, err)
	}
	hosts := make([]any, len(w.Imports))
	for i, im := range w.Imports {
		hosts[i] = s.stub(im)
		if len(s.options.grants) == 0 {
			grants = append(grants, importGrants(im)...)
		}
	}
	opts = append(opts,
		component.WithSubject(filepath.Base(s.file)), component.WithGrants(grants...),
		component.WithLimits(component.Limits{Fuel: s.options.fuel, CallTime: s.options.timeout}))
	if s.options.trace {
		opts = append(opts, component.WithTrace(s.traced))
	}
	if s.in, err = f.New(ctx, hosts, opts...); err != nil {
		return fmt.Errorf("%s: %w", s.file, err)
	}
	for i := range w.Exports {
		s.funcs = append(s.funcs, s.in.Funcs(i)...)
	}
	return nil
}

// timeAndChance are what nearly every program that was not written for this
// command needs to begin at all.
var timeAndChance = []capability.Grant{
	{Kind: capability.Import, Resource: "wasi:clocks/*"},
	{Kind: capability.Import, Resource: "wasi:random/*"},
}

// offerWASI is what the instance is given of WASI, and what the program is granted with it.
func (s *session) offerWASI(own *program) ([]component.Option, error) {
	if !s.options.wasi {
		return nil, nil
	}
	config, err := s.options.program.config(nil, s.out, s.errs)
	if err != nil {
		return nil, err
	}
	for _, m := range config.Mounts {
		s.mounts = append(s.mounts, m.Root)
	}
	grants, err := readGrants(s.options.program.allow)
	if err != nil {
		return nil, err
	}
	own.world, own.grants = "witgen call --wasi", append(slices.Clone(timeAndChance), grants...)
	return append(wasi.Options(config), component.WithGrants(own.grants...),
		component.WithGuard(capability.WithDenials(showDenials(s.errs)))), nil
}

// stub stands in for an interface: a function that gives nothing back is shown
// and does nothing, and a call of any other traps by name.
func (s *session) stub(im *component.Import) component.DynamicHost {
	return func(_ context.Context, fn string, args []abi.Value) (abi.Value, error) {
		name := fn
		if im.Name != "" {
			name = im.Name + "#" + fn
		}
		i := slices.IndexFunc(im.Funcs, func(f component.HostFunc) bool { return f.Name == fn })
		switch {
		case i < 0: // a resource is dropped
			return nil, nil
		case im.Funcs[i].Type.Result == nil:
			if !s.options.trace && !s.options.json {
				fmt.Fprintf(s.errs, "stub: %s%s\n", name, wave.FormatArgs(im.Funcs[i].Type, args, wave.WithHandles(&s.handles)))
			}
			return nil, nil
		}
		return nil, fmt.Errorf("the component called its import %s, for which --stub only stands in", name)
	}
}

func importGrants(im *component.Import) []capability.Grant {
	if im.Name != "" {
		outermost, _, _ := strings.Cut(im.Name, "#")
		return []capability.Grant{{Kind: capability.Import, Resource: outermost}}
	}
	var all []capability.Grant
	for _, f := range im.Funcs {
		all = append(all, capability.Grant{Kind: capability.Import, Resource: f.Name})
	}
	return all
}

// parseGrants reads grants as they are printed: kind, action, resource; kind and
// resource for an import.
func parseGrants(texts []string) ([]capability.Grant, error) {
	var all []capability.Grant
	for _, text := range texts {
		switch words := strings.Fields(text); len(words) {
		case 2:
			all = append(all, capability.Grant{Kind: capability.Kind(words[0]), Resource: words[1]})
		case 3:
			all = append(all, capability.Grant{Kind: capability.Kind(words[0]), Action: words[1], Resource: words[2]})
		default:
			return nil, fmt.Errorf("--grant %q: a grant is a kind, an action and a resource, as in 'messaging send orders:ledger' or 'import demo:c/host'", text)
		}
	}
	return all, nil
}

// close frees everything. It may be called in the middle of newSession.
func (s *session) close(ctx context.Context) error {
	err := s.rt.Close(context.WithoutCancel(ctx))
	for _, m := range s.mounts {
		err = errors.Join(err, m.Close())
	}
	return err
}

// call makes one call.
func (s *session) call(ctx context.Context, text string) *outcome {
	r := &outcome{call: text}
	var fn component.Func
	args, err := wave.ParseCall(text, func(name string) (*abi.FuncType, error) {
		var err error
		if fn, err = s.find(name); err != nil {
			return nil, err
		}
		return fn.Type(), nil
	}, wave.WithHandles(&s.handles))
	if err != nil {
		r.err = err
		return r
	}
	r.function, r.typ = fn.Name(), fn.Type()
	s.trace = nil
	started := time.Now()
	r.result, r.err = fn.Call(ctx, args...)
	r.took, r.trace = time.Since(started), s.trace
	return r
}

// traced shows what a trace tells. The end of the call itself is left to who
// made it, and who knows how its resources are called.
func (s *session) traced(e component.TraceEvent) {
	switch {
	case s.options.json:
		if e.End {
			s.trace = append(s.trace, newTracedCall(e))
		}
	case e.End && e.Depth == 0 && e.Err == nil:
	default:
		for _, line := range s.lines.event(e) {
			fmt.Fprintln(s.out, line)
		}
	}
}
