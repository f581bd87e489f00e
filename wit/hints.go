package wit

import (
	"fmt"
	"iter"
)

// hint asks whether the name that comes nearest was meant; "" where none does.
func (r *resolver) hint(name string, known iter.Seq[string], pos func(string) Pos) string {
	if r.errs.Full() {
		return ""
	}
	near := nearest(name, known)
	if near == "" {
		return ""
	}
	if at := pos(near); at.IsValid() {
		return fmt.Sprintf("did you mean `%s`, declared at %s?", near, at)
	}
	return fmt.Sprintf("did you mean `%s`?", near)
}

// maxNear is how many names are looked through for the nearest.
const maxNear = 10_000

// nearest is the known name with the fewest edits away from name, as long as they
// are few for its length; the first in the alphabet among equals.
func nearest(name string, known iter.Seq[string]) string {
	limit := len(name)/3 + 1
	best, found, n := limit+1, "", 0
	for k := range known {
		if n++; n > maxNear {
			break
		}
		if len(k) > len(name)+limit || len(name) > len(k)+limit || len(k) > 200 {
			continue
		}
		if d := edits(name, k); d < best || d == best && found != "" && k < found {
			best, found = d, k
		}
	}
	if best >= len(name) {
		return "" // nothing in common
	}
	return found
}

// edits counts the letters to add, to remove, to replace and the neighbours to
// exchange for making b of a.
func edits(a, b string) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
