package wit

import "github.com/airsstack/witgen/wit/syntax"

// An Error is one mistake in WIT: in its grammar, or a name that means nothing or
// something else than is wanted there. It has a place, and often a hint.
type Error = syntax.Error

// An ErrorList is the mistakes that one load found, in the order of their places;
// errors.As reaches each.
type ErrorList = syntax.ErrorList
