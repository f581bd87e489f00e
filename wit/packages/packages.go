// Package packages holds the WIT packages that the system itself defines, and WASI's,
// embedded. It holds no parser and no generated bindings: those
// are wit's and the generator's.
package packages

import "embed"

// FS holds each package in a folder of its own. airssys-core is
// airssys:core@1.0.0, with the colon of the package name as a dash;
// airssys-runtime-host is the later form of the same package, under the same name
// and version, called by its world. airssys-ext-… are the system's extensions, each
// with a world of all that it offers; so are airssys-topics and airssys-delegation. wasi holds the
// world witgen:wasi/host, all that the runtime offers of WASI 0.2, and the packages
// of that below deps. A folder is complete in itself and can be handed to any tool
// that reads WIT.
//
//go:embed airssys-core/*.wit airssys-ext-filesystem/*.wit airssys-ext-network/*.wit airssys-ext-process/*.wit airssys-runtime-host/*.wit airssys-topics/*.wit airssys-delegation/*.wit wasi
var FS embed.FS
