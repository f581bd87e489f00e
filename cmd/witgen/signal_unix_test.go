//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
)

// TestUntilSignal ends a program with the status that shells give for the signal. It
// is not parallel: the signal is the whole process's.
func TestUntilSignal(t *testing.T) {
	for signal, want := range map[syscall.Signal]exitStatus{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		ctx, end := untilSignal(t.Context())
		if err := syscall.Kill(os.Getpid(), signal); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		if status, ok := errors.AsType[exitStatus](context.Cause(ctx)); !ok || status != want {
			t.Errorf("%v ends it with %v", signal, context.Cause(ctx))
		}
		end(nil)
	}
	ctx, end := untilSignal(t.Context())
	end(errWithdrawn)
	if cause := context.Cause(ctx); !errors.Is(cause, errWithdrawn) {
		t.Errorf("it ends with %v", cause)
	}
}
