package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/manifest"
)

// A story prints what happens to actors, for people or as JSON. Its methods may
// be called from any goroutine.
type story struct {
	mu     sync.Mutex
	out    io.Writer
	json   bool
	colour bool
	short  bool // all actors are of one namespace, which is left out
	width  int  // of the longest name
	about  map[string]*manifest.Manifest
	order  []*manifest.Manifest
	stats  func(actor.Address) (actor.Info, bool) // set before anything happens
}

func newStory(out io.Writer, asJSON bool, manifests []*manifest.Manifest) *story {
	s := &story{out: out, json: asJSON, colour: isTerminal(out), short: true, about: map[string]*manifest.Manifest{}, order: manifests}
	space := ""
	for _, m := range manifests {
		s.about[m.Name] = m
		ns, _, _ := strings.Cut(m.Name, ":")
		if space == "" {
			space = ns
		}
		s.short = s.short && ns == space
	}
	for _, m := range manifests {
		s.width = max(s.width, len(s.name(m.Name)))
	}
	return s
}

// isTerminal reports whether colours are welcome.
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// name is how an actor is called in the story.
func (s *story) name(address string) string {
	if _, name, ok := strings.Cut(address, ":"); ok && s.short {
		return name
	}
	return address
}

func (s *story) nameOf(a actor.Address) string {
	if a.IsZero() {
		return "outside"
	}
	return s.name(a.String())
}

// file is the component file of an actor, for places in it.
func (s *story) file(a actor.Address) string {
	if m := s.about[a.String()]; m != nil {
		return filepath.Base(m.File)
	}
	return a.String()
}

// A fact is one field of an event in JSON.
type fact struct {
	key   string
	value any
}

// tell prints one event: the text for people, the facts for machines. text may
// have more lines; they are set below the first one.
func (s *story) tell(at time.Time, event, who, colour, text string, facts ...fact) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.json {
		s.object(at, event, who, facts)
		return
	}
	if text == "" {
		return
	}
	first, more, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\n")
	word := fmt.Sprintf("%-11s", event)
	if s.colour && colour != "" {
		word = "\x1b[" + colour + "m" + word + "\x1b[0m"
	}
	fmt.Fprintf(s.out, "%s  %-*s  %s  %s\n", at.Format("15:04:05.000"), s.width, s.name(who), word, first)
	if more == "" {
		return
	}
	indent := strings.Repeat(" ", len("15:04:05.000")+2+s.width+2+11+2)
	for line := range strings.Lines(more) {
		fmt.Fprint(s.out, indent, line)
	}
	fmt.Fprintln(s.out)
}

// object writes the event's fields in their order, which a map would lose.
func (s *story) object(at time.Time, event, who string, facts []fact) {
	var b strings.Builder
	for i, f := range append([]fact{{"time", at.Format(time.RFC3339Nano)}, {"event", event}, {"actor", who}}, facts...) {
		value, err := json.Marshal(f.value)
		if err != nil {
			value, _ = json.Marshal(fmt.Sprint(f.value))
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", f.key, value)
	}
	fmt.Fprintf(s.out, "{%s}\n", b.String())
}

// begin prints what is about to run.
func (s *story) begin() {
	if s.json {
		return
	}
	noun := "components"
	if len(s.order) == 1 {
		noun = "component"
	}
	fmt.Fprintf(s.out, "%d %s, world %s\n\n", len(s.order), noun, host.WorldName)
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
	for _, row := range rows {
		for i, cell := range row {
			width := len(rows[0][i])
			if i == 0 {
				fmt.Fprintf(s.out, "%-*s", max(s.width, width), cell)
			} else {
				fmt.Fprintf(s.out, "  %*s", width, cell)
			}
		}
		fmt.Fprintln(s.out)
	}
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
