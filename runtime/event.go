package runtime

import (
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/manifest"
)

// Loaded is the event of a component that is about to run as its manifest says:
// before its first start, before that of a new version, and once more with the
// old manifest where a new version did not start.
type Loaded struct {
	actor.Header
	Manifest *manifest.Manifest
	// Withheld are the grants, of those that are optional in the manifest, that it runs without.
	Withheld []capability.Grant
}

// Name is "loaded".
func (Loaded) Name() string { return "loaded" }
