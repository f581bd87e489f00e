package abi

import "slices"

// SortedKeys are the keys of a map in their order; false comes before true.
func SortedKeys[K comparable, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	switch keys := any(keys).(type) {
	case []bool:
		slices.SortFunc(keys, func(a, b bool) int { return int(LowerBool(a)) - int(LowerBool(b)) })
	case []string:
		slices.Sort(keys)
	case []int8:
		slices.Sort(keys)
	case []uint8:
		slices.Sort(keys)
	case []int16:
		slices.Sort(keys)
	case []uint16:
		slices.Sort(keys)
	case []int32: // rune, too
		slices.Sort(keys)
	case []uint32:
		slices.Sort(keys)
	case []int64:
		slices.Sort(keys)
	case []uint64:
		slices.Sort(keys)
	}
	return keys
}
