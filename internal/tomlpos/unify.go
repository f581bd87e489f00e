package tomlpos

import (
	"cmp"
	"encoding"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

var timeType = reflect.TypeFor[time.Time]()

// unify sets rv from the value, or keeps a mistake and leaves it.
func (v *Value) unify(rv reflect.Value) {
	if rv.CanAddr() {
		switch u := rv.Addr().Interface().(type) {
		case Unmarshaler:
			v.data = plain(v.data)
			u.UnmarshalValue(v)
			return
		case encoding.TextUnmarshaler:
			if rv.Type() != timeType {
				v.text(u)
				return
			}
		}
	}
	switch kind := rv.Kind(); kind {
	case reflect.Pointer:
		elem := reflect.New(rv.Type().Elem())
		if !rv.IsNil() {
			elem = rv
		}
		v.unify(elem.Elem())
		rv.Set(elem)
	case reflect.Interface:
		if rv.NumMethod() > 0 {
			panic(fmt.Sprintf("tomlpos: %s cannot be decoded", rv.Type()))
		}
		rv.Set(reflect.ValueOf(plain(v.data)))
	case reflect.Struct:
		if rv.Type() == timeType {
			set[time.Time](v, rv, "a date and time")
			return
		}
		v.unifyStruct(rv)
	case reflect.Map:
		v.unifyMap(rv)
	case reflect.Slice:
		v.unifySlice(rv)
	case reflect.String:
		set[string](v, rv, "a string")
	case reflect.Bool:
		set[bool](v, rv, "true or false")
	default:
		v.unifyNumber(rv, kind)
	}
}

// set gives rv a value of exactly the type T.
func set[T any](v *Value, rv reflect.Value, want string) {
	data, ok := v.data.(T)
	if !ok {
		v.Mismatch(want)
		return
	}
	rv.Set(reflect.ValueOf(data).Convert(rv.Type()))
}

func (v *Value) text(u encoding.TextUnmarshaler) {
	s, ok := v.data.(string)
	if !ok {
		v.Mismatch("a string")
		return
	}
	if err := u.UnmarshalText([]byte(s)); err != nil {
		v.Fail(fmt.Sprintf("`%s`: %s", v, err), "")
	}
}

func (v *Value) unifyNumber(rv reflect.Value, kind reflect.Kind) {
	switch {
	case rv.CanFloat():
		if n, ok := v.data.(int64); ok {
			rv.SetFloat(float64(n))
			return
		}
		if f, ok := v.data.(float64); ok {
			rv.SetFloat(f)
			return
		}
		v.Mismatch("a number")
	case rv.CanInt(), rv.CanUint():
		n, ok := v.data.(int64)
		switch {
		case !ok:
			v.Mismatch("an integer")
		case rv.CanInt() && rv.OverflowInt(n):
			v.Fail(fmt.Sprintf("`%s` is %d, which is out of range", v, n), fmt.Sprintf("from %d to %d", int64(math.MinInt64)>>(64-rv.Type().Bits()), int64(math.MaxInt64)>>(64-rv.Type().Bits())))
		case rv.CanUint() && (n < 0 || rv.OverflowUint(uint64(n))):
			v.Fail(fmt.Sprintf("`%s` is %d, which is out of range", v, n), fmt.Sprintf("from 0 to %d", uint64(math.MaxUint64)>>(64-rv.Type().Bits())))
		case rv.CanInt():
			rv.SetInt(n)
		default:
			rv.SetUint(uint64(n))
		}
	default:
		panic(fmt.Sprintf("tomlpos: a %s cannot be decoded", kind))
	}
}

func (v *Value) unifySlice(rv reflect.Value) {
	list, ok := plain(v.data).([]any)
	if !ok {
		v.Mismatch("a list")
		return
	}
	out := reflect.MakeSlice(rv.Type(), len(list), len(list))
	for i, data := range list {
		v.child(i, data).unify(out.Index(i))
	}
	rv.Set(out)
}

func (v *Value) unifyMap(rv reflect.Value) {
	table, ok := v.data.(map[string]any)
	if !ok {
		v.Mismatch("a table")
		return
	}
	out := reflect.MakeMapWithSize(rv.Type(), len(table))
	for _, key := range v.keys(table) {
		elem := reflect.New(rv.Type().Elem()).Elem()
		v.child(key, table[key]).unify(elem)
		out.SetMapIndex(reflect.ValueOf(key).Convert(rv.Type().Key()), elem)
	}
	rv.Set(out)
}

func (v *Value) unifyStruct(rv reflect.Value) {
	table, ok := v.data.(map[string]any)
	if !ok {
		v.Mismatch("a table")
		return
	}
	fields := map[string][]int{}
	names := collectFields(fields, rv.Type(), nil)
	for _, key := range v.keys(table) {
		child := v.child(key, table[key])
		if index, ok := fields[key]; ok {
			child.unify(rv.FieldByIndex(index))
		} else {
			child.unknown(names)
		}
	}
}

// collectFields notes the index of every field that has a name, and gives the names in the order of the fields.
func collectFields(fields map[string][]int, t reflect.Type, prefix []int) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(prefix[:len(prefix):len(prefix)], i)
		name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
		switch {
		case name != "" && name != "-" && f.IsExported():
			fields[name] = index
			names = append(names, name)
		case name == "" && f.Anonymous && f.Type.Kind() == reflect.Struct:
			names = append(names, collectFields(fields, f.Type, index)...)
		}
	}
	return names
}

