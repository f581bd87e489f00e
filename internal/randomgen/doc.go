// Package randomgen holds generated code and the type-driven path against each
// other on types that are drawn at random, with guests written for them. It
// holds no code of its own, only the test, which writes a module, generates
// bindings in it and runs it.
//
// Each run has a seed of its own; a failure names it, and the flag -seed runs it
// again.
package randomgen
