package model

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
)

// A PathError says why a path into the arguments of a function leads nowhere.
type PathError struct {
	Msg string
	// Name is the part of the path that is wrong, Candidates what could stand in
	// its place; both may be empty.
	Name       string
	Candidates []string
}

func (e *PathError) Error() string { return e.Msg }

// Access follows a path to a value: "options.mode", "paths[]", "pair.0". Options
// on the way, and at its end, are gone through.
func (f *Func) Access(text string) (*Access, error) {
	a, segments, err := f.start(text)
	if err != nil {
		return nil, err
	}
	return a, a.follow(segments, false)
}

// Condition follows a path to something that is true or false: a bool, a flag, a
// case of a variant or enum, or whether an option is there.
func (f *Func) Condition(text string) (*Access, error) {
	a, segments, err := f.start(text)
	if err != nil {
		return nil, err
	}
	return a, a.follow(segments, true)
}

// Below follows a path on from where a leads.
func (a *Access) Below(text string) (*Access, error) {
	segments, err := split(text)
	if err != nil {
		return nil, err
	}
	b := &Access{Text: text, Type: a.Type, Steps: a.Steps[:len(a.Steps):len(a.Steps)]}
	return b, b.follow(segments, false)
}

// HasField tells whether the value that a leads to has that field.
func (a *Access) HasField(name string) bool {
	if a.Type == nil || a.Type.Kind() != abi.KindRecord {
		return false
	}
	return fieldIndex(a.Type.Root(), name) >= 0
}

// segment is one name of a path and how many "[]" stand behind it.
type segment struct {
	name  string
	lists int
}

func split(text string) ([]segment, error) {
	var segments []segment
	for _, s := range strings.Split(text, ".") {
		seg := segment{name: s}
		for strings.HasSuffix(seg.name, "[]") {
			seg.name = strings.TrimSuffix(seg.name, "[]")
			seg.lists++
		}
		if seg.name == "" || strings.ContainsAny(seg.name, "[]{} ") {
			return nil, &PathError{Msg: fmt.Sprintf("`%s` is not a path into the arguments; write names with dots between them, and [] behind a list", text)}
		}
		segments = append(segments, seg)
	}
	return segments, nil
}

func (f *Func) start(text string) (*Access, []segment, error) {
	segments, err := split(text)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for i, p := range f.Params {
		names = append(names, p.Name)
		if p.Name == segments[0].name {
			a := &Access{Text: text, Steps: []Step{{Kind: StepParam, Index: i}}, Type: p.Type}
			rest := segments[1:]
			if n := segments[0].lists; n > 0 {
				rest = append([]segment{{lists: n}}, rest...)
			}
			return a, rest, nil
		}
	}
	msg := fmt.Sprintf("`%s` is not a parameter of %s%s", segments[0].name, f.Name, strings.TrimPrefix(f.Signature, "func"))
	if len(names) == 0 {
		msg = fmt.Sprintf("`%s`: the function %s has no parameters", segments[0].name, f.Name)
	}
	return nil, nil, &PathError{Msg: msg, Name: segments[0].name, Candidates: names}
}

func (a *Access) follow(segments []segment, condition bool) error {
	for i, s := range segments {
		last := i == len(segments)-1
		if s.name != "" {
			a.some()
			if err := a.into(s.name, last && s.lists == 0 && condition); err != nil {
				return err
			}
		}
		for range s.lists {
			a.some()
			if a.Type == nil || a.Type.Kind() != abi.KindList {
				return &PathError{Msg: fmt.Sprintf("`%s`: [] stands behind a %s, which is no list", a.Text, a.kind())}
			}
			a.step(StepElem, 0, a.Type.Root().Elem)
		}
	}
	if !condition {
		a.some()
		return nil
	}
	return a.truth()
}

// truth makes the end of a condition one that is true or false.
func (a *Access) truth() error {
	if a.Type == nil {
		return nil
	}
	switch a.Type.Kind() {
	case abi.KindOption:
		if a.Type.Root().Elem.Kind() == abi.KindBool {
			a.some()
			return nil
		}
		a.step(StepPresent, 0, nil)
		return nil
	case abi.KindBool:
		return nil
	}
	return &PathError{Msg: fmt.Sprintf("`%s` is a %s, which is neither true nor false; name a bool, a flag, a case or an option", a.Text, a.kind())}
}

func (a *Access) step(k StepKind, index int, to *Type) {
	a.Steps = append(a.Steps, Step{Kind: k, Index: index, Of: a.Type.Root()})
	a.Type = to
}

