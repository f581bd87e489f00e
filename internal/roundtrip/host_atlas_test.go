package roundtrip_test

import (
	"context"

	"github.com/airsstack/witgen/internal/roundtrip/atlas/demo/atlas/types"
	"github.com/airsstack/witgen/runtime/cm"
)

// atlasHost answers every import of the guest atlas with what it was given.
type atlasHost struct{ *witness }

func (w atlasHost) EchoMapBool(_ context.Context, v map[bool]string) (map[bool]string, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapU8(_ context.Context, v map[uint8]uint64) (map[uint8]uint64, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapS8(_ context.Context, v map[int8]rune) (map[int8]rune, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapU16(_ context.Context, v map[uint16]float32) (map[uint16]float32, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapS16(_ context.Context, v map[int16]float64) (map[int16]float64, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapU32(_ context.Context, v map[uint32]bool) (map[uint32]bool, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapS32(_ context.Context, v map[int32][]byte) (map[int32][]byte, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapS64(_ context.Context, v map[int64]cm.Option[uint16]) (map[int64]cm.Option[uint16], error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapChar(_ context.Context, v map[rune]types.Point) (map[rune]types.Point, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapString(_ context.Context, v map[string]string) (map[string]string, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapMap(_ context.Context, v map[string]map[uint8][]string) (map[string]map[uint8][]string, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapFixed(_ context.Context, v map[uint16][3]uint16) (map[uint16][3]uint16, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoMapRecord(_ context.Context, v map[string]types.Sheet) (map[string]types.Sheet, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoSheet(_ context.Context, v types.Sheet) (types.Sheet, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoLegend(_ context.Context, v types.Legend) (types.Legend, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoIndex(_ context.Context, v types.Index) (types.Index, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoListMap(_ context.Context, v []map[uint8]string) ([]map[uint8]string, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoOptionMap(_ context.Context, v cm.Option[map[uint64]uint8]) (cm.Option[map[uint64]uint8], error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoTupleMap(_ context.Context, v cm.Tuple3[map[uint8]uint8, uint8, map[string]types.Point]) (cm.Tuple3[map[uint8]uint8, uint8, map[string]types.Point], error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedBool(_ context.Context, v [3]bool) ([3]bool, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedU8(_ context.Context, v [5]byte) ([5]byte, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedU16(_ context.Context, v [3]uint16) ([3]uint16, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedS16(_ context.Context, v [2]int16) ([2]int16, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedU32(_ context.Context, v [4]uint32) ([4]uint32, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedU64(_ context.Context, v [2]uint64) ([2]uint64, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedS64(_ context.Context, v [3]int64) ([3]int64, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedF32(_ context.Context, v [4]float32) ([4]float32, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedF64(_ context.Context, v [2]float64) ([2]float64, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedChar(_ context.Context, v [2]rune) ([2]rune, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedPoint(_ context.Context, v [2]types.Point) ([2]types.Point, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedFixed(_ context.Context, v [2][3]byte) ([2][3]byte, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedOption(_ context.Context, v [3]cm.Option[uint8]) ([3]cm.Option[uint8], error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedTuple(_ context.Context, v [2]cm.Tuple2[uint8, uint32]) ([2]cm.Tuple2[uint8, uint32], error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedFlags(_ context.Context, v [3]types.One) ([3]types.One, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedSixteen(_ context.Context, v [16]byte) ([16]byte, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedLong(_ context.Context, v [17]uint64) ([17]uint64, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFixedBytes(_ context.Context, v [100]byte) ([100]byte, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoListFixedU8(_ context.Context, v [][4]byte) ([][4]byte, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoListFixedString(_ context.Context, v [][2]string) ([][2]string, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoOptionFixed(_ context.Context, v cm.Option[[4]byte]) (cm.Option[[4]byte], error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoTile(_ context.Context, v types.Tile) (types.Tile, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoShelf(_ context.Context, v types.Shelf) (types.Shelf, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoCell(_ context.Context, v types.Cell) (types.Cell, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoOne(_ context.Context, v types.One) (types.One, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoSeven(_ context.Context, v types.Seven) (types.Seven, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFifteen(_ context.Context, v types.Fifteen) (types.Fifteen, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoSixteen(_ context.Context, v types.Sixteen) (types.Sixteen, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoTwentyFour(_ context.Context, v types.TwentyFour) (types.TwentyFour, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoThirtyOne(_ context.Context, v types.ThirtyOne) (types.ThirtyOne, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoListThirtyOne(_ context.Context, v []types.ThirtyOne) ([]types.ThirtyOne, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoFlags(_ context.Context, v types.FlagsOfAll) (types.FlagsOfAll, error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoSingle(_ context.Context, v cm.Tuple1[string]) (cm.Tuple1[string], error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoBigTuple(_ context.Context, v cm.Tuple16[uint8, uint16, uint32, uint64, int8, int16, int32, int64, float32, float64, bool, rune, string, []byte, cm.Option[uint8], types.One]) (cm.Tuple16[uint8, uint16, uint32, uint64, int8, int16, int32, int64, float32, float64, bool, rune, string, []byte, cm.Option[uint8], types.One], error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoNestedTuple(_ context.Context, v cm.Tuple2[cm.Tuple2[uint8, cm.Tuple2[uint64, string]], cm.Tuple1[cm.Tuple1[float32]]]) (cm.Tuple2[cm.Tuple2[uint8, cm.Tuple2[uint64, string]], cm.Tuple1[cm.Tuple1[float32]]], error) {
	return see(w.witness, v)
}

func (w atlasHost) EchoListBigTuple(_ context.Context, v []cm.Tuple16[uint8, uint64, uint8, uint32, uint8, uint16, bool, string, uint8, float64, uint8, float32, uint8, rune, uint8, []uint16]) ([]cm.Tuple16[uint8, uint64, uint8, uint32, uint8, uint16, bool, string, uint8, float64, uint8, float32, uint8, rune, uint8, []uint16], error) {
	return see(w.witness, v)
}

func (w atlasHost) FailMap(_ context.Context, v cm.Result[map[string]uint32, map[uint8]string]) (map[string]uint32, error) {
	return fail(w.witness, v)
}

func (w atlasHost) FailFixed(_ context.Context, v cm.Result[[4]byte, types.Cell]) ([4]byte, error) {
	return fail(w.witness, v)
}

func (w atlasHost) EchoPlaces(_ context.Context, a map[string]uint32, b [3]uint16, c types.One, d cm.Tuple2[uint8, [1]uint32]) (cm.Tuple4[map[string]uint32, [3]uint16, types.One, cm.Tuple2[uint8, [1]uint32]], error) {
	return see(w.witness, cm.Tuple4[map[string]uint32, [3]uint16, types.One, cm.Tuple2[uint8, [1]uint32]]{F0: a, F1: b, F2: c, F3: d})
}

func (w atlasHost) EchoCrowd(_ context.Context, a [12]uint64, b map[uint8][]byte, c [3]rune) (cm.Tuple3[[12]uint64, map[uint8][]byte, [3]rune], error) {
	return see(w.witness, cm.Tuple3[[12]uint64, map[uint8][]byte, [3]rune]{F0: a, F1: b, F2: c})
}
