package wit

// A lock is what a lock file beside the WIT says of its dependencies.
type lock struct {
	// name is what the person calls the file, tool what fetches what it names.
	name, tool string
	// packages are the names that it holds, with the versions it settled on; none
	// where it says none.
	packages map[string][]string
}

func (s *sources) readLocks(_ root) error { return nil }
