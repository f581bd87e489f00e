package metrics_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/metrics"
	"github.com/airsstack/witgen/runtime/quota"
)

type host struct{}

func (host) Actors() []actor.Info {
	return []actor.Info{
		{
			Address: actor.Address{Namespace: "shop", Name: "a"}, State: actor.StateReady, Health: actor.Degraded, Queued: 3, Uptime: 90 * time.Second,
			Stats: actor.Stats{Handled: 7, Rejected: 1, Denied: 2, Crashes: 4, Restarts: 3, DeadLetters: 5},
		},
		{Address: actor.Address{Namespace: "shop", Name: "b"}, State: actor.StateFailed},
	}
}

func (host) Usage(_ context.Context, a actor.Address) (u component.InstanceUsage, ok bool) {
	u.Fuel.Used, u.Memory, u.Handles.Used = 1000, quota.Usage{Used: 65536, Limit: 131072}, 2
	return u, a.Name == "a"
}

func (host) Limits(_ context.Context, a actor.Address) []quota.Status {
	if a.Name != "a" {
		return nil
	}
	return []quota.Status{{Of: "quota.message_rate", Usage: quota.Usage{Used: 900, Limit: 1000}}}
}
func (host) DeadLetters() ([]actor.DeadLetter, uint64) { return nil, 6 }
func (host) Refused() uint64                           { return 9 }

func TestCollector(t *testing.T) {
	t.Parallel()
	c := metrics.New(host{})
	if problems, err := testutil.CollectAndLint(c); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	const want = `
# HELP witgen_actor_crashes_total Instances that died.
# TYPE witgen_actor_crashes_total counter
witgen_actor_crashes_total{actor="shop:a"} 4
witgen_actor_crashes_total{actor="shop:b"} 0
# HELP witgen_actor_fuel_total Fuel used by all instances.
# TYPE witgen_actor_fuel_total counter
witgen_actor_fuel_total{actor="shop:a"} 1000
# HELP witgen_actor_healthy 1 if the component said healthy last, 0.5 degraded, 0 unhealthy; missing while it has said nothing.
# TYPE witgen_actor_healthy gauge
witgen_actor_healthy{actor="shop:a"} 0.5
# HELP witgen_actor_mailbox_messages Messages that wait in the mailbox.
# TYPE witgen_actor_mailbox_messages gauge
witgen_actor_mailbox_messages{actor="shop:a"} 3
witgen_actor_mailbox_messages{actor="shop:b"} 0
# HELP witgen_actor_memory_bytes Linear memory of the instance.
# TYPE witgen_actor_memory_bytes gauge
witgen_actor_memory_bytes{actor="shop:a"} 65536
# HELP witgen_actor_limit The limit that a key of the manifest sets, in its unit.
# TYPE witgen_actor_limit gauge
witgen_actor_limit{actor="shop:a",limit="quota.message_rate"} 1000
# HELP witgen_actor_used What is used of the limit that a key of the manifest sets, in its unit.
# TYPE witgen_actor_used gauge
witgen_actor_used{actor="shop:a",limit="quota.message_rate"} 900
# HELP witgen_actors Actors, by state.
# TYPE witgen_actors gauge
witgen_actors{state="creating"} 0
witgen_actors{state="failed"} 1
witgen_actors{state="ready"} 1
witgen_actors{state="starting"} 0
witgen_actors{state="stopping"} 0
witgen_actors{state="terminated"} 0
# HELP witgen_dead_letters_total Messages that were accepted, or found a mailbox full, and will not be handled.
# TYPE witgen_dead_letters_total counter
witgen_dead_letters_total 6
# HELP witgen_messages_refused_total Messages that were not accepted, and are no dead letters.
# TYPE witgen_messages_refused_total counter
witgen_messages_refused_total 9
`
	err := testutil.CollectAndCompare(c, strings.NewReader(want),
		"witgen_actor_crashes_total", "witgen_actor_fuel_total", "witgen_actor_healthy", "witgen_actor_mailbox_messages",
		"witgen_actor_memory_bytes", "witgen_actor_used", "witgen_actor_limit", "witgen_actors", "witgen_dead_letters_total", "witgen_messages_refused_total")
	if err != nil {
		t.Error(err)
	}
	if n := testutil.CollectAndCount(c); n != 2*6+1+2*2+2*6+4+2+6+2 {
		t.Errorf("%d metrics", n)
	}
}
