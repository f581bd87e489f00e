package validate

import "github.com/airsstack/witgen/runtime/component/binary"

// A walk collects the resource types that types speak of.
type walk struct {
	v *validator
	// free has all of them, bound those that a type within binds.
	free, bound map[*resource]bool
	// named has those that an item exports as a type.
	named map[*resource]bool
	seen  map[typ]bool
}

func (v *validator) newWalk() *walk {
	return &walk{v, map[*resource]bool{}, map[*resource]bool{}, map[*resource]bool{}, map[typ]bool{}}
}

// typ visits a type.
func (w *walk) typ(t typ) {
	if !t.facts().movable || w.seen[t] {
		return
	}
	w.v.step()
	w.seen[t] = true
	switch t := t.(type) {
	case resourceName:
		w.free[t.res] = true
	case *valueType:
		if t.kind == kindOwn || t.kind == kindBorrow {
			w.free[t.res.res] = true
		}
		w.parts(t.parts)
	case *funcType:
		w.parts(t.params)
		if t.result != nil {
			w.typ(t.result)
		}
	case *instanceType:
		w.bind(t.vars)
		w.items(&t.exports)
	case *componentType:
		w.bind(t.given)
		w.bind(t.made)
		w.items(&t.imports)
		w.items(&t.exports)
	}
}

func (w *walk) parts(parts []part) {
	w.v.stepOver(len(parts))
	for _, p := range parts {
		if p.typ != nil {
			w.typ(p.typ)
		}
	}
}

func (w *walk) bind(vars []*resource) {
	for _, r := range vars {
		w.bound[r] = true
	}
}

func (w *walk) items(l *items) {
	w.v.stepOver(len(l.list))
	for i := range l.list {
		if ext := l.list[i].ext; ext.module == nil {
			w.typ(ext.typ)
		}
	}
}

// names visits exports for the resource types that they export, themselves or in
// an instance.
func (w *walk) names(l *items) {
	w.v.stepOver(len(l.list))
	for i := range l.list {
		switch ext := l.list[i].ext; ext.sort {
		case binary.SortType:
			if r, ok := ext.typ.(resourceName); ok {
				w.named[r.res] = true
			}
		case binary.SortInstance:
			if inst := ext.typ.(*instanceType); inst.about.movable {
				w.names(&inst.exports)
			}
		}
	}
}

// hasResources tells whether a type speaks of resource types that it does not
// bind itself.
func (v *validator) hasResources(t typ) bool {
	w := v.newWalk()
	w.typ(t)
	for r := range w.free {
		if !w.bound[r] {
			return true
		}
	}
	return false
}

// speaksOfMade tells whether an item speaks of resource types of the scope's own.
func (s *scope) speaksOfMade(ext extern) bool {
	if len(s.made) == 0 || ext.module != nil {
		return false
	}
	w := s.v.newWalk()
	w.typ(ext.typ)
	for r := range w.free {
		if s.isMade[r] {
			return true
		}
	}
	return false
}

// exportedResources are those of the scope's own resource types that its exports
// speak of. Each must be exported itself, or nobody could say its name.
func (s *scope) exportedResources() []*resource {
	if len(s.made) == 0 {
		return nil
	}
	w := s.v.newWalk()
	w.items(&s.exports.items)
	w.names(&s.exports.items)
	var out []*resource
	for _, r := range s.made {
		if !w.free[r] {
			continue
		}
		if !w.named[r] {
			s.v.fail(ClassVisibility, "an export speaks of a resource type of this component that is not exported itself: export the type as well")
		}
		out = append(out, r)
	}
	return out
}
