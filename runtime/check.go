package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/manifest"
)

// A Report is what Check found out about one manifest.
type Report struct {
	Path     string             // of the manifest
	Manifest *manifest.Manifest // nil if it cannot be read
	// Err is why the component would not be started: manifest.Errors, all mistakes
	// of the file, or what Host.Start answers.
	Err      error
	Warnings []manifest.Warning
}

// Check reads the manifests that paths name, as Find finds them, loads their
// components and holds the one against the other; it starts nothing. There is a
// report for each manifest, in the order of the paths; the error is about a path
// that names none.
func Check(ctx context.Context, paths ...string) (reports []Report, err error) {
	h, err := New(ctx, Config{Component: component.Config{Interpreter: true}}) // compiling takes longer, and says nothing more
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.Stop(ctx)) }()
	c := checker{ctx: ctx, host: h, names: map[string]string{}, groups: map[actor.Address]*manifest.Manifest{}}
	var errs []error
	seen := map[string]bool{}
	for _, p := range paths {
		files, err := manifestFiles(p)
		errs = append(errs, err)
		for _, f := range files {
			if !seen[f] {
				seen[f] = true
				reports = append(reports, c.check(f))
			}
		}
	}
	return reports, errors.Join(errs...)
}

type checker struct {
	ctx    context.Context
	host   *Host
	names  map[string]string                    // the manifest that has taken it
	groups map[actor.Address]*manifest.Manifest // the first that names it
}

func (c *checker) check(path string) Report {
	m, err := manifest.Load(path)
	if err != nil {
		return Report{Path: path, Err: err}
	}
	r := Report{Path: path, Manifest: m}
	if other, taken := c.names[m.Name]; taken {
		r.Err = fmt.Errorf("%s: the name %s is taken by %s", path, m.Name, other)
		return r
	}
	c.names[m.Name] = path
	l, err := c.host.load(c.ctx, m)
	if err != nil {
		r.Err = &StartError{m, err}
		return r
	}
	if group := l.spec.Supervisor; !group.IsZero() {
		if first := c.groups[group]; first == nil {
			c.groups[group] = m
		} else if err := agree(group, first, m); err != nil {
			r.Err = &StartError{m, err}
		}
	}
	r.Warnings = m.Compare(l.component.Points())
	r.Err = errors.Join(r.Err, l.component.Close(c.ctx))
	return r
}
