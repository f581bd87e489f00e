// Package manifest holds Component.toml: what a component is called, what it may use, and how it is supervised, as one typed model.
// It opens no component and enforces nothing; [Manifest.Grants] go to a guard, the rest to whoever runs the component.
//
// Every key stands in docs/manifest.md. A key that is not known, or not supported yet, is an error at its place:
// nothing that somebody wrote into a manifest is silently ignored. All mistakes of a file are reported together.
package manifest
