package manifest

import (
	"fmt"
	"strings"
	"time"

	"github.com/airsstack/witgen/internal/tomlpos"
)

// Quotas are what the component may use of the host, all that runs of it together.
// Zero leaves one to the host.
type Quotas struct {
	Storage     uint64        // bytes that it keeps
	MessageRate uint64        // messages that it may send in a second
	Network     uint64        // bytes that it sends and receives in a second
	CPU         time.Duration // of a processor's time in a second
	OpenFiles   uint32        // at a time
	OpenSockets uint32        // at a time
}

// What a manifest can ask for at the most.
const (
	mostStored    = 1 << 40
	mostMessages  = 1_000_000 // a second
	mostBandwidth = 100e9
	mostOpen      = 1_000_000
)

func (c check) quotas(m *Manifest, f *quota) {
	m.Quotas = Quotas{
		Storage:     uint64(c.number(int64(f.Storage), 1, mostStored, " bytes", []any{"quota", "storage"})),
		MessageRate: uint64(c.number(f.MessageRate, 1, mostMessages, " messages a second", []any{"quota", "message_rate"})),
		Network:     uint64(c.number(int64(f.NetworkBandwidth), 1000, mostBandwidth, " bytes a second", []any{"quota", "network_bandwidth"})),
		OpenFiles:   uint32(c.number(f.OpenFiles, 1, mostOpen, "", []any{"quota", "open_files"})),
		OpenSockets: uint32(c.number(f.OpenSockets, 1, mostOpen, "", []any{"quota", "open_sockets"})),
	}
	if at := []any{"quota", "cpu_time"}; c.has(at...) {
		m.Quotas.CPU = time.Duration(f.CPUTime)
		if m.Quotas.CPU < time.Millisecond || m.Quotas.CPU > time.Second {
			c.fail(fmt.Sprintf("`quota.cpu_time` is %v in a second, and must be from 1ms to 1s", m.Quotas.CPU), "a component runs on one processor at a time", at...)
		}
	}
	c.memoryQuota(m, f)
}

// memoryQuota is the limit of memory under its other name.
func (c check) memoryQuota(m *Manifest, f *quota) {
	at := []any{"quota", "memory"}
	n := uint64(c.number(int64(f.Memory), 512<<10, 4<<30, " bytes", at))
	switch {
	case n == 0:
	case m.Limits.MemoryBytes != 0 && m.Limits.MemoryBytes != n:
		c.fail(fmt.Sprintf("`quota.memory` is %d bytes, and `resources.memory.max_bytes` is %d", n, m.Limits.MemoryBytes), "they are one limit: leave one of them out", at...)
	default:
		m.Limits.MemoryBytes = n
	}
}

// sizeRate is a number of bytes a second, "10MB/s".
type sizeRate int64

// UnmarshalValue takes a string.
func (r *sizeRate) UnmarshalValue(v *tomlpos.Value) {
	text, ok := v.Any().(string)
	if !ok {
		v.Mismatch(`a size a second, such as "10MB/s"`)
		return
	}
	size, ok := strings.CutSuffix(text, "/s")
	n, is := parseSize(size)
	if !ok || !is {
		v.Fail(fmt.Sprintf("`%s`: %q is not a size a second", v, text), `write a number, a unit and "/s", as in "512KiB/s" or "10MB/s"`)
		return
	}
	*r = sizeRate(n)
}

// timeRate is a time in each second, "500ms/s".
type timeRate time.Duration

// UnmarshalValue takes a string.
func (r *timeRate) UnmarshalValue(v *tomlpos.Value) {
	text, ok := v.Any().(string)
	if !ok {
		v.Mismatch(`a time in each second, such as "500ms/s"`)
		return
	}
	span, ok := strings.CutSuffix(text, "/s")
	d, err := time.ParseDuration(span)
	if !ok || err != nil {
		v.Fail(fmt.Sprintf("`%s`: %q is not a time in each second", v, text), `write a duration and "/s", as in "500ms/s"`)
		return
	}
	*r = timeRate(d)
}
