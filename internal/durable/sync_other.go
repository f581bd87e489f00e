//go:build !unix

package durable

// SyncDir does nothing: the system keeps the names in a folder by itself.
func SyncDir(string) error { return nil }
