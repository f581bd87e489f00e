package capability

import "hash/maphash"

// exacts are the grants of one matcher whose pattern is one resource, by that resource. It is in its normal form: what is found here needs no look at
// whether it is well formed.
type exacts struct {
	slots []exactSlot // a power of two of them, at most half of them taken
}

type exactSlot struct {
	resource string // "" where the slot is free
	grant    int
}

// newExacts finds them among entries.
func newExacts(kind Kind, entries []entry) exacts {
	var literal []exactSlot
	for i := range entries {
		if e := &entries[i]; e.form == exact {
			if same, reason := normal(kind, e.prefix); reason == "" && same == e.prefix {
				literal = append(literal, exactSlot{e.prefix, e.grant})
			}
		}
	}
	if literal == nil {
		return exacts{}
	}
	size := 2
	for size < 2*len(literal) {
		size *= 2
	}
	x := exacts{make([]exactSlot, size)}
	for _, l := range literal {
		if s := x.slot(hash(l.resource), l.resource); s.resource == "" {
			*s = l
		}
	}
	return x
}

// slot gives the slot that resource is in, or the free one where it would be. There must be slots.
func (x *exacts) slot(h uint64, resource string) *exactSlot {
	for i := h; ; i++ {
		s := &x.slots[i&uint64(len(x.slots)-1)]
		if s.resource == resource || s.resource == "" {
			return s
		}
	}
}

// find gives the token of a grant for just this resource, nil where there is none or it was revoked: then another grant may cover it.
func (x *exacts) find(tokens []Token, h uint64, resource string) *Token {
	if len(x.slots) == 0 {
		return nil
	}
	s := x.slot(h, resource)
	if s.resource == "" || tokens[s.grant].Revoked() {
		return nil
	}
	return &tokens[s.grant]
}

var hashSeed = maphash.MakeSeed()

func hash(s string) uint64 { return maphash.String(hashSeed, s) }
