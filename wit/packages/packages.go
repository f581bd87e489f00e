// Package packages holds the WIT packages that the system itself defines, one
// folder each, embedded. It holds no parser and no generated bindings: those
// are wit's and the generator's.
package packages

import "embed"

// FS holds each package in a folder of its own, with the colon of the package
// name as a dash: airssys-core is airssys:core@1.0.0. A folder is complete in
// itself and can be handed to any tool that reads WIT.
//
//go:embed airssys-core/*.wit
var FS embed.FS
