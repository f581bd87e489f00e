package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/control"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/manifest"
)

// said is the text of an error of which a guest may have said a part: one line.
func said(err error) string { return quoteIfControl(err.Error()) }

// observe tells one event.
func (s *story) observe(e actor.Event) {
	h := e.Head()
	who := h.Actor.String()
	switch e := e.(type) {
	case runtime.Loaded:
		s.know(e.Manifest)
		s.withheld.Store(who, e.Withheld)
	case actor.Starting:
		if e.Restart == 0 {
			s.tell(h.Time, "starting", who, "", s.describe(s.manifestOf(who)))
		}
	case actor.Started:
		m := s.manifestOf(who)
		s.tell(h.Time, "started", who, control.Good, "in "+brief(e.Took),
			fact{"file", m.File}, fact{"bytes", fileSize(m.File)}, fact{"grants", grantTexts(s.grantsOf(m))}, fact{"took_ms", ms(e.Took)})
	case actor.Sent:
		s.sent(e)
	case actor.Answered:
		s.answered(e)
	case actor.Rejected:
		s.tell(h.Time, "rejected", who, control.Warning, fmt.Sprintf("a message from %s, %s\nwith the error: %s", s.nameOf(e.From), contents(e.Payload), said(e.Err)),
			fact{"from", e.From.String()}, fact{"bytes", len(e.Payload)}, fact{"error", e.Err.Error()})
	case host.Denied:
		s.denied(e)
	case runtime.LimitNear:
		if h.Actor.IsZero() {
			who = "host"
		}
		s.tell(h.Time, "limit-near", who, control.Warning, fmt.Sprintf("%s: %v", e.Of, e.Usage),
			fact{"of", e.Of}, fact{"used", e.Usage.Used}, fact{"limit", e.Usage.Limit})
	case actor.LimitMet:
		s.limitMet(e)
	case runtime.Delegated:
		s.delegated(e)
	case runtime.DelegationEnded:
		s.tell(h.Time, "delegation-ended", who, "", fmt.Sprintf("%d, of %s: %s", e.ID, s.nameOf(e.To), e.Why),
			fact{"delegation", e.ID}, fact{"to", e.To.String()}, fact{"why", e.Why})
	case actor.Crashed:
		s.crashed(e)
	case actor.Undelivered:
		s.tell(h.Time, "undelivered", who, control.Warning, "→ "+s.nameOf(e.To)+", "+contents(e.Payload)+"\n"+said(e.Err),
			fact{"to", e.To.String()}, fact{"bytes", len(e.Payload)}, payloadFact(e.Payload), fact{"error", e.Err.Error()})
	case actor.HealthChanged:
		text, facts, tone := e.Health.String(), []fact{{"health", e.Health.String()}}, control.Tone("")
		if e.Health == actor.Healthy {
			text = ""
		}
		if e.Err != nil {
			text, facts = text+": "+said(e.Err), append(facts, fact{"error", e.Err.Error()})
		}
		if e.Health == actor.Unhealthy {
			tone = control.Warning
		}
		s.tell(h.Time, "health", who, tone, text, facts...)
	case actor.TakenDown:
		text, facts := "to be started afresh", []fact{}
		if e.Err != nil {
			text += "\nwith the error: " + said(e.Err)
			facts = append(facts, fact{"error", e.Err.Error()})
		}
		s.tell(h.Time, "taken-down", who, control.Warning, text, facts...)
	case actor.Reverted:
		s.tell(h.Time, "reverted", who, control.Warning, "to the version before: the new one does not start\n"+e.Err.Error(), fact{"error", e.Err.Error()})
	case actor.Restarted:
		s.tell(h.Time, "restarted", who, control.Good,
			fmt.Sprintf("after %s, %d of %d within %s", brief(e.After), e.Restart, e.Intensity.Max, brief(e.Intensity.Within)),
			fact{"after_ms", ms(e.After)}, fact{"restart", e.Restart},
			fact{"max_restarts", e.Intensity.Max}, fact{"within_ms", ms(e.Intensity.Within)})
	case actor.DeadLettered:
		d := e.DeadLetter
		s.tell(h.Time, "dead-letter", who, control.Warning, fmt.Sprintf("from %s, %s (%s)", s.nameOf(d.From), contents(d.Payload), d.Reason),
			fact{"from", d.From.String()}, fact{"bytes", len(d.Payload)}, payloadFact(d.Payload), fact{"reason", d.Reason.String()})
	case actor.CloseFailed:
		s.tell(h.Time, "close-failed", who, control.Bad, said(e.Err), fact{"error", e.Err.Error()})
	case actor.Failed:
		s.tell(h.Time, "failed", who, control.Bad, said(e.Reason), fact{"error", e.Reason.Error()})
	case actor.Stopped:
		s.stopped(e)
	}
}

