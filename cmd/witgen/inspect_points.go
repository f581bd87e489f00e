package main

import (
	"strings"

	"github.com/airsstack/witgen/gen"
	"github.com/airsstack/witgen/runtime/capability"
)

// A need is what a Component.toml has to grant for a call of an import. Parts in
// angle brackets come from the arguments of the call.
type need struct {
	Kind     capability.Kind `json:"kind"`
	Action   string          `json:"action,omitempty"`
	Resource string          `json:"resource,omitempty"`
	// When are the arguments that one of must be set for the need to arise.
	When []string `json:"when,omitempty"`
	// CoveredBy is the function whose grants are enough.
	CoveredBy string `json:"covered_by,omitempty"`
}

// String is the need as a line of the report: "messaging send <target>".
func (n need) String() string {
	if n.CoveredBy != "" {
		return "what " + n.CoveredBy + " needs"
	}
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
	c := &catalogue{}
	if file != "" {
		users, err := gen.ReadConfig(file)
		if err != nil {
			return nil, err
		}
		c.configs = users.Worlds()
	}
	known, err := gen.Catalogue()
	c.configs = append(c.configs, known...)
	return c, err
}

// needs are those of a function; iface is "" for one of the world itself. A
// function that no config mentions needs its interface.
func (c *catalogue) needs(iface, fn string) []need {
	for _, config := range c.configs {
		all := pointsOf(config, iface)
		points := all[fn]
		if points == nil {
			points = all[shortName(fn)]
		}
		if len(points) > 0 {
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
	if p.CoveredBy != "" {
		return need{CoveredBy: p.CoveredBy}
	}
	n := need{Kind: capability.Kind(p.Kind), Action: p.Action, When: p.When}
	if p.Map != nil || strings.Contains(p.Action, ".") { // taken from an argument
		n.Action = "<" + p.Action + ">"
	}
	switch {
	case p.Check == "host":
		n.Resource = "<what the host asks for>"
	case p.Resource != "":
		n.Resource = "<" + p.Resource + ">"
	case p.Format != "":
		n.Resource = strings.NewReplacer("{/", "/<", "{:", ":<", "{", "<", "}", ">").Replace(p.Format)
	}
	return n
}

// shortName is a function's name as configs have it: "bucket.get" for
// "[method]bucket.get".
func shortName(fn string) string {
	kind, name, ok := strings.Cut(fn, "]")
	switch {
	case !ok:
		return fn
	case kind == "[constructor":
		return name + ".constructor"
	}
	return name
}

func unversioned(id string) string {
	id, _, _ = strings.Cut(id, "@")
	return id
}
