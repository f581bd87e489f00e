package validate

import (
	"fmt"

	"github.com/airsstack/witgen/runtime/component/binary"
)

// matchModules tells whether a module of one type can stand for one of the other:
// it may import less and export more.
func (v *validator) matchModules(a, b *coreModule) *mismatch {
	if a == b {
		return nil
	}
	v.stepOver(len(a.imports) + len(b.exports.names))
	for _, im := range a.imports {
		i, ok := b.byName[[2]string{im.module, im.name}]
		if !ok {
			return missing("it imports %q from %q, which it will not be given", im.name, im.module)
		}
		if d := v.matchCore(b.imports[i].ext, im.ext); d != nil {
			return d.in("import %q from %q", im.name, im.module)
		}
	}
	for _, name := range b.exports.names {
		have, ok := a.exports.types[name]
		if !ok {
			return missing("export %q is missing", name)
		}
		if d := v.matchCore(have, b.exports.types[name]); d != nil {
			return d.in("export %q", name)
		}
	}
	return nil
}

// matchCore compares two core items [core: valid/matching, External Types].
func (v *validator) matchCore(a, b coreExtern) *mismatch {
	if a.sort != b.sort {
		return differ(article(b.sort.String()), article(a.sort.String()))
	}
	switch b.sort {
	case binary.SortCoreFunc:
		if !v.core.isSub(a.fn, b.fn) {
			return differ(v.core.sig(b.fn).String(), v.core.sig(a.fn).String())
		}
	case binary.SortCoreTag:
		if a.fn != b.fn {
			return differ(v.core.sig(b.fn).String(), v.core.sig(a.fn).String())
		}
	case binary.SortCoreTable:
		if a.table.elem != b.table.elem {
			return differ("a table of "+b.table.elem.String(), "one of "+a.table.elem.String())
		}
		return matchLimits(a.table.limits, b.table.limits)
	case binary.SortCoreMemory:
		if a.memory.pageSize != b.memory.pageSize {
			return differ(fmt.Sprintf("pages of 2^%d bytes", b.memory.pageSize), fmt.Sprintf("pages of 2^%d", a.memory.pageSize))
		}
		return matchLimits(a.memory.limits, b.memory.limits)
	case binary.SortCoreGlobal:
		if a.global != b.global {
			return differ(b.global.String(), a.global.String())
		}
	}
	return nil
}

// String describes a global in a message.
func (g globalType) String() string {
	if g.mutable {
		return "a mutable global of " + g.val.String()
	}
	return "a global of " + g.val.String()
}

// matchLimits compares what a table or memory has with what is asked for.
func matchLimits(a, b limits) *mismatch {
	fits := a.shared == b.shared && a.is64 == b.is64 && a.min >= b.min
	if b.hasMax {
		fits = fits && a.hasMax && a.max <= b.max
	}
	if !fits {
		return differ(b.String(), a.String())
	}
	return nil
}

// String describes limits in a message.
func (l limits) String() string {
	s := fmt.Sprintf("at least %d", l.min)
	if l.hasMax {
		s += fmt.Sprintf(" and at most %d", l.max)
	}
	if l.is64 {
		s += ", with 64-bit addresses"
	}
	if l.shared {
		s += ", shared"
	}
	return s
}
