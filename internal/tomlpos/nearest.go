package tomlpos

import "strings"

// Nearest gives the candidate that name was most likely meant to be, or "" when none is near.
// Case and the difference between "-" and "_" count for nothing; of equally near candidates the first wins.
func Nearest(name string, candidates []string) string {
	fold := strings.NewReplacer("-", "_", " ", "_")
	want := []rune(fold.Replace(strings.ToLower(name)))
	if len(want) > 100 {
		return "" // nobody mistypes a name into this, and the distance costs the product of the lengths
	}
	best, bestDistance := "", max(1, len(want)/3)+1
	for _, c := range candidates {
		if d := distance(want, []rune(fold.Replace(strings.ToLower(c)))); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that turn a into b (optimal string alignment).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
