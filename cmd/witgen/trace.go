package main

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wave"
)

// A traceLines makes lines of the calls of one instance, indented by how deep
// they are in one another:
//
//	→ demo:kit/shapes#area(circle(2.5))
//	  ← demo:kit/log#write("area of a circle") → ()    3 µs
//	= 19.634954084936208                               41 µs
type traceLines struct {
	handles *wave.Handles
	// begun is an import that has begun: it is one line if nothing happens until
	// it ends.
	begun *component.TraceEvent
}

// Limits of what a line shows of values, in bytes.
const (
	traceText = 72
	traceJSON = 4096
)

// timeColumn is where times stand, if there is room.
const timeColumn = 64

// event gives the lines that an event completes.
func (t *traceLines) event(e component.TraceEvent) []string {
	indent := strings.Repeat("  ", e.Depth)
	if e.End && t.begun != nil && t.begun.Depth == e.Depth {
		t.begun = nil
		return []string{besideTime(indent+t.head(e)+" → "+t.answer(e), e.Took)}
	}
	var lines []string
	if t.begun != nil {
		lines = append(lines, strings.Repeat("  ", t.begun.Depth)+t.head(*t.begun))
		t.begun = nil
	}
	switch {
	case e.End:
		lines = append(lines, besideTime(indent+"= "+t.answer(e), e.Took))
	case e.Import:
		t.begun = &e
	default:
		lines = append(lines, indent+t.head(e))
	}
	return lines
}

// head is the function and its arguments.
func (t *traceLines) head(e component.TraceEvent) string {
	arrow := "→ "
	if e.Import {
		arrow = "← "
	}
	return arrow + unversionedFunc(e.Name) + traceArgs(e, t.handles, traceText)
}

// answer is what a call ended with.
func (t *traceLines) answer(e component.TraceEvent) string {
	text := traceResult(e, t.handles, traceText)
	switch {
	case e.Denial != nil && e.Err != nil:
		return "DENIED, and so trapped"
	case e.Denial != nil:
		return "DENIED, answered " + text
	case e.Err != nil:
		return traceError(e.Err)
	}
	return text
}

// traceError is what went wrong: the cause alone where the line says already
// which function trapped.
func traceError(err error) string {
	if trap, ok := err.(*component.Trap); ok {
		return "trap: " + trap.Cause.Error()
	}
	return "trap: " + err.Error()
}

func traceArgs(e component.TraceEvent, h *wave.Handles, limit int) string {
	if e.Args == nil && e.Unreadable != nil {
		return "(<" + e.Unreadable.Error() + ">)"
	}
	return wave.FormatArgs(e.Type, e.Args, wave.WithHandles(h), wave.WithLimit(limit), wave.WithTextBytes())
}

func traceResult(e component.TraceEvent, h *wave.Handles, limit int) string {
	switch {
	case e.Type.Result == nil:
		return "()"
	case e.Result == nil && e.Unreadable != nil:
		return "<" + e.Unreadable.Error() + ">"
	case e.Result == nil:
		return ""
	}
	return wave.Format(e.Type.Result, e.Result, wave.WithHandles(h), wave.WithLimit(limit), wave.WithTextBytes())
}

// besideTime sets a line's time in its column.
func besideTime(line string, took time.Duration) string {
	pad := max(2, timeColumn-utf8.RuneCountInString(line))
	return line + strings.Repeat(" ", pad) + brief(took)
}

// A tracedCall is a call that ended, in JSON.
type tracedCall struct {
	Direction string  `json:"direction"`
	Function  string  `json:"function"`
	Depth     int     `json:"depth"`
	Args      string  `json:"args"`
	Result    *string `json:"result"`
	Error     string  `json:"error,omitempty"`
	Denied    string  `json:"denied,omitempty"`
	TookMS    float64 `json:"took_ms"`
}

func newTracedCall(e component.TraceEvent) tracedCall {
	c := tracedCall{
		Direction: "export", Function: e.Name, Depth: e.Depth, TookMS: ms(e.Took),
		Args: traceArgs(e, nil, traceJSON),
	}
	if e.Import {
		c.Direction = "import"
	}
	if e.Denial != nil {
		c.Denied = e.Denial.Error()
	}
	if e.Err != nil {
		c.Error = e.Err.Error()
		return c
	}
	if e.Type.Result != nil {
		result := traceResult(e, nil, traceJSON)
		c.Result = &result
	}
	return c
}
