package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/control"
	"github.com/airsstack/witgen/runtime/manifest"
)

// A story tells what happens to actors, to a printer and to the run's journal.
// Its methods may be called from any goroutine.
type story struct {
	*printer
	journal control.Journal

	// Set before anything happens.
	stats    func(actor.Address) (actor.Info, bool)
	commands func(text string) string // names the state in the commands that a text names

	about    sync.Map // *manifest.Manifest by address
	withheld sync.Map // []capability.Grant by address
	first    []*manifest.Manifest
}

func newStory(out io.Writer, asJSON bool, manifests []*manifest.Manifest) *story {
	s := &story{first: manifests, commands: func(text string) string { return text }}
	var names []string
	for _, m := range manifests {
		names = append(names, m.Name)
		s.know(m)
	}
	s.printer = newPrinter(out, asJSON, names)
	return s
}

// know has the story tell of an actor as its manifest says.
func (s *story) know(m *manifest.Manifest) { s.about.Store(m.Name, m) }

// manifestOf is that of an actor; one that nobody knows has an empty one.
func (s *story) manifestOf(address string) *manifest.Manifest {
	if m, ok := s.about.Load(address); ok {
		return m.(*manifest.Manifest)
	}
	return &manifest.Manifest{}
}

func (s *story) nameOf(a actor.Address) string { return s.name(a.String()) }

// file is the component file of an actor, for places in it.
func (s *story) file(a actor.Address) string {
	if file := s.manifestOf(a.String()).File; file != "" {
		return filepath.Base(file)
	}
	return a.String()
}

// tell tells one event: the text to people, who are not told without one, and
// the facts to machines, which are not told of nil.
func (s *story) tell(at time.Time, event, who string, tone control.Tone, text string, facts ...fact) {
	r := control.Record{Time: at, Event: event, Actor: who, Tone: tone, Text: text}
	if facts != nil {
		r.Facts = factsOf(facts)
	}
	s.journal.Add(r)
	s.print(r)
}

// begin prints what is about to run.
func (s *story) begin(metrics string) {
	if s.json {
		return
	}
	world := ""
	if w := s.first[0].World; !slices.ContainsFunc(s.first, func(m *manifest.Manifest) bool { return m.World != w }) && w != "" {
		world = ", world " + w
	}
	fmt.Fprintf(s.out, "%s%s\n", plural(len(s.first), "component"), world)
	if metrics != "" {
		fmt.Fprintf(s.out, "metrics %s\n", metrics)
	}
	fmt.Fprintln(s.out)
}

// end prints the table that closes a run.
func (s *story) end(actors []actor.Info) {
	if s.json || len(actors) == 0 {
		return
	}
	rows := [][]string{{"actor", "handled", "denied", "crashes", "restarts", "dead letters"}}
	for _, a := range actors {
		n := func(v uint64) string { return strconv.FormatUint(v, 10) }
		t := a.Stats
		rows = append(rows, []string{s.nameOf(a.Address), n(t.Handled), n(t.Denied), n(t.Crashes), n(t.Restarts), n(t.DeadLetters)})
	}
	fmt.Fprintln(s.out)
	table(s.out, rows)
}

// payload shows a message's contents where they are text, on one line and not
// too much of them.
func payload(b []byte) (text string, ok bool) {
	const most = 60
	if len(b) == 0 || !utf8.Valid(b) {
		return "", false
	}
	quoted := strconv.Quote(string(b))
	text = quoted[1 : len(quoted)-1]
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text, true
}

// contents is a message as an event shows it: its size, and what is in it.
func contents(b []byte) string {
	size := strconv.Itoa(len(b)) + " B"
	if text, ok := payload(b); ok {
		return size + ": " + text
	}
	return size
}

func payloadFact(b []byte) fact {
	if !utf8.Valid(b) {
		return fact{"payload", nil}
	}
	return fact{"payload", string(b)}
}

// ms is a duration for machines.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// brief is a duration for people: the unit that fits, three digits.
func brief(d time.Duration) string {
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d >= u.unit {
			return strconv.FormatFloat(float64(d)/float64(u.unit), 'g', 3, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(int64(d), 10) + " ns"
}

// storyHandler makes a story's lines of what components log.
type storyHandler struct {
	story *story
	attrs []slog.Attr
}

func (h storyHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

func (h storyHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.attrs = append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)
	return h
}

func (h storyHandler) WithGroup(string) slog.Handler { return h }

func (h storyHandler) Handle(_ context.Context, r slog.Record) error {
	who, facts := "", map[string]string{}
	var text strings.Builder
	quoted := strconv.Quote(r.Message)
	text.WriteString(quoted[1 : len(quoted)-1])
	each := func(a slog.Attr) bool {
		if a.Key == "actor" {
			who = a.Value.String()
			return true
		}
		facts[a.Key] = a.Value.String()
		fmt.Fprintf(&text, "  %s=%s", quoteIfNeeded(a.Key), quoteIfNeeded(a.Value.String()))
		return true
	}
	for _, a := range h.attrs {
		each(a)
	}
	r.Attrs(each)
	level := strings.ToLower(r.Level.String())
	h.story.tell(r.Time, "log", who, "", fmt.Sprintf("%-5s  %s", level, &text),
		fact{"level", level}, fact{"message", r.Message}, fact{"facts", facts})
	return nil
}

// quoteIfNeeded keeps a guest from writing lines, or looks, of its own.
func quoteIfNeeded(s string) string {
	if q := strconv.Quote(s); len(q) != len(s)+2 || strings.ContainsAny(s, " =") {
		return q
	}
	return s
}
