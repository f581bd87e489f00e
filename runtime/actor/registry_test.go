package actor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

func TestSpawnRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := actor.Spec{Address: addr("a"), Factory: func(context.Context, actor.Address) (actor.Contract, error) { return w.keep(new(guest)), nil }}
	for field, spoil := range map[string]func(*actor.Spec){
		"Factory":            func(s *actor.Spec) { s.Factory = nil },
		"Restart":            func(s *actor.Spec) { s.Restart = 9 },
		"Intensity.Max":      func(s *actor.Spec) { s.Intensity.Max = -1 },
		"Intensity.Within":   func(s *actor.Spec) { s.Intensity.Max = 3 },
		"Backoff.Kind":       func(s *actor.Spec) { s.Backoff.Kind = 9 },
		"Backoff.Base":       func(s *actor.Spec) { s.Backoff.Base = -1 },
		"Backoff.Multiplier": func(s *actor.Spec) { s.Backoff.Multiplier = 0.5 },
		"Backoff.Max":        func(s *actor.Spec) { s.Backoff.Max = time.Millisecond },
		"MailboxSize":        func(s *actor.Spec) { s.MailboxSize = -1 },
	} {
		spec := good
		spoil(&spec)
		var wrong *actor.SpecError
		if err := w.Spawn(w.ctx, spec); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	var noAddress *actor.AddressError
	if err := w.Spawn(w.ctx, actor.Spec{Factory: good.Factory}); !errors.As(err, &noAddress) {
		t.Errorf("no address: %v", err)
	}
	if err := w.Spawn(w.ctx, good); err != nil {
		t.Fatal(err)
	}
	if err := w.Spawn(w.ctx, good); !errors.Is(err, actor.ErrRunning) {
		t.Errorf("duplicate: %v", err)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := addr("a")
	if err := w.Forget(a); !errors.Is(err, actor.ErrNotFound) {
		t.Errorf("unknown: %v", err)
	}
	w.mustSpawn(actor.Spec{Address: a}, new(log).handler())
	if err := w.Forget(a); !errors.Is(err, actor.ErrRunning) {
		t.Errorf("running: %v", err)
	}
	if err := w.StopActor(w.ctx, a); err != nil {
		t.Fatal(err)
	}
	if err := w.Forget(a); err != nil {
		t.Error(err)
	}
	if err := w.StopActor(w.ctx, a); !errors.Is(err, actor.ErrNotFound) {
		t.Errorf("stop: %v", err)
	}
}

func TestActorsInOrderOfSpawning(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	names := []string{"z", "m", "a"}
	for _, name := range names {
		w.mustSpawn(actor.Spec{Address: addr(name)}, new(log).handler())
	}
	w.CountDenied(addr("m"))
	w.CountDenied(addr("nobody"))
	w.clock.Advance(time.Minute)
	var got []string
	for _, info := range w.Actors() {
		got = append(got, info.Address.Name)
		if info.Uptime != time.Minute || info.State != actor.StateReady || (info.Stats.Denied == 1) != (info.Address.Name == "m") {
			t.Errorf("%+v", info)
		}
	}
	equal(t, "order", got, names)
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"orders:ledger", "orders:ledger/2", "a.b-c_d:e", "ünï:cödé"} {
		a, err := actor.Parse(text)
		if err != nil || a.String() != text {
			t.Errorf("%q: %v, %v", text, a, err)
		}
	}
	for _, text := range []string{"", "ledger", ":ledger", "orders:", "orders:/1", "orders:ledger/", "a:b:c", "a:b/c/d", "a:*", "a b:c", "a:b\x00", "a:{b}"} {
		var wrong *actor.AddressError
		if a, err := actor.Parse(text); !errors.As(err, &wrong) {
			t.Errorf("%q: %v, %v", text, a, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("orders:ledger/2")
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := actor.Parse(text); err == nil && a.String() != text {
			t.Errorf("%q became %q", text, a)
		}
	})
}
