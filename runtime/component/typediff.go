package component

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/abi"
)

// A differ compares types. Resource types are the same when pair says so, and
// without it when they are identical.
type differ struct {
	pair func(have, want *abi.Resource) bool
}

// funcDiff says in words how the function type have differs from want; "" where
// it does not. Types are compared by structure, resources by identity
// [Explainer.md, "Type Checking"].
func (d *differ) funcDiff(have, want *abi.FuncType) string {
	if len(have.Params) != len(want.Params) {
		return fmt.Sprintf("its number of parameters is %d instead of %d", len(have.Params), len(want.Params))
	}
	for i, w := range want.Params {
		h := have.Params[i]
		if h.Label != w.Label {
			return fmt.Sprintf("parameter %d is named %q instead of %q", i+1, h.Label, w.Label)
		}
		if diff := d.typeDiff(h.Type, w.Type); diff != "" {
			return fmt.Sprintf("parameter %q: %s", h.Label, diff)
		}
	}
	if have.Async != want.Async {
		return fmt.Sprintf("it is %s instead of %s", asyncWord(have.Async), asyncWord(want.Async))
	}
	if diff := d.optionalDiff(have.Result, want.Result, "no result"); diff != "" {
		return "result: " + diff
	}
	return ""
}

func asyncWord(async bool) string {
	if async {
		return "async"
	}
	return "not async"
}

func (d *differ) optionalDiff(have, want *abi.Type, none string) string {
	switch {
	case have == nil && want == nil:
		return ""
	case have == nil:
		return none + " instead of " + want.String()
	case want == nil:
		return have.String() + " instead of " + none
	}
	return d.typeDiff(have, want)
}

// typeDiff says how have differs from want, at the first place where it does.
func (d *differ) typeDiff(have, want *abi.Type) string {
	if have == want {
		return ""
	}
	if have.Kind != want.Kind {
		return describeType(have) + " instead of " + describeType(want)
	}
	switch have.Kind {
	case abi.KindRecord, abi.KindTuple:
		return d.fieldsDiff(have, want)
	case abi.KindVariant, abi.KindEnum, abi.KindOption, abi.KindResult:
		return d.casesDiff(have, want)
	case abi.KindFlags:
		return labelsDiff(have, want)
	case abi.KindFixedList:
		if have.Len != want.Len {
			return fmt.Sprintf("a list of length %d instead of %d", have.Len, want.Len)
		}
	case abi.KindOwn, abi.KindBorrow:
		if have.Resource != want.Resource && (d.pair == nil || !d.pair(have.Resource, want.Resource)) {
			return fmt.Sprintf("%s is another resource type", have)
		}
		return ""
	}
	if have.Elem == nil && want.Elem == nil {
		return ""
	}
	if diff := d.optionalDiff(have.Elem, want.Elem, "nothing"); diff != "" {
		return "in " + have.Kind.String() + ": " + diff
	}
	return ""
}

// describeType names a type with what it is made of where the name alone would
// not say.
func describeType(t *abi.Type) string {
	if t.Name == "" {
		return t.String()
	}
	return t.Name + " (" + t.Structure() + ")"
}

func (d *differ) fieldsDiff(have, want *abi.Type) string {
	for i := range max(len(have.Fields), len(want.Fields)) {
		switch {
		case i >= len(have.Fields):
			return describeType(have) + " instead of " + describeType(want) + ": " + missing(have.Kind, want.Fields[i].Label)
		case i >= len(want.Fields):
			return describeType(have) + " instead of " + describeType(want) + ": " + extra(have.Kind, have.Fields[i].Label)
		case have.Fields[i].Label != want.Fields[i].Label:
			return fmt.Sprintf("%s instead of %s: field %d is `%s` instead of `%s`",
				describeType(have), describeType(want), i+1, have.Fields[i].Label, want.Fields[i].Label)
		}
		if diff := d.typeDiff(have.Fields[i].Type, want.Fields[i].Type); diff != "" {
			if have.Kind == abi.KindTuple {
				return fmt.Sprintf("element %d: %s", i, diff)
			}
			return fmt.Sprintf("field `%s` of %s: %s", have.Fields[i].Label, have, diff)
		}
	}
	return ""
}

func missing(k abi.Kind, label string) string {
	if k == abi.KindTuple {
		return "an element is missing"
	}
	return "field `" + label + "` is missing"
}

func extra(k abi.Kind, label string) string {
	if k == abi.KindTuple {
		return "it has an element too many"
	}
	return "it has a field `" + label + "` too many"
}

func (d *differ) casesDiff(have, want *abi.Type) string {
	for i := range max(len(have.Cases), len(want.Cases)) {
		switch {
		case i >= len(have.Cases):
			return fmt.Sprintf("%s instead of %s: case `%s` is missing", describeType(have), describeType(want), want.Cases[i].Label)
		case i >= len(want.Cases):
			return fmt.Sprintf("%s instead of %s: it has a case `%s` too many", describeType(have), describeType(want), have.Cases[i].Label)
		case have.Cases[i].Label != want.Cases[i].Label:
			return fmt.Sprintf("%s instead of %s: case %d is `%s` instead of `%s`",
				describeType(have), describeType(want), i, have.Cases[i].Label, want.Cases[i].Label)
		}
		if diff := d.optionalDiff(have.Cases[i].Type, want.Cases[i].Type, "no payload"); diff != "" {
			return fmt.Sprintf("case `%s` of %s: %s", have.Cases[i].Label, have, diff)
		}
	}
	return ""
}

func labelsDiff(have, want *abi.Type) string {
	for i := range max(len(have.Labels), len(want.Labels)) {
		switch {
		case i >= len(have.Labels):
			return fmt.Sprintf("%s instead of %s: flag `%s` is missing", describeType(have), describeType(want), want.Labels[i])
		case i >= len(want.Labels):
			return fmt.Sprintf("%s instead of %s: it has a flag `%s` too many", describeType(have), describeType(want), have.Labels[i])
		case have.Labels[i] != want.Labels[i]:
			return fmt.Sprintf("flag %d of %s is `%s` instead of `%s`", i, have, have.Labels[i], want.Labels[i])
		}
	}
	return ""
}
