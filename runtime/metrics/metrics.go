// Package metrics holds what a running host shows to Prometheus: one collector, which looks at the host when it is asked, so that
// nothing is counted twice and nothing costs anything in between. It serves nothing: register it, and serve the registry.
package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/quota"
)

// A Host is what is looked at; *runtime.Host is one.
type Host interface {
	Actors() []actor.Info
	Usage(ctx context.Context, a actor.Address) (u component.InstanceUsage, ok bool)
	Limits(ctx context.Context, a actor.Address) []quota.Status
	DeadLetters() (latest []actor.DeadLetter, total uint64)
	Refused() uint64
}

// states are those of an actor, of which one is 1.
var states = []actor.State{
	actor.StateCreating, actor.StateStarting, actor.StateReady, actor.StateStopping, actor.StateTerminated, actor.StateFailed,
}

// counts are the counters of each actor.
var counts = []struct {
	desc *prometheus.Desc
	of   func(actor.Stats) uint64
}{
	{perActor("messages_handled_total", "Messages handled, those among them that the component answered with an error."), func(s actor.Stats) uint64 { return s.Handled }},
	{perActor("messages_rejected_total", "Messages that the component answered with an error."), func(s actor.Stats) uint64 { return s.Rejected }},
	{perActor("dead_letters_total", "Messages to the component that will not be handled."), func(s actor.Stats) uint64 { return s.DeadLetters }},
	{perActor("crashes_total", "Instances that died."), func(s actor.Stats) uint64 { return s.Crashes }},
	{perActor("restarts_total", "Instances made by the supervisor after the first."), func(s actor.Stats) uint64 { return s.Restarts }},
	{perActor("denied_total", "Host calls that were denied."), func(s actor.Stats) uint64 { return s.Denied }},
}

var (
	actors  = prometheus.NewDesc("witgen_actors", "Actors, by state.", []string{"state"}, nil)
	refused = prometheus.NewDesc("witgen_messages_refused_total", "Messages that were not accepted, and are no dead letters.", nil, nil)
	dead    = prometheus.NewDesc("witgen_dead_letters_total", "Messages that were accepted, or found a mailbox full, and will not be handled.", nil, nil)
	state   = perActor("state", "1 for the state that the actor is in.", "state")
	health  = perActor("healthy", "1 if the component said healthy last, 0.5 degraded, 0 unhealthy; missing while it has said nothing.")
	queued  = perActor("mailbox_messages", "Messages that wait in the mailbox.")
	uptime  = perActor("uptime_seconds", "Age of the instance; 0 without one.")
	fuel    = perActor("fuel_total", "Fuel used by all instances.")
	memory  = perActor("memory_bytes", "Linear memory of the instance.")
	limit   = perActor("memory_limit_bytes", "Linear memory that the instance may have.")
	handles = perActor("handles", "Handles of resources that the instance holds.")
	used    = perActor("used", "What is used of the limit that a key of the manifest sets, in its unit.", "limit")
	most    = perActor("limit", "The limit that a key of the manifest sets, in its unit.", "limit")
)

func perActor(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("witgen_actor_"+name, help, append([]string{"actor"}, labels...), nil)
}

var healths = map[actor.Health]float64{actor.Healthy: 1, actor.Degraded: 0.5, actor.Unhealthy: 0}

// New gives the collector of a host.
func New(h Host) prometheus.Collector { return collector{h} }

type collector struct{ host Host }

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{actors, refused, dead, state, health, queued, uptime, fuel, memory, limit, handles, used, most} {
		out <- d
	}
	for _, n := range counts {
		out <- n.desc
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	in := map[actor.State]int{}
	for _, info := range c.host.Actors() {
		name := info.Address.String()
		in[info.State]++
		for _, s := range states {
			gauge(state, one(s == info.State), name, s.String())
		}
		if v, said := healths[info.Health]; said {
			gauge(health, v, name)
		}
		gauge(queued, float64(info.Queued), name)
		gauge(uptime, info.Uptime.Seconds(), name)
		for _, n := range counts {
			counter(n.desc, n.of(info.Stats), name)
		}
		if u, ok := c.host.Usage(context.Background(), info.Address); ok {
			counter(fuel, u.Fuel.Used, name)
			gauge(memory, float64(u.Memory.Used), name)
			gauge(limit, float64(u.Memory.Limit), name)
			gauge(handles, float64(u.Handles.Used), name)
		}
		for _, l := range c.host.Limits(context.Background(), info.Address) {
			gauge(used, float64(l.Used), name, l.Of)
			gauge(most, float64(l.Limit), name, l.Of)
		}
	}
	for _, s := range states {
		gauge(actors, float64(in[s]), s.String())
	}
	_, letters := c.host.DeadLetters()
	counter(dead, letters)
	counter(refused, c.host.Refused())
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
