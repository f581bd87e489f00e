package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/store"
)

// Quotas bound what a component uses of what is the host's, beside
// component.Limits. They are the component's, whatever instances it has.
type Quotas struct {
	// MessageBytes is how large a message to the component may be, or an answer
	// to a request of its own. Default 1 MiB, ceiling 16 MiB.
	MessageBytes uint64
	// MailboxBytes is how many bytes of messages may wait for it. Default 64 MiB,
	// ceiling 1 GiB.
	MailboxBytes uint64
	// MessageRate is how many messages it may send in a second, requests and
	// publications among them. Default 1,000, ceiling 1,000,000.
	MessageRate uint64
	// Storage is how many bytes it may keep, keys and values together. Default
	// 100 MiB, ceiling 10 GiB.
	Storage uint64
	// Network is how many bytes its sockets, and its requests by HTTP, may send and
	// receive in a second, both together. What would be more waits. Default 10 MB,
	// ceiling 1 GB.
	Network uint64
	// Processor is how many nanoseconds of a processor's time its code may take in a
	// second; see component.WithProcessor. Default and ceiling one second, which
	// is no bound: a component runs on one processor at a time.
	Processor uint64
	// OpenFiles and OpenSockets are how many it may have open at a time. Default 256,
	// ceiling 4,096.
	OpenFiles, OpenSockets uint64
}

// quotas are the fields of Quotas: the key of a manifest that sets each, what is
// given where nobody says anything, and the most that may be asked for.
var quotas = []struct {
	key         string
	of          func(*Quotas) *uint64
	usual, most uint64
}{
	{"mailbox.max_message_bytes", func(q *Quotas) *uint64 { return &q.MessageBytes }, 1 << 20, 16 << 20},
	{"mailbox.max_bytes", func(q *Quotas) *uint64 { return &q.MailboxBytes }, 64 << 20, 1 << 30},
	{"quota.message_rate", func(q *Quotas) *uint64 { return &q.MessageRate }, 1000, 1_000_000},
	{"quota.storage", func(q *Quotas) *uint64 { return &q.Storage }, store.DefaultQuota, 10 << 30},
	{"quota.network_bandwidth", func(q *Quotas) *uint64 { return &q.Network }, 10e6, 1e9},
	{"quota.cpu_time", func(q *Quotas) *uint64 { return &q.Processor }, second, second},
	{"quota.open_files", func(q *Quotas) *uint64 { return &q.OpenFiles }, 256, 4096},
	{"quota.open_sockets", func(q *Quotas) *uint64 { return &q.OpenSockets }, 256, 4096},
}

// complete fills in what a Config leaves out. A quota above its ceiling raises
// that where nobody set it, and is lowered to it otherwise.
func (c *Config) complete() {
	for _, f := range quotas {
		usual, most := f.of(&c.Quotas), f.of(&c.QuotaCeiling)
		if *most == 0 {
			*most = max(f.most, *usual)
		}
		*usual = min(cmp.Or(*usual, f.usual), *most)
	}
}

// asked are the quotas that a manifest sets.
func asked(m *manifest.Manifest) Quotas {
	q := &m.Quotas
	return Quotas{
		MessageBytes: m.Mailbox.MaxMessageBytes, MailboxBytes: m.Mailbox.MaxBytes, MessageRate: q.MessageRate,
		Storage: q.Storage, Network: q.Network, Processor: uint64(q.CPU), OpenFiles: uint64(q.OpenFiles), OpenSockets: uint64(q.OpenSockets),
	}
}

// quotas are those of a component. The error, with places in the manifest, is
// for what is more than the host allows.
func (h *Host) quotas(m *manifest.Manifest) (Quotas, error) {
	q := asked(m)
	var errs []error
	for _, f := range quotas {
		n, most := f.of(&q), *f.of(&h.most)
		if *n > most {
			e := &quota.CeilingError{Of: f.key, Wanted: *n, Most: most}
			errs = append(errs, &limitError{m.Refuse(f.key,
				fmt.Sprintf("is %s, and this host allows %s at most", amount(f.key, e.Wanted), amount(f.key, e.Most)), "lower it; no manifest can raise what the host allows"), e})
		}
		*n = cmp.Or(*n, *f.of(&h.usual))
	}
	return q, errors.Join(errs...)
}

// amount is how much of a quota is as its key in a manifest has it, but for bytes.
func amount(key string, n uint64) string {
	if key == "quota.cpu_time" {
		return time.Duration(n).String() + "/s"
	}
	return strconv.FormatUint(n, 10)
}

// quotaKeys are the keys of a manifest, by what is limited.
var quotaKeys = map[string]string{
	actor.LimitMessages:     "mailbox.size",
	actor.LimitMailboxBytes: "mailbox.max_bytes",
	actor.LimitMessageBytes: "mailbox.max_message_bytes",
	actor.LimitRate:         "quota.message_rate",
	host.LimitStorage:       "quota.storage",
	component.LimitMemory:   limitKeys["Memory"],
	component.LimitTables:   limitKeys["TableElements"],
	limitNetwork:            "quota.network_bandwidth",
	limitProcessor:          "quota.cpu_time",
	limitOpenFiles:          "quota.open_files",
	limitOpenSockets:        "quota.open_sockets",
}

// Limits are the limits of a component and what it uses of them, by the keys of
// a manifest that set them: those of its mailbox and its sending, of its storage,
// and, where it has an instance, of that one. Where nothing is used of a limit
// because each thing is held to it by itself, such as the size of a message, Used
// is 0. It waits as Usage does.
func (h *Host) Limits(ctx context.Context, a actor.Address) []quota.Status {
	info, _ := h.actors.Actor(a)
	all := info.Limits
	if l := h.runs(a); l != nil {
		all = append(all, l.share.status()...)
	}
	for i := range all {
		all[i].Of = cmp.Or(quotaKeys[all[i].Of], all[i].Of)
	}
	if u, ok := h.services.Storage(a); ok {
		all = append(all, quota.Status{Of: "quota.storage", Usage: u})
	}
	if u, ok := h.services.Usage(ctx, a); ok {
		for _, s := range []quota.Status{
			{Of: limitKeys["Memory"], Usage: u.Memory},
			{Of: limitKeys["TableElements"], Usage: u.Tables},
			{Of: limitKeys["Handles"], Usage: u.Handles},
			{Of: limitKeys["FuelRate"], Usage: u.FuelRate},
		} {
			if s.Limit > 0 {
				all = append(all, s)
			}
		}
	}
	return all
}
