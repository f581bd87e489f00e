package component_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/corewasm"
)

// A trapClass is texts that scripts use for one reason to trap, each by a part
// of it, and parts of what this runtime says.
type trapClass struct{ theirs, ours []string }

// trapClasses hold the texts of the specification's scripts and of ours. The
// first that fits counts.
var trapClasses = []trapClass{
	{[]string{"unreachable"}, []string{"unreachable"}},
	{[]string{"unaligned pointer", "not aligned"}, []string{"unaligned pointer"}},
	{[]string{"unaligned atomic"}, []string{"unaligned atomic"}},
	{[]string{"out-of-bounds", "out of bounds", "beyond end of memory"}, []string{"out of bounds"}},
	{[]string{"integer divide by zero"}, []string{"integer divide by zero"}},
	{[]string{"invalid `char`"}, []string{"not a char"}},
	{[]string{"discriminant"}, []string{"invalid discriminant"}},
	{[]string{"utf-8"}, []string{"invalid UTF-8"}},
	{[]string{"utf-16", "surrogate"}, []string{"invalid UTF-16"}},
	{[]string{"too long"}, []string{"string too long", "list too long"}},
	{[]string{"cannot leave component instance"}, []string{"cannot leave component instance", "which may not leave the instance"}},
	{[]string{"cannot enter component instance"}, []string{"cannot enter component instance", poisoned}},
	{[]string{"unknown handle index"}, []string{"unknown handle index"}},
	{[]string{"used with the wrong type"}, []string{"is not of the resource type"}},
	{[]string{"cannot be given away"}, []string{"is borrowed and cannot be given away"}},
	{[]string{"borrow handles still remain"}, []string{"borrow handles still remain"}},
	{[]string{"while borrowed"}, []string{"while borrowed"}},
	{[]string{"memory of its canonical options"}, []string{"before the memory of its canonical options exists"}},
	{[]string{"function of an instance that does not exist"}, []string{"of an instance was called that does not exist yet"}},
}

// poisoned stands for a *component.PoisonedError: in the specification, an
// instance that trapped stays entered.
const poisoned = "the instance trapped before"

// trapOf wants a trap of the class that the text names.
func trapOf(err error, text string) error {
	msg := ""
	if trap, ok := errors.AsType[*component.Trap](err); ok {
		msg = trap.Cause.Error()
	}
	if refused, ok := errors.AsType[*component.PoisonedError](err); ok {
		if wrong := sameTrap(poisoned, text); wrong != nil {
			return fmt.Errorf("%w: %w", wrong, refused)
		}
		return nil
	}
	if msg == "" {
		return fmt.Errorf("no trap but %w, want %q", orNothing(err), text)
	}
	return sameTrap(msg, text)
}

// sameTrap wants what this runtime says to be of the class of a script's text.
func sameTrap(msg, text string) error {
	i := slices.IndexFunc(trapClasses, func(c trapClass) bool { return anyIn(text, c.theirs) })
	switch {
	case i < 0:
		return fmt.Errorf("trapped by %q, want %q, which is of no class that the runner knows", msg, text)
	case !anyIn(msg, trapClasses[i].ours):
		return fmt.Errorf("trapped by %q, want %q", msg, text)
	}
	return nil
}

func orNothing(err error) error {
	if err == nil {
		return errors.New("a result")
	}
	return err
}

func anyIn(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(text, p) })
}

// notRun gives what a command needs that this runtime does not run: a part of
// the component model, or a feature of core modules that the engine has not.
func notRun(err error) (what string, ok bool) {
	if core, ok := errors.AsType[*corewasm.Error](err); ok && core.Feature != "" {
		return core.Feature, true
	}
	if part, ok := errors.AsType[*component.UnsupportedError](err); ok {
		return part.What, true
	}
	const marker = "not supported yet"
	if err == nil || !strings.Contains(err.Error(), marker) {
		return "", false
	}
	return err.Error(), true
}
