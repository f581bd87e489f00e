package host

import (
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
)

// beside is what a message may take in its receiver's memory beside its payload
// and the names in it: records, versions, times.
const beside = 256

// fits holds a message to what its receiver may be handed at a time. What does
// not fit is rejected: it would end the receiver, whoever sent it.
func fits(in *component.Instance, m *actor.Message) error {
	limit := uint64(in.Limits().Arguments)
	if limit == 0 {
		return nil
	}
	size := uint64(beside + len(m.Payload) + len(m.From.String()))
	if m.Request != nil {
		size += uint64(len(m.Request.ID) + 2*len(m.Request.From.String()))
	}
	if size > limit {
		return &component.LimitError{Of: "bytes of a message, with what belongs to it", Wanted: size, Usage: quota.Usage{Limit: limit}}
	}
	return nil
}