// delegated tells what was handed on, to whom and for how long.
func (s *story) delegated(e runtime.Delegated) {
	facts := []fact{{"delegation", e.ID}, {"to", e.To.String()}, {"grants", grantTexts(e.Grants)}}
	text := "→ " + s.nameOf(e.To) + ", " + strings.Join(grantTexts(e.Grants), ", ")
	if !e.Ends.IsZero() {
		lasts := e.Ends.Sub(e.Time)
		text, facts = text+", for "+brief(lasts), append(facts, fact{"lasts_ms", ms(lasts)})
	}
	s.tell(e.Time, "delegated", e.Actor.String(), "", text, facts...)
}

// limitMet tells what was refused because of a limit of an actor's.
func (s *story) limitMet(e actor.LimitMet) {
	who, key := e.Actor.String(), runtime.LimitKey(e.Err)
	text := e.Err.Error()
	switch {
	case e.From != e.Actor:
		text = fmt.Sprintf("from %s: %s", s.nameOf(e.From), text)
	case !e.To.IsZero():
		text = fmt.Sprintf("→ %s: %s", s.nameOf(e.To), text)
	}
	if path := s.manifestPath(who); path != "" && key != "" {
		text += "\nlimit: " + s.manifestOf(who).Key(key) + " in " + path
	}
	s.tell(e.Time, "limit-met", who, control.Warning, text,
		fact{"from", e.From.String()}, fact{"to", e.To.String()}, fact{"of", e.Err.Of}, fact{"wanted", e.Err.Wanted},
		fact{"used", e.Err.Usage.Used}, fact{"limit", e.Err.Usage.Limit}, fact{"key", key}, fact{"retry_ms", ms(e.Err.Retry)})
}

func (s *story) sent(e actor.Sent) {
	what, text := "message", contents(e.Payload)
	facts := []fact{{"to", e.To.String()}, {"bytes", len(e.Payload)}, payloadFact(e.Payload)}
	if e.Topic != "" {
		text = "on " + quoteIfControl(e.Topic) + ", " + text
		facts = append(facts, fact{"topic", e.Topic})
	}
	if e.Request != "" {
		what, text = "request", "request "+string(e.Request)+", "+text
		facts = append(facts, fact{"request", string(e.Request)})
	}
	s.tell(e.Time, what, e.Actor.String(), "", "→ "+s.nameOf(e.To)+", "+text, facts...)
}

func (s *story) answered(e actor.Answered) {
	text, tone := contents(e.Payload), control.Tone("")
	facts := []fact{{"to", e.To.String()}, {"request", string(e.Request)}, {"bytes", len(e.Payload)}, payloadFact(e.Payload), {"took_ms", ms(e.Took)}}
	if e.Err != nil {
		text, tone = said(e.Err), control.Warning
		facts = append(facts, fact{"error", e.Err.Error()})
	}
	s.tell(e.Time, "answer", e.Actor.String(), tone, fmt.Sprintf("→ %s, request %s after %s: %s", s.nameOf(e.To), e.Request, brief(e.Took), text), facts...)
}

// describe says what an actor runs and what it may do.
func (s *story) describe(m *manifest.Manifest) string {
	grants := strings.Join(grantTexts(s.grantsOf(m)), ", ")
	if grants == "" {
		grants = "nothing"
	}
	if withheld := s.withheldOf(m); len(withheld) > 0 {
		grants += ", without " + strings.Join(grantTexts(withheld), ", ")
	}
	return fmt.Sprintf("%s, %d kB · grants %s", filepath.Base(m.File), (fileSize(m.File)+500)/1000, grants)
}

// withheldOf is what of a manifest's grants its component runs without.
func (s *story) withheldOf(m *manifest.Manifest) []capability.Grant {
	withheld, _ := s.withheld.Load(m.Name)
	grants, _ := withheld.([]capability.Grant)
	return grants
}

// grantsOf is what a manifest's component runs with.
func (s *story) grantsOf(m *manifest.Manifest) []capability.Grant {
	return slices.DeleteFunc(m.Grants(), func(g capability.Grant) bool { return slices.Contains(s.withheldOf(m), g) })
}

