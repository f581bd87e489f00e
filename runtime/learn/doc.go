// Package learn holds what components asked for while they ran, and writes the smallest manifest that covers it. It decides nothing: what is not granted
// is refused meanwhile, unless its user chooses otherwise.
package learn
