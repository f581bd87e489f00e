package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/control"
)

// A printer prints the records of a run, for people or as JSON. Its methods may
// be called from any goroutine.
type printer struct {
	out    io.Writer
	json   bool
	colour bool

	mu    sync.Mutex
	short bool   // all actors are of one namespace, which is left out
	space string // that one
	width int    // of the longest name
}

// newPrinter gives a printer for a run of these actors.
func newPrinter(out io.Writer, asJSON bool, actors []string) *printer {
	p := &printer{out: out, json: asJSON, colour: coloured(out), short: true}
	for _, a := range actors {
		ns, _, _ := strings.Cut(a, ":")
		if p.space == "" {
			p.space = ns
		}
		p.short = p.short && ns == p.space
	}
	for _, a := range actors {
		p.width = max(p.width, len(p.name(a)))
	}
	return p
}

// coloured reports whether colours are welcome.
func coloured(out io.Writer) bool {
	return isTerminal(out) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// isTerminal reports whether people read along.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// name is how people read an actor's address.
func (p *printer) name(address string) string {
	if address == "" {
		return "outside"
	}
	if ns, name, ok := strings.Cut(address, ":"); ok && p.short && ns == p.space {
		return name
	}
	return address
}

// colours are those of the tones, which a reader should not miss.
var colours = map[control.Tone]string{control.Good: "32", control.Warning: "33;1", control.Bad: "31;1"}

// print prints one record.
func (p *printer) print(r control.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.json && r.Facts != nil:
		p.object(r)
	case !p.json && r.Text != "":
		p.text(r)
	}
}

// text prints a record for people; the lines behind the first are set below it.
func (p *printer) text(r control.Record) {
	name := p.name(r.Actor)
	p.width = max(p.width, len(name))
	first, more, _ := strings.Cut(strings.TrimSuffix(visible(r.Text), "\n"), "\n")
	word := fmt.Sprintf("%-11s", r.Event)
	if c := colours[r.Tone]; p.colour && c != "" {
		word = "\x1b[" + c + "m" + word + "\x1b[0m"
	}
	fmt.Fprintf(p.out, "%s  %-*s  %s  %s\n", r.Time.Format("15:04:05.000"), p.width, name, word, first)
	if more == "" {
		return
	}
	indent := strings.Repeat(" ", len("15:04:05.000")+2+p.width+2+11+2)
	for line := range strings.Lines(more) {
		fmt.Fprint(p.out, indent, line)
	}
	fmt.Fprintln(p.out)
}

// visible is a text in which all that a terminal may take for a command, but for
// the end of a line and tabs, is written out.
func visible(text string) string {
	hidden := func(r rune) bool { return r != '\n' && r != '\t' && !strconv.IsPrint(r) }
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hidden(r) {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// object prints a record as one line of JSON.
func (p *printer) object(r control.Record) {
	head := factsOf([]fact{{"time", r.Time.Format(time.RFC3339Nano)}, {"event", r.Event}, {"actor", r.Actor}})
	if facts := strings.TrimPrefix(string(r.Facts), "{"); facts != "}" {
		fmt.Fprintf(p.out, "%s,%s\n", strings.TrimSuffix(string(head), "}"), facts)
		return
	}
	fmt.Fprintf(p.out, "%s\n", head)
}

// A fact is one field of an event in JSON.
type fact struct {
	key   string
	value any
}

// factsOf writes an object with the facts in their order, which a map would
// lose.
func factsOf(facts []fact) json.RawMessage {
	var b, value bytes.Buffer
	e := json.NewEncoder(&value)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, f := range facts {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", f.key)
		value.Reset()
		if e.Encode(f.value) != nil {
			value.Reset()
			_ = e.Encode(fmt.Sprint(f.value))
		}
		b.Write(bytes.TrimSuffix(value.Bytes(), []byte("\n")))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// table prints rows below one another, the first cell of each to the left and
// the others to the right.
func table(out io.Writer, rows [][]string) {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			if i == 0 {
				fmt.Fprintf(&line, "%-*s", width[0], cell)
			} else {
				fmt.Fprintf(&line, "  %*s", width[i], cell)
			}
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
}
