package gen

import (
	"embed"
	"fmt"
	"io/fs"
	"path"

	"github.com/airsstack/witgen/gen/model"
	"github.com/airsstack/witgen/internal/tomlpos"
)

//go:embed catalogue/*.toml
var catalogue embed.FS

// Catalogue are the capability points of packages that are known here, in the
// form of configs. They count where a config says nothing of an interface.
func Catalogue() ([]*Config, error) {
	files, err := fs.Glob(catalogue, "catalogue/*.toml")
	if err != nil {
		return nil, err
	}
	var all []*Config
	for _, file := range files {
		src, err := catalogue.ReadFile(file)
		if err != nil {
			return nil, err
		}
		doc, err := tomlpos.Parse(path.Base(file), src)
		if err != nil {
			return nil, err
		}
		c := &Config{doc: doc, src: src}
		doc.Decode(c)
		if err := c.err(); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// known applies the catalogue to the interfaces of which the config says
// nothing. What does not fit, since a package has changed, leaves an interface
// guarded as a whole, which is reported.
func (c *Config) known(w *model.World) error {
	if c.NoCatalogue {
		return nil
	}
	for _, l := range w.Imports {
		p := l.Package
		if c.Interface[p.ID] != nil || c.Interface[unversioned(p.ID)] != nil || p.Foreign {
			continue
		}
		all, err := Catalogue() // afresh: mistakes stay with a config
		if err != nil {
			return err
		}
		for _, known := range all {
			if err := known.applyKnown(w, p); err != nil {
				w.Warnings = append(w.Warnings, fmt.Sprintf("%s is not as this program knows it, and is guarded as a whole: %v", p.ID, err))
			}
		}
	}
	return nil
}

// applyKnown gives an interface the points that a catalogue has for it.
func (c *Config) applyKnown(w *model.World, p *model.Package) error {
	id := unversioned(p.ID)
	g := c.Interface[id]
	if g == nil {
		return nil
	}
	has := map[string]bool{}
	for _, f := range p.Imports {
		has[f.ShortName()] = true
	}
	points := map[string]PointsConfig{}
	for name, ps := range g.Functions {
		if has[name] {
			points[name] = ps
		}
	}
	before := make([]model.Func, len(p.Imports))
	for i, f := range p.Imports {
		before[i] = *f
	}
	warned := len(w.Warnings)
	c.guard(w, scope{where: id, at: []any{"interface", id}, funcs: p.Imports, points: points, onDeny: g.OnDeny})
	w.Warnings = w.Warnings[:warned]
	err := c.err()
	if err != nil {
		for i, f := range p.Imports {
			*f = before[i]
		}
	}
	return err
}
