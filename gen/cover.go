package gen

import (
	"fmt"
	"slices"

	"github.com/airsstack/witgen/gen/model"
)

// special reads the points that are more than a question: one that is answered
// by what the function works on, and one that the implementation asks.
func (c *Config) special(s scope, f *model.Func, points PointsConfig, byName map[string]*model.Func) {
	for _, p := range points {
		r := &resolver{c: c, f: f, p: p, prefix: fmt.Sprintf("capability point %q.%s: ", s.where, f.ShortName())}
		switch {
		case p.CoveredBy != "":
			r.covered(len(points), byName)
		case p.Handle != "" || p.Ends:
			r.fail("`handle` and `ends` go with `covered-by`", "", "handle")
		}
		switch {
		case p.Check == "":
		case p.Check != "host":
			r.fail(fmt.Sprintf("`check` can be \"host\", not %q", p.Check), "leave it out to have the check made before the call", "check")
		case len(points) > 1:
			r.fail("an implementation that asks the guard itself has one point", "", "check")
		case p.Resource != "" || p.Format != "" || p.When != nil || p.Map != nil:
			r.fail("the implementation asks for a resource itself", "leave out `resource`, `format`, `when` and `map`", "check")
		default:
			f.AskedByHost = true
		}
	}
}

// covered makes the function one that is allowed with its handle.
func (r *resolver) covered(points int, byName map[string]*model.Func) {
	p, f := r.p, r.f
	opener := byName[p.CoveredBy]
	switch {
	case points > 1:
		r.fail("a function that is covered by another has one point", "", "covered-by")
		return
	case p.Kind != "" || p.Resource != "" || p.Format != "" || p.Action != "" || p.When != nil || p.Map != nil || p.Check != "":
		r.fail("what is covered by another function asks for nothing itself", "leave `covered-by`, `handle` and `ends` alone", "covered-by")
		return
	case opener == nil:
		names := []string{}
		for name := range byName {
			names = append(names, name)
		}
		slices.Sort(names)
		r.fail(fmt.Sprintf("there is no function `%s`", p.CoveredBy), didYouMean(p.CoveredBy, names), "covered-by")
		return
	}
	i, why, candidates := f.HandleOf(opener, p.Handle)
	if why != "" {
		r.fail(why, didYouMean(p.Handle, candidates), "handle")
		return
	}
	opener.Covers = true
	f.Cover = &model.Cover{Opener: opener, Param: i, Ends: p.Ends}
}
