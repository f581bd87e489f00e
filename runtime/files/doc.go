// Package files holds the way from a path that a guest writes to the file of the
// host's that it means: folders that are mounted under names which guests know,
// and the walk below them. It knows no interface of a guest's and grants nothing;
// its callers say what may be reached.
//
// Grants are about paths, and a path says little about a file: links lead
// elsewhere, folders are exchanged while somebody walks through them, and
// operating systems read some names in a way of their own. So:
//
//   - Paths are asked for twice: as they are written, before anything is looked
//     at, so that nobody learns what is in a place that is not granted; and for
//     what the links on the way have made of them.
//   - A walk goes name by name, each folder opened from the one before and held
//     against what was looked at; links are followed by hand, and none leads out
//     of its mount. Nothing that is moved meanwhile changes where a walk leads.
//   - A file that is opened has to be the one that was looked at, and a regular
//     one: no device, and no pipe that would hold the caller.
//   - Making a link asks for what it leads to.
//   - Names that the operating system reads specially are refused: see
//     [CheckName].
package files
