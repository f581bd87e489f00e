// Package filesystem holds the system's interfaces of files,
// airssys:ext-filesystem, on bindings that witgen generated: what a component
// may import to work on folders of the host's that are mounted for it. It grants
// nothing: what may be done where is a matter of an instance's grants, and of the
// rules of package files.
package filesystem
