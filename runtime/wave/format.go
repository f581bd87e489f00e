package wave

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/abi"
)

// Format writes the value v of type t so that Parse reads it again. A value that
// is not of the type is written as a remark in angle brackets, which Parse does
// not read.
func Format(t *abi.Type, v abi.Value, opts ...Option) string {
	w := writer{options: newOptions(opts)}
	if w.width > 0 && w.limit == 0 {
		w.broken(t, v, "", 0)
	} else {
		w.value(t, v)
	}
	return w.result()
}

// FormatArgs writes the arguments of a call of f in parentheses.
func FormatArgs(f *abi.FuncType, args []abi.Value, opts ...Option) string {
	w := writer{options: newOptions(opts)}
	w.items("(", ")", min(len(args), len(f.Params)), func(i int) { w.value(f.Params[i].Type, args[i]) })
	return w.result()
}

type writer struct {
	strings.Builder
	options
}

// full reports whether there is more text than is wanted.
func (w *writer) full() bool { return w.limit > 0 && w.Len() > w.limit }

func (w *writer) result() string {
	s := w.String()
	if !w.full() {
		return s
	}
	cut := w.limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

func (w *writer) items(open, end string, n int, item func(i int)) {
	w.WriteString(open)
	for i := 0; i < n && !w.full(); i++ {
		if i > 0 {
			w.WriteString(", ")
		}
		item(i)
	}
	w.WriteString(end)
}

// value writes a value on one line.
func (w *writer) value(t *abi.Type, v abi.Value) {
	switch x := v.(type) {
	case bool:
		w.scalar(t, v, abi.KindBool, strconv.FormatBool(x))
	case float32:
		w.scalar(t, v, abi.KindF32, formatFloat(float64(x), 32))
	case float64:
		w.scalar(t, v, abi.KindF64, formatFloat(x, 64))
	case abi.CharValue:
		w.char(t, x)
	case string:
		w.str(t, x)
	case *abi.ResourceValue:
		w.handle(t, x)
	case abi.FlagsValue:
		w.flags(t, x)
	case abi.VariantValue:
		w.variant(t, x)
	default:
		if b, ok := v.([]byte); ok && w.textBytes && isText(b) {
			w.str(abi.String, string(b))
			return
		}
		if p, ok := partsOf(t, v); ok {
			w.items(p.open, p.end, p.n, func(i int) {
				part := p.at(i)
				w.label(part)
				w.value(part.typ, part.v)
			})
			return
		}
		w.integer(t, v)
	}
}

func (w *writer) mismatch(t *abi.Type, v abi.Value) {
	fmt.Fprintf(w, "<a %T for %s>", v, brief(t))
}

func (w *writer) scalar(t *abi.Type, v abi.Value, k abi.Kind, text string) {
	if t.Kind != k {
		w.mismatch(t, v)
		return
	}
	w.WriteString(text)
}

func (w *writer) integer(t *abi.Type, v abi.Value) {
	k, ok := integers[t.Kind]
	if !ok || fmt.Sprintf("%T", k.value(0)) != fmt.Sprintf("%T", v) {
		w.mismatch(t, v)
		return
	}
	fmt.Fprint(w, v)
}

func (w *writer) char(t *abi.Type, r abi.CharValue) {
	if t.Kind != abi.KindChar {
		w.mismatch(t, r)
		return
	}
	w.WriteByte('\'')
	writeChar(&w.Builder, rune(r), '\'')
	w.WriteByte('\'')
}

func (w *writer) str(t *abi.Type, s string) {
	if t.Kind != abi.KindString {
		w.mismatch(t, s)
		return
	}
	w.WriteByte('"')
	for _, r := range s {
		if w.full() {
			break
		}
		writeChar(&w.Builder, r, '"')
	}
	w.WriteByte('"')
}

// isText reports whether bytes are text that is shown as it is.
func isText(b []byte) bool {
	return len(b) > 0 && utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool {
		return r != '\n' && r != '\t' && !unicode.IsPrint(r)
	})
}

func (w *writer) handle(t *abi.Type, v *abi.ResourceValue) {
	if t.Kind != abi.KindOwn && t.Kind != abi.KindBorrow || v == nil {
		w.mismatch(t, v)
		return
	}
	if w.handles != nil {
		if name := w.handles.name(v); name != "" {
			w.WriteString(name)
			return
		}
	}
	fmt.Fprintf(w, "%s#%d", v.Resource.Name, v.Rep)
}

func (w *writer) flags(t *abi.Type, v abi.FlagsValue) {
	if t.Kind != abi.KindFlags || uint64(v)>>len(t.Labels) != 0 {
		w.mismatch(t, v)
		return
	}
	var set []string
	for i, l := range t.Labels {
		if v&(1<<i) != 0 {
			set = append(set, l)
		}
	}
	w.WriteString("{" + strings.Join(set, ", ") + "}")
}

func (w *writer) variant(t *abi.Type, v abi.VariantValue) {
	name, of, ok := caseOf(t, v)
	if !ok {
		w.mismatch(t, v)
		return
	}
	w.WriteString(name)
	if of != nil {
		w.items("(", ")", 1, func(int) { w.value(of, v.Payload) })
	}
}

// caseOf is the label of a case as it is written, and the type of its payload.
func caseOf(t *abi.Type, v abi.VariantValue) (name string, payload *abi.Type, ok bool) {
	switch t.Kind {
	case abi.KindVariant, abi.KindEnum, abi.KindOption, abi.KindResult:
	default:
		return "", nil, false
	}
	if v.Case >= uint32(len(t.Cases)) {
		return "", nil, false
	}
	c := t.Cases[v.Case]
	name = c.Label
	switch {
	case t.Kind == abi.KindResult && v.Case == caseErr:
		name = "err"
	case keywords[name] && (t.Kind == abi.KindVariant || t.Kind == abi.KindEnum):
		name = "%" + name
	}
	return name, c.Type, true
}
