package runtime

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/host"
	"github.com/airsstack/witgen/runtime/host/filesystem"
	"github.com/airsstack/witgen/runtime/host/network"
	"github.com/airsstack/witgen/runtime/host/process"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/wasi"
)

// extensions are what components of the host may import beside their world: WASI,
// the system's own extensions and the embedder's. What of these a component may
// use is a matter of its manifest; env are the variables in there.
func (h *Host) extensions(env map[string]string, s *share) []host.Extension {
	var vars []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		vars = append(vars, name+"="+env[name])
	}
	return append([]host.Extension{
		host.WASI(h.services, wasi.Config{Env: vars, Mounts: h.mounts, OpenFiles: &s.files, OpenSockets: &s.sockets, Bandwidth: s.network}),
		h.files.Sharing(&s.files), h.network.Sharing(&s.sockets, s.network), h.handed,
		process.New(process.Config{
			Env:    func(actor.Address) []string { return vars },
			Output: h.logLine,
			Notify: func(to actor.Address, payload []byte) { _ = h.actors.TrySend(actor.Address{}, to, payload) },
		}),
	}, h.others...)
}

// offer makes what the host has of extensions once.
func (h *Host) offer(cfg *Config) {
	h.mounts, h.others = cfg.Mounts, cfg.Extensions
	h.files, h.network = filesystem.New(cfg.Mounts, filesystem.Limits{}), network.New(cfg.Network)
}

// offers are the options that components are loaded with.
func (h *Host) offers(m *manifest.Manifest) []component.LoadOption {
	return append(host.Offers(h.extensions(m.Env, &share{})...), host.WithTopics(h.topics), h.warm)
}

// logLine puts what a program wrote into the log of the component that started it.
func (h *Host) logLine(l process.Line) {
	level, stream := slog.LevelInfo, "stdout"
	if l.Errors {
		level, stream = slog.LevelWarn, "stderr"
	}
	h.services.Log.LogAttrs(context.Background(), level, l.Text,
		slog.String("actor", l.Actor.String()), slog.String("stream", stream), slog.Int("pid", l.PID))
}
