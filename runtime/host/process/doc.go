// Package process holds the system's interfaces of processes,
// airssys:ext-process, on bindings that witgen generated: what a component may
// import to start programs of the host's. It grants nothing: which programs may be
// started is a matter of an instance's grants, by their paths. What a program then
// does, it does as the host's user: to grant one is to trust it.
package process
