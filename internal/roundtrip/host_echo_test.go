package roundtrip_test

import (
	"context"

	"github.com/airsstack/witgen/internal/roundtrip/echo/demo/echo/host"
	"github.com/airsstack/witgen/internal/roundtrip/echo/demo/echo/types"
	"github.com/airsstack/witgen/runtime/cm"
)

// echoHost answers every import of the guest echo with what it was given.
type echoHost struct{ *witness }

func (w echoHost) Nop(context.Context) error              { return take(w.witness, cm.Unit{}) }
func (w echoHost) Take(_ context.Context, v string) error { return take(w.witness, v) }
func (w echoHost) Give(context.Context) (uint32, error)   { return w.give(), nil }

func (w echoHost) EchoParams(_ context.Context, a string, b uint32, c bool, d uint8, e uint32, f int64, g rune, h float64) (cm.Tuple8[string, uint32, bool, uint8, uint32, int64, rune, float64], error) {
	return see(w.witness, cm.Tuple8[string, uint32, bool, uint8, uint32, int64, rune, float64]{F0: a, F1: b, F2: c, F3: d, F4: e, F5: f, F6: g, F7: h})
}

func (w echoHost) EchoMany(_ context.Context, a string, b []uint32, c types.Point, d cm.Option[string], e types.Value, f uint8, g uint16, h uint64) (cm.Tuple8[string, []uint32, types.Point, cm.Option[string], types.Value, uint8, uint16, uint64], error) {
	return see(w.witness, cm.Tuple8[string, []uint32, types.Point, cm.Option[string], types.Value, uint8, uint16, uint64]{F0: a, F1: b, F2: c, F3: d, F4: e, F5: f, F6: g, F7: h})
}

