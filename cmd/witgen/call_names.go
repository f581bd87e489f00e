package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/component"
)

// namings are the ways to name a function, from the whole name to as little as
// the function's own.
var namings = []func(f, name string) bool{
	func(f, name string) bool { return f == name },
	func(f, name string) bool { return unversionedFunc(f) == name },
	func(f, name string) bool { return plain(f) == name || plain(unversionedFunc(f)) == name },
	func(f, name string) bool { return short(f) == name || plain(short(f)) == name },
}

// find gives the function of a name: the whole one, or as much of it as tells it
// from the others.
func (s *session) find(name string) (component.Func, error) {
	for _, same := range namings {
		var found []component.Func
		for _, f := range s.funcs {
			if same(f.Name(), name) {
				found = append(found, f)
			}
		}
		switch len(found) {
		case 0:
			continue
		case 1:
			return found[0], nil
		}
		return component.Func{}, fmt.Errorf("%s exports more than one %s: %s", s.file, name, strings.Join(funcNames(found), ", "))
	}
	return component.Func{}, s.unknown(name)
}

// unknown is the error for a function that is not there.
func (s *session) unknown(name string) error {
	for f, kind := range s.beyond {
		if slices.ContainsFunc(namings, func(same func(f, name string) bool) bool { return same(f, name) }) {
			return fmt.Errorf("%s: %s takes or gives a value of a %s type, which cannot cross yet", s.file, f, kind)
		}
	}
	var near []string
	for _, f := range s.funcs {
		near = append(near, plain(short(f.Name())))
	}
	if found := tomlpos.Nearest(plain(short(name)), near); found != "" {
		f := s.funcs[slices.Index(near, found)]
		return fmt.Errorf("%s exports no function %s; did you mean %s?", s.file, name, plain(unversionedFunc(f.Name())))
	}
	return fmt.Errorf("%s exports no function %s; it exports\n%s", s.file, name, s.exported())
}

// exported lists the functions with their types, but not hundreds of them.
func (s *session) exported() string {
	const most = 30
	var lines []string
	for _, f := range s.funcs[:min(len(s.funcs), most)] {
		lines = append(lines, "  "+plain(unversionedFunc(f.Name()))+": "+f.Type().String())
	}
	switch {
	case len(s.funcs) == 0:
		return "  no functions that can be called"
	case len(s.funcs) > most:
		lines = append(lines, fmt.Sprintf("  and %d more, which `witgen inspect` shows", len(s.funcs)-most))
	}
	return strings.Join(append(lines, namedTypes(s.funcs[:min(len(s.funcs), most)])...), "\n")
}

// namedTypes says what the types are that functions use by name, a line each.
func namedTypes(funcs []component.Func) []string {
	const most = 30
	var lines []string
	seen := map[*abi.Type]bool{nil: true}
	var note func(t *abi.Type)
	note = func(t *abi.Type) {
		if seen[t] {
			return
		}
		seen[t] = true
		if line := "    " + t.Name + ": " + t.Structure(); t.Name != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
		note(t.Elem)
		for _, f := range t.Fields {
			note(f.Type)
		}
		for _, c := range t.Cases {
			note(c.Type)
		}
	}
	for _, f := range funcs {
		for _, p := range f.Type().Params {
			note(p.Type)
		}
		note(f.Type().Result)
	}
	switch {
	case len(lines) == 0:
		return nil
	case len(lines) > most:
		lines = append(lines[:most], fmt.Sprintf("    and %d more", len(lines)-most))
	}
	return append([]string{"  with the types"}, lines...)
}

func funcNames(funcs []component.Func) []string {
	names := make([]string, len(funcs))
	for i, f := range funcs {
		names[i] = f.Name()
	}
	return names
}

// unversionedFunc is a function's name without the version of its interface.
func unversionedFunc(name string) string {
	iface, fn, ok := strings.Cut(name, "#")
	if !ok {
		return name
	}
	return unversioned(iface) + "#" + fn
}

// short is a function's name without its interface.
func short(name string) string {
	_, fn, ok := strings.Cut(name, "#")
	if !ok {
		return name
	}
	return fn
}

// plain is a function's name without the mark of a constructor, method or static
// function.
func plain(name string) string {
	iface, fn, ok := strings.Cut(name, "#")
	if !ok {
		iface, fn = "", name
	}
	if strings.HasPrefix(fn, "[") {
		_, fn, _ = strings.Cut(fn, "]")
	}
	if ok {
		return iface + "#" + fn
	}
	return fn
}
