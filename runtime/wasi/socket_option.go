package wasi

import (
	"math"
	"syscall"
	"time"

	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/network"
)

// A socketOption is something that the operating system does for a socket.
type socketOption uint8

const (
	optionKeepAlive socketOption = iota
	optionKeepIdle
	optionKeepInterval
	optionKeepCount
	optionHopLimit
	optionReceiveBuffer
	optionSendBuffer
)

// hasDescriptor is what options are set on.
type hasDescriptor interface {
	SyscallConn() (syscall.RawConn, error)
}

// options are those of one socket, whatever it is at the moment.
type options struct {
	family family
	on     func() (hasDescriptor, error)
}

func (o options) get(name socketOption) (int, error) {
	c, err := o.on()
	if err != nil {
		return 0, err
	}
	n, err := getOption(c, o.family, name)
	return n, socketError(err)
}

// set sets an option to a number, of which 0 is none, and which is cut to what
// there is.
func (o options) set(name socketOption, n, most uint64) error {
	if n == 0 {
		return network.ErrorCodeInvalidArgument
	}
	c, err := o.on()
	if err != nil {
		return err
	}
	return socketError(setOption(c, o.family, name, int(min(n, most))))
}

// The operating systems keep these in seconds and refuse larger numbers.
const (
	maxKeepSeconds = 32767
	maxKeepCount   = 127
)

func (o options) duration(name socketOption) (uint64, error) {
	n, err := o.get(name)
	return uint64(n) * uint64(time.Second), err
}

func (o options) setDuration(name socketOption, d uint64) error {
	seconds := d / uint64(time.Second)
	if d%uint64(time.Second) != 0 {
		seconds++
	}
	return o.set(name, seconds, maxKeepSeconds)
}

func (o options) size(name socketOption) (uint64, error) {
	n, err := o.get(name)
	return uint64(n), err
}

func (o options) setSize(name socketOption, n uint64) error {
	return o.set(name, n, math.MaxInt32/2)
}
