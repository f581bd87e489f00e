package component

import (
	"maps"
	"slices"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/quota"
)

// An Option is an option for an instance. It changes nothing that the settings
// before it hold: those of a pool are the beginning of many.
type Option func(*instanceConfig)

type instanceConfig struct {
	subject string
	grants  []capability.Grant
	guard   []capability.GuardOption
	trace   func(TraceEvent)
	limits  Limits
	hosts   map[*Import]any
	ended   []func()

	snapshot  *Snapshot
	processor *quota.Throttle
}

// WithGrants gives the instance what its imports' checks may allow. Without,
// nothing is.
func WithGrants(grants ...capability.Grant) Option {
	return func(c *instanceConfig) { c.grants = append(slices.Clip(c.grants), grants...) }
}

// WithHost gives the instance an implementation of its own of an interface that
// its component was offered with WithProvider.
func WithHost(table *Import, host any) Option {
	return func(c *instanceConfig) {
		hosts := maps.Clone(c.hosts)
		if hosts == nil {
			hosts = map[*Import]any{}
		}
		hosts[table] = host
		c.hosts = hosts
	}
}

// WithHosts gives the instance what WithHost gives, of several interfaces at once.
// The map must not change while the instance lives.
func WithHosts(hosts map[*Import]any) Option {
	return func(c *instanceConfig) {
		if c.hosts == nil {
			c.hosts = hosts
			return
		}
		all := maps.Clone(c.hosts)
		maps.Copy(all, hosts)
		c.hosts = all
	}
}

// WithEnd calls f once, when the instance has ended and its handles have been dropped:
// for what its imports keep beyond those. f must not use the instance.
func WithEnd(f func()) Option {
	return func(c *instanceConfig) { c.ended = append(slices.Clip(c.ended), f) }
}

// WithSubject names the instance for the guard and its records; an actor's
// address, say. Default is the world's name.
func WithSubject(name string) Option {
	return func(c *instanceConfig) { c.subject = name }
}

// WithDecisions shows each decision of the instance's guard to hook, which is
// called on the goroutine of the call.
func WithDecisions(hook func(capability.Decision)) Option {
	return WithGuard(capability.WithHook(hook))
}

// WithGuard gives options to the guard of the instance's imports: who is told
// what it denies, and what counts what it grants.
func WithGuard(opts ...capability.GuardOption) Option {
	return func(c *instanceConfig) { c.guard = append(c.guard, opts...) }
}

// WithLimits sets limits of the instance's own, as far as Config.Ceiling lets it.
func WithLimits(l Limits) Option {
	return func(c *instanceConfig) { c.limits.set(&l) }
}
