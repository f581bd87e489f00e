package model

import "fmt"

// A Cover is how a function is allowed by what it works on.
type Cover struct {
	// Opener is the function that gave that out.
	Opener *Func
	// Param is the index of the parameter that stands for it.
	Param int
	// Ends tells that a number stands for nothing afterwards.
	Ends bool
}

// Number tells whether a number stands for what was opened, and no resource.
func (c *Cover) Number() bool { return c.Opener.opens().Numeric() }

// opens is the type of what the function gives out; nil for nothing.
func (f *Func) opens() *Type {
	if f.OK == nil {
		return nil
	}
	return f.OK.Root()
}

// HandleOf is the index of the parameter of f that stands for what opener gives
// out: the one of that name, or without one the only that it can be. Otherwise
// why says why there is none, and candidates what there is.
func (f *Func) HandleOf(opener *Func, name string) (index int, why string, candidates []string) {
	t := opener.opens()
	if t == nil || t.Resource == nil && !t.Numeric() {
		return 0, fmt.Sprintf("`%s` gives out no resource and no number", opener.ShortName()), nil
	}
	index = -1
	for i, p := range f.Params {
		pt := p.Type.Root()
		if t.Resource != nil && pt.Resource == t.Resource || t.Resource == nil && pt == t {
			candidates = append(candidates, p.Name)
			if name == "" || name == p.Name {
				index = i
			}
		}
	}
	switch {
	case index < 0 && name != "":
		return 0, fmt.Sprintf("`%s` is no parameter of %s that could stand for what `%s` gives out, a %s", name, f.ShortName(), opener.ShortName(), t.ABI), candidates
	case index < 0:
		return 0, fmt.Sprintf("no parameter of %s could stand for what `%s` gives out, a %s", f.ShortName(), opener.ShortName(), t.ABI), nil
	case name == "" && len(candidates) > 1:
		return 0, fmt.Sprintf("several parameters of %s could stand for what `%s` gives out", f.ShortName(), opener.ShortName()), candidates
	}
	return index, "", nil
}
