package actor

import (
	"context"
	"testing"
	"time"
)

// TestDefaults holds what a Spec stands for that says nothing to the figures of the reference.
func TestDefaults(t *testing.T) {
	t.Parallel()
	spec, err := Spec{
		Address: Address{Namespace: "test", Name: "a"},
		Factory: func(context.Context, Address) (Contract, error) { return nil, nil },
	}.complete()
	if err != nil {
		t.Fatal(err)
	}
	sup, err := SupervisorSpec{Address: Address{Namespace: "test", Name: "s"}}.complete()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		what      string
		got, want any
	}{
		{"restart", spec.Restart, Permanent},
		{"places in the mailbox", spec.MailboxSize, 1000},
		{"time to start", spec.StartTimeout, 10 * time.Second},
		{"time to stop", spec.StopTimeout, 5 * time.Second},
		{"time to handle", spec.HandleTimeout, time.Duration(0)},
		{"intensity", spec.Intensity, Intensity{Max: 3, Within: time.Minute}},
		{"back-off", spec.Backoff, Backoff{Kind: Exponential, Base: 100 * time.Millisecond, Multiplier: 1.5, Max: 30 * time.Second}},
		{"failed checks", spec.Health.Failures, 3},
		{"strategy", sup.Strategy, OneForOne},
		{"intensity of a supervisor", sup.Intensity, spec.Intensity},
		{"back-off of a supervisor", sup.Backoff, spec.Backoff},
	} {
		if test.got != test.want {
			t.Errorf("%s: %v, want %v", test.what, test.got, test.want)
		}
	}
}
