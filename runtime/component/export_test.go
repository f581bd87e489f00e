package component

// Waiters is how many calls wait for the instance.
func Waiters(in *Instance) int {
	in.baton.mu.Lock()
	defer in.baton.mu.Unlock()
	return len(in.baton.waiters)
}

// Entered reports whether a call is in the instance.
func Entered(in *Instance) bool { return in.baton.state.Load() != batonFree }

// CoreInstantiations is how many core instances the factory makes for each
// instance.
func CoreInstantiations(f *Factory) int { return len(f.plan.insts) }

// HandleSlots is how many places the handle tables of the instance have.
func HandleSlots(in *Instance) int {
	n := 0
	for i := range in.insts {
		n += in.insts[i].Handles.Slots()
	}
	return n
}

// EngineVersion is what the cache's folder is named by.
const EngineVersion = engineVersion

// InTime is how Load keeps to its time.
var InTime = inTime
