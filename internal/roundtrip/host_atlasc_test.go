package roundtrip_test

import (
	"context"

	"github.com/airsstack/witgen/internal/roundtrip/atlasc/demo/atlasc/types"
)

// atlasCHost answers every import of the guest atlas-c with what it was given.
type atlasCHost struct{ *witness }

func (w atlasCHost) EchoMapString(_ context.Context, v map[string]uint32) (map[string]uint32, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoMapU8(_ context.Context, v map[uint8]uint64) (map[uint8]uint64, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoMapMap(_ context.Context, v map[rune]map[uint16]string) (map[rune]map[uint16]string, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoFixedString(_ context.Context, v [3]string) ([3]string, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoFixedFixed(_ context.Context, v [2][3]uint16) ([2][3]uint16, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoFixedList(_ context.Context, v [2][]uint32) ([2][]uint32, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoFixedMap(_ context.Context, v [2]map[uint8]uint8) ([2]map[uint8]uint8, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoFixedLong(_ context.Context, v [20]uint32) ([20]uint32, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoFixedSheet(_ context.Context, v [2]types.Sheet) ([2]types.Sheet, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoSheet(_ context.Context, v types.Sheet) (types.Sheet, error) {
	return see(w.witness, v)
}

func (w atlasCHost) EchoCell(_ context.Context, v types.Cell) (types.Cell, error) {
	return see(w.witness, v)
}
