package component_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
)

// value is the value of a script as one of type t.
func (v specValue) value(t *abi.Type) (abi.Value, error) {
	if err := v.fits(t); err != nil {
		return nil, err
	}
	var text string
	var list []specValue
	switch v.Type {
	case "bool":
		var b bool
		return b2(json.Unmarshal(v.Value, &b), &b)
	case "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "f32", "f64":
		if err := json.Unmarshal(v.Value, &text); err != nil {
			return nil, err
		}
		return number(v.Type, text)
	case "char":
		err := json.Unmarshal(v.Value, &text)
		return abi.CharValue([]rune(text + " ")[0]), err
	case "string":
		err := json.Unmarshal(v.Value, &text)
		return text, err
	case "list", "fixed-size-list":
		if err := json.Unmarshal(v.Value, &list); err != nil {
			return nil, err
		}
		return listValue(t, list)
	case "tuple":
		if err := json.Unmarshal(v.Value, &list); err != nil {
			return nil, err
		}
		return fields(t, list)
	case "record":
		return v.record(t)
	case "enum":
		err := json.Unmarshal(v.Value, &text)
		return abi.VariantValue{Case: caseIndex(t, text)}, err
	case "flags":
		return v.flags(t)
	}
	return v.cases(t)
}

func b2(err error, b *bool) (abi.Value, error) { return *b, err }

func (v specValue) fits(t *abi.Type) error {
	if kind := strings.TrimPrefix(v.Type, "fixed-size-"); t.Kind.String() != kind && t.Kind != abi.KindFixedList && t.Kind != abi.KindMap {
		return fmt.Errorf("a %s given for %s", v.Type, t)
	}
	return nil
}

func number(kind, text string) (abi.Value, error) {
	bits, _ := strconv.Atoi(kind[1:])
	switch kind[0] {
	case 'u':
		n, err := strconv.ParseUint(text, 10, bits)
		return map[int]abi.Value{8: uint8(n), 16: uint16(n), 32: uint32(n), 64: n}[bits], err
	case 's':
		n, err := strconv.ParseInt(text, 10, bits)
		return map[int]abi.Value{8: int8(n), 16: int16(n), 32: int32(n), 64: n}[bits], err
	}
	n, err := strconv.ParseUint(text, 10, bits) // the bits
	return map[int]abi.Value{32: math.Float32frombits(uint32(n)), 64: math.Float64frombits(n)}[bits], err
}

func listValue(t *abi.Type, list []specValue) (abi.Value, error) {
	out := make([]abi.Value, len(list))
	bytes := make([]byte, len(list))
	for i, e := range list {
		var err error
		if out[i], err = e.value(t.Elem); err != nil {
			return nil, err
		}
		bytes[i], _ = out[i].(byte)
	}
	if t.Elem.Kind == abi.KindU8 && t.Kind == abi.KindList {
		return bytes, nil
	}
	return out, nil
}

func fields(t *abi.Type, list []specValue) (abi.Value, error) {
	if len(list) != len(t.Fields) {
		return nil, fmt.Errorf("%d values given for %s", len(list), t)
	}
	out := make(abi.RecordValue, len(list))
	for i, e := range list {
		var err error
		if out[i], err = e.value(t.Fields[i].Type); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (v specValue) record(t *abi.Type) (abi.Value, error) {
	var pairs [][2]json.RawMessage
	if err := json.Unmarshal(v.Value, &pairs); err != nil {
		return nil, err
	}
	list := make([]specValue, len(pairs))
	for i, p := range pairs {
		if err := json.Unmarshal(p[1], &list[i]); err != nil {
			return nil, err
		}
	}
	return fields(t, list)
}

func (v specValue) flags(t *abi.Type) (abi.Value, error) {
	var labels []string
	if err := json.Unmarshal(v.Value, &labels); err != nil {
		return nil, err
	}
	var out abi.FlagsValue
	for _, l := range labels {
		out |= 1 << slices.Index(t.Labels, l)
	}
	return out, nil
}

// cases is a variant, an option or a result.
func (v specValue) cases(t *abi.Type) (abi.Value, error) {
	label, payload := "none", (*specValue)(nil)
	switch v.Type {
	case "option":
		if string(v.Value) != "null" {
			label, payload = "some", &specValue{}
			if err := json.Unmarshal(v.Value, payload); err != nil {
				return nil, err
			}
		}
	case "result":
		var r struct{ Ok, Err *specValue }
		if err := json.Unmarshal(v.Value, &r); err != nil {
			return nil, err
		}
		label, payload = "ok", r.Ok
		if strings.Contains(string(v.Value), `"Err"`) {
			label, payload = "error", r.Err
		}
	case "variant":
		var c struct {
			Case    string     `json:"case"`
			Payload *specValue `json:"payload"`
		}
		if err := json.Unmarshal(v.Value, &c); err != nil {
			return nil, err
		}
		label, payload = c.Case, c.Payload
	default:
		return nil, fmt.Errorf("a value of type %q, which the runner does not know", v.Type)
	}
	out := abi.VariantValue{Case: caseIndex(t, label)}
	if payload == nil || int(out.Case) >= len(t.Cases) {
		return out, nil
	}
	var err error
	out.Payload, err = payload.value(t.Cases[out.Case].Type)
	return out, err
}

func caseIndex(t *abi.Type, label string) uint32 {
	return uint32(slices.IndexFunc(t.Cases, func(c abi.Case) bool { return c.Label == label }))
}
