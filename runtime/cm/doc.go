// Package cm holds the value types of the component model that have no
// counterpart in plain Go and that users therefore meet in generated code:
// options, results, tuples and the error that carries a WIT error value. It
// does not know how any of them crosses the boundary to a guest; that is
// package abi's business.
package cm
