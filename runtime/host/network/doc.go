// Package network holds the system's interfaces of the network,
// airssys:ext-network, on bindings that witgen generated: what a component may
// import to connect to others, and to be connected to. It grants nothing: which
// hosts and ports may be reached is a matter of an instance's grants, and of the
// rules of package netguard.
package network