// unknown keeps the mistake that the table knows no such key, with the key that was probably meant.
func (v *Value) unknown(names []string) {
	key := v.path[len(v.path)-1].(string)
	parent := v.path[:len(v.path)-1]
	_, isTable := v.data.(map[string]any)
	where := ""
	if len(parent) > 0 {
		where = " in " + PathString(parent...)
		if _, inList := parent[len(parent)-1].(int); !inList {
			where = " in [" + PathString(parent...) + "]"
		}
	}
	hint, near := "", Nearest(key, names)
	msg := fmt.Sprintf("unknown key `%s`%s", quoteKey(key), where)
	if isTable {
		msg = fmt.Sprintf("unknown table [%s]", v)
	}
	switch {
	case near != "" && isTable:
		hint = fmt.Sprintf("did you mean [%s]?", PathString(append(parent[:len(parent):len(parent)], near)...))
	case near != "":
		hint = fmt.Sprintf("did you mean `%s`?", near)
	case len(names) > 0 && len(names) <= 16:
		hint = "known here: " + strings.Join(names, ", ")
	}
	v.FailKey(msg, hint)
}

// keys gives the keys of a table in the order of the file.
func (v *Value) keys(table map[string]any) []string {
	n, _ := v.doc.index.walk(v.path)
	place := func(key string) int {
		if c := n.keys[key]; c != nil {
			return c.key.start
		}
		return math.MaxInt
	}
	return slices.SortedFunc(maps.Keys(table), func(a, b string) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
	})
}

func kindOf(data any) string {
	switch data.(type) {
	case string:
		return "a string"
	case int64:
		return "an integer"
	case float64:
		return "a number with a fraction"
	case bool:
		return "a truth value"
	case time.Time:
		return "a date or time"
	case map[string]any:
		return "a table"
	default:
		return "a list"
	}
}

// plain gives arrays of tables the form of other lists, all the way down.
func plain(data any) any {
	switch d := data.(type) {
	case []map[string]any:
		list := make([]any, len(d))
		for i := range d {
			list[i] = plain(d[i])
		}
		return list
	case []any:
		list := make([]any, len(d))
		for i := range d {
			list[i] = plain(d[i])
		}
		return list
	case map[string]any:
		table := make(map[string]any, len(d))
		for key := range d {
			table[key] = plain(d[key])
		}
		return table
	}
	return data
}
