package roundtrip_test

import (
	"fmt"
	"reflect"

	atypes "github.com/airsstack/witgen/internal/roundtrip/atlas/demo/atlas/types"
	actypes "github.com/airsstack/witgen/internal/roundtrip/atlasc/demo/atlasc/types"
	"github.com/airsstack/witgen/internal/roundtrip/echo/demo/echo/types"
	ctypes "github.com/airsstack/witgen/internal/roundtrip/echoc/demo/echoc/types"
	"github.com/airsstack/witgen/runtime/abi"
)

// variants holds the cases of every sealed interface in order: reflection does
// not know which types implement one.
var variants = map[reflect.Type][]any{
	reflect.TypeFor[types.Channel](): cases[types.Channel](
		&types.ChannelNone{}, &types.ChannelPhone{}, &types.ChannelMail{}, &types.ChannelVisit{}),
	reflect.TypeFor[types.Value](): cases[types.Value](
		&types.ValueInt{}, &types.ValueReal{}, &types.ValueBig{}, &types.ValueDouble{}, &types.ValueLetter{},
		&types.ValueText{}, &types.ValuePlace{}, &types.ValueTruth{}, &types.ValueNothing{}),
	reflect.TypeFor[types.Shape](): cases[types.Shape](
		&types.ShapeOne{}, &types.ShapeMany{}, &types.ShapeMaybe{}, &types.ShapeEither{}, &types.ShapePair{}, &types.ShapeEmpty{}),
	reflect.TypeFor[types.Signal](): cases[types.Signal](
		&types.SignalGo{}, &types.SignalSlow{}, &types.SignalStop{}),
	reflect.TypeFor[types.Fault](): cases[types.Fault](
		&types.FaultUnknown{}, &types.FaultNotFound{}, &types.FaultRefused{}, &types.FaultHTTPStatus{}),
	reflect.TypeFor[ctypes.Value](): cases[ctypes.Value](
		&ctypes.ValueInt{}, &ctypes.ValueReal{}, &ctypes.ValueBig{}, &ctypes.ValueText{}, &ctypes.ValueItem{}, &ctypes.ValueNothing{}),
	reflect.TypeFor[atypes.Legend](): cases[atypes.Legend](
		&atypes.LegendSigns{}, &atypes.LegendColors{}, &atypes.LegendHeight{}, &atypes.LegendBlank{}),
	reflect.TypeFor[actypes.Cell](): cases[actypes.Cell](
		&actypes.CellWords{}, &actypes.CellTable{}, &actypes.CellWide{}, &actypes.CellNone{}),
	reflect.TypeFor[atypes.Cell](): cases[atypes.Cell](
		&atypes.CellBytes{}, &atypes.CellWords{}, &atypes.CellWide{}, &atypes.CellReal{}, &atypes.CellEmpty{}),
}

// cases has the compiler check that each is a case of the interface.
func cases[V any](cs ...V) []any {
	out := make([]any, len(cs))
	for i, c := range cs {
		out[i] = c
	}
	return out
}

// toGo is the value v of type t as generated code has it, in the Go type rt.
func toGo(t *abi.Type, v abi.Value, rt reflect.Type) reflect.Value {
	out := reflect.New(rt).Elem()
	if t == nil { // a result's case without a type: cm.Unit
		return out
	}
	switch t.Kind {
	case abi.KindRecord, abi.KindTuple:
		for i, f := range v.(abi.RecordValue) {
			field := out.Field(i)
			field.Set(toGo(t.Fields[i].Type, f, field.Type()))
		}
	case abi.KindList:
		if b, ok := v.([]byte); ok {
			out.SetBytes(b)
			break
		}
		elems := v.([]abi.Value)
		out.Set(reflect.MakeSlice(rt, len(elems), len(elems)))
		for i, e := range elems {
			out.Index(i).Set(toGo(t.Elem, e, rt.Elem()))
		}
	case abi.KindFixedList:
		for i, e := range v.([]abi.Value) {
			out.Index(i).Set(toGo(t.Elem, e, rt.Elem()))
		}
	case abi.KindMap:
		out.Set(reflect.MakeMap(rt))
		for _, e := range v.([]abi.Value) {
			entry := e.(abi.RecordValue)
			out.SetMapIndex(toGo(t.Elem.Fields[0].Type, entry[0], rt.Key()), toGo(t.Elem.Fields[1].Type, entry[1], rt.Elem()))
		}
	case abi.KindVariant:
		c := v.(abi.VariantValue)
		p := reflect.New(reflect.TypeOf(variants[rt][c.Case]).Elem())
		if ct := t.Cases[c.Case].Type; ct != nil {
			field := p.Elem().FieldByName("Value")
			field.Set(toGo(ct, c.Payload, field.Type()))
		}
		out.Set(p)
	case abi.KindOption:
		if c := v.(abi.VariantValue); c.Case == 1 {
			out.FieldByName("Valid").SetBool(true)
			field := out.FieldByName("Value")
			field.Set(toGo(t.Elem, c.Payload, field.Type()))
		}
	case abi.KindResult:
		c := v.(abi.VariantValue)
		field := out.FieldByName("OK")
		if c.Case == 1 {
			out.FieldByName("IsErr").SetBool(true)
			field = out.FieldByName("Err")
		}
		field.Set(toGo(t.Cases[c.Case].Type, c.Payload, field.Type()))
	case abi.KindEnum:
		out.SetUint(uint64(v.(abi.VariantValue).Case))
	case abi.KindFlags:
		out.SetUint(uint64(v.(abi.FlagsValue)))
	default:
		if !reflect.TypeOf(v).ConvertibleTo(rt) {
			panic(fmt.Sprintf("%v of type %s is no %s", v, t, rt))
		}
		out.Set(reflect.ValueOf(v).Convert(rt))
	}
	return out
}
