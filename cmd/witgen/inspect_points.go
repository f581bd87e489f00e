package main

import (
	"strings"

	"github.com/airsstack/witgen/gen"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/host"
)

// A need is what a Component.toml has to grant for a call of an import. Parts in
// angle brackets come from the arguments of the call.
type need struct {
	Kind     capability.Kind `json:"kind"`
	Action   string          `json:"action,omitempty"`
	Resource string          `json:"resource,omitempty"`
	// When are the arguments that one of must be set for the need to arise.
	When []string `json:"when,omitempty"`
}

// String is the need as a line of the report: "messaging send <target>".
func (n need) String() string {
	words := []string{string(n.Kind)}
	for _, w := range []string{n.Action, n.Resource} {
		if w != "" {
			words = append(words, w)
		}
	}
	if len(n.When) > 0 {
		words = append(words, "if", strings.Join(n.When, " or "))
	}
	return strings.Join(words, " ")
}

// A catalogue knows the capability points of imports, from the configs that
// bindings are generated from.
type catalogue struct{ configs []*gen.Config }

// loadCatalogue takes the points of the system's own interfaces and those of the
// config in file, which come first; "" is no file.
func loadCatalogue(file string) (*catalogue, error) {
	own, err := gen.ParseConfig("witgen.toml", host.BindingsConfig)
	if err != nil {
		return nil, err
	}
	c := &catalogue{configs: []*gen.Config{own}}
	if file != "" {
		users, err := gen.ReadConfig(file)
		if err != nil {
			return nil, err
		}
		c.configs = []*gen.Config{users, own}
	}
	return c, nil
}

// needs are those of a function; iface is "" for one of the world itself. A
// function that no config mentions needs its interface.
func (c *catalogue) needs(iface, fn string) []need {
	for _, config := range c.configs {
		if points := pointsOf(config, iface)[fn]; len(points) > 0 {
			var needs []need
			for _, p := range points {
				needs = append(needs, needOf(p))
			}
			return needs
		}
	}
	if iface == "" {
		return []need{{Kind: capability.Import, Resource: fn}}
	}
	return []need{{Kind: capability.Import, Resource: unversioned(iface)}}
}

// pointsOf are the points of an interface's functions; a config may name the
// interface without its version.
func pointsOf(config *gen.Config, iface string) map[string]gen.PointsConfig {
	if iface == "" {
		return config.Functions
	}
	for _, id := range []string{iface, unversioned(iface)} {
		if g := config.Interface[id]; g != nil {
			return g.Functions
		}
	}
	return nil
}

func needOf(p *gen.PointConfig) need {
	n := need{Kind: capability.Kind(p.Kind), Action: p.Action, When: p.When}
	if p.Map != nil || strings.Contains(p.Action, ".") { // taken from an argument
		n.Action = "<" + p.Action + ">"
	}
	switch {
	case p.Resource != "":
		n.Resource = "<" + p.Resource + ">"
	case p.Format != "":
		n.Resource = strings.NewReplacer("{", "<", "}", ">").Replace(p.Format)
	}
	return n
}

func unversioned(id string) string {
	id, _, _ = strings.Cut(id, "@")
	return id
}
