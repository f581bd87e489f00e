package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
	"github.com/airsstack/witgen/runtime/wave"
)

// valueJSON is a value for programs that read no WAVE: records are objects in
// the order of their fields, lists and tuples arrays, flags arrays of names, maps
// arrays of pairs. A case without a value is its name, one with a value an object
// of one key; an option is null or its value, but where options stand in one
// another. Chars and what JSON has no number for ("nan", "inf") are strings,
// resources their names.
func valueJSON(t *abi.Type, v abi.Value, h *wave.Handles) json.RawMessage {
	w := jsonWriter{handles: h}
	w.value(t, v)
	return w.Bytes()
}

type jsonWriter struct {
	bytes.Buffer
	handles *wave.Handles
}

func (w *jsonWriter) text(s string) {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	w.Truncate(w.Len() - 1) // the encoder ends lines
}

// items writes values between brackets or braces.
func (w *jsonWriter) items(open, end string, n int, item func(i int)) {
	w.WriteString(open)
	for i := range n {
		if i > 0 {
			w.WriteByte(',')
		}
		item(i)
	}
	w.WriteString(end)
}

func (w *jsonWriter) value(t *abi.Type, v abi.Value) {
	switch x := v.(type) {
	case string:
		w.text(x)
	case abi.CharValue:
		w.text(string(x))
	case []byte:
		w.items("[", "]", len(x), func(i int) { w.WriteString(strconv.Itoa(int(x[i]))) })
	case []abi.Value:
		w.items("[", "]", len(x), func(i int) { w.value(t.Elem, x[i]) })
	case abi.RecordValue:
		w.record(t, x)
	case abi.VariantValue:
		w.variant(t, x)
	case abi.FlagsValue:
		var set []string
		for i, l := range t.Labels {
			if x&(1<<i) != 0 {
				set = append(set, l)
			}
		}
		w.items("[", "]", len(set), func(i int) { w.text(set[i]) })
	default:
		w.scalar(t, v)
	}
}

// scalar writes what is the same in WAVE, or a string.
func (w *jsonWriter) scalar(t *abi.Type, v abi.Value) {
	s := wave.Format(t, v, wave.WithHandles(w.handles))
	if json.Valid([]byte(s)) {
		w.WriteString(s)
		return
	}
	w.text(s)
}

func (w *jsonWriter) record(t *abi.Type, r abi.RecordValue) {
	if t.Kind == abi.KindTuple {
		w.items("[", "]", len(r), func(i int) { w.value(t.Fields[i].Type, r[i]) })
		return
	}
	w.items("{", "}", len(r), func(i int) {
		w.text(t.Fields[i].Label)
		w.WriteByte(':')
		w.value(t.Fields[i].Type, r[i])
	})
}

func (w *jsonWriter) variant(t *abi.Type, v abi.VariantValue) {
	c := t.Cases[v.Case]
	label := c.Label
	switch {
	case t.Kind == abi.KindOption && c.Type == nil:
		w.WriteString("null")
		return
	case t.Kind == abi.KindOption && t.Elem.Kind != abi.KindOption:
		w.value(c.Type, v.Payload)
		return
	case t.Kind == abi.KindResult:
		label = strings.TrimSuffix(label, "or") // "error" is "err" in WAVE
	}
	if c.Type == nil {
		w.text(label)
		return
	}
	w.items("{", "}", 1, func(int) {
		w.text(label)
		w.WriteByte(':')
		w.value(c.Type, v.Payload)
	})
}
