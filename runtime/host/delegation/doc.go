// Package delegation is airssys:delegation: components hand on parts of what they
// may do to others, for a time. What a part is, and that nobody hands on more than
// he holds, is package capability's.
package delegation
