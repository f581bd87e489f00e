package tomlpos

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Unmarshaler is implemented by types that decode themselves, such as one that takes a string or a list. Mistakes are given to the value.
type Unmarshaler interface {
	UnmarshalValue(v *Value)
}

// Value is one value of a document, with its place.
type Value struct {
	doc  *Document
	data any
	path []any
}

// Any gives the value as string, int64, float64, bool, [time.Time], []any or map[string]any.
func (v *Value) Any() any { return v.data }

// Path gives the keys (string) and list indexes (int) that lead to the value.
func (v *Value) Path() []any { return v.path }

// Decode sets what the pointer into points at from this value, as [Document.Decode] does from the whole document.
func (v *Value) Decode(into any) {
	rv := reflect.ValueOf(into)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		panic(fmt.Sprintf("tomlpos: Decode into %T, which is no pointer that can be set", into))
	}
	v.unify(rv.Elem())
}

// Fail keeps the mistake msg about this value, or about the one at path below it.
func (v *Value) Fail(msg, hint string, path ...any) {
	v.doc.Fail(msg, hint, v.below(path...)...)
}

// FailKey keeps the mistake msg about the key of this value, or about the key at path below it.
func (v *Value) FailKey(msg, hint string, path ...any) {
	v.doc.FailKey(msg, hint, v.below(path...)...)
}

// Mismatch keeps the mistake that the value is of another kind than want ("a string or a list").
func (v *Value) Mismatch(want string) {
	v.Fail(fmt.Sprintf("`%s` must be %s, not %s", v, want, kindOf(v.data)), "")
}

// String gives the path of the value as it is written in TOML, list indexes in brackets.
func (v *Value) String() string { return PathString(v.path...) }

// PathString writes a path as it is written in TOML, list indexes in brackets.
func PathString(path ...any) string {
	var b strings.Builder
	for _, segment := range path {
		switch s := segment.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(s) + "]")
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(quoteKey(s))
		}
	}
	return b.String()
}

func (v *Value) below(path ...any) []any {
	return append(v.path[:len(v.path):len(v.path)], path...)
}

func (v *Value) child(segment, data any) *Value {
	return &Value{doc: v.doc, data: data, path: v.below(segment)}
}

func quoteKey(key string) string {
	for i := range len(key) {
		if !isBare(key[i]) {
			return strconv.Quote(key)
		}
	}
	if key == "" {
		return `""`
	}
	return key
}
