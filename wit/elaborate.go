package wit

import "slices"

// elaborate adds the interfaces that the world's items need for their types [WIT.md,
// Transitive imports and worlds], and puts the imports in an order in which each
// comes after those it needs: interfaces, types, functions.
func (w *worldBuilder) elaborate() {
	imports, exports := w.it.imports, w.it.exports
	byRank := func(a, b *worldItem) int { return a.rank() - b.rank() }
	slices.SortStableFunc(imports.items, byRank)

	e := &elaboration{imports: newItemList(), exports: newItemList(), wanted: map[itemKey]*worldItem{}, implied: map[*Interface]bool{}}
	for _, it := range imports.items {
		switch {
		case it.iface != nil:
			e.addImport(it)
		case it.typ != nil:
			if used := it.typ.Used(); used != nil {
				e.addImport(neededFor(used.Owner, it.typ.Stability))
			}
			e.imports.add(it)
		default:
			e.imports.add(it)
		}
	}
	for _, it := range exports.items {
		if it.iface != nil {
			e.wanted[it.key] = it
		} else {
			e.exports.add(it)
		}
	}
	for _, it := range exports.items {
		if it.iface == nil {
			continue
		}
		if by := e.addExport(it, true); by != nil {
			w.circumvented(it, by)
			break
		}
	}
	slices.SortStableFunc(e.imports.items, byRank)
	w.it.imports, w.it.exports = e.imports, e.exports
}

// neededFor is the import of an interface that nobody named.
func neededFor(owner Owner, s Stability) *worldItem {
	i := owner.(*Interface) // a `use` takes from interfaces only
	return &worldItem{key: itemKey{iface: i}, iface: &InterfaceItem{Interface: i, Stability: s}}
}

// needs calls f for each interface that an interface uses types of.
func needs(i *Interface, f func(*Interface) bool) {
	for _, t := range i.Types {
		if used := t.Used(); used != nil && !f(used.Owner.(*Interface)) {
			return
		}
	}
}

// An elaboration is a world's items on their way into order.
type elaboration struct {
	imports, exports *itemList
	// wanted are the interfaces that the world exports.
	wanted map[itemKey]*worldItem
	// implied are those that are imported since an export needs them.
	implied map[*Interface]bool
}

// addImport adds an interface after those that it needs.
func (e *elaboration) addImport(it *worldItem) {
	if e.imports.has(it.key) {
		return
	}
	needs(it.iface.Interface, func(i *Interface) bool {
		e.addImport(neededFor(i, it.iface.Stability))
		return true
	})
	e.imports.add(it)
}

// addExport adds an interface after those that it needs: as exports, where the world
// exports them and all between, as imports otherwise. Not both, since then two
// copies of its types would meet. The interface of which that is true is the
// result; nil where all is well.
func (e *elaboration) addExport(it *worldItem, export bool) *Interface {
	i := it.iface.Interface
	if e.exports.has(it.key) {
		if export {
			return nil
		}
		return i
	}
	if !export && e.implied[i] {
		return nil
	}
	var clash *Interface
	needs(i, func(need *Interface) bool {
		dep := neededFor(need, it.iface.Stability)
		wanted := export && e.wanted[dep.key] != nil
		if wanted {
			dep = e.wanted[dep.key]
		}
		clash = e.addExport(dep, wanted)
		return clash == nil
	})
	switch {
	case clash != nil:
		return clash
	case export && e.implied[i]:
		return i
	case export:
		e.exports.add(it)
	default:
		e.implied[i] = true
		if !e.imports.has(it.key) {
			e.imports.add(it)
		}
	}
	return nil
}

// circumvented reports an interface that would be there as an import and as an
// export at once.
func (w *worldBuilder) circumvented(it *worldItem, by *Interface) {
	name := it.iface.ItemName()
	e := w.r.errorf(w.file.src, w.it.name.Span, "export `%s` needs `%s` both as an import and as an export", name, by.ID())
	if between := through(it.iface.Interface, by); between != nil {
		e.WithHint("`%s` stands between, and is imported: export it as well", between.ID())
	}
}

// through finds an interface through which one needs another.
func through(from, to *Interface) *Interface {
	var found *Interface
	needs(from, func(i *Interface) bool {
		needs(i, func(j *Interface) bool {
			if j == to && i != to {
				found = i
			}
			return found == nil
		})
		return found == nil
	})
	return found
}