func (w echoHost) EchoNote(_ context.Context, v host.Note) (host.Note, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoBool(_ context.Context, v bool) (bool, error) { return see(w.witness, v) }

func (w echoHost) EchoS8(_ context.Context, v int8) (int8, error) { return see(w.witness, v) }

func (w echoHost) EchoS16(_ context.Context, v int16) (int16, error) { return see(w.witness, v) }

func (w echoHost) EchoS32(_ context.Context, v int32) (int32, error) { return see(w.witness, v) }

func (w echoHost) EchoS64(_ context.Context, v int64) (int64, error) { return see(w.witness, v) }

func (w echoHost) EchoU8(_ context.Context, v uint8) (uint8, error) { return see(w.witness, v) }

func (w echoHost) EchoU16(_ context.Context, v uint16) (uint16, error) { return see(w.witness, v) }

func (w echoHost) EchoU32(_ context.Context, v uint32) (uint32, error) { return see(w.witness, v) }

func (w echoHost) EchoU64(_ context.Context, v uint64) (uint64, error) { return see(w.witness, v) }

func (w echoHost) EchoF32(_ context.Context, v float32) (float32, error) { return see(w.witness, v) }

func (w echoHost) EchoF64(_ context.Context, v float64) (float64, error) { return see(w.witness, v) }

func (w echoHost) EchoChar(_ context.Context, v rune) (rune, error) { return see(w.witness, v) }

func (w echoHost) EchoString(_ context.Context, v string) (string, error) { return see(w.witness, v) }

func (w echoHost) EchoListBool(_ context.Context, v []bool) ([]bool, error) { return see(w.witness, v) }

func (w echoHost) EchoListU8(_ context.Context, v []byte) ([]byte, error) { return see(w.witness, v) }

func (w echoHost) EchoListU16(_ context.Context, v []uint16) ([]uint16, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListU32(_ context.Context, v []uint32) ([]uint32, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListU64(_ context.Context, v []uint64) ([]uint64, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListS8(_ context.Context, v []int8) ([]int8, error) { return see(w.witness, v) }

func (w echoHost) EchoListS16(_ context.Context, v []int16) ([]int16, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListS32(_ context.Context, v []int32) ([]int32, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListS64(_ context.Context, v []int64) ([]int64, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListF32(_ context.Context, v []float32) ([]float32, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListF64(_ context.Context, v []float64) ([]float64, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListChar(_ context.Context, v []rune) ([]rune, error) { return see(w.witness, v) }

func (w echoHost) EchoListString(_ context.Context, v []string) ([]string, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListListString(_ context.Context, v [][]string) ([][]string, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListListU8(_ context.Context, v [][]byte) ([][]byte, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListPoint(_ context.Context, v []types.Point) ([]types.Point, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListPadded(_ context.Context, v []types.Padded) ([]types.Padded, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListPerson(_ context.Context, v []types.Person) ([]types.Person, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListValue(_ context.Context, v []types.Value) ([]types.Value, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListShape(_ context.Context, v []types.Shape) ([]types.Shape, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListTuple(_ context.Context, v []cm.Tuple2[uint8, uint64]) ([]cm.Tuple2[uint8, uint64], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListEntry(_ context.Context, v []cm.Tuple2[string, string]) ([]cm.Tuple2[string, string], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListOption(_ context.Context, v []cm.Option[uint32]) ([]cm.Option[uint32], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListResult(_ context.Context, v []cm.Result[uint32, string]) ([]cm.Result[uint32, string], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListColor(_ context.Context, v []types.Color) ([]types.Color, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListLarge(_ context.Context, v []types.Large) ([]types.Large, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListPerms(_ context.Context, v []types.Perms) ([]types.Perms, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoListNine(_ context.Context, v []types.Nine) ([]types.Nine, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionU8(_ context.Context, v cm.Option[uint8]) (cm.Option[uint8], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionU32(_ context.Context, v cm.Option[uint32]) (cm.Option[uint32], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionF64(_ context.Context, v cm.Option[float64]) (cm.Option[float64], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionString(_ context.Context, v cm.Option[string]) (cm.Option[string], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionListU8(_ context.Context, v cm.Option[[]byte]) (cm.Option[[]byte], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionPoint(_ context.Context, v cm.Option[types.Point]) (cm.Option[types.Point], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionPerson(_ context.Context, v cm.Option[types.Person]) (cm.Option[types.Person], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionValue(_ context.Context, v cm.Option[types.Value]) (cm.Option[types.Value], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionOption(_ context.Context, v cm.Option[cm.Option[uint8]]) (cm.Option[cm.Option[uint8]], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionResult(_ context.Context, v cm.Option[cm.Result[uint32, string]]) (cm.Option[cm.Result[uint32, string]], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionResultUnit(_ context.Context, v cm.Option[cm.Result[cm.Unit, cm.Unit]]) (cm.Option[cm.Result[cm.Unit, cm.Unit]], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOptionListEntry(_ context.Context, v cm.Option[[]cm.Tuple2[string, string]]) (cm.Option[[]cm.Tuple2[string, string]], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoTupleOne(_ context.Context, v cm.Tuple1[uint32]) (cm.Tuple1[uint32], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoTuplePair(_ context.Context, v cm.Tuple2[uint8, uint64]) (cm.Tuple2[uint8, uint64], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoTupleMixed(_ context.Context, v cm.Tuple7[bool, int16, float32, string, []byte, cm.Option[rune], types.Color]) (cm.Tuple7[bool, int16, float32, string, []byte, cm.Option[rune], types.Color], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoTupleNested(_ context.Context, v cm.Tuple2[cm.Tuple2[uint8, uint16], cm.Tuple2[string, types.Point]]) (cm.Tuple2[cm.Tuple2[uint8, uint16], cm.Tuple2[string, types.Point]], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoTupleResults(_ context.Context, v cm.Tuple4[cm.Result[uint32, string], cm.Result[cm.Unit, string], cm.Result[uint32, cm.Unit], cm.Result[cm.Unit, cm.Unit]]) (cm.Tuple4[cm.Result[uint32, string], cm.Result[cm.Unit, string], cm.Result[uint32, cm.Unit], cm.Result[cm.Unit, cm.Unit]], error) {
	return see(w.witness, v)
}

func (w echoHost) EchoPoint(_ context.Context, v types.Point) (types.Point, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoPadded(_ context.Context, v types.Padded) (types.Padded, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoPerson(_ context.Context, v types.Person) (types.Person, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoContact(_ context.Context, v types.Contact) (types.Contact, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoSixteen(_ context.Context, v types.Sixteen) (types.Sixteen, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoWide(_ context.Context, v types.Wide) (types.Wide, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoValue(_ context.Context, v types.Value) (types.Value, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoShape(_ context.Context, v types.Shape) (types.Shape, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoSignal(_ context.Context, v types.Signal) (types.Signal, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoChannel(_ context.Context, v types.Channel) (types.Channel, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoColor(_ context.Context, v types.Color) (types.Color, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoOnly(_ context.Context, v types.Only) (types.Only, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoLarge(_ context.Context, v types.Large) (types.Large, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoPerms(_ context.Context, v types.Perms) (types.Perms, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoEight(_ context.Context, v types.Eight) (types.Eight, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoNine(_ context.Context, v types.Nine) (types.Nine, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoSeventeen(_ context.Context, v types.Seventeen) (types.Seventeen, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoThirtyTwo(_ context.Context, v types.ThirtyTwo) (types.ThirtyTwo, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoID(_ context.Context, v types.ID) (types.ID, error) { return see(w.witness, v) }

func (w echoHost) EchoNames(_ context.Context, v types.Names) (types.Names, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoLocation(_ context.Context, v types.Location) (types.Location, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoError(_ context.Context, v types.Error) (types.Error, error) {
	return see(w.witness, v)
}

func (w echoHost) EchoFault(_ context.Context, v types.Fault) (types.Fault, error) {
	return see(w.witness, v)
}

func (w echoHost) FailString(_ context.Context, v cm.Result[uint32, string]) (uint32, error) {
	return fail(w.witness, v)
}

func (w echoHost) FailEnum(_ context.Context, v cm.Result[uint32, types.ErrorCode]) (uint32, error) {
	return fail(w.witness, v)
}

func (w echoHost) FailVariant(_ context.Context, v cm.Result[uint32, types.Fault]) (uint32, error) {
	return fail(w.witness, v)
}

func (w echoHost) FailRecord(_ context.Context, v cm.Result[uint32, types.Error]) (uint32, error) {
	return fail(w.witness, v)
}

func (w echoHost) FailProblem(_ context.Context, v cm.Result[string, types.Problem]) (string, error) {
	return fail(w.witness, v)
}

func (w echoHost) FailNone(_ context.Context, v cm.Result[uint32, cm.Unit]) (uint32, error) {
	return fail(w.witness, v)
}

func (w echoHost) FailUnit(_ context.Context, v cm.Result[cm.Unit, cm.Unit]) error {
	return failUnit(w.witness, v)
}

func (w echoHost) FailOnlyError(_ context.Context, v cm.Result[cm.Unit, string]) error {
	return failUnit(w.witness, v)
}

func (w echoHost) FailTuple(_ context.Context, v cm.Result[string, cm.Tuple2[uint8, string]]) (string, error) {
	return fail(w.witness, v)
}

func (w echoHost) FailList(_ context.Context, v cm.Result[[]byte, []string]) ([]byte, error) {
	return fail(w.witness, v)
}

func (w echoHost) FailNumber(_ context.Context, v cm.Result[types.Wide, uint64]) (types.Wide, error) {
	return fail(w.witness, v)
}

func (w echoHost) FailOption(_ context.Context, v cm.Result[cm.Option[uint32], cm.Option[string]]) (cm.Option[uint32], error) {
	return fail(w.witness, v)
}

func (w echoHost) FailNested(_ context.Context, v cm.Result[cm.Result[uint32, string], types.ErrorCode]) (cm.Result[uint32, string], error) {
	return fail(w.witness, v)
}
