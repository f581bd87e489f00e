package wasi

import (
	"context"
	"fmt"
	"strings"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/terminalinput"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/terminaloutput"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/streams"
)

// An ExitError is the cause of the trap with which a program ends that calls
// exit, with success too; see [ExitCode].
type ExitError struct {
	// Code is the program's exit code, 0 for success.
	Code int
}

func (e *ExitError) Error() string { return fmt.Sprintf("the program ended with exit code %d", e.Code) }

type exits struct{}

func (exits) Exit(_ context.Context, status cm.Result[cm.Unit, cm.Unit]) error {
	if status.IsErr {
		return &ExitError{Code: 1}
	}
	return &ExitError{}
}

func (exits) ExitWithCode(_ context.Context, code uint8) error { return &ExitError{Code: int(code)} }

type env struct {
	args, vars []string
	dir        string
}

func (e env) GetEnvironment(context.Context) ([]cm.Tuple2[string, string], error) {
	vars := make([]cm.Tuple2[string, string], len(e.vars))
	for i, v := range e.vars {
		vars[i].F0, vars[i].F1, _ = strings.Cut(v, "=")
	}
	return vars, nil
}

func (e env) GetArguments(context.Context) ([]string, error) { return e.args, nil }

func (e env) InitialCwd(context.Context) (cm.Option[string], error) {
	if e.dir == "" {
		return cm.None[string](), nil
	}
	return cm.Some(e.dir), nil
}

// A program may ask for its standard streams as often as it likes, and all that
// it gets are the same.

type standardIn struct{ source }

func (s *standardIn) GetStdin(context.Context) (streams.InputStream, error) {
	return &inputStream{source: s.source}, nil
}

type (
	standardOut struct{ sink }
	standardErr struct{ sink }
)

func (s standardOut) GetStdout(context.Context) (streams.OutputStream, error) {
	return &outputStream{sink: s.sink}, nil
}

func (s standardErr) GetStderr(context.Context) (streams.OutputStream, error) {
	return &outputStream{sink: s.sink}, nil
}

type terminal struct{}

func (terminal) Drop(context.Context) {}

type (
	terminalIn  struct{ is bool }
	terminalOut struct{ is bool }
	terminalErr struct{ is bool }
)

func (t terminalIn) GetTerminalStdin(context.Context) (cm.Option[terminalinput.TerminalInput], error) {
	if !t.is {
		return cm.None[terminalinput.TerminalInput](), nil
	}
	return cm.Some[terminalinput.TerminalInput](terminal{}), nil
}

func (t terminalOut) GetTerminalStdout(context.Context) (cm.Option[terminaloutput.TerminalOutput], error) {
	return terminalOf(t.is), nil
}

func (t terminalErr) GetTerminalStderr(context.Context) (cm.Option[terminaloutput.TerminalOutput], error) {
	return terminalOf(t.is), nil
}

func terminalOf(is bool) cm.Option[terminaloutput.TerminalOutput] {
	if !is {
		return cm.None[terminaloutput.TerminalOutput]()
	}
	return cm.Some[terminaloutput.TerminalOutput](terminal{})
}
