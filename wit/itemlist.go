package wit

// An itemKey is what items of a world are told apart by: a plain name, or the
// interface that gives its full one.
type itemKey struct {
	name  string
	iface *Interface
}

// A worldItem is an import or export of a world on its way into the model: an
// interface, a type or a function. Methods are items of their own.
type worldItem struct {
	key itemKey
	// One of the three is not nil.
	iface *InterfaceItem
	typ   *TypeDef
	fn    *Func
}

func (i *worldItem) kind() string {
	switch {
	case i.iface != nil:
		return "interface"
	case i.typ != nil:
		return "type"
	}
	return "function"
}

// rank is the place of an item among the imports: what others may need comes
// before them.
func (i *worldItem) rank() int {
	switch {
	case i.iface != nil:
		return 0
	case i.typ != nil && i.typ.Used() != nil:
		return 1
	case i.typ != nil:
		return 2
	case i.fn.Kind == Freestanding:
		return 3
	}
	return 4
}

// An itemList holds items in order, each key once.
type itemList struct {
	items []*worldItem
	byKey map[itemKey]*worldItem
}

func newItemList() *itemList { return &itemList{byKey: map[itemKey]*worldItem{}} }

func (l *itemList) has(k itemKey) bool { return l.byKey[k] != nil }

// add adds an item whose key is free.
func (l *itemList) add(it *worldItem) {
	l.items = append(l.items, it)
	l.byKey[it.key] = it
}

// model gives the items as the model has them: types are a world's own list.
func (l *itemList) model() []Item {
	var out []Item
	for _, it := range l.items {
		switch {
		case it.iface != nil:
			out = append(out, it.iface)
		case it.fn != nil:
			out = append(out, &FuncItem{Func: it.fn})
		}
	}
	return out
}
