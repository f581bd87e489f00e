// Package trust holds whom a host trusts: the sources that components may come from without being asked about, and the judging of a component by
// them. What becomes of one that comes from none of them is decided by people, in package approval.
//
//	trust.toml ─ Load ─▶ Config ─ Judge(component) ─▶ Verdict: trusted, unknown or dev-mode, and why
//
// Nothing that a component or its manifest says of itself makes it trusted. A key is trusted by its signature, a path by where the file really lies,
// a hash by the bytes, and a Git repository by what was recorded, by the one who fetched it, for exactly these bytes.
package trust
