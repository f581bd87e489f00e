//go:build linux || freebsd

package wasi

import "golang.org/x/sys/unix"

const keepIdle = unix.TCP_KEEPIDLE
