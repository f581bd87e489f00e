package main

import (
	"context"
	"strings"
	"time"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/control"
)

// How often a run looks whether its files have changed.
const watchEvery = time.Second

// A watch takes up what changes in the files of a run, and tells of it.
type watch struct {
	*runtime.Watch
	story *story
}

// while watches as long as f runs, if it is wanted.
func (w *watch) while(ctx context.Context, wanted bool, f func() error) error {
	if !wanted {
		return f()
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx, actor.RealClock{}, watchEvery, w.tell)
	}()
	err := f()
	cancel()
	<-ended
	return err
}

// reload is what `witgen reload` asks for.
func (w *watch) reload(ctx context.Context) ([]control.Change, error) {
	var all []control.Change
	for _, c := range w.Reload(ctx) {
		w.tell(c)
		change := control.Change{Path: c.Path, Outcome: "reloaded"}
		if c.Manifest != nil {
			change.Actor = c.Manifest.Name
		}
		switch {
		case c.Err != nil:
			change.Outcome, change.Error = "failed", c.Err.Error()
		case c.Started:
			change.Outcome = "started"
		case c.Stopped:
			change.Outcome = "stopped"
		}
		all = append(all, change)
	}
	return all, nil
}

// tell tells of a change.
func (w *watch) tell(c runtime.Change) {
	who := ""
	if c.Manifest != nil {
		who = c.Manifest.Name
	}
	switch {
	case c.Err != nil:
		why := w.story.commands(c.Err.Error())
		text := strings.TrimSuffix(why, "\n")
		if !c.Started {
			text += "\nwhat ran before goes on"
		}
		w.story.tell(time.Now(), "reload-failed", who, control.Bad, text, fact{"path", c.Path}, fact{"error", why})
	case !c.Started && !c.Stopped: // else it is told already
		m := c.Manifest
		w.story.tell(time.Now(), "reloaded", who, control.Good, w.story.describe(m)+", version "+m.Version,
			fact{"file", m.File}, fact{"bytes", fileSize(m.File)}, fact{"grants", grantTexts(w.story.grantsOf(m))}, fact{"version", m.Version})
	}
}
