package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wave"
)

// callOptions are the flags of `witgen call`.
type callOptions struct {
	json, trace, stub, interpreter bool
	fuel                           uint64
	timeout                        time.Duration
	grants, with                   []string
	wasi                           bool
	dev                            bool
	state                          stateOptions
	program                        programOptions
}

// newCallCommand is `witgen call`.
func newCallCommand() *cobra.Command {
	var o callOptions
	cmd := &cobra.Command{
		Use:   "call FILE CALL...",
		Short: "Call functions that a component exports",
		Long: `Call functions that a component exports, one after the other on one instance, and
print what each gives back.

A CALL is the function with its interface and its arguments in parentheses:
'demo:kit/shapes@1.0.0#area(circle(2.5))'. The version, and the interface too,
may be left out where that leaves one function. Of a resource r, the constructor
is called as r(…), a method as r.name(…) with the resource as first argument, a
static function as r.name(…).

Arguments and results are in WAVE, the text format of component-level values:

  true  -9  3.14  nan  'x'  "text"         booleans, numbers, chars, strings
  [1, 2]  ("a", 1)  {name: "a", qty: 2}    lists, tuples, records
  circle(2.5)  red  %none                  variants and enums; keywords with %
  some(1)  1  none  ok(1)  err("no")       options and results
  {read, write}                            flags
  {"a": 1}                                 maps
  $1                                       a resource that an earlier call gave

A result that is a resource is printed as $1, $2, ...: later calls use the name.

Nothing is offered to the component, so that one which imports functions is
refused. With --stub it runs: a call of an import that gives nothing back is
shown, one of another traps. Every import may be called then, unless --grant
says which. With --wasi it is given WASI 0.2, which most toolchains' components
import: clocks, random numbers, this command's output, and what --dir, --env and
--allow say, as for witgen run.

A component may import whole components and core modules. With --with each is
given one: --with greeter=greeter.wasm, for one within an imported instance
--with 'demo:host/tools#greeter=greeter.wasm'.

With --state, --dev, or where there is a trust.toml in the default state, only
components from trusted sources are called, and those that somebody approved,
those of --with too; what they are granted and refused goes to the audit log, as
for run.

With --json each call is one object a line:

  call       as it was written
  function   its full name
  result     wave (the text) and json; null where the function has none
  took_ms    how long it took
  error      in place of result: what went wrong, with stack (function, file,
             offset) where the guest trapped
  trace      with --trace: the calls in the order of their ends, each with
             direction ("export" or "import"), function, depth, args, result,
             error, denied, took_ms

The exit status is 0 when every call gave a result, also one that is an err, and
1 otherwise. The first call that does not is the last one made.`,
		Example: `  witgen call testdata/guests/rust-kit/rust-kit.wasm --stub 'total([{name: "tea", qty: 2}])'
  witgen call testdata/guests/c-kit/c-kit.wasm --stub 'demo:c/api#area(circle(2.5))'
  witgen call testdata/guests/c-kit/c-kit.wasm --stub 'counter(5)' 'counter.incr($1, 2)'
  witgen call testdata/guests/scalars/scalars.wasm --stub --trace 'shout("hello")'
  witgen call testdata/guests/runaway/runaway.wasm --timeout 1s 'spin()'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.program.given() && !o.wasi {
				return errors.New("--dir, --env and --allow are for --wasi, which is not given")
			}
			return call(cmd, o, args[0], args[1:])
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	f.BoolVar(&o.trace, "trace", false, "print every call of an export and an import, with values and times")
	f.BoolVar(&o.stub, "stub", false, "run a component that imports functions; one without a result does nothing, calling another traps")
	f.BoolVar(&o.wasi, "wasi", false, "offer WASI 0.2 to the component")
	devFlag(cmd, &o.dev)
	o.state.flags(cmd, false)
	o.program.flags(cmd, "with --wasi")
	f.StringArrayVar(&o.with, "with", nil, "give the component the component or core module in a file for the import of that name, as `NAME=FILE`")
	f.StringArrayVar(&o.grants, "grant", nil, "with --stub, allow the imports of this `grant` and of others given, 'import demo:c/host' for instance")
	f.Uint64Var(&o.fuel, "fuel", 0, "limit each call to so many `units`, about one an instruction")
	f.DurationVar(&o.timeout, "timeout", 0, "limit each call to this `duration`")
	f.BoolVar(&o.interpreter, "interpreter", false, "interpret WebAssembly in place of compiling it")
	return cmd
}

func call(cmd *cobra.Command, o callOptions, file string, calls []string) (err error) {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	s, err := newSession(ctx, o, file, stop, cmd.OutOrStdout(), cmd.ErrOrStderr())
	if err != nil {
		return trapText(err, file)
	}
	defer func() { err = errors.Join(err, s.close(ctx), s.admitted.leave(err)) }()
	if len(calls) == 0 {
		return fmt.Errorf("call what? %s exports\n%s", file, s.exported())
	}
	for _, text := range calls {
		r := s.call(ctx, text)
		s.admitted.crashed(r.err)
		switch {
		case o.json:
			printLine(cmd, r.report(filepath.Base(file), &s.handles))
			if r.err != nil {
				return errReported
			}
		case r.err != nil:
			return trapText(r.err, file)
		case o.trace:
			fmt.Fprintln(cmd.OutOrStdout(), besideTime("= "+r.text(&s.handles), r.took))
		default:
			fmt.Fprintln(cmd.OutOrStdout(), r.text(&s.handles, wave.WithWidth(resultWidth)))
		}
	}
	return nil
}

// resultWidth is where a result is broken over several lines.
const resultWidth = 100

// trapText adds the guest's stack to a trap, and the place to a wrong call.
func trapText(err error, file string) error {
	if trap, ok := errors.AsType[*component.Trap](err); ok {
		stack := indented(trap.Stack(filepath.Base(file)))
		return fmt.Errorf("%w\n%s", err, strings.TrimSuffix(stack, "\n"))
	}
	if e, ok := errors.AsType[*wave.Error](err); ok {
		return fmt.Errorf("%w\n%s", err, strings.TrimSuffix(indented(e.Caret()+"\n"), "\n"))
	}
	return err
}

func indented(lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// An outcome is one call and what came of it.
type outcome struct {
	call     string
	function string
	typ      *abi.FuncType
	result   abi.Value
	took     time.Duration
	trace    []tracedCall
	err      error
}

// text is the result in WAVE.
func (r *outcome) text(h *wave.Handles, opts ...wave.Option) string {
	if r.typ.Result == nil {
		return "()"
	}
	return wave.Format(r.typ.Result, r.result, append(opts, wave.WithHandles(h))...)
}

// A callReport is an outcome in JSON.
type callReport struct {
	Call     string       `json:"call"`
	Function string       `json:"function,omitempty"`
	Result   *callResult  `json:"result"`
	TookMS   *float64     `json:"took_ms,omitempty"`
	Error    string       `json:"error,omitempty"`
	Stack    []stackFrame `json:"stack,omitempty"`
	Trace    []tracedCall `json:"trace,omitempty"`
}

type callResult struct {
	Wave string          `json:"wave"`
	JSON json.RawMessage `json:"json"`
}

func (r *outcome) report(file string, h *wave.Handles) callReport {
	c := callReport{Call: r.call, Function: r.function, Trace: r.trace}
	if r.function != "" {
		took := ms(r.took)
		c.TookMS = &took
	}
	switch {
	case r.err != nil:
		c.Error = r.err.Error()
		if trap, ok := errors.AsType[*component.Trap](r.err); ok {
			for _, f := range trap.Frames {
				c.Stack = append(c.Stack, stackFrame{f.Func, file, f.Offset})
			}
		}
	case r.typ.Result != nil:
		c.Result = &callResult{r.text(h), valueJSON(r.typ.Result, r.result, h)}
	}
	return c
}

// printLine prints an object on one line.
func printLine(cmd *cobra.Command, object any) {
	e := json.NewEncoder(cmd.OutOrStdout())
	e.SetEscapeHTML(false)
	_ = e.Encode(object)
}