// some goes through options.
func (a *Access) some() {
	for a.Type != nil && a.Type.Kind() == abi.KindOption {
		a.step(StepSome, 0, a.Type.Root().Elem)
	}
}

func (a *Access) into(name string, condition bool) error {
	if a.Type == nil {
		return a.noSuch(name, "below a flag, or a case without payload", nil)
	}
	t := a.Type.Root()
	switch t.Kind() {
	case abi.KindRecord:
		if i := fieldIndex(t, name); i >= 0 {
			a.step(StepField, i, t.Fields[i].Type)
			return nil
		}
		var names []string
		for _, f := range t.Fields {
			names = append(names, f.Name)
		}
		return a.noSuch(name, "not a field of "+t.ABI.Structure(), names)
	case abi.KindTuple:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(t.Fields) {
			a.step(StepField, i, t.Fields[i].Type)
			return nil
		}
		return a.noSuch(name, fmt.Sprintf("not an element of %s; write a number from 0 to %d", t.ABI, len(t.Fields)-1), nil)
	case abi.KindVariant, abi.KindResult, abi.KindEnum, abi.KindFlags:
		return a.intoCase(t, name, condition)
	case abi.KindList:
		return a.noSuch(name, "below a list; write [] behind the list to mean each of its elements", nil)
	}
	return a.noSuch(name, "below a "+a.kind()+", which has nothing in it", nil)
}

func (a *Access) intoCase(t *Type, name string, condition bool) error {
	var names []string
	for i, c := range t.Cases {
		names = append(names, c.Name)
		if c.Name != name {
			continue
		}
		switch {
		case t.Kind() == abi.KindFlags:
			a.step(StepFlag, i, nil)
		case condition:
			a.step(StepIsCase, i, nil)
		case c.Type == nil:
			return a.noSuch(name, "a case without payload", nil)
		default:
			a.step(StepCase, i, c.Type)
		}
		return nil
	}
	return a.noSuch(name, fmt.Sprintf("not in %s %s", t.Kind(), t.ABI), names)
}

func (a *Access) noSuch(name, why string, candidates []string) error {
	return &PathError{Msg: fmt.Sprintf("`%s` in `%s` is %s", name, a.Text, why), Name: name, Candidates: candidates}
}

func (a *Access) kind() string {
	if a.Type == nil {
		return "flag or case"
	}
	return a.Type.Kind().String()
}

func fieldIndex(t *Type, name string) int {
	for i, f := range t.Fields {
		if f.Name == name {
			return i
		}
	}
	return -1
}

// Textual tells whether a value of the type can be a resource or part of one: a
// string, a char, an integer, or an enum by its label.
func (t *Type) Textual() bool {
	return t.Numeric() || t.Kind() == abi.KindString || t.Kind() == abi.KindChar || t.Kind() == abi.KindEnum
}

// DenyCase is what a refused call of f answers for an on-deny that names the
// case of its error; false where f has no such error.
func (f *Func) DenyCase(name string) (*Deny, bool, error) {
	if !f.Fallible {
		return nil, false, nil
	}
	if f.Err == nil || f.Err.Kind() == abi.KindString {
		return &Deny{IsError: true, Case: -1}, name == "error", nil
	}
	for i, c := range f.Err.Root().Cases {
		if c.Name != name || f.Err.Kind() == abi.KindResult {
			continue
		}
		if c.Type != nil && c.Type.Kind() != abi.KindString {
			return nil, true, &PathError{Msg: fmt.Sprintf("the case `%s` of %s carries a %s; a refusal can fill in a string or nothing", name, f.Err.ABI, c.Type.ABI)}
		}
		return &Deny{IsError: true, Case: i}, true, nil
	}
	return nil, false, nil
}

// ErrorCases are the cases that an on-deny could name for f.
func (f *Func) ErrorCases() []string {
	if !f.Fallible {
		return nil
	}
	if f.Err == nil || f.Err.Kind() == abi.KindString {
		return []string{"error"}
	}
	var names []string
	if k := f.Err.Kind(); k == abi.KindVariant || k == abi.KindEnum {
		for _, c := range f.Err.Root().Cases {
			names = append(names, c.Name)
		}
	}
	return names
}

// DenyZero is the refusal by the zero value of a result of that kind ("bool",
// "list", "option"); false where f's result is no such one.
func (f *Func) DenyZero(kind string) (*Deny, bool) {
	if f.Fallible || f.Result == nil || f.Result.Kind().String() != kind || !zeroDenies(f.Result) {
		return nil, false
	}
	return &Deny{}, true
}
