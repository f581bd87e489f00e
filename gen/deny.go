package gen

import (
	"fmt"
	"strings"

	"github.com/airsstack/witgen/gen/model"
)

// denials turns a scope's on-deny into what each of its functions answers when
// it is refused. Where a function has no such answer a refusal is a trap, which
// is reported for those that have points of their own; an on-deny that fits no
// function at all is a mistake.
func (c *Config) denials(w *model.World, s scope) {
	if !s.onDeny.Set || s.onDeny.Case == "trap" {
		return
	}
	var traps, candidates []string
	fits := false
	for _, f := range s.funcs {
		deny, ok, err := s.onDeny.of(f)
		if err != nil {
			c.fail(fmt.Sprintf("%s, function %s: %s", s.where, f.Name, err), "", s.key("on-deny")...)
			return
		}
		candidates = append(candidates, f.ErrorCases()...)
		if !ok {
			if s.points[f.Name] != nil {
				traps = append(traps, f.Name)
			}
			continue
		}
		f.Deny, fits = deny, true
	}
	if !fits {
		c.fail(fmt.Sprintf("no function of %s can answer %s", s.where, s.onDeny), didYouMean(s.onDeny.Case, candidates), s.key("on-deny")...)
		return
	}
	if len(traps) > 0 {
		w.Warnings = append(w.Warnings, fmt.Sprintf("%s: a refused call of %s traps, since it cannot answer %s", s.where, strings.Join(traps, ", "), s.onDeny))
	}
}

// of is the refusal of one function, the first that it can give; false where it
// has none of these kinds.
func (d OnDeny) of(f *model.Func) (*model.Deny, bool, error) {
	deny, ok, err := d.alone(f)
	for _, other := range d.Or {
		if err != nil || ok {
			break
		}
		deny, ok, err = other.alone(f)
	}
	return deny, ok, err
}

func (d OnDeny) alone(f *model.Func) (*model.Deny, bool, error) {
	switch {
	case d.False:
		deny, ok := f.DenyZero("bool")
		return deny, ok, nil
	case d.Empty:
		deny, ok := f.DenyZero("list")
		return deny, ok, nil
	}
	deny, ok, err := f.DenyCase(d.Case)
	if err != nil || ok {
		return deny, ok, err
	}
	if d.Case == "none" {
		deny, ok := f.DenyZero("option")
		return deny, ok, nil
	}
	return nil, false, nil
}

// String writes the answers as the config does.
func (d OnDeny) String() string {
	s := d.text()
	for _, other := range d.Or {
		s += " or " + other.text()
	}
	return s
}

func (d OnDeny) text() string {
	switch {
	case d.False:
		return "false"
	case d.Empty:
		return "[]"
	case d.Case == "none":
		return "none"
	}
	return fmt.Sprintf("the error `%s`", d.Case)
}
