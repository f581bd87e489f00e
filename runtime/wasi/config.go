package wasi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/quota"
	"github.com/airsstack/witgen/runtime/wasi/bindings"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/environment"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/exit"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/stderr"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/stdin"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/stdout"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/terminalstderr"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/terminalstdin"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/cli/terminalstdout"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/clocks/monotonicclock"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/clocks/timezone"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/clocks/wallclock"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/filesystem/preopens"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/filesystem/types"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/outgoinghandler"
	httptypes "github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/poll"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/random/insecure"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/random/insecureseed"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/random/random"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/instancenetwork"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/ipnamelookup"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/tcpcreatesocket"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/sockets/udpcreatesocket"
	"github.com/airsstack/witgen/runtime/wasi/proxy"
)

// A Config is what one instance is given. Its zero value gives nothing.
type Config struct {
	// Args are the program's arguments, by custom its name first.
	Args []string
	// Env are the program's variables, each as NAME=value.
	Env []string
	// Dir is the folder, as the program names it, that its relative paths begin
	// at, where its language has such a thing; "" says nothing.
	Dir string

	// Stdin is read when the program reads; nil is empty. A Read that does not
	// return keeps its goroutine, and nothing else, after the instance's end.
	Stdin io.Reader
	// Stdout and Stderr are written to from a goroutine of their own; nil takes
	// everything and keeps nothing.
	Stdout, Stderr io.Writer
	// Terminals tells which of the three are terminals.
	Terminals Terminals

	// Mounts are the folders that the program sees. What it may do there is a
	// matter of its grants.
	Mounts []Mount

	// Location is the local time zone; nil is UTC.
	Location *time.Location

	// Resolver looks up the names that the program may connect to; nil is the
	// host's.
	Resolver netguard.Resolver
	// Sockets is how many sockets and lookups the program may have at once; 0 is
	// 256, or what OpenSockets leaves.
	Sockets int

	// OpenFiles and OpenSockets count what is open, Bandwidth bounds the bytes that
	// sockets and HTTP move, in both directions together: for several instances
	// that have a limit together, such as those of one component. Nil are 1,024
	// files, no more sockets than Sockets says, and no bound.
	OpenFiles, OpenSockets *quota.Counter
	Bandwidth              *quota.Throttle

	// RootCAs are whose certificates are believed; nil are the host's.
	RootCAs *x509.CertPool
}

// Terminals tells which standard streams are terminals.
type Terminals struct{ Stdin, Stdout, Stderr bool }

// granted are the interfaces that give access to nothing but what a Config
// holds, or to what another check has given out.
var granted = []capability.Grant{
	{Kind: capability.Import, Resource: "wasi:io/*"},
	{Kind: capability.Import, Resource: "wasi:cli/*"},
	{Kind: capability.Import, Resource: "wasi:filesystem/*"},
	{Kind: capability.Import, Resource: "wasi:sockets/*"},
	{Kind: capability.Import, Resource: "wasi:http/*"},
}

// Providers offers WASI to a component that is loaded. An instance that is not
// given [Options] has an empty [Config], and no grants.
func Providers() []component.LoadOption {
	own := newHosts(&Config{}, &connections{config: &Config{}}).of
	var opts []component.LoadOption
	for _, table := range bindings.World.Imports {
		var host any = struct{}{} // enough for an interface that has nothing but resources
		if h, ok := own[table]; ok {
			host = h
		} else if h, ok := shared[table]; ok {
			host = h
		}
		opts = append(opts, component.WithProvider(table, host))
	}
	return opts
}

// Options gives one instance what the config says. They are for one instance:
// two would share what is behind their streams.
func Options(c Config) []component.Option {
	conns := &connections{config: &c}
	return append(newHosts(&c, conns).options(), component.WithEnd(conns.close))
}

// shared are the implementations that are the same for all instances.
var shared = map[*component.Import]any{
	exit.Import:      exit.Host(exits{}),
	wallclock.Import: wallclock.Host(wall{}),
	poll.Import:      poll.Host(poller{}),
	random.Import:    random.Host(secure{}),
	insecure.Import:  insecure.Host(cheap{}),
	types.Import:     types.Host(fileErrors{}),
}

// hosts are the implementations that one instance is given.
type hosts struct {
	of    map[*component.Import]any
	clock monotonic
	http  *httpTypes

	out, errs sink
}

// newHosts makes them; whoever gives conns closes them.
func newHosts(c *Config, conns *connections) *hosts {
	h := &hosts{clock: monotonic{start: time.Now()}, http: &httpTypes{}, out: newStdout(c.Stdout), errs: newStdout(c.Stderr)}
	net := newSockets(c)
	h.of = map[*component.Import]any{
		environment.Import:    environment.Host(env{c.Args, c.Env, c.Dir}),
		stdin.Import:          stdin.Host(&standardIn{newInput(c.Stdin)}),
		stdout.Import:         stdout.Host(standardOut{h.out}),
		stderr.Import:         stderr.Host(standardErr{h.errs}),
		terminalstdin.Import:  terminalstdin.Host(terminalIn{c.Terminals.Stdin}),
		terminalstdout.Import: terminalstdout.Host(terminalOut{c.Terminals.Stdout}),
		terminalstderr.Import: terminalstderr.Host(terminalErr{c.Terminals.Stderr}),
		monotonicclock.Import: monotonicclock.Host(h.clock),
		insecureseed.Import:   insecureseed.Host(&seed{}),
		timezone.Import:       timezone.Host(zone{c.Location}),
		preopens.Import:       preopens.Host(newMounts(c)),

		instancenetwork.Import: instancenetwork.Host(net),
		ipnamelookup.Import:    ipnamelookup.Host(net),
		tcpcreatesocket.Import: tcpcreatesocket.Host(net),
		udpcreatesocket.Import: udpcreatesocket.Host(net),

		httptypes.Import:       httptypes.Host(h.http),
		outgoinghandler.Import: outgoinghandler.Host(&httpClient{net, h.http, conns}),
	}
	return h
}

// written waits until what went to the standard streams has been written, or ctx
// ends.
func (h *hosts) written(ctx context.Context) {
	for _, s := range []sink{h.out, h.errs} {
		_ = readiness(s.flushed).wait(ctx)
	}
}

func (h *hosts) options() []component.Option {
	return []component.Option{component.WithGrants(granted...), component.WithHosts(h.of)}
}

// proxyImports are those that the world of what takes requests names itself.
func (h *hosts) proxyImports() proxy.Imports {
	return proxy.Imports{Poll: poller{}, MonotonicClock: h.clock, Types: h.http}
}

// tls is how connections are secured: the name of the other side has to be the one
// that was asked for.
func (c *Config) tls() *tls.Config {
	if c.RootCAs == nil {
		return nil
	}
	return &tls.Config{RootCAs: c.RootCAs}
}