func fileSize(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

func grantTexts(grants []capability.Grant) []string {
	texts := make([]string, len(grants))
	for i, g := range grants {
		texts[i] = g.String()
	}
	return texts
}

func (s *story) denied(e host.Denied) {
	d := e.Denial
	text := d.Error()
	granted := grantTexts(s.told(d))
	switch {
	case d.Final:
	case len(granted) > 0:
		text += "\ngranted      " + strings.Join(granted, ", ")
	default:
		text += "\ngranted      nothing of this kind"
	}
	hint := s.commands(s.manifestOf(d.Subject).Hint(d))
	if path := s.manifestPath(d.Subject); hint != "" && path != "" {
		if !approvalsHint.MatchString(hint) { // that is not done in a manifest
			hint = "in " + path + ", " + strings.TrimPrefix(hint, "in ")
		}
		text += "\nto allow it: " + hint
	}
	s.tell(e.Time, "denied", d.Subject, control.Warning, text,
		fact{"interface", d.Point.Interface}, fact{"function", d.Point.Func}, fact{"kind", d.Point.Kind},
		fact{"action", d.Action}, fact{"resource", d.Resource}, fact{"granted", granted}, fact{"hint", hint})
}

// told are the grants that a denial's reader wants to see: not the interfaces that
// the host lets every component use.
func (s *story) told(d *capability.Denial) []capability.Grant {
	m := s.manifestOf(d.Subject)
	if m.File == "" {
		return d.Granted()
	}
	return slices.DeleteFunc(d.Granted(), func(g capability.Grant) bool {
		return g.Kind == capability.Import && !slices.Contains(m.Grants(), g)
	})
}

// manifestPath is where an actor's manifest stands, by its folder; "" where it
// has none.
func (s *story) manifestPath(who string) string {
	m := s.manifestOf(who)
	if m.Path == "" {
		return ""
	}
	return filepath.ToSlash(filepath.Join(filepath.Base(filepath.Dir(m.Path)), filepath.Base(m.Path)))
}

// A stackFrame is a guest's stack frame in JSON.
type stackFrame struct {
	Function string `json:"function"`
	File     string `json:"file"`
	Offset   int    `json:"offset"`
}

func (s *story) crashed(e actor.Crashed) {
	text := "in " + e.During.String()
	facts := []fact{{"during", e.During.String()}}
	if e.Message != nil {
		text += fmt.Sprintf("(from %s, %d B)", s.nameOf(e.Message.From), len(e.Message.Payload))
		facts = append(facts, fact{"from", e.Message.From.String()}, fact{"bytes", len(e.Message.Payload)})
	}
	frames := []stackFrame{}
	trap, ok := errors.AsType[*component.Trap](e.Err)
	if !ok {
		text += ": " + said(e.Err)
	} else {
		text += fmt.Sprintf(": trap: %s\n%s", said(trap.Cause), trap.Stack(s.file(e.Actor)))
		for _, f := range trap.Frames {
			frames = append(frames, stackFrame{f.Func, s.file(e.Actor), f.Offset})
		}
	}
	facts = append(facts, fact{"error", e.Err.Error()}, fact{"stack", frames})
	if key := s.manifestOf(e.Actor.String()).Key(runtime.LimitKey(e.Err)); key != "" {
		text = strings.TrimSuffix(text, "\n") + "\nlimit: " + key + " in " + s.manifestPath(e.Actor.String())
		facts = append(facts, fact{"limit", key})
	}
	s.tell(e.Time, "crashed", e.Actor.String(), control.Bad, text, facts...)
}

func (s *story) stopped(e actor.Stopped) {
	text := ""
	if e.Err != nil {
		text = "with the error: " + said(e.Err)
	}
	if e.Left > 0 {
		text = strings.TrimPrefix(text+fmt.Sprintf("; %d messages were left", e.Left), "; ")
	}
	if text == "" {
		text = "cleanly"
	}
	facts := []fact{{"left", e.Left}}
	if info, ok := s.stats(e.Actor); ok {
		t := info.Stats
		facts = append(facts, fact{"handled", t.Handled}, fact{"denied", t.Denied}, fact{"crashes", t.Crashes},
			fact{"restarts", t.Restarts}, fact{"dead_letters", t.DeadLetters})
	}
	if e.Err != nil {
		facts = append(facts, fact{"error", e.Err.Error()})
	}
	s.tell(e.Time, "stopped", e.Actor.String(), "", text, facts...)
}
