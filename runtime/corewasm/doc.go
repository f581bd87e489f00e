// Package corewasm holds core WebAssembly modules as data: it reads a binary
// into a [Module] and writes an edited copy of it. It runs nothing, validates
// no operand types and knows neither components nor the engine's API.
//
//	bytes ── Decode ──▶ *Module ── Rewrite(Edit) ──▶ *Rewritten
//	                       │                           │
//	          types, names, instructions     bytes, and the way back from an
//	                                         offset in them to the file's own
//
// [Module.Split] takes a module of several memories, which the engine does not
// run, into modules of one; each is rewritten like any other.
//
// Decode walks every instruction and refuses, by name and offset, whatever
// wazero 1.12 does not run or reads differently than the specification says.
// What it accepts needs the engine's features of the core specification 2.0 and
// those for tail calls, extended constants, exceptions, typed function references
// and atomics. Operand types stay the engine's to check.
//
// Three things hold for every module that Decode accepts and Split leaves as it
// is, and for what Split makes; edits rest on them: each index in it is within its
// index space, so that what an edit adds at the end of a space cannot be reached
// by the guest; each instruction has the extent that the engine gives it, so that
// no code hides inside another instruction's immediates; and no count in it
// exceeds what the limits in this package allow, so that the engine may allocate
// by it.
//
// Section numbers in brackets refer to the core specification 3.0.
package corewasm
