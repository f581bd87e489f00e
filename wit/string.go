package wit

import (
	"strconv"
	"strings"
)

var primNames = [...]string{
	Bool: "bool", S8: "s8", U8: "u8", S16: "s16", U16: "u16", S32: "s32", U32: "u32",
	S64: "s64", U64: "u64", F32: "f32", F64: "f64", Char: "char", String: "string",
	ErrorContext: "error-context",
}

// PrimOf is the primitive type of that name.
func PrimOf(name string) (Prim, bool) {
	for p, n := range primNames {
		if n == name && n != "" {
			return Prim(p), true
		}
	}
	return 0, false
}

// TypeString writes a type as WIT does; "_" where there is none.
func TypeString(t Type) string {
	if t == nil {
		return "_"
	}
	return t.String()
}

func (p Prim) String() string {
	if int(p) < len(primNames) && primNames[p] != "" {
		return primNames[p]
	}
	return "primitive type " + strconv.Itoa(int(p))
}

func (t *List) String() string { return "list<" + TypeString(t.Elem) + ">" }

func (t *FixedList) String() string {
	return "list<" + TypeString(t.Elem) + ", " + strconv.FormatUint(uint64(t.Len), 10) + ">"
}

func (t *Map) String() string {
	return "map<" + TypeString(t.Key) + ", " + TypeString(t.Value) + ">"
}

func (t *Tuple) String() string { return "tuple<" + join(t.Elems, TypeString) + ">" }

func (t *Option) String() string { return "option<" + TypeString(t.Elem) + ">" }

func (t *Result) String() string {
	switch {
	case t.OK == nil && t.Err == nil:
		return "result"
	case t.Err == nil:
		return "result<" + TypeString(t.OK) + ">"
	}
	return "result<" + TypeString(t.OK) + ", " + TypeString(t.Err) + ">"
}

func (t *Own) String() string    { return escaped(t.Resource.Name) }
func (t *Borrow) String() string { return "borrow<" + escaped(t.Resource.Name) + ">" }
func (t *Stream) String() string { return ofMaybe("stream", t.Elem) }
func (t *Future) String() string { return ofMaybe("future", t.Elem) }

func (t *TypeDef) String() string { return escaped(t.Name) }

func ofMaybe(name string, elem Type) string {
	if elem == nil {
		return name
	}
	return name + "<" + TypeString(elem) + ">"
}

// Declaration writes on one line what the type is declared as:
// "record point { x: f64, y: f64 }".
func (t *TypeDef) Declaration() string {
	switch k := t.Kind.(type) {
	case *Record:
		return "record " + escaped(t.Name) + " { " + join(k.Fields, func(f Field) string { return escaped(f.Name) + ": " + TypeString(f.Type) }) + " }"
	case *Variant:
		return "variant " + escaped(t.Name) + " { " + join(k.Cases, caseString) + " }"
	case *Enum:
		return "enum " + escaped(t.Name) + " { " + join(k.Cases, labelName) + " }"
	case *Flags:
		return "flags " + escaped(t.Name) + " { " + join(k.Flags, labelName) + " }"
	case *Resource:
		return "resource " + escaped(t.Name)
	case *Alias:
		return "type " + escaped(t.Name) + " = " + TypeString(k.Type)
	}
	return "type " + escaped(t.Name)
}

func labelName(l Label) string { return escaped(l.Name) }

func caseString(c Case) string {
	if c.Type == nil {
		return escaped(c.Name)
	}
	return escaped(c.Name) + "(" + TypeString(c.Type) + ")"
}

// Signature writes the function's type as WIT does:
// "func(path: string) -> result<list<u8>, file-error>".
func (f *Func) Signature() string {
	s := "func(" + join(f.Params, func(p Param) string { return escaped(p.Name) + ": " + TypeString(p.Type) }) + ")"
	if f.Async {
		s = "async " + s
	}
	if f.Result != nil {
		s += " -> " + TypeString(f.Result)
	}
	return s
}

// String writes the function as WIT declares it: "read: func(path: string)".
func (f *Func) String() string { return f.Name + ": " + f.Signature() }

func join[T any](items []T, str func(T) string) string {
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = str(item)
	}
	return strings.Join(parts, ", ")
}
