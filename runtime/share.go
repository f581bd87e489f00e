package runtime

import (
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/quota"
)

// A share is what the instances of one component have of the host together: an
// instance that crashes takes none of it with it, and the next one has no more.
type share struct {
	quotas         Quotas
	files, sockets quota.Counter
	network        *quota.Throttle
	processor      *quota.Throttle // nil where it may have all of one
}

// What a share's limits are of, in a quota.Status and a quota.ExceededError.
const (
	limitNetwork     = "bytes of the network a second"
	limitProcessor   = "nanoseconds of a processor a second"
	limitOpenFiles   = "open files"
	limitOpenSockets = "open sockets"
)

const second = uint64(time.Second)

func (h *Host) share(a actor.Address, q Quotas) *share {
	near := func(of string) func(quota.Usage) {
		return func(u quota.Usage) {
			h.tell(actor.LimitNear{Header: h.header(a), Status: quota.Status{Of: of, Usage: u}})
		}
	}
	met := func(of string) func(quota.Usage) {
		return func(u quota.Usage) {
			h.tell(actor.LimitMet{Header: h.header(a), From: a, Err: &quota.ExceededError{Of: of, Wanted: 1, Usage: u}})
		}
	}
	counter := func(of string, limit uint64) quota.Counter {
		return quota.Counter{Limit: limit, Near: near(of), Met: met(of)}
	}
	s := &share{
		quotas: q, files: counter(limitOpenFiles, q.OpenFiles), sockets: counter(limitOpenSockets, q.OpenSockets),
		network: quota.NewThrottle(q.Network, near(limitNetwork), met(limitNetwork)),
	}
	if q.Processor < second {
		s.processor = quota.NewThrottle(q.Processor, near(limitProcessor), met(limitProcessor))
	}
	return s
}

func (h *Host) header(a actor.Address) actor.Header {
	return actor.Header{Time: h.services.Clock.Now(), Actor: a}
}

func (h *Host) tell(e actor.Event) {
	if h.services.Observe != nil {
		h.services.Observe(e)
	}
}

// status is what is used of the share.
func (s *share) status() []quota.Status {
	all := []quota.Status{
		{Of: limitNetwork, Usage: s.network.Usage()}, {Of: limitOpenFiles, Usage: s.files.Usage()}, {Of: limitOpenSockets, Usage: s.sockets.Usage()},
	}
	if s.processor != nil {
		all = append(all, quota.Status{Of: limitProcessor, Usage: s.processor.Usage()})
	}
	return all
}
