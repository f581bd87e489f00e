// Package wasi holds the host side of WASI 0.2, on bindings that the generator
// wrote from its WIT: what a component of any toolchain imports beside its
// world. It runs no component and parses no command line.
//
// [Providers] offers the interfaces when a component is loaded, [Options] says
// what one instance is given of them. Nothing is ambient: a [Config] without
// anything in it is a program without arguments, variables, files, and streams
// that lead anywhere. Clocks and randomness are guarded by their interfaces and
// have to be granted besides, files by their paths:
//
//	factory, err := program.Load(ctx, rt, wasm, wasi.Providers()...)
//	...
//	opts := wasi.Options(wasi.Config{Args: []string{"hello"}, Stdout: os.Stdout})
//	opts = append(opts, component.WithGrants(capability.Grant{Kind: capability.Import, Resource: "wasi:clocks/wall-clock"}))
//	instance, err := factory.New(ctx, program.Imports{}, opts...)
package wasi
