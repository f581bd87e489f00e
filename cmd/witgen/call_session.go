package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wave"
)

// A session is one instance of a component, called from the command line.
type session struct {
	file    string
	out     io.Writer
	options callOptions
	rt      *component.Runtime
	in      *component.Instance
	funcs   []component.Func
	handles wave.Handles
	lines   traceLines
	trace   []tracedCall // of the call in progress
}

func newSession(ctx context.Context, o callOptions, file string, out io.Writer) (_ *session, err error) {
	s := &session{file: filepath.ToSlash(file), out: out, options: o}
	s.lines.handles = &s.handles
	wasm, err := readComponent(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	d, err := component.Describe(wasm)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.file, err)
	}
	world := component.DynamicWorld(filepath.Base(file), d)
	if len(world.Imports) > 0 && !o.stub {
		return nil, s.refusal(world)
	}
	if s.rt, err = component.NewRuntime(ctx, component.Config{Interpreter: o.interpreter}); err != nil {
		return nil, err
	}
	if err := s.start(ctx, wasm, world); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
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
	b.WriteString("with --stub it runs all the same, and a call of one of them traps")
	return errors.New(b.String())
}

// start makes the instance and finds its functions.
func (s *session) start(ctx context.Context, wasm []byte, w *component.World) error {
	f, err := s.rt.Load(ctx, wasm, w)
	if err != nil {
		return fmt.Errorf("%s: %w", s.file, err)
	}
	grants, err := parseGrants(s.options.grants)
	if err != nil {
		return err
	}
	hosts := make([]any, len(w.Imports))
	for i, im := range w.Imports {
		hosts[i] = stub(im.Name)
		if len(s.options.grants) == 0 {
			grants = append(grants, importGrants(im)...)
		}
	}
	opts := []component.Option{
		component.WithSubject(filepath.Base(s.file)), component.WithGrants(grants...),
		component.WithLimits(component.Limits{Fuel: s.options.fuel, CallTime: s.options.timeout}),
	}
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

// stub stands in for an interface: what is called of it traps by name.
func stub(iface string) component.DynamicHost {
	return func(_ context.Context, fn string, _ []abi.Value) (abi.Value, error) {
		if strings.HasPrefix(fn, "[resource-drop]") {
			return nil, nil
		}
		if iface != "" {
			fn = iface + "#" + fn
		}
		return nil, fmt.Errorf("the component called its import %s, for which --stub only stands in", fn)
	}
}

func importGrants(im *component.Import) []capability.Grant {
	if im.Name != "" {
		return []capability.Grant{{Kind: capability.Import, Resource: im.Name}}
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
	return s.rt.Close(context.WithoutCancel(ctx))
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

// find gives the function of a name: the whole one, or as much of it as tells it
// from the others.
func (s *session) find(name string) (component.Func, error) {
	for _, same := range []func(f, name string) bool{
		func(f, name string) bool { return f == name },
		func(f, name string) bool { return unversionedFunc(f) == name },
		func(f, name string) bool { return plain(f) == name || plain(unversionedFunc(f)) == name },
		func(f, name string) bool { return short(f) == name || plain(short(f)) == name },
	} {
		var found []component.Func
		for _, f := range s.funcs {
			if same(f.Name(), name) {
				found = append(found, f)
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		}
		return component.Func{}, fmt.Errorf("%s exports more than one %s: %s", s.file, name, strings.Join(funcNames(found), ", "))
	}
	return component.Func{}, s.unknown(name)
}

// unknown is the error for a function that is not there.
func (s *session) unknown(name string) error {
	var near []string
	for _, f := range s.funcs {
		near = append(near, plain(short(f.Name())))
	}
	if found := tomlpos.Nearest(plain(short(name)), near); found != "" {
		f := s.funcs[slices.Index(near, found)]
		return fmt.Errorf("%s exports no function %s; did you mean %s?", s.file, name, plain(unversionedFunc(f.Name())))
	}
	return fmt.Errorf("%s exports no function %s; it exports\n%s", s.file, name, s.exported())
}

// exported lists the functions with their types, but not hundreds of them.
func (s *session) exported() string {
	const most = 30
	var lines []string
	for _, f := range s.funcs[:min(len(s.funcs), most)] {
		lines = append(lines, "  "+plain(unversionedFunc(f.Name()))+": "+f.Type().String())
	}
	switch {
	case len(s.funcs) == 0:
		return "  no functions that can be called"
	case len(s.funcs) > most:
		lines = append(lines, fmt.Sprintf("  and %d more, which `witgen inspect` shows", len(s.funcs)-most))
	}
	return strings.Join(lines, "\n")
}

func funcNames(funcs []component.Func) []string {
	names := make([]string, len(funcs))
	for i, f := range funcs {
		names[i] = f.Name()
	}
	return names
}

// unversionedFunc is a function's name without the version of its interface.
func unversionedFunc(name string) string {
	iface, fn, ok := strings.Cut(name, "#")
	if !ok {
		return name
	}
	return unversioned(iface) + "#" + fn
}

// short is a function's name without its interface.
func short(name string) string {
	_, fn, ok := strings.Cut(name, "#")
	if !ok {
		return name
	}
	return fn
}

// plain is a function's name without the mark of a constructor, method or static
// function.
func plain(name string) string {
	iface, fn, ok := strings.Cut(name, "#")
	if !ok {
		iface, fn = "", name
	}
	if strings.HasPrefix(fn, "[") {
		_, fn, _ = strings.Cut(fn, "]")
	}
	if ok {
		return iface + "#" + fn
	}
	return fn
}
