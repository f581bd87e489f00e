package host

import (
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
)

// Denied is the event of a component that asked for what it was not granted.
type Denied struct {
	actor.Header
	Denial *capability.Denial
}

// Name is "denied".
func (Denied) Name() string { return "denied" }
