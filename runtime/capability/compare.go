package capability

import "slices"

// Compare holds grants against the points of a component. missing are the points of which every demand will be denied, since nothing
// of their kind and action is granted, or nothing covers the interface; unused are the indexes of the grants that no point can ask
// for. A grant for resources that the component happens never to name is no concern of either.
func Compare(grants []Grant, points []Point) (missing []Point, unused []int) {
	for _, p := range points {
		if !slices.ContainsFunc(grants, func(g Grant) bool { return g.serves(p) }) {
			missing = append(missing, p)
		}
	}
	for i, g := range grants {
		if !slices.ContainsFunc(points, g.serves) {
			unused = append(unused, i)
		}
	}
	return missing, unused
}

// serves reports whether the grant can ever be what a demand at the point needs.
func (g Grant) serves(p Point) bool {
	switch {
	case g.Kind != p.Kind:
		return false
	case g.Kind != Import:
		return p.Action == "" || g.Action == p.Action
	}
	name, reason := normal(Import, p.importName())
	pattern, err := ParsePattern(Import, g.Resource)
	return reason == "" && err == nil && pattern.Match(name)
}
