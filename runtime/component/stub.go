package component

// A StubError is the cause of the trap that ends a call of an imported function
// which the bindings were told to leave without an implementation.
type StubError struct {
	// Func is the function's full name: "demo:shop/files@0.1.0#open".
	Func string
}

func (e *StubError) Error() string {
	return "the component called " + e.Func + ", for which this host only has a stub"
}

// Stub ends a call of an import that has only a stub. Generated code calls it; it
// does not return.
func (c *Call) Stub(fn string) { panic(&hostFailure{err: &StubError{Func: fn}}) }
